//! Notices that the program has closed the library's descriptors, as daemons do with all that they have. Their numbers
//! may be those of the program's own files then: nothing may be written to them, and they may not be closed.

#[cfg(target_os = "linux")]
use std::os::fd::OwnedFd;

#[cfg(target_os = "linux")]
use rustix::fs::{MemfdFlags, fstat, memfd_create};

/// A descriptor that goes with the others: that of an empty file in memory, which is like no other.
pub struct Sentinel {
    /// `None` if the system gives none.
    #[cfg(target_os = "linux")]
    file: Option<(OwnedFd, (u64, u64))>,
}

impl Sentinel {
    #[cfg(target_os = "linux")]
    pub fn new() -> Self {
        let file = memfd_create("oauthclient", MemfdFlags::CLOEXEC).ok();
        Self { file: file.and_then(|file| identity(&file).map(|identity| (file, identity))) }
    }

    #[cfg(not(target_os = "linux"))]
    pub fn new() -> Self {
        Self {}
    }

    /// Whether its number is closed, or that of another file.
    pub fn is_gone(&self) -> bool {
        #[cfg(target_os = "linux")]
        return self.file.as_ref().is_some_and(|(file, before)| identity(file) != Some(*before));
        #[cfg(not(target_os = "linux"))]
        false
    }
}

#[cfg(target_os = "linux")]
impl Drop for Sentinel {
    fn drop(&mut self) {
        if self.is_gone() {
            std::mem::forget(self.file.take());
        }
    }
}

/// Device and inode.
#[cfg(target_os = "linux")]
fn identity(file: &OwnedFd) -> Option<(u64, u64)> {
    fstat(file).ok().map(|found| (found.st_dev, found.st_ino))
}
