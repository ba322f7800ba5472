//! An allocator that looks into every block that a watched thread gives back, and keeps where planted values were found.

use std::alloc::{GlobalAlloc, Layout, System};
use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};
use std::sync::OnceLock;

/// The system's allocator, watched. Growing a block is its default: a new one, a copy, and the old one given back, as
/// any allocator may do it.
pub struct Watched;

/// The values to look for; each stays findable in every form in which the library may hold it.
static PLANTED: OnceLock<Vec<Vec<u8>>> = OnceLock::new();

// Of each thread, because a test has one of its own, and the library calls on that one too.
thread_local! {
    static WATCHING: Cell<bool> = const { Cell::new(false) };
    static BLOCKS: Cell<usize> = const { Cell::new(0) };
    static FOUND: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

// SAFETY: the system's allocator does the work; looking changes nothing.
unsafe impl GlobalAlloc for Watched {
    /// Zeroed: what an earlier owner left in a block was found when that one gave it back.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is the one that is asked for.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if WATCHING.get() {
            look(block, layout.size());
        }
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

fn look(block: *const u8, size: usize) {
    BLOCKS.set(BLOCKS.get() + 1);
    for planted in PLANTED.get().into_iter().flatten() {
        // SAFETY: the block has this size and is not given back yet.
        let found = unsafe { libc::memmem(block.cast(), size, planted.as_ptr().cast(), planted.len()) };
        if !found.is_null() {
            report(planted, size);
        }
    }
}

fn report(planted: &[u8], size: usize) {
    WATCHING.set(false);
    let trace = Backtrace::force_capture().to_string();
    // Where it was, in the library and in the crates that it uses itself.
    let known = |line: &&str| line.contains(" at ./src/") || (line.contains("/registry/") && !line.contains("/tokio-"));
    let frames: Vec<_> = trace.lines().filter(known).take(6).collect();
    let text = String::from_utf8_lossy(planted);
    let found = format!("{text:?} was left in a block of {size} bytes, given back\n{}", frames.join("\n"));
    FOUND.with_borrow_mut(|all| all.push(found));
    WATCHING.set(true);
}

/// Watches this thread while `work` runs; gives what was found.
pub fn watch(planted: impl FnOnce() -> Vec<Vec<u8>>, work: impl FnOnce()) -> Vec<String> {
    PLANTED.get_or_init(planted);
    let blocks = BLOCKS.get();
    WATCHING.set(true);
    work();
    WATCHING.set(false);
    assert!(BLOCKS.get() > blocks, "no block was looked at");
    FOUND.take()
}
