//! A client secret that comes from standard input.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;

use oauthclient::profile::environment::Environment;
use oauthclient::profile::member::Member;

use crate::arguments::Arguments;
use crate::ask;
use crate::failure::{CONFIGURATION, Failure};
use crate::option::Name;
use crate::output;

/// It is in a file of its own until the server has accepted it: a mistyped one takes no other's place. Deleted when dropped.
pub struct NewSecret {
    file: PathBuf,
    /// Where it is kept, beside the profile.
    place: PathBuf,
}

impl NewSecret {
    /// Asks for it, if the arguments say so.
    pub fn read(arguments: &Arguments, name: &str, environment: &Environment<'_>) -> Result<Option<Self>, Failure> {
        if !arguments.has(Name::ClientSecretStdin) {
            return Ok(None);
        }
        let directory = environment.directory().filter(|directory| directory.to_str().is_some());
        let directory = directory.filter(|_| !name.contains(['/', '\\']) && !name.starts_with('.'));
        let Some(directory) = directory else {
            return Err(Failure::new(CONFIGURATION, "there is no directory to keep the client secret in".to_owned()));
        };
        let answer = ask::secret("Client secret: ")?;
        let secret = answer.strip_suffix(b"\n").unwrap_or(&answer);
        if secret.is_empty() {
            return Err(Failure::new(CONFIGURATION, "the client secret is empty".to_owned()));
        }
        make(&directory).map_err(|error| output::failed(&directory.display().to_string(), &error))?;
        let file = directory.join(format!(".{name}.secret.{}", process::id()));
        let new = Self { file, place: directory.join(format!("{name}.secret")) };
        output::replace(&new.file, secret)?;
        Ok(Some(new))
    }

    /// What the profile has to say while the secret is new.
    pub fn member(&self) -> (Member, Vec<String>) {
        member(&self.file)
    }

    /// The server has accepted it. What the profile has to say from now on.
    pub fn keep(self) -> Result<(Member, Vec<String>), Failure> {
        let kept = fs::rename(&self.file, &self.place);
        kept.map_err(|error| output::failed(&self.place.display().to_string(), &error))?;
        Ok(member(&self.place))
    }
}

impl Drop for NewSecret {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.file));
    }
}

fn member(path: &Path) -> (Member, Vec<String>) {
    (Member::ClientSecretFile, vec![path.to_str().unwrap_or_default().to_owned()])
}

fn make(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(directory)
}
