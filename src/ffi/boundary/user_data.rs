//! The program's user_data with its destroy function.

use std::ffi::c_void;

/// Frees user_data. Runs exactly once, on any thread, also if the registration fails.
pub type oauth_destroy_fn = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// The program's pointer and the function that frees it.
pub(crate) struct UserData {
    pointer: *mut c_void,
    destroy: oauth_destroy_fn,
}

// SAFETY: the program's functions take user_data on any thread, and on several at once (header: Callbacks).
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

impl UserData {
    pub(crate) fn new(pointer: *mut c_void, destroy: oauth_destroy_fn) -> Self {
        Self { pointer, destroy }
    }

    /// A method, because closures that used the field would capture the pointer without its destructor.
    pub(crate) fn pointer(&self) -> *mut c_void {
        self.pointer
    }
}

impl Drop for UserData {
    fn drop(&mut self) {
        if let Some(destroy) = self.destroy {
            // SAFETY: the program gave both together, and this runs once (header: Callbacks).
            unsafe { destroy(self.pointer) };
        }
    }
}
