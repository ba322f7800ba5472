//! Runs the authorization server for the demo.
//!
//! `oauthclient-test-server` prints its settings, one `KEY=VALUE` a line, then `READY`, and stops at the end of its
//! standard input. `oauthclient-test-server --command PROGRAM ARGS…` runs a program with the settings in its
//! environment instead, and exits as that program does. Either way it stops after ten minutes at the latest.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use oauthclient_test_server::authorization_server::{self, AuthorizationServer, Options};

const LIMIT: Duration = Duration::from_secs(10 * 60);
const POLL: Duration = Duration::from_millis(10);
/// What `timeout` and the shell use.
const TIMED_OUT: u8 = 124;
const CANNOT_RUN: u8 = 127;
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next() {
        None => wait_for_stdin(),
        Some(option) if option == "--command" => match arguments.next() {
            Some(program) => run(program, arguments.collect()),
            None => usage(),
        },
        Some(_) => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: oauthclient-test-server [--command PROGRAM [ARGUMENT]...]");
    ExitCode::from(USAGE)
}

fn settings(server: &AuthorizationServer) -> Vec<(&'static str, String)> {
    vec![
        ("OAUTH_ISSUER", server.issuer().to_string()),
        ("OAUTH_AUTHORIZATION_ENDPOINT", server.authorization_endpoint()),
        ("OAUTH_TOKEN_ENDPOINT", server.token_endpoint()),
        ("OAUTH_DEVICE_AUTHORIZATION_ENDPOINT", server.device_authorization_endpoint()),
        ("OAUTH_RESOURCE", server.resource()),
        ("OAUTH_CLIENT_ID", authorization_server::CLIENT_ID.to_string()),
        ("OAUTH_CLIENT_SECRET", authorization_server::CLIENT_SECRET.to_string()),
        ("OAUTH_REDIRECT_PATH", "/callback".to_string()),
        ("OAUTH_REDIRECT_URI", authorization_server::REDIRECT_URI.to_string()),
        // For programs that begin where the user has already agreed. The code is good for one use within ten minutes.
        ("OAUTH_CODE", server.obtain_code(authorization_server::CODE_CHALLENGE)),
        ("OAUTH_CODE_VERIFIER", authorization_server::CODE_VERIFIER.to_string()),
    ]
}

fn wait_for_stdin() -> ExitCode {
    let server = AuthorizationServer::start(Options::default());
    if print(&settings(&server)).is_err() {
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

fn run(program: OsString, arguments: Vec<OsString>) -> ExitCode {
    let server = AuthorizationServer::start(Options::default());
    let child = Command::new(&program).args(arguments).envs(settings(&server)).spawn();
    let result = child.and_then(wait);
    drop(server);
    match result {
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
