//! Processes of `tests/c/proof_worker.c`: programs that know `oauth.h` alone.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

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
pub struct Worker(Child);

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
        Worker(command.spawn().expect("it starts"))
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
    /// Waits for the first line.
    pub fn wait_until_ready(&mut self) {
        let mut line = String::new();
        let mut output = BufReader::with_capacity(1, self.0.stdout.as_mut().expect("a pipe"));
        output.read_line(&mut line).expect("UTF-8");
        assert_eq!(line, "ready\n");
    }

    pub fn kill(&mut self) {
        self.0.kill().expect("it runs");
    }

    /// Waits for its end.
    pub fn said(mut self) -> Said {
        let mut said = Said::default();
        let output = self.0.stdout.take().expect("a pipe");
        for line in BufReader::new(output).lines().map(|line| line.expect("UTF-8")) {
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
        let status = self.0.wait().expect("it ends");
        said.killed = status.signal() == Some(9);
        assert!(said.killed || status.success(), "{status}: {:?}", said.failures);
        said
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
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
