//! A store in the operating system's key store.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::error::Result;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::store::{self, oauth_store, oauth_store_options};
use crate::store::options::{Options, Settings};

/// Encrypts what is kept as oauth_store_options_set_encryption_key does, with a key that the operating system's key store
/// keeps: it is made when it is first asked for, by the call that opens the store, and found there by all later ones. Each
/// machine and user has another. Only in builds with the cargo feature `keyring`; see oauth_store_open_keyring.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] service not NULL: the name of the key, such as that of the program; at most 512 bytes, no control characters;
///                    copied.
/// @since 0.1
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

/// Opens a store in the key store of the operating system, for all processes of one user: the Secret Service of the session
/// (GNOME Keyring, KWallet, KeePassXC), the Keychain of macOS, the Credential Manager of Windows. Only in builds with the
/// cargo feature `keyring`.
///
/// The key store is asked for the first time when a session needs it, on a thread that ends with the call. Where it is
/// locked, the user may be asked to unlock it, and the call waits for up to a minute. Windows keeps 2,560 bytes a login, and a
/// longer one is OAUTH_ERROR_STORE: there, and where many logins are kept, a store of files with an encryption key from the
/// key store does better. Lock files lie below the directory of a store of files. What is damaged is kept under another
/// name.
///
/// @param[in]  service not NULL: the name that the items have in common, such as that of the program; at most 512 bytes, no
///                     control characters.
/// @param[in]  options NULL: none.
/// @param[out] store   free it with oauth_store_free.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT, also in a set-uid program; OAUTH_ERROR_INVALID_CONFIG where the build
///         lacks the feature; OAUTH_ERROR_STORE when the lock files cannot be made, or the encryption key could not be had;
///         OAUTH_ERROR_INTERNAL.
/// @since 0.1
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
    store::fill(out, crate::store::keyring::Keyring::open(service, settings.seal)?);
    Ok(())
}

#[cfg(not(feature = "keyring"))]
fn open(_: &str, _: Settings, _: Out<'_, oauth_store>) -> Result<()> {
    Err(crate::error::Error::config("keyring", "is a cargo feature that this build lacks"))
}
