//! A user with a home directory and an empty environment, at a server of the test's own.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use oauthclient_test_server::authorization_server::{AuthorizationServer, CLIENT_ID, CLIENT_SECRET, Options};

use crate::support::browser;

pub struct User {
    pub server: AuthorizationServer,
    directory: tempfile::TempDir,
}

/// How the command ended, and what it said.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The output of a command that did it and had nothing to say to people.
    #[track_caller]
    pub fn done(self) -> String {
        assert!(self.code == Some(0) && self.err.is_empty(), "{self:?}");
        self.out
    }

    #[track_caller]
    pub fn failed(self, code: i32, why: &str) -> Self {
        assert!(self.code == Some(code) && self.err.contains(why), "{self:?}");
        for trace in ["panicked", "RUST_BACKTRACE", ".rs:"] {
            assert!(!self.err.contains(trace), "{self:?}");
        }
        self
    }
}

impl User {
    pub fn new() -> Self {
        Self::at(Options::default())
    }

    pub fn at(options: Options) -> Self {
        let user =
            Self { server: AuthorizationServer::start(options), directory: tempfile::tempdir().expect("a directory") };
        std::fs::write(user.path("secret"), CLIENT_SECRET).expect("written");
        std::fs::set_permissions(user.path("secret"), Permissions::from_mode(0o600)).expect("a mode");
        user
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The command in an environment that has a home directory alone, as cron's.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_oauth-token"));
        command.args(arguments).env_clear().env("HOME", self.directory.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        Said::of(self.command(arguments).output().expect("it runs"))
    }

    /// The same with this on its standard input.
    pub fn tell(&self, arguments: &[&str], input: &str) -> Said {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).spawn().expect("it starts");
        drop(child.stdin.take().expect("a pipe").write_all(input.as_bytes())); // it need not read all
        Said::of(child.wait_with_output().expect("it ends"))
    }

    pub fn ended(child: Child) -> Said {
        Said::of(child.wait_with_output().expect("it ends"))
    }

    /// The arguments of a first login.
    pub fn first_login(&self, more: &[&str]) -> Vec<String> {
        let secret = self.path("secret").display().to_string();
        let issuer = self.server.issuer().to_owned();
        let mut arguments = vec!["login".to_owned(), "work".to_owned()];
        for (option, value) in [
            ("--issuer", issuer.as_str()),
            ("--client-id", CLIENT_ID),
            ("--client-secret-file", &secret),
            ("--redirect-path", "/callback"),
        ] {
            arguments.extend([option.to_owned(), value.to_owned()]);
        }
        arguments.extend(more.iter().map(|argument| (*argument).to_owned()));
        arguments
    }

    /// Logs in as "work" through a browser; what the command said.
    pub fn log_in(&self) -> Said {
        let arguments = self.first_login(&[]);
        self.log_in_with(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    pub fn log_in_with(&self, arguments: &[&str]) -> Said {
        let child = browser::log_in(&mut self.command(arguments));
        Self::ended(child)
    }

    /// The token that the command prints.
    #[track_caller]
    pub fn token(&self) -> String {
        let token = self.run(&["work"]).done();
        assert!(token.ends_with('\n') && token.trim_end().len() > 8, "{token}");
        token.trim_end().to_owned()
    }
}
