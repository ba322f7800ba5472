//! A command whose output is the credential: the helper of a platform. No shell, no input, and an end.

use std::io;
use std::process::{Child, Command as Process, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::host;
use crate::secret::{Secret, SecretBytes};
use crate::source::Source;
use crate::source::output::Output;
use crate::source::part::{LARGEST, Part, TOO_LARGE};
use crate::text::has_control;
use crate::transport::limit::left;

/// How long it may run if the call has no deadline.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often the deadline and the cancelling of the call are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub struct Command {
    arguments: Vec<String>,
    part: Part,
}

impl Command {
    /// The first argument is the program, which is found as `execvp` finds it.
    pub fn new(arguments: Vec<String>, json_pointer: Option<&str>) -> Result<Self> {
        let program = arguments.first().filter(|program| !program.is_empty() && !has_control(program));
        let program = program.ok_or_else(|| Error::argument("arguments", "do not begin with a program"))?;
        let parts: Vec<&str> = ["command"].into_iter().chain(arguments.iter().map(String::as_str)).collect();
        let part = Part::new(format!("the command {program}"), json_pointer, &parts)?;
        Ok(Self { arguments, part })
    }

    fn start(&self) -> io::Result<Child> {
        let mut process = Process::new(&self.arguments[0]);
        process.args(&self.arguments[1..]);
        process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        #[cfg(unix)]
        {
            std::os::unix::process::CommandExt::process_group(&mut process, 0); // it is ended with its children
            host::without_blocked_signals(&mut process);
        }
        process.spawn()
    }
}

impl Source for Command {
    fn read(&self) -> Result<Secret> {
        let failed = |why: &str| self.part.failed(why);
        if host::is_privileged() && !self.arguments[0].contains('/') {
            return Err(failed("was not started: a set-uid program has to name its path"));
        }
        let child = self.start().map_err(|why| failed(&format!("could not be started: {why}")))?;
        let mut running = Running { child, began: Instant::now(), has_ended: false };
        let text = running.output().map_err(|why| failed(&why))?;
        match running.end() {
            // A program that reaps its children itself may have taken the status.
            Ok(None) => {}
            Ok(Some(status)) if status.success() => {}
            Ok(Some(status)) => return Err(failed(&format!("failed: {status}"))),
            Err(why) => return Err(failed(why)),
        }
        self.part.of(&text)
    }

    fn name(&self) -> &str {
        &self.part.name
    }

    fn identity(&self) -> &str {
        &self.part.identity
    }
}

/// A command that was started. It is ended, and reaped, when this is dropped.
struct Running {
    child: Child,
    began: Instant,
    has_ended: bool,
}

const TOO_SLOW: &str = "took too long";

impl Running {
    fn is_late(&self) -> bool {
        self.began.elapsed() >= PATIENCE || left(PATIENCE).is_zero()
    }

    /// What it writes, until it closes its output or ends: a process that it leaves behind may keep the output open.
    fn output(&mut self) -> std::result::Result<SecretBytes, String> {
        let output = self.child.stdout.take().map(Output::new);
        let mut output = output.ok_or("has no output")?.map_err(|why| format!("gave no output: {why}"))?;
        let mut text = SecretBytes::default();
        while !self.is_late() {
            let has_ended = self.has_ended(); // what it wrote before can be read at once
            let pause = if has_ended { Duration::ZERO } else { LOOK_EVERY };
            match output.read(pause, |bytes| text.extend(bytes)) {
                Ok(_) if text.len() > LARGEST => return Err(TOO_LARGE.to_owned()),
                Ok(Some(0)) => return Ok(text),
                Ok(Some(_)) => {}
                Ok(None) if has_ended => return Ok(text),
                Ok(None) => {}
                Err(why) => return Err(format!("gave no output: {why}")),
            }
        }
        Err(TOO_SLOW.to_owned())
    }

    /// Ends it and those that it has started, in its group of processes.
    fn kill(&mut self) {
        #[cfg(unix)]
        {
            use rustix::process::{Pid, Signal, kill_process_group};
            _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        }
        drop(self.child.kill());
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// How it ended; `None` if nobody knows.
    fn end(&mut self) -> std::result::Result<Option<ExitStatus>, &'static str> {
        let mut pause = Duration::from_micros(100);
        loop {
            match self.child.try_wait() {
                Ok(None) if self.is_late() => return Err(TOO_SLOW),
                Ok(None) => sleep(pause),
                ended => {
                    self.has_ended = true;
                    return Ok(ended.ok().flatten());
                }
            }
            pause = (pause * 2).min(LOOK_EVERY);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.has_ended && !self.has_ended() {
            self.kill();
            drop(self.child.wait());
        }
    }
}
