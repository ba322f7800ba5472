//! Processes of the C driver that are led step by step: opened, measured, ended.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::Result;
use crate::child::Owned;
use crate::driver::Driver;
use crate::scale::outcome::Outcome;

const LIMIT: Duration = Duration::from_secs(90);

/// Some processes that have opened their sessions.
pub struct Machines(Vec<Process>);

struct Process {
    child: Owned,
    lines: Receiver<String>,
}

impl Machines {
    /// Starts one process for each list of arguments, and waits until all are ready.
    pub fn open(driver: &Driver, processes: &[Vec<String>]) -> Result<Self> {
        let started = processes.iter().map(|arguments| Process::start(driver, arguments)).collect::<Result<_>>()?;
        let machines = Self(started);
        for process in &machines.0 {
            let line = process.line()?;
            if line != "ready" {
                return Err(format!("scale: {line}").into());
            }
        }
        Ok(machines)
    }

    pub fn go(&mut self) -> Result<()> {
        self.0.iter_mut().try_for_each(Process::go_on)
    }

    /// What they measured; they stay, idle, until this is dropped.
    pub fn outcome(&self) -> Result<Outcome> {
        let outcomes = self.0.iter().map(|process| Outcome::parse(&process.line()?)).collect::<Result<Vec<_>>>()?;
        outcomes.into_iter().reduce(Outcome::with).ok_or_else(|| "no process".into())
    }

    pub fn run(&mut self) -> Result<Outcome> {
        self.go()?;
        self.outcome()
    }
}

impl Process {
    fn start(driver: &Driver, arguments: &[String]) -> Result<Self> {
        let mut command = driver.command(&[]);
        command.args(arguments).arg("step=1").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = Owned::spawn(&mut command)?;
        let stdout = BufReader::new(child.stdout.take().ok_or("no output")?);
        let (tell, lines) = channel();
        thread::spawn(move || stdout.lines().map_while(std::result::Result::ok).try_for_each(|line| tell.send(line)));
        Ok(Self { child, lines })
    }

    fn go_on(&mut self) -> Result<()> {
        Ok(self.child.stdin.as_mut().ok_or("no input")?.write_all(b"go\n")?)
    }

    fn line(&self) -> Result<String> {
        Ok(self.lines.recv_timeout(LIMIT).map_err(|_| "scale: it ended, or takes too long")?)
    }
}
