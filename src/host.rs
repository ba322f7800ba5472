//! Signals, forks, privileges and threads of a library in the program's process. The only `unsafe` code outside the C ABI.
#![allow(unsafe_code)]

use std::io;
use std::thread;

/// Runs `work` with SIGPIPE blocked on this thread: a write to a connection that the server reset raises it, and by
/// default it ends the process. A SIGPIPE that was pending before, or that the program blocks itself, is left alone.
pub fn without_sigpipe<T>(work: impl FnOnce() -> T) -> T {
    let _blocked = signals::SigpipeBlocked::new();
    work()
}

/// The prefix of the names of the library's own threads.
pub const OUR_THREADS: &str = "oauth-";

/// Starts a detached thread with all signals blocked: none of the program's is delivered to it.
pub fn spawn_quiet(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let _blocked = signals::AllBlocked::new(); // a new thread inherits the mask
    thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}

/// Lets a command start with no signal blocked. It would inherit the mask of this thread, which may be one of the
/// library's, and would not receive even SIGTERM.
#[cfg(unix)]
pub fn without_blocked_signals(command: &mut std::process::Command) {
    use std::os::unix::process::CommandExt;
    // SAFETY: between fork and exec, it does nothing but write to the stack and call pthread_sigmask.
    unsafe { command.pre_exec(signals::unblock_all) };
}

/// Runs `work` once on a new thread and waits for it; false if it panicked or no thread could be started.
pub fn on_other_thread(work: &mut (dyn FnMut() + Send)) -> bool {
    thread::scope(|scope| {
        let started = {
            let _blocked = signals::AllBlocked::new();
            thread::Builder::new().name("oauth-call".to_owned()).spawn_scoped(scope, work)
        };
        started.is_ok_and(|thread| thread.join().is_ok())
    })
}

/// Runs `work`, which may set `errno`, from a signal handler. On Linux and macOS the `errno` of the interrupted code is restored.
pub fn keeping_errno<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        #[cfg(target_os = "linux")]
        // SAFETY: the C library gives each thread a valid place for its errno, for as long as the thread runs.
        let place = unsafe { libc::__errno_location() };
        #[cfg(target_os = "macos")]
        // SAFETY: as above.
        let place = unsafe { libc::__error() };
        // SAFETY: as above; only this thread uses the place.
        let before = unsafe { *place };
        let result = work();
        // SAFETY: as above.
        unsafe { *place = before };
        result
    }
    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    work()
}

/// A number for this process. A forked child has another one, also if it has its parent's process id in a PID namespace of its
/// own. It costs no system call.
pub fn generation() -> u64 {
    #[cfg(target_os = "linux")]
    {
        forks::generation()
    }
    #[cfg(not(target_os = "linux"))]
    std::process::id().into()
}

/// A page that the kernel empties in a forked child, or a handler of fork where it does not: not both, because the handler
/// may run after another one that has used the library in the child.
#[cfg(target_os = "linux")]
mod forks {
    use std::ptr;
    use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

    const PAGE: usize = 4096;

    /// The number of this process; 0 in a child that has not asked for its own yet.
    static CURRENT: AtomicPtr<AtomicU64> = AtomicPtr::new(ptr::null_mut());
    /// The number in use where no page could be had: then only the handler sees a fork.
    static WITHOUT_PAGE: AtomicU64 = AtomicU64::new(0);
    /// The last number that was given. A child goes on from its parent's.
    static LAST: AtomicU64 = AtomicU64::new(0);

    pub fn generation() -> u64 {
        let mut current = CURRENT.load(Ordering::Acquire);
        if current.is_null() {
            current = begin();
        }
        // SAFETY: it points to WITHOUT_PAGE, or to a page that is never unmapped.
        let current = unsafe { &*current };
        match current.load(Ordering::Acquire) {
            0 => number(current),
            own => own,
        }
    }

    /// Gives this process its number.
    #[cold]
    fn number(current: &AtomicU64) -> u64 {
        let own = LAST.fetch_add(1, Ordering::AcqRel) + 1;
        // Of two threads one decides.
        current.compare_exchange(0, own, Ordering::AcqRel, Ordering::Acquire).map_or_else(|other| other, |_| own)
    }

    /// Maps the page, once for all threads.
    #[cold]
    fn begin() -> *mut AtomicU64 {
        let (mut page, mut is_wiped) = ((&raw const WITHOUT_PAGE).cast_mut(), false);
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: an anonymous mapping at an address that the kernel chooses touches no memory of the program.
        let mapped = unsafe { libc::mmap(ptr::null_mut(), PAGE, access, kind, -1, 0) };
        if mapped != libc::MAP_FAILED {
            // SAFETY: the mapping of one page that was just made.
            is_wiped = unsafe { libc::madvise(mapped, PAGE, libc::MADV_WIPEONFORK) } == 0; // since Linux 4.14
            page = mapped.cast();
        }
        match CURRENT.compare_exchange(ptr::null_mut(), page, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) if is_wiped => page,
            Ok(_) => {
                // SAFETY: the handler only stores a number; the library is never unloaded (build.rs: -z nodelete).
                unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
                page
            }
            Err(other) => {
                if mapped != libc::MAP_FAILED {
                    // SAFETY: the mapping that was just made, and that no other thread has seen.
                    unsafe { libc::munmap(mapped, PAGE) };
                }
                other
            }
        }
    }

    extern "C" fn in_child() {
        let current = CURRENT.load(Ordering::Acquire);
        if !current.is_null() {
            // SAFETY: as in `generation`.
            unsafe { &*current }.store(0, Ordering::Release);
        }
    }
}

/// Whether this is a set-uid or set-gid program: its environment comes from a user with fewer rights.
pub fn is_privileged() -> bool {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: getauxval takes a number and reads what the kernel gave this process; no pointer is involved.
        unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
    }
    #[cfg(all(unix, not(target_os = "linux")))]
    {
        // SAFETY: the four calls take nothing and cannot fail.
        unsafe { libc::getuid() != libc::geteuid() || libc::getgid() != libc::getegid() }
    }
    #[cfg(not(unix))]
    false
}

/// The home directory of the effective user in the password database, whatever the environment says.
#[cfg(unix)]
pub fn home_of_user() -> Option<std::path::PathBuf> {
    use std::ffi::{CStr, OsStr};
    use std::os::unix::ffi::OsStrExt;
    let mut texts = vec![0; 1024];
    loop {
        let (mut entry, mut found) = (std::mem::MaybeUninit::<libc::passwd>::uninit(), std::ptr::null_mut());
        // SAFETY: entry, texts and found are places of this function, texts of the length that is said.
        let status = unsafe {
            libc::getpwuid_r(libc::geteuid(), entry.as_mut_ptr(), texts.as_mut_ptr(), texts.len(), &mut found)
        };
        if status == libc::ERANGE && texts.len() < 1 << 20 {
            texts.resize(texts.len() * 2, 0);
            continue;
        }
        // SAFETY: NULL, or the entry, which was then written.
        let home = unsafe { found.as_ref() }?.pw_dir;
        // SAFETY: NULL, or a NUL-terminated string in texts.
        let home = (!home.is_null()).then(|| unsafe { CStr::from_ptr(home) })?;
        return Some(OsStr::from_bytes(home.to_bytes()).into());
    }
}

#[cfg(unix)]
mod signals {
    use std::mem::MaybeUninit;
    use std::ptr;

    /// SIGPIPE blocked on this thread until dropped.
    pub struct SigpipeBlocked {
        before: libc::sigset_t,
        /// If so, none was pending before, for it would have been delivered; one that is pending afterwards comes from
        /// `work`, and is removed before the mask is restored.
        blocked_by_us: bool,
    }

    impl SigpipeBlocked {
        #[inline(never)]
        pub fn new() -> Self {
            let before = block(&only_sigpipe());
            Self { before, blocked_by_us: !contains_sigpipe(&before) }
        }
    }

    impl Drop for SigpipeBlocked {
        #[inline(never)]
        fn drop(&mut self) {
            if self.blocked_by_us {
                drain();
                set(&self.before);
            }
        }
    }

    /// Every signal blocked on this thread until dropped.
    pub struct AllBlocked(libc::sigset_t);

    impl AllBlocked {
        pub fn new() -> Self {
            let mut all = MaybeUninit::uninit();
            // SAFETY: sigfillset writes a whole sigset_t.
            let all = unsafe {
                libc::sigfillset(all.as_mut_ptr());
                all.assume_init()
            };
            Self(block(&all))
        }
    }

    impl Drop for AllBlocked {
        fn drop(&mut self) {
            set(&self.0);
        }
    }

    /// Unblocks all signals.
    pub fn unblock_all() -> std::io::Result<()> {
        let mut none = MaybeUninit::uninit();
        // SAFETY: sigemptyset writes a whole sigset_t.
        set(&unsafe {
            libc::sigemptyset(none.as_mut_ptr());
            none.assume_init()
        });
        Ok(())
    }

    fn only_sigpipe() -> libc::sigset_t {
        let mut only = MaybeUninit::uninit();
        // SAFETY: sigemptyset writes a whole sigset_t, to which sigaddset adds a valid signal number.
        unsafe {
            libc::sigemptyset(only.as_mut_ptr());
            libc::sigaddset(only.as_mut_ptr(), libc::SIGPIPE);
            only.assume_init()
        }
    }

    /// Adds to this thread's mask and returns the previous mask.
    fn block(signals: &libc::sigset_t) -> libc::sigset_t {
        let mut before = MaybeUninit::zeroed();
        // SAFETY: both point to a sigset_t; the call fails only for a wrong first argument, and zero is an empty mask.
        unsafe {
            libc::pthread_sigmask(libc::SIG_BLOCK, signals, before.as_mut_ptr());
            before.assume_init()
        }
    }

    fn set(signals: &libc::sigset_t) {
        // SAFETY: points to a mask from block(), or from sigemptyset; the old one is not asked for.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, signals, ptr::null_mut()) };
    }

    fn contains_sigpipe(signals: &libc::sigset_t) -> bool {
        // SAFETY: points to an initialised mask; the signal number is valid.
        unsafe { libc::sigismember(signals, libc::SIGPIPE) == 1 }
    }

    #[cfg(any(target_os = "macos", target_os = "ios", target_os = "openbsd"))]
    fn is_pending() -> bool {
        let mut pending = MaybeUninit::zeroed();
        // SAFETY: sigpending writes a whole sigset_t.
        let pending = unsafe {
            libc::sigpending(pending.as_mut_ptr());
            pending.assume_init()
        };
        contains_sigpipe(&pending)
    }

    /// Removes a SIGPIPE that became pending while it was blocked.
    fn drain() {
        #[cfg(not(any(target_os = "macos", target_os = "ios", target_os = "openbsd")))]
        {
            let (only, no_wait) = (only_sigpipe(), libc::timespec { tv_sec: 0, tv_nsec: 0 });
            // SAFETY: the set and the time are initialised; no information about the signal is asked for.
            while unsafe { libc::sigtimedwait(&only, ptr::null_mut(), &no_wait) } == libc::SIGPIPE {}
        }
        #[cfg(any(target_os = "macos", target_os = "ios", target_os = "openbsd"))]
        if is_pending() {
            let (only, mut taken) = (only_sigpipe(), 0);
            // SAFETY: the set is initialised and the signal is pending, so that sigwait returns at once.
            unsafe { libc::sigwait(&only, &mut taken) };
        }
    }
}

/// There are no set-uid programs: nobody asks.
#[cfg(not(unix))]
pub fn home_of_user() -> Option<std::path::PathBuf> {
    None
}

#[cfg(not(unix))]
mod signals {
    pub struct SigpipeBlocked;
    pub struct AllBlocked;
    impl SigpipeBlocked {
        pub fn new() -> Self {
            Self
        }
    }
    impl AllBlocked {
        pub fn new() -> Self {
            Self
        }
    }
}
