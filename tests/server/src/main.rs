//! Runs an authorization server for the demo, and for programs that prove something.
//!
//! `oauthclient-test-server` prints its settings, one `KEY=VALUE` a line, then `READY`, and stops at the end of its
//! standard input. `oauthclient-test-server --command PROGRAM ARGS…` runs a program with the settings in its
//! environment instead, and exits as that program does. Either way it stops after ten minutes at the latest.
//!
//! `--lifetime SECONDS` is that of access tokens. `--reuse MS` takes the server whose refresh tokens are good for one use,
//! and again for so long; later, the login ends.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use oauthclient_test_server::authorization_server::{self, AuthorizationServer, Options};
use oauthclient_test_server::rotation::{self, Reuse, Rotation};

const LIMIT: Duration = Duration::from_secs(10 * 60);
const POLL: Duration = Duration::from_millis(10);
/// What `timeout` and the shell use.
const TIMED_OUT: u8 = 124;
const CANNOT_RUN: u8 = 127;
const USAGE: u8 = 2;

/// Either of the two.
enum Server {
    Whole(AuthorizationServer),
    Rotating(Rotation),
}

impl Server {
    fn start(lifetime_s: u32, reuse_ms: Option<u32>) -> Self {
        let Some(reuse_ms) = reuse_ms else {
            let options = Options { access_token_lifetime_s: lifetime_s, ..Options::default() };
            return Self::Whole(AuthorizationServer::start(options));
        };
        let reuse = Reuse::Fresh(Duration::from_millis(reuse_ms.into()));
        Self::Rotating(Rotation::start(rotation::Options { access_token_lifetime_s: lifetime_s, reuse }))
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = vec![
            ("OAUTH_CLIENT_ID", authorization_server::CLIENT_ID.to_string()),
            ("OAUTH_CLIENT_SECRET", authorization_server::CLIENT_SECRET.to_string()),
        ];
        settings.extend(match self {
            Self::Whole(server) => vec![
                ("OAUTH_ISSUER", server.issuer().to_string()),
                ("OAUTH_AUTHORIZATION_ENDPOINT", server.authorization_endpoint()),
                ("OAUTH_TOKEN_ENDPOINT", server.token_endpoint()),
                ("OAUTH_DEVICE_AUTHORIZATION_ENDPOINT", server.device_authorization_endpoint()),
                ("OAUTH_RESOURCE", server.resource()),
                ("OAUTH_REDIRECT_PATH", "/callback".to_string()),
                ("OAUTH_REDIRECT_URI", authorization_server::REDIRECT_URI.to_string()),
                // For programs that begin where the user has already agreed. The code is good for one use within ten
                // minutes.
                ("OAUTH_CODE", server.obtain_code(authorization_server::CODE_CHALLENGE)),
                ("OAUTH_CODE_VERIFIER", authorization_server::CODE_VERIFIER.to_string()),
                ("OAUTH_REFRESH_TOKEN", server.obtain_refresh_token()),
            ],
            Self::Rotating(server) => vec![
                ("OAUTH_ISSUER", server.issuer()),
                ("OAUTH_TOKEN_ENDPOINT", server.token_endpoint()),
                ("OAUTH_RESOURCE", server.resource()),
                ("OAUTH_REFRESH_TOKEN", server.log_in()),
            ],
        });
        settings
    }
}

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (mut lifetime_s, mut reuse_ms) = (3600, None);
    while let Some(option) = arguments.next() {
        let mut number = || arguments.next()?.to_str()?.parse().ok();
        let known = match option.to_string_lossy().as_ref() {
            "--lifetime" => number().map(|value| lifetime_s = value),
            "--reuse" => number().map(|value| reuse_ms = Some(value)),
            "--command" => match arguments.next() {
                Some(program) => return run(&Server::start(lifetime_s, reuse_ms), program, arguments.collect()),
                None => None,
            },
            _ => None,
        };
        if known.is_none() {
            eprintln!(
                "usage: oauthclient-test-server [--lifetime SECONDS] [--reuse MS] [--command PROGRAM [ARGUMENT]...]"
            );
            return ExitCode::from(USAGE);
        }
    }
    wait_for_stdin(&Server::start(lifetime_s, reuse_ms))
}

fn wait_for_stdin(server: &Server) -> ExitCode {
    if print(&server.settings()).is_err() {
        return ExitCode::FAILURE;
    }
    let (ended, end) = mpsc::channel();
    thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = ended.send(());
    });
    let _ = end.recv_timeout(LIMIT);
    ExitCode::SUCCESS
}

fn print(settings: &[(&str, String)]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for (key, value) in settings {
        writeln!(out, "{key}={value}")?;
    }
    writeln!(out, "READY")?;
    out.flush()
}

fn run(server: &Server, program: OsString, arguments: Vec<OsString>) -> ExitCode {
    let child = Command::new(&program).args(arguments).envs(server.settings()).spawn();
    match child.and_then(wait) {
        Ok(Some(status)) => ExitCode::from(code(status)),
        Ok(None) => ExitCode::from(TIMED_OUT),
        Err(error) => {
            eprintln!("oauthclient-test-server: {}: {error}", program.display());
            ExitCode::from(CANNOT_RUN)
        }
    }
}

/// The child's status, or nothing if it had to be killed.
fn wait(mut child: Child) -> io::Result<Option<ExitStatus>> {
    // std can wait for a child with a limit only by asking again and again.
    let deadline = Instant::now() + LIMIT;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(POLL);
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

/// As the shell has it: 128 and the signal for a killed program.
fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return 128 + signal as u8;
    }
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
