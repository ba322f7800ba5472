//! Counts a refresh: a tool's total at two lengths, the difference over the calls between them, so that start and end fall out.

use std::path::Path;

use crate::Result;
use crate::case::{Connection, Kind, Scheme};
use crate::driver::Driver;
use crate::load::Load;
use crate::server_process::ServerProcess;
use crate::signature::COMMAND;

/// The rows of the table that have one number a refresh.
#[derive(Clone, Copy)]
pub struct Counts {
    pub instructions: f64,
    pub allocations: f64,
    pub syscalls: f64,
}

#[derive(Clone, Copy)]
pub enum Counter {
    Instructions,
    Allocations,
    Syscalls,
}

pub fn a_refresh(driver: &Driver, kind: Kind, server: &ServerProcess, scratch: &Path) -> Result<Counts> {
    let count = |counter| a_call(counter, driver, kind, server, scratch);
    Ok(Counts {
        instructions: count(Counter::Instructions)?,
        allocations: count(Counter::Allocations)?,
        syscalls: count(Counter::Syscalls)?,
    })
}

/// Instructions of a refresh by a client that proves itself by a key.
pub fn by_key(driver: &Driver, server: &ServerProcess, scratch: &Path) -> Result<f64> {
    Counter::Instructions.of_each(100, 600, scratch, |tool, calls| {
        let load = Load { late: true, by_key: true, ..Load::new(Scheme::Http, Connection::Kept, 1, calls) };
        driver.run_under(tool, &load, server).map(drop)
    })
}

/// Instructions of an ES256 signature alone.
pub fn a_signature(scratch: &Path) -> Result<f64> {
    let this = std::env::current_exe()?;
    Counter::Instructions.of_each(20, 120, scratch, |tool, times| {
        let (program, arguments) = tool.split_first().ok_or("no tool")?;
        let mut command = std::process::Command::new(program);
        let ended = command.args(arguments).arg(&this).args([COMMAND, &times.to_string()]).status()?;
        if ended.success() { Ok(()) } else { Err("the signatures failed".into()) }
    })
}

fn a_call(counter: Counter, driver: &Driver, kind: Kind, server: &ServerProcess, scratch: &Path) -> Result<f64> {
    let (few, many) = match kind.connection {
        Connection::Kept => (100, 600),
        Connection::New => (50, 150), // a TLS handshake under valgrind takes long
    };
    counter.of_each(few, many, scratch, |tool, calls| {
        let load = Load { late: true, ..Load::new(kind.scheme, kind.connection, 1, calls) };
        driver.run_under(tool, &load, server).map(drop)
    })
}

impl Counter {
    /// What a call costs of many, and not of a few.
    pub fn of_each(
        self,
        few: u32,
        many: u32,
        scratch: &Path,
        run: impl Fn(&[String], u32) -> Result<()>,
    ) -> Result<f64> {
        let log = scratch.join("count.log");
        let total = |calls| -> Result<f64> {
            run(&self.command(&log.display().to_string()), calls)?;
            let text = std::fs::read_to_string(&log)?;
            self.total(&text).ok_or_else(|| format!("{}: no total in its output", self.tool()).into())
        };
        Ok((total(many)? - total(few)?) / f64::from(many - few))
    }

    fn tool(self) -> &'static str {
        match self {
            Self::Instructions => "callgrind",
            Self::Allocations => "memcheck",
            Self::Syscalls => "strace",
        }
    }

    fn command(self, log: &str) -> Vec<String> {
        let words = match self {
            Self::Instructions => format!("valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file={log}"),
            // `undef-value-errors` off: only the summary of the heap is wanted, twice as soon.
            Self::Allocations => {
                format!("valgrind --tool=memcheck --leak-check=no --undef-value-errors=no --log-file={log}")
            }
            Self::Syscalls => format!("strace -f -c -o {log}"),
        };
        words.split(' ').map(str::to_owned).collect()
    }

    fn total(self, text: &str) -> Option<f64> {
        let after = |mark: &str| {
            text.lines().find_map(|line| Some(line.split_once(mark)?.1.split_whitespace().next()?.replace(',', "")))
        };
        match self {
            Self::Instructions => after("Collected : "),
            Self::Allocations => after("total heap usage: "),
            // Share, seconds, time a call, calls: the errors that may follow are among the calls.
            Self::Syscalls => {
                text.lines().rfind(|line| line.ends_with("total"))?.split_whitespace().nth(3).map(str::to_owned)
            }
        }?
        .parse()
        .ok()
    }
}
