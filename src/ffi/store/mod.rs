//! Stores: memory, directory
//!
//! A store keeps the logins of sessions, one entry for each key. Choose it by what shares the
//! logins:
//!
//! - oauth_store_open_memory: only this process; they end with it.
//! - oauth_store_open_directory: the processes of one user on one machine.
//! - oauth_store_open_keyring: the same, in the key store of the operating system.
//! - oauth_store_open_redis: programs on many machines.
//! - oauth_store_open_callbacks: whatever the program's own functions can reach, such as a database.
//!
//! Entries hold refresh tokens. Directory, Redis and key store encrypt them if an encryption key is
//! set.

pub mod callbacks;
pub mod keyring;
pub mod redis;
pub mod redis_tls;

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::path::PathBuf;
use std::sync::Arc;

use crate::ffi::boundary::guard;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::json::oauth_json;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::host;
use crate::session::kept::kept;
use crate::store::Store;
use crate::store::directory::default_directory;
use crate::store::file::Files;
use crate::store::memory::Memory;
use crate::store::options::Options;

/// Keeps the logins of sessions, one entry for each key. Many threads may use it at once; free it
/// with oauth_store_free.
pub struct oauth_store(pub(crate) Arc<dyn Store>);

/// How a store is opened; a store ignores options that do not concern it. A builder; free it with
/// oauth_store_options_free.
pub struct oauth_store_options(pub(crate) Options);

/// Opens a store in memory. It ends with the process.
///
/// A forked child starts with an empty store: if parent and child shared a login, the renewal of
/// one would make the refresh token of the other invalid, and a server that detects the reuse ends
/// the login.
///
/// @param[out] store free it with oauth_store_free.
/// @param[out] error NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
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

/// What a store keeps, for people who keep house: which logins of whom, and until when. Never a
/// secret.
///
/// @code
/// oauth_json *logins = NULL;
/// if (oauth_store_keys(store, &logins, &error) == OAUTH_OK)
///     for (size_t i = 0; i < oauth_json_count(logins); i++)
///         use(oauth_json_text(oauth_json_item_at(logins, i), "key"));
/// oauth_json_free(logins);
/// @endcode
///
/// The result is an array of objects. key is that of oauth_session_open. issuer (or token_endpoint,
/// of a client without issuer), client_id and, without a user, scope, resource, audience, grant and
/// source say whose login it is. expires_at_s and login_expires_at_s are absent where they are not
/// known; login_required is true if the server has refused the login. A login that cannot be read
/// (it is damaged, of a newer version, or encrypted with another key) is {"unreadable":true}. Of
/// more than 10,000 logins, only oauth_json_raw has the rest.
///
/// @param[in]  store not NULL; many threads may call at once.
/// @param[out] keys  free it with oauth_json_free.
/// @param[out] error NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_STORE, also for a store that cannot list its entries: functions of
///         the program, a cluster, a key store; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_store_keys(
    store: Option<&oauth_store>,
    keys: Option<&mut MaybeUninit<*mut oauth_json>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(keys, "keys");
    report::status(error, || {
        out.check()?;
        out.fill(oauth_json::own(kept(&*pointer::handle(store, "store")?.0)?));
        Ok(())
    })
}

/// Opens a store of files, for all processes of one user.
///
/// Each key has one file, NAME-HASH.session, which only its owner may read. Files are replaced as a
/// whole and durably, by one process at a time. Beside it are .HASH.lock and .HASH.alive: they hold
/// no secrets, and must not be deleted while programs run. The lock of a process that dies is
/// released.
///
/// A missing directory is made, with its parents, for the user alone. The directory has to belong
/// to the effective user or to root, and be writable by nobody else; so has every directory above
/// it, except that a sticky one, such as /tmp, may be writable by others, and any by a group whose
/// only member is the user. Refused are also one in which no file can be made or locked, and one on
/// a file system that keeps no permissions (see oauth_store_options_set_allow_unprotected). It is
/// held open: another directory that is put in its place is not used. In it no symbolic link is
/// followed, and nothing but regular files of at most 4 MiB is read or written.
///
/// A damaged file is renamed: ".damaged-" and a number are appended. So is what is no regular file
/// or too large and, with an encryption key, a file that is older than one that this process has
/// seen. A file of a newer version, or with another encryption key, is not changed. If a file
/// cannot be written, because the disk is full, a session goes on in memory
/// (oauth_session_saved). If the lock cannot be taken, nothing is sent.
///
/// @code
/// oauth_store *store = NULL;
/// oauth_session *session = NULL;
/// if (oauth_store_open_directory(NULL, NULL, &store, &error) == OAUTH_OK
///     && oauth_session_open(client, store, "alice", NULL, &session, &error) == OAUTH_OK)
///     printf("The login of alice is kept in a file.\n");
/// oauth_session_free(session);
/// oauth_store_free(store);
/// @endcode
///
/// @param[in]  directory a relative one is relative to the working directory at this call. NULL:
///                       `$XDG_STATE_HOME/oauthclient`, else `~/.local/state/oauthclient`; on macOS
///                       `~/Library/Application Support/oauthclient`, on Windows
///                       `%LOCALAPPDATA%\oauthclient`. Without HOME, the password database says
///                       where home is. NULL is refused in a set-uid program.
/// @param[in]  options   NULL: none.
/// @param[out] store     free it with oauth_store_free.
/// @param[out] error     NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_STORE: the message names the directory and the reason, or the key
///         store did not give the encryption key; OAUTH_ERROR_INVALID_ARGUMENT;
///         OAUTH_ERROR_INVALID_CONFIG: the library was built without the key store of options;
///         OAUTH_ERROR_INTERNAL.
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
        let settings = Options::check(of(options))?;
        let directory =
            directory.map_or_else(|| default_directory(host::is_privileged()), |path| Ok(PathBuf::from(path)))?;
        fill(out, Files::open(&directory, settings)?);
        Ok(())
    })
}

/// Makes another handle to the same store.
///
/// @param[in] store may be NULL.
/// @return free it with oauth_store_free; NULL if store is NULL.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_store_ref(store: Option<&oauth_store>) -> Option<Box<oauth_store>> {
    guard::value(None, || store.map(|store| Box::new(oauth_store(store.0.clone()))))
}

/// Frees a store handle. Sessions keep the store.
///
/// @param[in] store may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_store_free(store: Option<Box<oauth_store>>) {
    guard::value((), || drop(store));
}

/// Makes options without encryption.
///
/// @return never NULL; free it with oauth_store_options_free.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_store_options_new() -> Box<oauth_store_options> {
    Box::new(oauth_store_options(Options::default()))
}

/// Frees the options and wipes the encryption key.
///
/// @param[in] options may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_store_options_free(options: Option<Box<oauth_store_options>>) {
    guard::value((), || drop(options));
}

/// Encrypts entries with ChaCha20-Poly1305 (RFC 8439), each with a new key derived from this one.
///
/// Entries with another key, or without encryption, are not read and not changed. The memory store
/// and a store of your own do not encrypt.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] key     not NULL; random bytes, not a password.
/// @param[in] length  32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_store_options_set_encryption_key(
    options: Option<&mut oauth_store_options>,
    key: *const u8,
    length: usize,
) {
    change(options, |options| {
        // SAFETY: NULL, or `length` bytes (header: Bytes).
        match unsafe { pointer::bytes(key, length) } {
            Ok(key) => options.set_encryption_key(key),
            Err(why) => options.reject(&format!("encryption_key {why}")),
        }
    });
}

/// Allows files on a file system that keeps no permissions, such as CIFS, vfat, or the drives of
/// Windows in WSL: everybody who can reach it may read and replace the logins.
///
/// Owner and mode are not checked there. Elsewhere the option changes nothing. An encryption key
/// (oauth_store_options_set_encryption_key) keeps the logins secret, but not from being deleted.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] allow   false by default: the store is refused.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_store_options_set_allow_unprotected(options: Option<&mut oauth_store_options>, allow: bool) {
    change(options, |options| options.allow_unprotected = allow);
}

pub(crate) fn fill(out: Out<'_, oauth_store>, store: impl Store + 'static) {
    out.fill(Box::into_raw(Box::new(oauth_store(Arc::new(store)))));
}

pub(crate) fn of(options: Option<&oauth_store_options>) -> Option<&Options> {
    options.map(|options| &options.0)
}

pub(crate) fn change(options: Option<&mut oauth_store_options>, change: impl FnOnce(&mut Options)) {
    guard::value((), || options.map_or((), |options| change(&mut options.0)));
}
