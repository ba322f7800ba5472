//! What a program gives along with its functions, and how it is freed.

use std::ffi::c_void;

/// Frees what user_data points to. Called exactly once, on any thread, also when the registration fails.
pub type oauth_destroy_fn = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// The program's pointer, and how to free it.
pub(crate) struct UserData {
    pointer: *mut c_void,
    destroy: oauth_destroy_fn,
}

// SAFETY: the header asks for functions that take user_data on any thread, and on many at once.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

impl UserData {
    pub(crate) fn new(pointer: *mut c_void, destroy: oauth_destroy_fn) -> Self {
        Self { pointer, destroy }
    }

    /// A method, so that closures capture the whole, with its destructor.
    pub(crate) fn pointer(&self) -> *mut c_void {
        self.pointer
    }
}

impl Drop for UserData {
    fn drop(&mut self) {
        if let Some(destroy) = self.destroy {
            // SAFETY: the program gave both together, and this runs once.
            unsafe { destroy(self.pointer) };
        }
    }
}
