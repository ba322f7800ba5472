//! Forked children of a test.
#![cfg(unix)]

/// A forked child of this process; killed when dropped.
pub struct Child(pub libc::pid_t);

/// Runs `work` in a child, and nothing after it. Of this process's threads only the calling one goes on there.
pub fn fork(work: impl FnOnce() -> bool) -> Child {
    // SAFETY: the child runs only `work` and ends without running what the parent has registered.
    match unsafe { libc::fork() } {
        -1 => panic!("no child could be forked"),
        0 => {
            // SAFETY: takes a number. The end of a child that would hang.
            unsafe { libc::alarm(20) };
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            // SAFETY: takes a number.
            unsafe { libc::_exit(if outcome.is_ok_and(|good| good) { 0 } else { 1 }) }
        }
        child => Child(child),
    }
}

impl Child {
    pub fn succeeds(self) -> bool {
        let mut status = 0;
        // SAFETY: waits for an own child; the place for its status lives during the call.
        let waited = unsafe { libc::waitpid(self.0, &mut status, 0) };
        std::mem::forget(self);
        waited > 0 && status == 0
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // SAFETY: an own child that was not waited for yet.
        unsafe {
            libc::kill(self.0, libc::SIGKILL);
            libc::waitpid(self.0, std::ptr::null_mut(), 0);
        }
    }
}
