//! The session of a profile.

use std::path::Path;
use std::sync::Arc;

use crate::blocking::Client;
use crate::blocking::session::Session;
use crate::client::config::Builder;
use crate::error::{Error, Result, Status};
use crate::host;
use crate::profile::member::Member;
use crate::profile::{ENDPOINTS, Place, Profile, Source, secret};
use crate::secret::Secret;
use crate::session::options::Options;
use crate::store::Store;
use crate::store::directory::default_directory;
use crate::store::file::Files;
use crate::store::memory::Memory;
use crate::store::options::Settings;

impl Profile {
    /// Opens the session. The secret and the store are opened here; nothing is sent.
    pub fn open(&self) -> Result<Session> {
        let open = || {
            let client = self.client()?;
            let mut options = self.options()?;
            options.notes_first = true;
            Session::open(client, self.open_store()?, &self.parts.key, Arc::new(options))
        };
        open().map_err(|error| self.settings.blamed(error))
    }

    fn client(&self) -> Result<Arc<Client>> {
        let mut builder = Builder::default();
        builder.issuer = self.issuer().map(str::to_owned);
        for (member, endpoint) in ENDPOINTS {
            if let Some(url) = self.settings.text(member) {
                builder.set_endpoint(endpoint, url.to_owned());
            }
        }
        builder.client = Some((copy(self.client_id())?, self.secret()?));
        builder.authentication = self.parts.authentication;
        if let Some(file) = &self.parts.ca_file {
            builder.ca_files.push(file.to_string_lossy().into_owned());
        }
        let (config, route) = builder.build()?;
        Ok(Arc::new(Client::new(config, route)))
    }

    fn secret(&self) -> Result<Option<Secret>> {
        let Some(source) = &self.parts.client_secret else { return Ok(None) };
        let member = match source {
            Source::File(_) => Member::ClientSecretFile,
            Source::Keyring(_) => Member::ClientSecretKeyring,
        };
        secret::read(source).map(Some).map_err(|why| Error::config(member.name(), &why))
    }

    fn open_store(&self) -> Result<Arc<dyn Store>> {
        match &self.parts.store {
            Place::UsersDirectory => files(&default_directory(host::is_privileged()).map_err(of_store)?),
            Place::Directory(directory) => files(directory),
            Place::Memory => Ok(Arc::new(Memory::default())),
            Place::Keyring => keyring(),
            Place::Redis(url) => redis(url),
        }
    }

    /// A refresh token goes on with the scope that the user has granted, which may be another than was asked for.
    fn options(&self) -> Result<Options> {
        let mut options = Options::default();
        options.client_credentials = self.parts.client_credentials;
        if self.parts.client_credentials {
            options.scope = self.scope().map(copy).transpose()?;
        }
        for (name, value) in self.fields() {
            options.field_parameters.add(copy(name)?, copy(value)?);
        }
        Ok(options)
    }
}

fn files(directory: &Path) -> Result<Arc<dyn Store>> {
    Ok(Arc::new(Files::open(directory, Settings::default())?))
}

#[cfg(feature = "keyring")]
fn keyring() -> Result<Arc<dyn Store>> {
    Ok(Arc::new(crate::store::keyring::Keyring::open(secret::SERVICE, None, false).map_err(of_store)?))
}

#[cfg(not(feature = "keyring"))]
fn keyring() -> Result<Arc<dyn Store>> {
    Err(Error::config(Member::Store.name(), "needs the cargo feature keyring, which this build lacks"))
}

#[cfg(feature = "redis")]
fn redis(url: &str) -> Result<Arc<dyn Store>> {
    Ok(Arc::new(crate::store::redis::Redis::open(url, Settings::default()).map_err(of_store)?))
}

#[cfg(not(feature = "redis"))]
fn redis(_: &str) -> Result<Arc<dyn Store>> {
    Err(Error::config(Member::Store.name(), "needs the cargo feature redis, which this build lacks"))
}

/// A wrong argument of a store is a wrong member here, which the message names.
fn of_store(error: Error) -> Error {
    match error.status {
        Status::InvalidArgument | Status::InvalidConfig => {
            Error::config(Member::Store.name(), &format!("cannot be used: {}", error.message))
        }
        _ => error,
    }
}

/// Values have no control characters: they were checked.
#[inline(never)]
fn copy(text: &str) -> Result<Secret> {
    Secret::new(text).ok_or_else(|| Error::new(Status::Internal, "a value of a profile held U+0000"))
}
