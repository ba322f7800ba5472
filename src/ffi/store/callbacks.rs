//! A store of your own
//!
//! Functions of the program keep the logins, in a database, a vault or elsewhere. load, save and
//! remove work on the entry of one key. lock and unlock make sure that one process at a time renews
//! a login.
//!
//! They run on the thread of a session's call, or on a short-lived thread of the library that
//! finishes a renewal. For different keys, many threads call them at once. For one key of a store,
//! they run one at a time, except load, which may run beside the others. They must not use the
//! session of that key. Their key is that of the session, a dot, and 32 digits which stand for
//! issuer, client id and purpose; it is UTF-8, and has at most 545 bytes. Pointers, except
//! user_data, are valid only during the call. Any status but OAUTH_OK is an error, which sessions
//! report as OAUTH_ERROR_STORE (exception: OAUTH_ERROR_BUSY of lock, save and remove).

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;

use crate::error::Error;
use crate::ffi::boundary::guard;
use crate::ffi::boundary::pointer::{self, IS_NULL, Out};
use crate::ffi::boundary::user_data::{UserData, oauth_destroy_fn};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::{OAUTH_ERROR_BUSY, OAUTH_OK, oauth_status};
use crate::ffi::store::{self, oauth_store};
use crate::secret::SecretBytes;
use crate::store::callback::{Callbacks, Functions, Outcome};
use crate::store::{Key, Number, Written};
use crate::text::Text;

/// The result of a load function. Valid only during that call.
pub struct oauth_store_value(Outcome<Option<SecretBytes>>);

/// Loads the entry of a key, and passes it to oauth_store_value_set. If there is none, sets
/// nothing.
///
/// @code
/// oauth_status load(void *user_data, const char *key, oauth_store_value *value)
/// {
///     struct row row; // of the program's database
///     if (!find_row(user_data, key, &row))
///         return OAUTH_ERROR_CALLBACK;
///     if (row.found)
///         oauth_store_value_set(value, row.bytes, row.length);
///     return OAUTH_OK;
/// }
/// @endcode
pub type oauth_store_load_fn = Option<
    unsafe extern "C" fn(user_data: *mut c_void, key: *const c_char, value: *mut oauth_store_value) -> oauth_status,
>;

/// Replaces the entry of a key, as a whole or not at all, and durably.
///
/// The bytes hold credentials and may have any value. expires_at_s is the moment after which the
/// entry is no longer needed; -1: not known.
///
/// If the lock may end while its holder sleeps (a lease), compare: write only over the entry that
/// load has given last, or save has written last, since the lock was taken. Else return
/// OAUTH_ERROR_BUSY, and the library loads it again. A store that does not compare may replace a
/// newer refresh token with an older one, and the login is lost.
pub type oauth_store_save_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        key: *const c_char,
        bytes: *const u8,
        length: usize,
        expires_at_s: i64,
    ) -> oauth_status,
>;

/// Deletes the entry of a key, if there is one. Compares, and returns OAUTH_ERROR_BUSY, as the save
/// function does.
pub type oauth_store_remove_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, key: *const c_char) -> oauth_status>;

/// Takes the lock of a key, which is exclusive among all processes that share the entries.
///
/// Must not wait: the library calls it again soon. A process that dies must not keep the lock.
///
/// @return OAUTH_OK: taken; OAUTH_ERROR_BUSY: another process holds it; any other status is an
///         error.
pub type oauth_store_lock_fn = Option<unsafe extern "C" fn(user_data: *mut c_void, key: *const c_char) -> oauth_status>;

/// Releases the lock of a key, perhaps on another thread, but never in a child that was forked
/// meanwhile.
pub type oauth_store_unlock_fn = Option<unsafe extern "C" fn(user_data: *mut c_void, key: *const c_char)>;

type Load = unsafe extern "C" fn(*mut c_void, *const c_char, *mut oauth_store_value) -> oauth_status;
type Save = unsafe extern "C" fn(*mut c_void, *const c_char, *const u8, usize, i64) -> oauth_status;
type OfKey = unsafe extern "C" fn(*mut c_void, *const c_char) -> oauth_status;
type Unlock = unsafe extern "C" fn(*mut c_void, *const c_char);

struct Program {
    load: Load,
    save: Save,
    delete: OfKey,
    lock: Option<(OfKey, Unlock)>,
    user_data: UserData,
}

impl Functions for Program {
    fn load(&self, key: &Key) -> Outcome<Option<SecretBytes>> {
        let (key, mut value) = (text(key), oauth_store_value(Ok(None)));
        // SAFETY: a function of the program, called with its user_data (header: Callbacks); key and value live during
        // the call.
        went_well(unsafe { (self.load)(self.user_data.pointer(), key.as_ptr(), &raw mut value) })?;
        value.0
    }

    fn save(&self, key: &Key, bytes: &[u8], expires_at_s: Option<i64>) -> Outcome<Written> {
        let (key, expires_at_s) = (text(key), expires_at_s.unwrap_or(-1));
        // SAFETY: as above; the bytes live during the call.
        written(unsafe {
            (self.save)(self.user_data.pointer(), key.as_ptr(), bytes.as_ptr(), bytes.len(), expires_at_s)
        })
    }

    fn delete(&self, key: &Key) -> Outcome<Written> {
        // SAFETY: as above.
        written(unsafe { (self.delete)(self.user_data.pointer(), text(key).as_ptr()) })
    }

    fn try_lock(&self, key: &Key) -> Outcome<bool> {
        let Some((lock, _)) = self.lock else { return Ok(true) };
        // SAFETY: as above.
        match unsafe { lock(self.user_data.pointer(), text(key).as_ptr()) } {
            OAUTH_ERROR_BUSY => Ok(false),
            status => went_well(status).map(|()| true),
        }
    }

    fn unlock(&self, key: &Key) {
        if let Some((_, unlock)) = self.lock {
            // SAFETY: as above.
            unsafe { unlock(self.user_data.pointer(), text(key).as_ptr()) };
        }
    }
}

/// A key has no NUL.
fn text(key: &Key) -> Text {
    Text::lossy(key.as_str())
}

fn written(status: oauth_status) -> Outcome<Written> {
    match status {
        OAUTH_ERROR_BUSY => Ok(Written::Overtaken),
        status => went_well(status).map(|()| Written::Done(Number::default())),
    }
}

fn went_well(status: oauth_status) -> Outcome<()> {
    match status {
        OAUTH_OK => Ok(()),
        other => Err(format!("returned {other}")),
    }
}

/// Sets the entry that a load function has found. The last call counts.
///
/// @param[in] value  NULL: nothing is done.
/// @param[in] bytes  as passed to the save function; copied. NULL only if length is 0.
/// @param[in] length in bytes; 0 fails, as do all other bytes that were never saved.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_store_value_set(value: Option<&mut oauth_store_value>, bytes: *const u8, length: usize) {
    guard::value((), || {
        let Some(value) = value else { return };
        // SAFETY: NULL, or `length` bytes (header: Bytes).
        let bytes = unsafe { pointer::bytes(bytes, length) };
        value.0 = match bytes {
            Ok(bytes) => Ok(Some(SecretBytes::from(bytes.to_vec()))),
            Err(why) => Err(format!("gave a value that {why}")),
        };
    });
}

/// Opens a store that is built on functions of the program.
///
/// @param[in]  load      not NULL.
/// @param[in]  save      not NULL.
/// @param[in]  remove    not NULL.
/// @param[in]  lock      NULL: no other process uses the entries. Within the process, one session
///                       at a time renews a login in any case.
/// @param[in]  unlock    NULL if lock is NULL, and only then.
/// @param[in]  user_data passed to the functions; may be NULL.
/// @param[in]  destroy   frees user_data after the last session and handle, or if this call fails;
///                       may be NULL.
/// @param[out] store     free it with oauth_store_free.
/// @param[out] error     NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_store_open_callbacks(
    load: oauth_store_load_fn,
    save: oauth_store_save_fn,
    remove: oauth_store_remove_fn,
    lock: oauth_store_lock_fn,
    unlock: oauth_store_unlock_fn,
    user_data: *mut c_void,
    destroy: oauth_destroy_fn,
    store: Option<&mut MaybeUninit<*mut oauth_store>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let user_data = UserData::new(user_data, destroy);
    let out = Out::new(store, "store");
    report::status(error, || {
        out.check()?;
        let missing = |name: &'static str| move || Error::argument(name, IS_NULL);
        let program = Program {
            load: load.ok_or_else(missing("load"))?,
            save: save.ok_or_else(missing("save"))?,
            delete: remove.ok_or_else(missing("remove"))?,
            lock: match (lock, unlock) {
                (Some(lock), Some(unlock)) => Some((lock, unlock)),
                (None, None) => None,
                (None, _) => return Err(Error::argument("lock", "is NULL, but unlock is not")),
                (_, None) => return Err(Error::argument("unlock", "is NULL, but lock is not")),
            },
            user_data,
        };
        store::fill(out, Callbacks::new(Box::new(program)));
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr;
    use std::sync::Mutex;

    /// The results of the functions below, and a record of their calls.
    #[derive(Default)]
    struct Seen {
        returns: oauth_status,
        gives: Option<&'static [u8]>,
        gives_null: bool,
        calls: Mutex<Vec<String>>,
    }

    impl Seen {
        /// # Safety
        /// `user_data` is a `Seen` that lives on, and `key` the key that the store passed.
        unsafe fn called(user_data: *mut c_void, key: *const c_char, what: &str) -> &'static Self {
            // SAFETY: the test keeps it alive.
            let seen = unsafe { &*user_data.cast::<Self>() };
            // SAFETY: a NUL-terminated string.
            let key = unsafe { pointer::text(key, "key") }.expect("UTF-8");
            seen.calls.lock().expect("no panic").push(format!("{what} {key}"));
            seen
        }
    }

    unsafe extern "C" fn load(data: *mut c_void, key: *const c_char, value: *mut oauth_store_value) -> oauth_status {
        // SAFETY: as promised to a callback.
        let (seen, mut value) = unsafe { (Seen::called(data, key, "load"), value.as_mut()) };
        if let Some(bytes) = seen.gives {
            // SAFETY: so many bytes.
            unsafe { oauth_store_value_set(value.as_deref_mut(), bytes.as_ptr(), bytes.len()) };
        }
        if seen.gives_null {
            // SAFETY: NULL is the case under test.
            unsafe { oauth_store_value_set(value, ptr::null(), 1) };
        }
        seen.returns
    }

    unsafe extern "C" fn save(
        data: *mut c_void,
        key: *const c_char,
        bytes: *const u8,
        length: usize,
        expires_at_s: i64,
    ) -> oauth_status {
        // SAFETY: as promised to a callback.
        let bytes = unsafe { pointer::bytes(bytes, length) }.expect("bytes");
        let what = format!("save {} {expires_at_s}", String::from_utf8_lossy(bytes));
        // SAFETY: as promised to a callback.
        unsafe { Seen::called(data, key, &what) }.returns
    }

    unsafe extern "C" fn delete(data: *mut c_void, key: *const c_char) -> oauth_status {
        // SAFETY: as promised to a callback.
        unsafe { Seen::called(data, key, "delete") }.returns
    }

    unsafe extern "C" fn lock(data: *mut c_void, key: *const c_char) -> oauth_status {
        // SAFETY: as promised to a callback.
        unsafe { Seen::called(data, key, "lock") }.returns
    }

    unsafe extern "C" fn unlock(data: *mut c_void, key: *const c_char) {
        // SAFETY: as promised to a callback.
        unsafe { Seen::called(data, key, "unlock") };
    }

    /// The functions, which record their calls in `seen`.
    fn program(seen: &Seen) -> Program {
        let user_data = UserData::new(ptr::from_ref(seen).cast_mut().cast(), None);
        Program { load, save, delete, lock: Some((lock, unlock)), user_data }
    }

    #[test]
    fn callbacks_get_key_bytes_and_expiry() {
        let (seen, key) = (Seen { gives: Some(b"{}"), ..Seen::default() }, Key::new("ä").expect("a key"));
        let program = program(&seen);
        assert_eq!(program.load(&key).expect("loaded").as_deref(), Some(&b"{}"[..]));
        program.save(&key, b"text", Some(12)).expect("saved");
        program.save(&key, b"text", None).expect("saved");
        program.delete(&key).expect("deleted");
        assert!(program.try_lock(&key).expect("asked"));
        program.unlock(&key);
        let calls = seen.calls.into_inner().expect("no panic");
        assert_eq!(calls, ["load ä", "save text 12 ä", "save text -1 ä", "delete ä", "lock ä", "unlock ä"]);
    }

    #[test]
    fn results_of_callbacks_are_checked() {
        let key = Key::new("k").expect("a key");
        let nothing = Seen::default();
        assert!(program(&nothing).load(&key).expect("nothing is kept").is_none());
        let empty = Seen { gives: Some(b""), ..Seen::default() };
        assert_eq!(program(&empty).load(&key).expect("something is kept").map(|text| text.len()), Some(0));
        let null = Seen { gives: Some(b"{}"), gives_null: true, ..Seen::default() };
        assert_eq!(program(&null).load(&key).expect_err("garbage"), "gave a value that is NULL");
        let busy = Seen { returns: OAUTH_ERROR_BUSY, ..Seen::default() };
        assert_eq!(program(&busy).try_lock(&key), Ok(false));
        assert_eq!(program(&busy).save(&key, b"", None), Ok(Written::Overtaken));
        assert_eq!(program(&busy).delete(&key), Ok(Written::Overtaken));
        let fails = Seen { returns: -7, gives: Some(b"{}"), ..Seen::default() };
        let program = program(&fails);
        assert_eq!(program.load(&key).expect_err("failed"), "returned -7");
        assert_eq!(program.save(&key, b"", None).expect_err("failed"), "returned -7");
        assert_eq!(program.delete(&key).expect_err("failed"), "returned -7");
        assert_eq!(program.try_lock(&key).expect_err("failed"), "returned -7");
    }
}
