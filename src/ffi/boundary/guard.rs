//! The guard around every export: no panic unwinds into C, and the panic hook prints nothing.

use std::cell::Cell;
use std::ffi::{c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::host::OUR_THREADS;

/// Runs an export that returns a plain value; `default` is the result after a panic.
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

/// The result of `body`, or `None` after a panic.
pub fn caught<T>(body: impl FnOnce() -> T) -> Option<T> {
    let mut call = Call { body: Some(body), result: None };
    // SAFETY: the function is the one for a call of this type.
    unsafe { run(call.entry(), (&raw mut call).cast()) };
    call.result
}

/// A body and its result, so that what surrounds a body is compiled once and not in every export.
struct Call<T, F> {
    body: Option<F>,
    result: Option<T>,
}

impl<T, F: FnOnce() -> T> Call<T, F> {
    fn entry(&self) -> unsafe fn(*mut c_void) {
        /// # Safety
        /// It points to a `Call` of these types that nobody else uses meanwhile.
        unsafe fn run<T, F: FnOnce() -> T>(call: *mut c_void) {
            // SAFETY: by the promise above.
            let call = unsafe { &mut *call.cast::<Call<T, F>>() };
            call.result = call.body.take().map(|body| body());
        }
        run::<T, F>
    }
}

/// Runs an entry. What it leaves behind after a panic is whole: a result is put into its place at once.
///
/// # Safety
/// `call` is what `entry` wants.
#[inline(never)]
unsafe fn run(entry: unsafe fn(*mut c_void), call: *mut c_void) {
    thread_local!(static INSIDE: Cell<u32> = const { Cell::new(0) });
    static HOOKED: AtomicBool = AtomicBool::new(false);
    if !HOOKED.load(Ordering::Relaxed) && !HOOKED.swap(true, Ordering::Relaxed) {
        let outer = take_hook();
        set_hook(Box::new(move |panic| {
            if INSIDE.try_with(|inside| inside.get() > 0).unwrap_or(true) {
                return; // nothing else may be asked: the thread may be at its end
            }
            if !std::thread::current().name().is_some_and(|name| name.starts_with(OUR_THREADS)) {
                outer(panic); // a panic of other code, in a program that shares this Rust runtime
            }
        }));
    }
    let enter = |by: fn(u32) -> u32| _ = INSIDE.try_with(|inside| inside.set(by(inside.get())));
    enter(|depth| depth + 1);
    // SAFETY: by the promise above.
    let outcome = catch_unwind(AssertUnwindSafe(|| unsafe { entry(call) }));
    enter(|depth| depth - 1);
    if let Err(panic) = outcome {
        std::mem::forget(panic); // dropping it might panic again
    }
}
