//! A process as a lock file names it: by its number, and by when it started, because numbers are given again.

use std::fmt;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::process;

use once_cell::race::OnceBox;
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use crate::process::PerProcess;

/// The process that holds a lock, or held it until it was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    number: u32,
    /// In the system's ticks since it was booted; 0: not known.
    started: u64,
}

impl Process {
    pub const NONE: Self = Self { number: 0, started: 0 };

    pub fn this() -> Self {
        static STARTED: OnceBox<PerProcess<u64>> = OnceBox::new();
        let number = process::id();
        let started = || started(number).unwrap_or(0);
        Self { number, started: *STARTED.get_or_init(|| Box::new(PerProcess::new(started()))).get(started) }
    }

    /// The process that the file names.
    pub fn named_by(file: &File) -> Option<Self> {
        let mut bytes = [0; 32];
        let length = file.read_at(&mut bytes, 0).ok()?;
        let mut numbers = std::str::from_utf8(&bytes[..length]).ok()?.split_whitespace();
        let number = numbers.next()?.parse().ok().filter(|number| *number != 0)?;
        Some(Self { number, started: numbers.next().and_then(|started| started.parse().ok()).unwrap_or(0) })
    }

    /// The process that has this number now, if any has.
    pub fn numbered(number: &str) -> Option<Self> {
        Some(Self { number: number.parse().ok()?, started: 0 })
    }

    pub fn has_number_of(self, other: Self) -> bool {
        self.number == other.number
    }

    /// Writes the name. Errors are ignored: the lock is good without it.
    pub fn write_to(self, file: &File) {
        _ = file.write_all_at(self.to_string().as_bytes(), 0);
    }

    /// Whether it has ended; false in doubt.
    pub fn is_gone(self) -> bool {
        let Some(process) = i32::try_from(self.number).ok().and_then(Pid::from_raw) else { return false };
        let is_other = || self.started != 0 && started(self.number).is_some_and(|started| started != self.started);
        has_ended(process) || is_other()
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:010} {:020}", self.number, self.started)
    }
}

/// When the process with this number started, as far as the system says it. A process reads its own in the same way: a
/// `/proc` of another PID namespace is wrong for both.
fn started(number: u32) -> Option<u64> {
    let line = std::fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    // The name of the program, in parentheses, may hold anything.
    line.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

fn has_ended(process: Pid) -> bool {
    #[cfg(target_os = "linux")]
    if let Ok(process) = rustix::process::pidfd_open(process, rustix::process::PidfdFlags::empty()) {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        // A process that was killed but not waited for still has its number.
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        return poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&at_once)).is_ok_and(|ready| ready > 0);
    }
    test_kill_process(process) == Err(Errno::SRCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_has_the_number_again_is_another_one() {
        let this = Process::this();
        assert!(!this.is_gone());
        assert!(!Process { started: 0, ..this }.is_gone(), "in doubt it runs");
        if cfg!(target_os = "linux") {
            assert!(Process { started: this.started + 1, ..this }.is_gone());
        }
        assert!(!Process::NONE.is_gone());
    }

    #[test]
    fn what_a_file_names_is_what_was_written() {
        let file = tempfile::tempfile().expect("a file");
        assert_eq!(Process::named_by(&file), None);
        for process in [Process::this(), Process { number: u32::MAX, started: u64::MAX }] {
            process.write_to(&file);
            assert_eq!(Process::named_by(&file), Some(process));
        }
        Process::NONE.write_to(&file);
        assert_eq!(Process::named_by(&file), None);
        file.write_all_at(b"0000000007\n", 0).expect("written");
        file.set_len(11).expect("cut");
        assert_eq!(Process::named_by(&file), Some(Process { number: 7, started: 0 }));
    }
}
