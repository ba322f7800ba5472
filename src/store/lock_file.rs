//! The lock of a key among the threads of a process, the copies of this library in it, and all processes.

use std::collections::HashSet;
use std::fs::{File, TryLockError};
use std::io;
use std::mem;
use std::path::PathBuf;
use std::sync::Mutex;

use once_cell::race::OnceBox;

use crate::error::{Error, Result};
use crate::process::PerProcess;
use crate::store::Key;
use crate::store::directory::Directory;
use crate::store::held::{Holder, with};

/// Three things hold it, and none outlives the holder:
///
/// - An entry in a table keeps other threads out, which then open no file of this lock.
/// - `flock` on the file `.lock` keeps out whoever opened it anew, in this process too: another copy of this library, or this
///   one by another name of the directory. But a descriptor that a forked child inherited keeps it after its holder died.
/// - A record lock on the file `.alive` belongs to the process, and is inherited by none. But it ends as soon as anything in
///   this process closes any descriptor of that file. (Another file than `.lock`, because NFS makes both locks of one kind.)
///
/// So a lock is taken from a forked child of its dead holder when three things agree: `.lock` names a holder, there is no such
/// process, and the record lock is free. A holder whose record lock was lost is still there; one in another container,
/// whose number says nothing here, still has its record lock. Where these are in doubt, the child is waited for: its
/// holder's number was given to another process, or was not written yet; or the file system has no record locks. The last
/// is found out with each lock, since `flock` alone is then as good as it gets.
pub struct LockFile {
    /// Has the record lock, which ends when this is closed.
    alive: Option<File>,
    file: File,
    turn: Turn,
}

impl LockFile {
    /// Takes it if it is free.
    pub fn try_take(directory: &Directory, key: &Key) -> Result<Option<Self>> {
        let path = directory.hidden(key, "lock");
        let Some(turn) = Turn::try_take(path.clone()) else { return Ok(None) };
        Self::try_open(directory, key, turn)
            .map_err(|error| Error::store(&format!("the lock {} could not be taken", path.display()), error))
    }

    fn try_open(directory: &Directory, key: &Key, turn: Turn) -> io::Result<Option<Self>> {
        let mut lock = Self { alive: None, file: directory.open_lock(&turn.path)?, turn };
        let is_locked = match lock.file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Error(error)) => return Err(error),
        };
        Ok(lock.try_confirm(directory, key, is_locked)?.then_some(lock))
    }

    /// Before each use: a forked child does not hold it.
    pub fn check(&self) -> Result<()> {
        self.turn.holder.check()
    }
}

#[cfg(unix)]
impl LockFile {
    /// Takes the record lock, and with it what only a child of a dead holder keeps.
    fn try_confirm(&mut self, directory: &Directory, key: &Key, is_locked: bool) -> io::Result<bool> {
        use rustix::fs::{FlockOperation, fcntl_lock};
        use rustix::io::Errno;

        if !is_locked && !self.holder().is_some_and(is_gone) {
            return Ok(false);
        }
        let alive = directory.open_lock(&directory.hidden(key, "alive"))?;
        match fcntl_lock(&alive, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {
                if !is_locked {
                    // The child may keep the old one.
                    let next = directory.hidden(key, "next");
                    self.file = directory.create_new(&next)?;
                    self.file.try_lock()?;
                    std::fs::rename(&next, &self.turn.path)?;
                }
                self.alive = Some(alive);
                self.set_holder(std::process::id());
                Ok(true)
            }
            Err(Errno::AGAIN | Errno::ACCESS | Errno::INTR) => Ok(false),
            Err(_) => {
                if is_locked {
                    self.set_holder(0); // somebody for whom record locks work would find ours free
                }
                Ok(is_locked)
            }
        }
    }

    fn holder(&self) -> Option<rustix::process::Pid> {
        let mut digits = [0; 10];
        std::os::unix::fs::FileExt::read_exact_at(&self.file, &mut digits, 0).ok()?;
        rustix::process::Pid::from_raw(std::str::from_utf8(&digits).ok()?.parse().ok()?)
    }

    /// 0 for none. On a full disk nobody is named, and nothing is taken from anybody.
    fn set_holder(&self, process: u32) {
        _ = std::os::unix::fs::FileExt::write_all_at(&self.file, format!("{process:010}\n").as_bytes(), 0);
    }
}

/// Whether there is no such process. One that was killed but not waited for has a number, too.
#[cfg(unix)]
fn is_gone(process: rustix::process::Pid) -> bool {
    #[cfg(target_os = "linux")]
    if let Ok(process) = rustix::process::pidfd_open(process, rustix::process::PidfdFlags::empty()) {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        return poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&at_once)).is_ok_and(|ready| ready > 0);
    }
    rustix::process::test_kill_process(process) == Err(rustix::io::Errno::SRCH)
}

#[cfg(not(unix))]
impl LockFile {
    /// Without forks a lock ends with its holder.
    fn try_confirm(&mut self, _: &Directory, _: &Key, is_locked: bool) -> io::Result<bool> {
        Ok(is_locked)
    }
}

impl Drop for LockFile {
    /// Explicitly: closing the file is not enough while a forked child has it open. And what a child has of it is its
    /// parent's.
    fn drop(&mut self) {
        if !self.turn.holder.is_this_process() {
            mem::forget(self.alive.take()); // the child may have the lock by now, and would lose it by this
            return;
        }
        #[cfg(unix)]
        if self.alive.is_some() {
            self.set_holder(0);
        }
        self.alive = None;
        _ = self.file.unlock();
    }
}

/// What this process holds or is about to take, by path, whichever store did it.
static TURNS: OnceBox<PerProcess<Mutex<HashSet<PathBuf>>>> = OnceBox::new();

fn turns<R>(work: impl FnOnce(&mut HashSet<PathBuf>) -> R) -> R {
    with(TURNS.get_or_init(Box::default), work)
}

/// An entry in the table.
struct Turn {
    path: PathBuf,
    holder: Holder,
}

impl Turn {
    fn try_take(path: PathBuf) -> Option<Self> {
        turns(|turns| turns.insert(path.clone())).then(|| Self { path, holder: Holder::this_process() })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.holder.is_this_process() {
            turns(|turns| turns.remove(&self.path));
        }
    }
}
