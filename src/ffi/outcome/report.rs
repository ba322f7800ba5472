//! How an export that can fail reports to its caller: a status, and an error handle.

use std::mem::MaybeUninit;
use std::ptr;

use crate::error::{Advice, Error, Result, Status};
use crate::ffi::boundary::guard;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::status::{OAUTH_OK, oauth_status};

/// An `oauth_error **`: NULL, or a place whose content is not read.
pub type ErrorSlot<'a> = Option<&'a mut MaybeUninit<*mut oauth_error>>;

/// Runs an export that returns a status.
pub fn status(slot: ErrorSlot<'_>, body: impl FnOnce() -> Result<()>) -> oauth_status {
    match guard::caught(body) {
        Some(Ok(())) => {
            if let Some(slot) = slot {
                slot.write(ptr::null_mut());
            }
            OAUTH_OK
        }
        Some(Err(error)) => failed(slot, error),
        None => failed(slot, defect()),
    }
}

#[cold]
fn failed(slot: ErrorSlot<'_>, error: Error) -> oauth_status {
    let status = error.status as oauth_status;
    if let Some(slot) = slot {
        slot.write(Box::into_raw(Box::new(oauth_error::new(error))));
    }
    status
}

/// After a panic it is unknown how far the call got: a code or refresh token may be used up.
#[cold]
fn defect() -> Error {
    let mut error =
        Error::new(Status::Internal, "a defect of the library was caught").with_advice(Advice::OutcomeUnknown);
    error.request_sent = true;
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// Runs in a child process of the test below, which reads its stderr.
    #[test]
    fn child_panics_inside() {
        if std::env::var_os("OAUTHCLIENT_TEST_PANIC").is_none() {
            return;
        }
        let mut slot = MaybeUninit::uninit();
        let result = status(Some(&mut slot), || panic!("inside an export"));
        assert_eq!(result, Status::Internal as i32);
        // SAFETY: `status` has filled the slot with a pointer that it made from a box.
        let error = unsafe { Box::from_raw(slot.assume_init()) };
        assert!(!error.message().is_empty());
        assert_eq!(guard::value(7, || panic!("inside a getter")), 7);
        assert!(guard::text(|| panic!("inside a getter")).is_null());
    }

    #[test]
    fn a_panic_is_a_status_and_prints_nothing() {
        let child = Command::new(std::env::current_exe().expect("this test's path"))
            .args(["--exact", "ffi::outcome::report::tests::child_panics_inside", "--nocapture", "--test-threads=1"])
            .env("OAUTHCLIENT_TEST_PANIC", "1")
            .output()
            .expect("the child runs");
        assert!(child.status.success(), "{child:?}");
        assert_eq!(String::from_utf8_lossy(&child.stderr), "");
    }
}
