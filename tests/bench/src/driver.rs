//! A built C driver, run by itself or under a tool.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Result;
use crate::child::Owned;
use crate::load::Load;
use crate::measurement::Measurement;
use crate::server_process::ServerProcess;

/// No load here takes a tenth of this, under valgrind either.
const LIMIT: Duration = Duration::from_secs(180);

pub struct Driver {
    pub name: &'static str,
    pub path: PathBuf,
}

impl Driver {
    pub fn run(&self, load: &Load, server: &ServerProcess) -> Result<Measurement> {
        self.run_under(&[], load, server)
    }

    /// `tool` is a command line that the driver's own is added to.
    pub fn run_under(&self, tool: &[String], load: &Load, server: &ServerProcess) -> Result<Measurement> {
        let seen = server.seen()?;
        let mut command = self.command(tool);
        if load.system_ca {
            command.env("SSL_CERT_FILE", &server.system_ca_file); // where the library looks for the system's
        }
        let line = self.output(tool, command.args(load.arguments(server)))?;
        Measurement::parse(&line, server.seen()?.since(seen))
    }

    /// What it prints.
    pub fn line(&self, tool: &[String], arguments: &[String]) -> Result<String> {
        self.output(tool, self.command(tool).args(arguments))
    }

    fn output(&self, tool: &[String], command: &mut Command) -> Result<String> {
        output(command.stdout(Stdio::piped()))
            .map_err(|error| format!("{} {}: {error}", tool.first().map_or("", String::as_str), self.name).into())
    }

    /// All drivers get the same small environment: no proxy, and no library path of cargo's.
    pub fn command(&self, tool: &[String]) -> Command {
        let mut command = match tool.split_first() {
            Some((program, arguments)) => {
                let mut command = Command::new(program);
                command.args(arguments).arg(&self.path);
                command
            }
            None => Command::new(&self.path),
        };
        let kept = ["PATH", "HOME", "TMPDIR", "VALGRIND_LIB"].map(|name| (name, std::env::var_os(name)));
        command.env_clear().envs(kept.into_iter().filter_map(|(name, value)| Some((name, value?))));
        command
    }
}

/// The line fits the pipe, so it can be read after the end.
fn output(command: &mut Command) -> Result<String> {
    let mut process = Owned::spawn(command)?;
    let stdout = process.stdout.take();
    let status = process.wait_within(LIMIT)?;
    let line = std::io::read_to_string(stdout.ok_or("no output")?)?;
    if !status.success() {
        return Err(format!("{status} {line}").into());
    }
    Ok(line)
}
