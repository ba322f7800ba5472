//! Around every export: no panic crosses into C, nothing is printed, an error becomes a status and a handle.

use std::cell::Cell;
use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Advice, Error, Result, Status};
use crate::ffi::error::oauth_error;
use crate::ffi::status::{OAUTH_OK, oauth_status};
use crate::transport::host::OUR_THREADS;

/// An `oauth_error **`: NULL, or a place that may hold anything.
pub type ErrorSlot<'a> = Option<&'a mut MaybeUninit<*mut oauth_error>>;

/// Runs an export that returns a status.
pub fn status(slot: ErrorSlot<'_>, body: impl FnOnce() -> Result<()>) -> oauth_status {
    let result = caught(body).unwrap_or_else(|| Err(defect()));
    let (status, error) = match result {
        Ok(()) => (OAUTH_OK, ptr::null_mut()),
        Err(error) => (error.status as oauth_status, Box::into_raw(Box::new(oauth_error(error)))),
    };
    match slot {
        Some(slot) => _ = slot.write(error),
        None => drop(owned(error)),
    }
    status
}

/// Runs an export that returns a plain value; `default` is for what should never happen.
pub fn value<T>(default: T, body: impl FnOnce() -> T) -> T {
    caught(body).unwrap_or(default)
}

/// Runs an export that returns a borrowed string or NULL.
pub fn text(body: impl FnOnce() -> Option<*const c_char>) -> *const c_char {
    caught(body).flatten().unwrap_or(ptr::null())
}

/// Runs an export that returns a borrowed handle or NULL.
pub fn borrowed<T>(body: impl FnOnce() -> Option<*const T>) -> *const T {
    caught(body).flatten().unwrap_or(ptr::null())
}

/// Nobody knows how far the call had got: a code or refresh token may be used up.
fn defect() -> Error {
    let mut error =
        Error::new(Status::Internal, "a defect of the library was caught").with_advice(Advice::OutcomeUnknown);
    error.request_sent = true;
    error
}

fn owned(error: *mut oauth_error) -> Option<Box<oauth_error>> {
    // SAFETY: `status` has just made this pointer of a box, or it is NULL; nobody else has it.
    (!error.is_null()).then(|| unsafe { Box::from_raw(error) })
}

fn caught<T>(body: impl FnOnce() -> T) -> Option<T> {
    thread_local!(static INSIDE: Cell<u32> = const { Cell::new(0) });
    static HOOKED: AtomicBool = AtomicBool::new(false);
    if !HOOKED.load(Ordering::Relaxed) && !HOOKED.swap(true, Ordering::Relaxed) {
        let outer = take_hook();
        set_hook(Box::new(move |panic| {
            let inside = INSIDE.try_with(|inside| inside.get() > 0).unwrap_or(true);
            let on_our_thread = std::thread::current().name().is_some_and(|name| name.starts_with(OUR_THREADS));
            if !inside && !on_our_thread {
                outer(panic); // somebody else's panic, in a program that shares this Rust runtime
            }
        }));
    }
    let enter = |by: fn(u32) -> u32| _ = INSIDE.try_with(|inside| inside.set(by(inside.get())));
    enter(|depth| depth + 1);
    let outcome = catch_unwind(AssertUnwindSafe(body));
    enter(|depth| depth - 1);
    match outcome {
        Ok(value) => Some(value),
        Err(panic) => {
            std::mem::forget(panic); // its drop might panic again
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// Runs in a child of the test below, so that what reaches the process's stderr can be seen.
    #[test]
    fn child_panics_inside() {
        if std::env::var_os("OAUTHCLIENT_TEST_PANIC").is_none() {
            return;
        }
        let mut slot = MaybeUninit::uninit();
        let result = status(Some(&mut slot), || panic!("inside an export"));
        assert_eq!(result, Status::Internal as i32);
        // SAFETY: `status` has filled the slot.
        let error = owned(unsafe { slot.assume_init() }).expect("an error handle");
        assert!(!error.0.message.as_str().is_empty());
        assert_eq!(value(7, || panic!("inside a getter")), 7);
        assert!(text(|| panic!("inside a getter")).is_null());
    }

    #[test]
    fn a_panic_is_a_status_and_prints_nothing() {
        let child = Command::new(std::env::current_exe().expect("this test's path"))
            .args(["--exact", "ffi::guard::tests::child_panics_inside", "--nocapture", "--test-threads=1"])
            .env("OAUTHCLIENT_TEST_PANIC", "1")
            .output()
            .expect("the child runs");
        assert!(child.status.success(), "{child:?}");
        assert_eq!(String::from_utf8_lossy(&child.stderr), "");
    }
}
