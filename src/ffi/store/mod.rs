//! Stores: what keeps a session's credentials.

pub mod callbacks;
pub mod keyring;
pub mod redis;

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::path::PathBuf;
use std::sync::Arc;

use crate::ffi::boundary::guard;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::store::Store;
use crate::store::directory::default_directory;
use crate::store::file::Files;
use crate::store::memory::Memory;
use crate::store::options::Options;
use crate::transport::host;

/// Keeps credentials, one text for each key. For any number of sessions and threads at once, and usable after fork in
/// parent and child. Sessions keep it alive. Free it with oauth_store_free.
pub struct oauth_store(pub(crate) Arc<dyn Store>);

/// How a store is opened; each store takes what concerns it. A builder; free it with oauth_store_options_free.
pub struct oauth_store_options(pub(crate) Options);

/// A store that ends with the process. A forked child begins with an empty one: were a login used by both, each renewal
/// of one would make the other's refresh token void, and servers that notice end the login.
///
/// @param[out] store free it with oauth_store_free.
/// @param[out] error NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_store_open_memory(
    store: Option<&mut MaybeUninit<*mut oauth_store>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(store, "store");
    report::status(error, || {
        out.check()?;
        fill(out, Memory::default());
        Ok(())
    })
}

/// Opens a store of files for all processes of one user: one for each key, readable for their owner only. They are
/// replaced whole and durably, by one process at a time; a process that dies blocks nobody.
///
/// A directory that is missing is made, with those above it, for the user alone. One that others may write to is refused,
/// because they could put another login there; so is one in which no file can be made or locked. A file that is damaged
/// is set aside, its name extended by ".damaged-" and a number; one of a newer version or another key is left as it is.
///
/// @param[in]  directory NULL: `$XDG_STATE_HOME/oauthclient`, else `~/.local/state/oauthclient`; on macOS
///                       `~/Library/Application Support/oauthclient`, on Windows `%LOCALAPPDATA%\oauthclient`. NULL is
///                       refused in a set-uid program.
/// @param[in]  options   NULL: none.
/// @param[out] store     free it with oauth_store_free.
/// @param[out] error     NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_STORE, naming the directory and the reason, or when the encryption key could not be had from
///         the key store; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INVALID_CONFIG for options that this build lacks;
///         OAUTH_ERROR_INTERNAL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_store_open_directory(
    directory: *const c_char,
    options: Option<&oauth_store_options>,
    store: Option<&mut MaybeUninit<*mut oauth_store>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(store, "store");
    report::status(error, || {
        out.check()?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let directory = unsafe { pointer::optional_text(directory, "directory") }?;
        let seal = Options::check(of(options))?.seal;
        let directory =
            directory.map_or_else(|| default_directory(host::is_privileged()), |path| Ok(PathBuf::from(path)))?;
        fill(out, Files::open(&directory, seal)?);
        Ok(())
    })
}

/// Another handle to the same store.
///
/// @param[in] store may be NULL.
/// @return free it with oauth_store_free; NULL for NULL.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_store_ref(store: Option<&oauth_store>) -> Option<Box<oauth_store>> {
    guard::value(None, || store.map(|store| Box::new(oauth_store(store.0.clone()))))
}

/// Frees the handle; sessions keep the store.
///
/// @param[in] store may be NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_store_free(store: Option<Box<oauth_store>>) {
    guard::value((), || drop(store));
}

/// Options that change nothing: no encryption.
///
/// @return free them with oauth_store_options_free; never NULL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_store_options_new() -> Box<oauth_store_options> {
    Box::new(oauth_store_options(Options::default()))
}

/// Frees the options; a key is wiped.
///
/// @param[in] options may be NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_store_options_free(options: Option<Box<oauth_store_options>>) {
    guard::value((), || drop(options));
}

/// Encrypts what is kept, with ChaCha20-Poly1305 (RFC 8439) and a fresh key derived from this one for each text. What was
/// kept with another key, or without one, is not read, and left as it is. The store in memory encrypts nothing.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] key     not NULL: random bytes, not a password; copied.
/// @param[in] length  in bytes: 32.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_store_options_set_encryption_key(
    options: Option<&mut oauth_store_options>,
    key: *const u8,
    length: usize,
) {
    change(options, |options| {
        // SAFETY: NULL, or `length` bytes (header: Strings).
        match unsafe { pointer::bytes(key, length) } {
            Ok(key) => options.set_encryption_key(key),
            Err(why) => options.reject(&format!("encryption_key {why}")),
        }
    });
}

pub(crate) fn fill(out: Out<'_, oauth_store>, store: impl Store + 'static) {
    out.fill(Box::into_raw(Box::new(oauth_store(Arc::new(store)))));
}

/// What a call was given.
pub(crate) fn of(options: Option<&oauth_store_options>) -> Option<&Options> {
    options.map(|options| &options.0)
}

pub(crate) fn change(options: Option<&mut oauth_store_options>, change: impl FnOnce(&mut Options)) {
    guard::value((), || options.map_or((), |options| change(&mut options.0)));
}
