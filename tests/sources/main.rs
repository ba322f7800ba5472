//! Sources of credentials: URLs over real connections, and what becomes of a call that does not wait for one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use oauthclient::blocking::source::read;
use oauthclient::client::options::RequestOptions;
use oauthclient::error::{Error, Status};
use oauthclient::protocol::parameters::Parameters;
use oauthclient::secret::Secret;
use oauthclient::source::Source;
use oauthclient::source::command::Command;
use oauthclient::source::url::Url;
use oauthclient::transport::limit::limited;
use oauthclient_test_server::certificates::Authority;
use oauthclient_test_server::scripted::{Answer, Exchange, Scripted, handler};

/// Tells one that waits for ever.
const BOUND: Duration = Duration::from_secs(8);

fn url(url: &str, headers: &[(&str, &str)], json_pointer: Option<&str>) -> Arc<dyn Source> {
    let mut given = Parameters::default();
    let secret = |text| Secret::new(text).expect("no NUL");
    headers.iter().for_each(|(name, value)| given.set(secret(name), secret(value)));
    Arc::new(Url::new(url, Some(&given), json_pointer).expect("a good source"))
}

fn text(source: &Arc<dyn Source>) -> String {
    read(source, None).unwrap_or_else(|error| panic!("{error}")).as_str().to_owned()
}

fn failure(source: &Arc<dyn Source>, deadline_ms: Option<u32>) -> Error {
    let mut options = RequestOptions::default();
    options.deadline_ms = deadline_ms;
    read(source, Some(&options)).expect_err("no credential")
}

#[test]
fn a_url_is_asked_anew_with_its_headers() {
    let answer = |number| Answer::json(200, format!(r#"{{"value":"t{number}","expires_in":3599}}"#));
    let server = Scripted::sequence(vec![answer(1), answer(2), answer(3)]);
    let address = server.url("/token?api-version=1&audience=api%3A%2F%2Fx");
    let source =
        url(&address, &[("Authorization", "Bearer b"), ("Metadata", "true"), ("Accept", "a/b")], Some("/value"));
    assert_eq!((text(&source), text(&source)), ("t1".to_owned(), "t2".to_owned()));
    assert_eq!(text(&url(&address, &[], Some("/expires_in"))), "3599");
    let [first, second, third] = &server.requests()[..] else { panic!("three requests") };
    assert_eq!((&*first.method, &*first.target), ("GET", "/token?api-version=1&audience=api%3A%2F%2Fx"));
    for (name, value) in [("authorization", "Bearer b"), ("metadata", "true"), ("accept", "a/b")] {
        assert_eq!(first.header_all(name), [value]);
        assert_eq!(second.header_all(name), [value]);
    }
    assert_eq!((third.header("accept"), third.header("authorization")), (Some("*/*"), None));
    assert_ne!(first.connection, second.connection);
}

#[test]
fn an_answer_that_is_no_credential_is_named_and_not_shown() {
    let secret = "s3cr3t-s3cr3t";
    let large = "s".repeat((1 << 20) + 1);
    let cases = [
        (Answer::json(403, format!(r#"{{"error":"{secret}"}}"#)), "answered with HTTP 403"),
        (Answer::new(302, &[("Location", "/other")], secret), "answered with HTTP 302"),
        (Answer::new(204, &[], ""), "is empty"),
        (Answer::new(200, &[], " "), "is empty"),
        (Answer::new(200, &[], large), "gave more than a megabyte"),
        (
            Answer::new(200, &[("Content-Encoding", "gzip")], b"\x1f\x8b\x08s3cr3t".to_vec()),
            "gave an answer that is not whole",
        ),
        (Answer::new(200, &[], secret), "is no JSON"),
        (Answer::new(200, &[], format!(r#"{{"b":"{secret}"}}"#)), "has nothing at the JSON pointer"),
        (Answer::new(200, &[], b"\xff".to_vec()), "gave no text"),
    ];
    for (answer, why) in cases {
        let server = Scripted::start(handler::always(answer));
        let error = failure(&url(&server.url("/token?key=s3cr3t-s3cr3t"), &[("X", secret)], Some("/a")), None);
        let message = error.message.as_str();
        assert!(error.status == Status::Source && !error.request_sent && error.response.is_none(), "{error}");
        assert!(message.starts_with(&server.url("/token ")) && message.contains(why), "{message}");
        assert!(!message.contains("s3cr3t"), "{message}");
        assert_eq!(server.requests().len(), 1, "{why}");
    }
}

#[test]
fn a_url_may_be_slow_or_no_http() {
    let silent = |mut exchange: Exchange| {
        exchange.wait_for_close();
        Ok(())
    };
    let no_http = |mut exchange: Exchange| {
        exchange.read_request()?;
        exchange.write(b"SSH-2.0-OpenSSH\r\n")
    };
    let broken = |mut exchange: Exchange| {
        exchange.read_request()?;
        exchange.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ns3cr3t")
    };
    let (silent, no_http, broken) = (Scripted::start(silent), Scripted::start(no_http), Scripted::start(broken));
    let began = Instant::now();
    let error = failure(&url(&silent.url("/slow?k=v"), &[], None), Some(50));
    assert!(error.status == Status::Timeout && error.message.as_str().contains("/slow"), "{error}");
    assert!(!error.message.as_str().contains("k=v") && began.elapsed() < BOUND, "{error}");
    for server in [no_http, broken] {
        let error = failure(&url(&server.url("/"), &[], None), None);
        assert!(error.status == Status::Source && !error.message.as_str().contains("s3cr3t"), "{error}");
    }
}

#[test]
fn a_server_that_nobody_vouches_for_is_not_asked() {
    let server = Scripted::start_tls(handler::always(Answer::new(200, &[], "t")), &Authority::new().good());
    let error = failure(&url(&server.url("/token"), &[], None), None);
    assert!(error.status == Status::Source && error.message.as_str().contains("TLS"), "{error}");
    assert!(server.requests().is_empty());
}

/// As the password of a store is read while a renewal waits for the store: within the limit of that call.
#[test]
fn a_url_may_be_asked_inside_of_a_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let server = Scripted::always(200, &[], "t");
    let read = |source: Arc<dyn Source>| runtime.block_on(async { source.read() });
    assert_eq!(read(url(&server.url("/"), &[], None)).map(|text| text.as_str().to_owned()).ok().as_deref(), Some("t"));
    let silent = Scripted::start(|mut exchange: Exchange| {
        exchange.wait_for_close();
        Ok(())
    });
    let began = Instant::now();
    let _limited = limited(Some(began + Duration::from_millis(50)), None);
    let error = read(url(&silent.url("/"), &[], None)).expect_err("no credential");
    assert!(error.message.as_str().ends_with("/ took too long") && began.elapsed() < BOUND, "{error}");
}

/// A source that blocks is left at the deadline; the command, and those that it has started, are ended.
#[cfg(unix)]
#[test]
fn a_command_ends_with_the_call() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let pids = directory.path().join("pids");
    assert!(std::process::Command::new("mkfifo").arg(&pids).status().expect("mkfifo").success());
    let script = format!("sleep 60 & echo $$ $! >'{}'; wait", pids.display());
    let arguments = ["/bin/sh", "-c", &script].map(str::to_owned).to_vec();
    let source: Arc<dyn Source> = Arc::new(Command::new(arguments, None).expect("a good source"));
    let reader = std::thread::spawn(move || std::fs::read_to_string(pids).expect("two numbers"));
    let began = Instant::now();
    assert_eq!(failure(&source, Some(500)).status, Status::Timeout);
    assert!(began.elapsed() < BOUND);
    let pids = reader.join().expect("read");
    let runs = |pid: &str| {
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        state.split(") ").nth(1).is_some_and(|state| !state.starts_with('Z'))
    };
    while pids.split_whitespace().any(runs) {
        assert!(began.elapsed() < BOUND, "a process is left: {pids}");
        std::thread::yield_now();
    }
}
