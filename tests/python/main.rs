//! `examples-c/python`: its own tests, and its example against a real authorization server.
#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use oauthclient_test_server::authorization_server::{AuthorizationServer, CLIENT_ID, CLIENT_SECRET, Options};
use oauthclient_test_server::browser::Browser;
use support::browser::Handover;
use support::c::{library_directory, root, run_bounded};
use support::skipped::say_skipped;

const LIMIT: Duration = Duration::from_secs(180);

fn package() -> PathBuf {
    root().join("examples-c/python")
}

/// What `tests/python/install` has installed.
fn installed() -> PathBuf {
    root().join("target/python")
}

/// Python with the package and the library that cargo has just built.
fn python() -> Command {
    let mut python = Command::new("python3");
    let library = library_directory().join("liboauthclient.so");
    let path = std::env::join_paths([package(), installed()]).expect("no colon in paths");
    python.current_dir(package()).env("OAUTHCLIENT_LIBRARY", library).env("PYTHONPATH", path);
    python.env("PYTHONDONTWRITEBYTECODE", "1");
    python
}

fn is_missing() -> bool {
    let version = ["-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"];
    if installed().exists() && Command::new("python3").args(version).status().is_ok_and(|status| status.success()) {
        return false;
    }
    say_skipped("Python 3.11 with pip, or what tests/python/install installs, is missing");
    true
}

#[test]
fn the_package_passes_its_tests() {
    if is_missing() {
        return;
    }
    let output = run_bounded(python().args(["-m", "unittest", "discover", "tests"]), LIMIT);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.ends_with("\nOK\n"), "{said}");
}

#[test]
fn the_example_logs_in_once_and_calls_the_api() {
    if is_missing() {
        return;
    }
    let server = AuthorizationServer::start(Options::default());
    let home = tempfile::tempdir().expect("a temporary directory");
    let handover = Handover::new();
    let example = || {
        let mut example = python();
        example.arg("example.py").env("HOME", home.path()).env("XDG_STATE_HOME", home.path().join("state"));
        example.env("OAUTH_ISSUER", server.issuer()).env("OAUTH_CLIENT_ID", CLIENT_ID);
        example.env("OAUTH_CLIENT_SECRET", CLIENT_SECRET).env("OAUTH_RESOURCE", server.resource());
        example.env("BROWSER", &handover.program);
        example
    };
    let mut first = example();
    let first = std::thread::spawn(move || run_bounded(&mut first, LIMIT));
    let mut browser = Browser::new();
    let redirect = browser.log_in(&handover.url()).expect("the user logs in");
    let (status, page) = browser.follow(&redirect).expect("the program shows a page");
    let first = first.join().expect("it ends");
    assert_eq!(status, 200, "{page}");
    let second = run_bounded(&mut example(), LIMIT);
    for output in [first, second] {
        let (said, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(said.starts_with("200 "), "{said}{err}");
    }
}
