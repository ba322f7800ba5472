//! The programs of `examples-c/cpp`, run as their users run them.

use std::process::{Command, Stdio};
use std::time::Duration;

use oauthclient_test_server::authorization_server::{AuthorizationServer, CLIENT_ID, CLIENT_SECRET, Options};

use crate::compiled::{Compiled, compiler};
use crate::support::c::{library_directory, root, run_bounded};
use crate::support::skipped::say_skipped;

/// Whether it succeeded, and what it said.
fn run(program: &Compiled, server: &AuthorizationServer) -> (bool, String) {
    let browser = library_directory().with_file_name("oauthclient-test-browser");
    assert!(browser.exists(), "cargo test makes it; before cargo test --test cpp alone, cargo build --workspace does");
    let mut command = program.command();
    command.env("OAUTH_ISSUER", server.issuer()).env("OAUTH_RESOURCE", server.resource());
    command.env("OAUTH_CLIENT_ID", CLIENT_ID).env("OAUTH_CLIENT_SECRET", CLIENT_SECRET).env("BROWSER", browser);
    let output = run_bounded(&mut command, Duration::from_secs(60));
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).expect("UTF-8"))
}

#[test]
fn log_in_keeps_a_login_and_calls_an_api() {
    let Some(compiler) = compiler("g++") else { return };
    let curl = Command::new("curl-config").arg("--version").stdout(Stdio::null()).status();
    if !curl.is_ok_and(|status| status.success()) {
        return say_skipped("libcurl's headers are missing (Debian: apt install libcurl4-openssl-dev)");
    }
    let source = root().join("examples-c/cpp/log_in.cpp");
    let text = std::fs::read_to_string(&source).expect("the example");
    let own = |line: &&str| !line.is_empty() && !line.starts_with("//") && !line.starts_with("#include");
    assert!(text.lines().filter(own).count() <= 25, "an example fits on a screen");
    let program = Compiled::new(compiler, &source, &["-std=c++17", "-lcurl"]);
    let server = AuthorizationServer::start(Options::default());
    let (succeeded, said) = run(&program, &server);
    assert!(succeeded && said.contains("alice"), "{said}");
    // The login is in the store now: nobody is asked again.
    let requests = server.token_requests();
    let (succeeded, said) = run(&program, &server);
    assert!(succeeded && server.token_requests() == requests, "{said}");
    let refusing = AuthorizationServer::start(Options { user_agrees: false, ..Options::default() });
    let (succeeded, said) = run(&program, &refusing);
    assert!(!succeeded && said.contains("access_denied"), "{said}");
}

#[test]
fn two_devices_log_in_beside_each_other() {
    let Some(compiler) = compiler("g++") else { return };
    let program = Compiled::new(compiler, &root().join("examples-c/cpp/coroutine.cpp"), &["-std=c++20"]);
    let server = AuthorizationServer::start(Options { device_interval_s: 1, ..Options::default() });
    let (succeeded, said) = run(&program, &server);
    assert!(succeeded && said.matches("Open ").count() == 2, "{said}");
    assert!(said.contains("left has a token") && said.contains("right has a token"), "{said}");
}
