//! The output of a command, read for as long as somebody waits for it.

use std::io;
use std::process::ChildStdout;
use std::time::Duration;

#[cfg(unix)]
pub struct Output(ChildStdout);

#[cfg(unix)]
impl Output {
    pub fn new(output: ChildStdout) -> io::Result<Self> {
        Ok(Self(output))
    }

    /// Waits for some bytes; 0 of them are the end, and `None` is nothing yet.
    pub fn read(&mut self, time: Duration, take: impl FnOnce(&[u8])) -> io::Result<Option<usize>> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        use rustix::io::Errno;
        use std::io::Read;
        use zeroize::Zeroizing;
        let time = Timespec { tv_sec: 0, tv_nsec: time.subsec_nanos().into() };
        match poll(&mut [PollFd::new(&self.0, PollFlags::IN)], Some(&time)) {
            Ok(0) | Err(Errno::INTR) => return Ok(None),
            Ok(_) => {}
            Err(why) => return Err(why.into()),
        }
        let mut bytes = Zeroizing::new([0; 8192]);
        let count = self.0.read(&mut *bytes)?;
        take(&bytes[..count]);
        Ok(Some(count))
    }
}

/// A thread reads, for nothing interrupts it.
#[cfg(not(unix))]
pub struct Output(std::sync::mpsc::Receiver<io::Result<crate::secret::SecretBytes>>);

#[cfg(not(unix))]
impl Output {
    pub fn new(mut output: ChildStdout) -> io::Result<Self> {
        use std::io::Read;
        let (tell, told) = std::sync::mpsc::channel();
        let read = move || {
            loop {
                let mut bytes = crate::secret::SecretBytes::from(vec![0; 8192]);
                let read = output.read(&mut bytes);
                let is_last = !matches!(read, Ok(1..));
                let part = read.map(|count| crate::secret::SecretBytes::from(bytes[..count].to_vec()));
                if tell.send(part).is_err() || is_last {
                    return;
                }
            }
        };
        crate::host::spawn_quiet("oauth-output", read).map(|()| Self(told))
    }

    /// Waits for some bytes; 0 of them are the end, and `None` is nothing yet.
    pub fn read(&mut self, time: Duration, take: impl FnOnce(&[u8])) -> io::Result<Option<usize>> {
        use std::sync::mpsc::RecvTimeoutError;
        match self.0.recv_timeout(time) {
            Ok(bytes) => {
                let bytes = bytes?;
                take(&bytes);
                Ok(Some(bytes.len()))
            }
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Ok(Some(0)),
        }
    }
}
