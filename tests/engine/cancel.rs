//! A call can be stopped: from another thread, from a signal handler, and before it begins.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use oauthclient::client::options::RequestOptions;
use oauthclient::error::{Advice, Error, Status};
use oauthclient::protocol::token_request::Grant;
use oauthclient::transport::cancel::Cancel;
use oauthclient_test_server::scripted::Scripted;

use crate::support::c::{Linkage, Program, library_directory, root};
use crate::support::calls::{Lines, call, client, client_of, config, failure, grants, refreshed, timeout_ms, token};
use crate::support::skipped::say_skipped;

/// Tells a stopped call from one that ran into its timeout of 10 s.
const BOUND: Duration = Duration::from_secs(5);

fn options(cancel: &Arc<Cancel>) -> RequestOptions {
    let mut options = RequestOptions::default();
    options.cancel = Some(cancel.clone());
    options
}

/// Answers nobody, unless the test says so.
fn silent() -> Scripted {
    Scripted::start(|mut exchange| {
        exchange.read_request()?;
        exchange.wait_for_close();
        Ok(())
    })
}

fn check(error: &Error, sent: bool) {
    assert_eq!((error.status, error.request_sent), (Status::Cancelled, sent), "{error}");
    if sent {
        assert_eq!(error.advice, Advice::OutcomeUnknown);
    }
}

/// What can simply be asked again has no unknown outcome; but nobody is told to repeat what they have just stopped.
#[test]
fn client_credentials_that_got_no_answer_lose_nothing() {
    let server = silent();
    let (client, cancel) = (client(&server.url("/token")), Arc::new(Cancel::default()));
    let grant = Grant::ClientCredentials { scope: None };
    let error = failure(call(&client, grant, Some(&timeout_ms(50))));
    assert_eq!((error.status, error.request_sent, error.advice), (Status::Timeout, true, Advice::Retry));
    let error = std::thread::scope(|scope| {
        scope.spawn(|| {
            server.wait_for(|seen| seen.requests.len() == 2);
            cancel.trigger();
        });
        failure(call(&client, grant, Some(&options(&cancel))))
    });
    assert_eq!((error.status, error.request_sent, error.advice), (Status::Cancelled, true, Advice::None));
}

#[test]
fn a_waiting_call_is_stopped_from_another_thread_and_its_connection_closed() {
    let server = silent();
    let client = client(&server.url("/token"));
    for (number, grant) in grants().into_iter().enumerate() {
        let cancel = Arc::new(Cancel::default());
        let started = Instant::now();
        let error = std::thread::scope(|scope| {
            scope.spawn(|| {
                server.wait_for(|seen| seen.requests.len() == number + 1);
                cancel.trigger();
            });
            failure(call(&client, grant, Some(&options(&cancel))))
        });
        assert!(started.elapsed() < BOUND);
        check(&error, true);
        server.wait_for(|seen| seen.connections.len() == number + 1 && seen.open() == 0);
    }
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn one_switch_stops_every_call_that_uses_it() {
    let server = silent();
    let client = client(&server.url("/token"));
    let cancel = Arc::new(Cancel::default());
    let started = Instant::now();
    std::thread::scope(|scope| {
        let calls: Vec<_> =
            (0..8).map(|_| scope.spawn(|| failure(call(&client, grants()[1], Some(&options(&cancel)))))).collect();
        server.wait_for(|seen| seen.requests.len() == 8);
        cancel.trigger();
        calls.into_iter().for_each(|call| check(&call.join().expect("no panic"), true));
    });
    assert!(started.elapsed() < BOUND);
}

#[test]
fn a_call_cancelled_before_it_begins_sends_nothing() {
    let server = Scripted::always(200, &[], token().body);
    let client = client(&server.url("/token"));
    let cancel = Arc::new(Cancel::default());
    cancel.trigger();
    for _ in 0..2 {
        check(&failure(call(&client, grants()[1], Some(&options(&cancel)))), false);
    }
    refreshed(&client);
    check(&failure(call(&client, grants()[1], Some(&options(&cancel)))), false);
    assert_eq!((server.connections().len(), server.requests().len()), (1, 1), "but the one that was not cancelled");
}

#[test]
fn a_call_is_stopped_in_the_pause_before_its_next_try() {
    // A port that is refused: its listener is gone.
    let mut settings = config(&silent().url("/token"));
    settings.retry.backoff_ms = 1_000_000;
    settings.retry.max_retries = 9;
    settings.timeout_ms = u32::MAX;
    let (lines, cancel) = (Lines::default(), Arc::new(Cancel::default()));
    settings.log = lines.log();
    let client = client_of(&settings);
    let started = Instant::now();
    let error = std::thread::scope(|scope| {
        let calling = scope.spawn(|| failure(call(&client, grants()[1], Some(&options(&cancel)))));
        while !lines.all().iter().any(|line| line.contains("trying again")) {
            std::thread::yield_now();
        }
        cancel.trigger();
        calling.join().expect("no panic")
    });
    assert!(started.elapsed() < BOUND);
    check(&error, false);
}

/// An interpreter runs its handlers only where it has the word: in the interrupt function.
#[test]
fn ctrl_c_stops_a_call_of_python() {
    if Command::new("python3").arg("--version").output().is_err() {
        return say_skipped("python3 is not installed");
    }
    let server = silent();
    for log_in in [false, true] {
        let mut command = Command::new("python3");
        command.arg(root().join("examples-c/loops/interrupt.py")).arg(library_directory().join("liboauthclient.so"));
        command.env("OAUTH_CLIENT_ID", "app").stdout(Stdio::piped()).stderr(Stdio::piped());
        match log_in {
            true => command.env("OAUTH_ISSUER", server.url("")),
            false => command.env("OAUTH_TOKEN_ENDPOINT", server.url("/token")).env("OAUTH_REFRESH_TOKEN", "rt"),
        };
        let child = command.spawn().expect("python3 starts");
        server.wait_for(|seen| seen.open() == 1);
        let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        let output = child.wait_with_output().expect("it ends");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(out.contains("cancelled") && err.contains("KeyboardInterrupt"), "{out}{err}");
        server.wait_for(|seen| seen.open() == 0);
    }
}

#[test]
fn a_call_is_stopped_from_a_signal_handler() {
    for linkage in [Linkage::Shared, Linkage::Static] {
        let server = silent();
        let program = Program::build("engine_interrupt", linkage);
        let child = Command::new(program.path())
            .env("ENDPOINT", server.url("/token"))
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        server.wait_for(|seen| seen.requests.len() == 1);
        let started = Instant::now();
        let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        let output = child.wait_with_output().expect("it ends");
        assert!(started.elapsed() < BOUND);
        assert!(output.status.success(), "{linkage:?}: {}", String::from_utf8_lossy(&output.stdout));
        server.wait_for(|seen| seen.open() == 0);
        assert_eq!(server.requests().len(), 1);
    }
}
