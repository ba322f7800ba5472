//! The lock of a key, between processes and between the stores of one process.

use std::fs::{File, TryLockError};
use std::io;

use crate::error::{Error, Result};
use crate::store::Key;
use crate::store::directory::Directory;
use crate::store::held::Holder;

/// A lock that ends with its holder, however the holder ends.
///
/// `flock` on the file `.lock` excludes every other opening of it: by other processes, and in this process by other
/// stores and other copies of this library. But a descriptor that a forked child inherited keeps the `flock` after the
/// holder was killed: the child is an orphan. So the holder also has a record lock on the file `.alive`, which belongs
/// to the process and is not inherited. (Another file, because NFS makes both locks of one kind.) A record lock
/// excludes nothing in the same process, and is lost as soon as anything in it closes any descriptor of `.alive`. So
/// the holder also writes its process number into `.lock`.
///
/// The lock is taken from an orphan when the named process is gone *and* the record lock is free. A holder whose record
/// lock was lost is a process that still runs; a holder in another container, where its number means nothing, has its
/// record lock; and a holder in this process is named by this process's number, so `.alive` is not touched. In doubt,
/// the orphan is waited for: another process has the number by now, the number was not written because the disk was
/// full or the holder was killed in the microseconds before, or there are no record locks. Each attempt finds this out
/// anew: no state is kept, and a passing failure costs no more than this wait.
pub struct LockFile {
    file: File,
    /// `file` is locked by `flock`.
    is_locked: bool,
    /// Has the record lock, which ends when this file is closed.
    alive: Option<File>,
    holder: Holder,
}

impl LockFile {
    /// Takes the lock if it is free; never waits.
    pub fn try_take(directory: &Directory, key: &Key) -> Result<Option<Self>> {
        let path = directory.hidden(key, "lock");
        let take = || {
            let file = directory.open_lock(&path)?;
            let is_locked = try_lock(&file)?;
            let mut lock = Self { file, is_locked, alive: None, holder: Holder::this_process() };
            Ok(lock.try_confirm(directory, key)?.then_some(lock))
        };
        take()
            .map_err(|error: io::Error| Error::store(&format!("the lock {} could not be taken", path.display()), error))
    }

    /// For each use of the lock: fails in a forked child, which does not hold it.
    pub fn check(&self) -> Result<()> {
        self.holder.check()
    }

    /// Without fork, the lock of the file ends with its holder.
    #[cfg(not(unix))]
    fn try_confirm(&mut self, _: &Directory, _: &Key) -> io::Result<bool> {
        Ok(self.is_locked)
    }
}

impl Drop for LockFile {
    /// Unlocks explicitly: closing the file is not enough while a forked child has it open. A child leaves its parent's
    /// lock alone.
    fn drop(&mut self) {
        if !self.holder.is_this_process() {
            std::mem::forget(self.alive.take()); // closing it would end a record lock that the child has taken
        } else if self.is_locked {
            #[cfg(unix)]
            if self.alive.take().is_some() {
                orphans::name(&self.file, 0);
            }
            _ = self.file.unlock();
        }
    }
}

fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(unix)]
mod orphans {
    use std::fs::{self, File};
    use std::io;
    use std::os::unix::fs::{FileExt, MetadataExt};
    use std::process;

    use rustix::fs::{FlockOperation, fcntl_lock};
    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};

    use crate::store::Key;
    use crate::store::directory::Directory;
    use crate::store::lock_file::{LockFile, try_lock};

    impl LockFile {
        /// Takes the record lock, and takes over a lock that only an orphan keeps; false if the lock is not free.
        pub(super) fn try_confirm(&mut self, directory: &Directory, key: &Key) -> io::Result<bool> {
            let last = named(&self.file);
            match last {
                None if self.is_locked => return self.confirm(directory, key),
                Some(process) if self.is_locked || is_gone(process) => {}
                _ => return Ok(false),
            }
            // A holder was killed. Record locks do not exclude stores of one process: one at a time may take over.
            let following = directory.open_lock(&directory.hidden(key, "following"))?;
            if !try_lock(&following)? {
                return Ok(false);
            }
            // Another store of this process may have been first: then the name has changed, or `.lock` was replaced.
            let is_unchanged = || {
                let (mine, current) = (self.file.metadata()?, fs::metadata(directory.hidden(key, "lock"))?);
                Ok((mine.dev(), mine.ino()) == (current.dev(), current.ino()) && last == named(&self.file))
            };
            let confirmed = is_unchanged().and_then(|same| if same { self.confirm(directory, key) } else { Ok(false) });
            _ = following.unlock();
            confirmed
        }

        fn confirm(&mut self, directory: &Directory, key: &Key) -> io::Result<bool> {
            let alive = directory.open_lock(&directory.hidden(key, "alive"))?;
            match fcntl_lock(&alive, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) if self.is_locked => name(&self.file, process::id()),
                Ok(()) => self.replace(directory, key)?,
                Err(Errno::AGAIN | Errno::ACCESS | Errno::INTR) => return Ok(false),
                Err(_) if self.is_locked => {
                    name(&self.file, 0);
                    return Ok(true);
                }
                Err(_) => return Ok(false),
            }
            self.alive = Some(alive);
            Ok(true)
        }

        /// Replaces the file that an orphan keeps locked by a new one.
        fn replace(&mut self, directory: &Directory, key: &Key) -> io::Result<()> {
            let path = directory.hidden(key, "next");
            let file = directory.create_new(&path)?;
            self.is_locked = try_lock(&file)?;
            name(&file, process::id());
            fs::rename(path, directory.hidden(key, "lock"))?;
            self.file = file;
            Ok(())
        }
    }

    /// The process of the holder, or of the last holder if it was killed.
    fn named(file: &File) -> Option<Pid> {
        let mut digits = [0; 10];
        file.read_exact_at(&mut digits, 0).ok()?;
        Pid::from_raw(std::str::from_utf8(&digits).ok()?.parse().ok()?)
    }

    /// Writes the process of the holder; 0: none. Errors are ignored: the lock is good without it.
    pub(super) fn name(file: &File, process: u32) {
        _ = file.write_all_at(format!("{process:010}\n").as_bytes(), 0);
    }

    fn is_gone(process: Pid) -> bool {
        #[cfg(target_os = "linux")]
        if let Ok(process) = rustix::process::pidfd_open(process, rustix::process::PidfdFlags::empty()) {
            use rustix::event::{PollFd, PollFlags, Timespec, poll};
            // A process that was killed but not waited for still has its number.
            let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
            return poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&at_once)).is_ok_and(|ready| ready > 0);
        }
        test_kill_process(process) == Err(Errno::SRCH)
    }
}
