//! The lock of a key, between processes and between the stores of one process.

use std::fs::{File, TryLockError};
use std::io;

use crate::error::{Error, Result};
use crate::store::Key;
use crate::store::directory::Directory;
use crate::store::held::Holder;
#[cfg(unix)]
use crate::store::process::Process;

/// A lock that ends with its holder, however the holder ends.
///
/// `flock` on the file `.lock` excludes every other opening of it: by other processes, and in this process by other
/// stores and other copies of this library. But a descriptor that a forked child inherited keeps the `flock` after the
/// holder was killed: the child is an orphan. So the holder also has a record lock on the file `.alive`, which belongs
/// to the process and is not inherited. (Another file, because NFS makes both locks of one kind.) A record lock
/// excludes nothing in the same process, and is lost as soon as anything in it closes any descriptor of `.alive`. So
/// the holder also writes its process number into `.lock`, and when it started: numbers are given again.
///
/// The lock is taken from an orphan when the named process is gone *and* the record lock is free *and* the system does
/// not list the `flock` as that of another process that runs: flock(1) does no more than that. A holder whose record
/// lock was lost is a process that still runs; a holder in another container, where its number means nothing, has its
/// record lock; and a holder in this process is named by this process's number, so `.alive` is not touched. In doubt,
/// the orphan is waited for: the name was not written because the disk was full or the holder was killed in the
/// microseconds before, or there are no record locks. Each attempt finds this out anew: no state is kept, and a passing
/// failure costs no more than this wait.
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
        let name = directory.hidden(key, "lock");
        let take = || {
            let file = directory.open_lock(&name)?;
            let is_locked = try_lock(&file)?;
            let mut lock = Self { file, is_locked, alive: None, holder: Holder::this_process() };
            Ok(lock.try_confirm(directory, key)?.then_some(lock))
        };
        take().map_err(failed("taken", directory, &name))
    }

    /// For each use of the lock: fails in a forked child, which does not hold it.
    pub fn check(&self) -> Result<()> {
        self.holder.check()
    }

    /// Before a request or a write: fails, too, if the file was deleted or replaced, for then somebody else may have the
    /// lock of its successor.
    pub fn check_file(&self, directory: &Directory, key: &Key) -> Result<()> {
        self.check()?;
        let name = directory.hidden(key, "lock");
        if directory.is_name_of(&name, &self.file).map_err(failed("looked at", directory, &name))? {
            return Ok(());
        }
        let what = format!("the lock {} was lost", directory.path(&name).display());
        Err(Error::store(&what, "somebody has deleted or replaced the file while programs run; try again"))
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
                Process::NONE.write_to(&self.file);
            }
            _ = self.file.unlock();
        }
    }
}

fn failed<'a>(what: &'a str, directory: &'a Directory, name: &'a str) -> impl FnOnce(io::Error) -> Error + 'a {
    move |error| Error::store(&format!("the lock {} could not be {what}", directory.path(name).display()), error)
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
    use std::io;
    use std::os::unix::fs::MetadataExt;

    use rustix::fs::{FlockOperation, fcntl_lock};
    use rustix::io::Errno;

    use crate::store::Key;
    use crate::store::directory::Directory;
    use crate::store::lock_file::{LockFile, try_lock};
    use crate::store::process::Process;

    impl LockFile {
        /// Takes the record lock, and takes over a lock that only an orphan keeps; false if the lock is not free.
        pub(super) fn try_confirm(&mut self, directory: &Directory, key: &Key) -> io::Result<bool> {
            let last = Process::named_by(&self.file);
            match last {
                None if self.is_locked => return self.confirm(directory, key),
                Some(_) if self.is_locked => {}
                Some(process) if process.is_gone() && !self.is_anothers(process)? => {}
                _ => return Ok(false),
            }
            // A holder was killed. Record locks do not exclude stores of one process: one at a time may take over.
            let following = directory.open_lock(&directory.hidden(key, "following"))?;
            if !try_lock(&following)? {
                return Ok(false);
            }
            // Another store of this process may have been first: then the name has changed, or `.lock` was replaced.
            let is_first = directory.is_name_of(&directory.hidden(key, "lock"), &self.file);
            let is_first = is_first.map(|is_first| is_first && last == Process::named_by(&self.file));
            let confirmed = is_first.and_then(|first| if first { self.confirm(directory, key) } else { Ok(false) });
            _ = following.unlock();
            confirmed
        }

        /// Whether a process that runs has taken the `flock` since the named one did, without a name. Linux lists the lock
        /// of an orphan as that of the process from which it was inherited. Devices are not compared: some file systems
        /// have two numbers.
        fn is_anothers(&self, named: Process) -> io::Result<bool> {
            let Ok(locks) = std::fs::read_to_string("/proc/locks") else { return Ok(false) };
            let place = format!(":{}", self.file.metadata()?.ino());
            Ok(locks.lines().any(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                match words[..] {
                    [_, "FLOCK", _, _, number, at, ..] if at.ends_with(&place) => {
                        Process::numbered(number).is_some_and(|taker| !taker.has_number_of(named) && !taker.is_gone())
                    }
                    _ => false,
                }
            }))
        }

        fn confirm(&mut self, directory: &Directory, key: &Key) -> io::Result<bool> {
            let alive = directory.open_lock(&directory.hidden(key, "alive"))?;
            match fcntl_lock(&alive, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) if self.is_locked => Process::this().write_to(&self.file),
                Ok(()) => self.replace(directory, key)?,
                Err(Errno::AGAIN | Errno::ACCESS | Errno::INTR) => return Ok(false),
                Err(_) if self.is_locked => {
                    Process::NONE.write_to(&self.file);
                    return Ok(true);
                }
                Err(_) => return Ok(false),
            }
            self.alive = Some(alive);
            Ok(true)
        }

        /// Replaces the file that an orphan keeps locked by a new one.
        fn replace(&mut self, directory: &Directory, key: &Key) -> io::Result<()> {
            let next = directory.hidden(key, "next");
            let file = directory.create_new(&next)?;
            self.is_locked = try_lock(&file)?;
            Process::this().write_to(&file);
            directory.rename(&next, &directory.hidden(key, "lock"))?;
            self.file = file;
            Ok(())
        }
    }
}
