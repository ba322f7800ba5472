//! The lock of a key among processes, and among the stores of one process.

use std::fs::{File, TryLockError};
use std::io;

use crate::error::{Error, Result};
use crate::store::Key;
use crate::store::directory::Directory;
use crate::store::held::Holder;

/// A lock that ends with its holder, however that ends.
///
/// `flock` on the file `.lock` keeps out whoever opens it anew: other processes, and in this one other stores and other copies
/// of this library. But a descriptor that a forked child inherited keeps it after its holder was killed. So the holder also
/// has a record lock on the file `.alive`: it belongs to the process, and no child inherits it. (Another file, because NFS
/// makes both locks of one kind.) That one keeps out nobody in the same process, and is lost as soon as anything in it closes
/// any descriptor of `.alive`. So the holder names its process in `.lock` as well.
///
/// What an orphan keeps is taken from it when the process named is gone *and* the record lock is free. A holder whose record
/// lock was lost is still there; one in another container, where its number says nothing, has its record lock; and a holder
/// in this process is named by this process's number, so `.alive` is not touched. Where there is doubt, the orphan is waited
/// for: the number is another process's by now, was not written because the disk was full, or the holder was killed in the
/// microseconds before it was written; or there are no record locks. That is found out with each lock: nothing has to be
/// remembered, and a passing failure costs no more than this.
pub struct LockFile {
    file: File,
    /// By `flock`.
    is_locked: bool,
    /// Has the record lock, which ends when this is closed.
    alive: Option<File>,
    holder: Holder,
}

impl LockFile {
    /// Takes it if it is free; never waits.
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

    /// Before each use: a forked child does not hold it.
    pub fn check(&self) -> Result<()> {
        self.holder.check()
    }

    /// Without forks, `flock` ends with its holder.
    #[cfg(not(unix))]
    fn try_confirm(&mut self, _: &Directory, _: &Key) -> io::Result<bool> {
        Ok(self.is_locked)
    }
}

impl Drop for LockFile {
    /// Explicitly: closing the file is not enough while a forked child has it open. And what a child has of it is its
    /// parent's.
    fn drop(&mut self) {
        if !self.holder.is_this_process() {
            std::mem::forget(self.alive.take()); // the child may have a record lock of its own by now
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
        /// Takes the record lock, and with it what only an orphan keeps.
        pub(super) fn try_confirm(&mut self, directory: &Directory, key: &Key) -> io::Result<bool> {
            let last = named(&self.file);
            match last {
                None if self.is_locked => return self.confirm(directory, key),
                Some(process) if self.is_locked || is_gone(process) => {}
                _ => return Ok(false),
            }
            // A holder was killed. Of this process, which may have several stores, one at a time may follow it.
            let following = directory.open_lock(&directory.hidden(key, "following"))?;
            if !try_lock(&following)? {
                return Ok(false);
            }
            // Another store here may have been first: then it is named, or the file that this one has open was replaced.
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

        /// Puts a new file in place of the one that an orphan keeps locked.
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

    /// The holder, or the last one if it was killed.
    fn named(file: &File) -> Option<Pid> {
        let mut digits = [0; 10];
        file.read_exact_at(&mut digits, 0).ok()?;
        Pid::from_raw(std::str::from_utf8(&digits).ok()?.parse().ok()?)
    }

    /// 0 for nobody. The lock is good without it.
    pub(super) fn name(file: &File, process: u32) {
        _ = file.write_all_at(format!("{process:010}\n").as_bytes(), 0);
    }

    fn is_gone(process: Pid) -> bool {
        #[cfg(target_os = "linux")]
        if let Ok(process) = rustix::process::pidfd_open(process, rustix::process::PidfdFlags::empty()) {
            use rustix::event::{PollFd, PollFlags, Timespec, poll};
            // One that was killed but not waited for has its number still.
            let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
            return poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&at_once)).is_ok_and(|ready| ready > 0);
        }
        test_kill_process(process) == Err(Errno::SRCH)
    }
}
