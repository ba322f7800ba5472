//! Processes of `tests/c/proof_worker.c`: programs that know `oauth.h` alone.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::{self, JoinHandle};

use crate::support::c::{Linkage, Program, root};

/// What all workers of a proof are told.
pub struct Work {
    pub store: String,
    pub token_endpoint: String,
    pub userinfo_endpoint: Option<String>,
    pub client: (String, String),
    pub timeout_ms: u32,
}

/// A process. It is killed with the test that has it.
pub struct Worker {
    process: Child,
    /// Reads what it says, so that it need not wait for that.
    listener: Option<JoinHandle<Vec<String>>>,
}

/// What a process said until it ended.
#[derive(Default)]
pub struct Said {
    /// Every token it was given that was another than the last.
    pub tokens: Vec<String>,
    /// What did not work, and what was wrong with a token.
    pub failures: Vec<String>,
    pub calls: u64,
    /// How many points to crash at it passed.
    pub points: u64,
    pub killed: bool,
}

impl Work {
    pub fn start(&self, arguments: &[&str]) -> Worker {
        let mut command = Command::new(program());
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        command.env("STORE", &self.store).env("TOKEN_ENDPOINT", &self.token_endpoint);
        command.env("CLIENT_ID", &self.client.0).env("CLIENT_SECRET", &self.client.1);
        command.env("TIMEOUT_MS", self.timeout_ms.to_string());
        if let Some(endpoint) = &self.userinfo_endpoint {
            command.env("USERINFO_ENDPOINT", endpoint);
        }
        Worker { process: command.spawn().expect("it starts"), listener: None }
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        self.start(arguments).said()
    }

    /// A log-in: the others begin with this refresh token.
    pub fn adopt(&self, refresh_token: &str) {
        let said = self.run(&["adopt", refresh_token]);
        assert!(said.failures.is_empty() && !said.killed, "{:?}", said.failures);
    }
}

impl Worker {
    #[cfg(feature = "redis")]
    pub fn id(&self) -> String {
        self.process.id().to_string()
    }

    /// Waits for the first line.
    pub fn wait_until_ready(&mut self) {
        let mut line = String::new();
        let mut output = BufReader::with_capacity(1, self.process.stdout.as_mut().expect("a pipe"));
        output.read_line(&mut line).expect("UTF-8");
        assert_eq!(line, "ready\n");
    }

    pub fn kill(&mut self) {
        self.process.kill().expect("it runs");
    }

    /// Hears it out, though it may go on for long.
    pub fn listen(&mut self) {
        let output = BufReader::new(self.process.stdout.take().expect("a pipe"));
        let lines = || output.lines().map(|line| line.expect("UTF-8")).collect();
        self.listener = Some(thread::spawn(lines));
    }

    /// Waits for its end.
    pub fn said(mut self) -> Said {
        let mut said = Said::default();
        if self.listener.is_none() {
            self.listen();
        }
        let lines = self.listener.take().map_or_else(Vec::new, |listener| listener.join().expect("what it said"));
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["token", token] => said.tokens.push(token.to_owned()),
                ["calls", calls, "failures", failures] => {
                    said.calls = calls.parse().expect("a number");
                    assert_eq!(failures.parse(), Ok(said.failures.len()));
                }
                ["points", points] => said.points = points.parse().expect("a number"),
                _ => said.failures.push(line),
            }
        }
        let status = self.process.wait().expect("it ends");
        said.killed = status.signal() == Some(9);
        assert!(said.killed || status.success(), "{status}: {:?}", said.failures);
        said
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn program() -> PathBuf {
    static PROGRAM: OnceLock<Program> = OnceLock::new();
    let build = || {
        let crash = root().join("tests/c/proof_crash.c");
        Program::build_with("proof_worker", Linkage::Shared, &[crash.to_str().expect("a path in UTF-8")])
    };
    PROGRAM.get_or_init(build).path()
}
