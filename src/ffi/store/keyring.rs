//! Key store
//!
//! The key store of the operating system: the Secret Service of the user's session (GNOME Keyring,
//! KWallet, KeePassXC), the Keychain of macOS, the Credential Manager of Windows. It can keep the
//! logins (oauth_store_open_keyring), or only the encryption key of another store
//! (oauth_store_options_set_keyring_encryption_key). Prefer a directory with such an encryption key
//! for many logins, and on Windows, where an item holds at most 2,560 bytes. Only in builds with
//! the cargo feature `keyring`.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::error::Result;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::store::{self, oauth_store, oauth_store_options};
use crate::store::options::{Options, Settings};

/// Encrypts entries as oauth_store_options_set_encryption_key does, with a key in the key store.
///
/// The first call that opens a store makes the key; later ones find it. Each user on each machine
/// has a different key. Not together with oauth_store_options_set_encryption_key.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] service the name of the key, such as that of the program; not NULL; at most 512
///                    bytes, no control characters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_store_options_set_keyring_encryption_key(
    options: Option<&mut oauth_store_options>,
    service: *const c_char,
) {
    store::change(options, |options| {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        match unsafe { pointer::required(service) } {
            Ok(service) => options.keyring_service = Some(service.as_str().to_owned()),
            Err(why) => options.reject(&format!("keyring_encryption_key service {why}")),
        }
    });
}

/// Opens a store in the key store of the operating system, for all processes of one user.
///
/// The key store is asked when a session needs it, on a thread that ends with the call. If it is
/// locked, the user may be asked to unlock it, and the call waits for up to a minute. On Windows, a
/// login of more than 2,560 bytes is OAUTH_ERROR_STORE. A damaged item is kept under another name.
///
/// The key store has no locks: those are files, where all processes of the user find them whatever
/// HOME and XDG_STATE_HOME say. They lie in `.local/state/oauthclient/keyring` (macOS:
/// `Library/Application Support/oauthclient/keyring`) below the home directory that the password
/// database gives the effective user. If that is not the user's own, as with many services, they
/// lie in `/run/user/UID/oauthclient/keyring`. On Windows they lie in
/// `%LOCALAPPDATA%\oauthclient\keyring`. The directory is checked as that of
/// oauth_store_open_directory is.
///
/// @code
/// oauth_store *store = NULL;
/// if (oauth_store_open_keyring("my-program", NULL, &store, &error) == OAUTH_OK)
///     printf("Sessions may use the store.\n");
/// oauth_store_free(store);
/// @endcode
///
/// @param[in]  service the name that all items share, such as that of the program; not NULL; at
///                     most 512 bytes, no control characters.
/// @param[in]  options NULL: none.
/// @param[out] store   free it with oauth_store_free.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT, also in a set-uid program;
///         OAUTH_ERROR_INVALID_CONFIG: built without the feature; OAUTH_ERROR_STORE: the lock
///         files cannot be made, or the key store did not give the encryption key;
///         OAUTH_ERROR_INTERNAL.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_store_open_keyring(
    service: *const c_char,
    options: Option<&oauth_store_options>,
    store: Option<&mut MaybeUninit<*mut oauth_store>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(store, "store");
    report::status(error, || {
        out.check()?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let service = unsafe { pointer::text(service, "service") }?;
        open(service, Options::check(store::of(options))?, out)
    })
}

#[cfg(feature = "keyring")]
fn open(service: &str, settings: Settings, out: Out<'_, oauth_store>) -> Result<()> {
    store::fill(out, crate::store::keyring::Keyring::open(service, settings.seal, settings.allow_unprotected)?);
    Ok(())
}

#[cfg(not(feature = "keyring"))]
fn open(_: &str, _: Settings, _: Out<'_, oauth_store>) -> Result<()> {
    Err(crate::error::Error::config("keyring", "is a cargo feature that this build lacks"))
}
