//! The examples in the header's comments: each compiles as a program of its own, and those that can run do.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use oauthclient_test_server::authorization_server::{self, AuthorizationServer, Options};

use crate::support::c::{header, run_bounded};
use crate::support::snippet::{self, compiled};

const VALGRIND: [&str; 5] =
    ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect"];

/// An example, and the function (or `head`) in whose comment it stands.
struct Example {
    of: String,
    code: String,
}

fn examples() -> Vec<Example> {
    let header = header();
    let parts: Vec<&str> = header.split("@code\n").collect();
    let examples = parts.windows(2).map(|pair| {
        let (code, after) = pair[1].split_once("@endcode").expect("an example ends");
        let strip =
            |line: &str| line.strip_prefix(" * ").or_else(|| line.strip_prefix(" *")).unwrap_or(line).to_owned();
        let code: String = code.lines().map(strip).map(|line| line + "\n").collect();
        let declaration = after.split_once("*/").map_or("", |(_, rest)| rest.split(';').next().unwrap_or_default());
        let name = match declaration.split_once("(*") {
            Some((before, function)) if before.contains("typedef") => function.split(')').next(),
            _ => declaration.split('(').next().and_then(|before| before.rsplit([' ', '*', '\n']).next()),
        };
        let of = if code.contains("int main(") { "head" } else { name.expect("a function follows") };
        Example { of: of.to_owned(), code: code.trim_end_matches(" \n").to_owned() + "\n" }
    });
    examples.collect()
}

/// Those that wait for a person, need a server of another kind or a file, or speak of `https://as.example`.
const NOT_RUN: [&str; 10] = [
    "head",
    "oauth_log_in",
    "oauth_log_in_start",
    "oauth_listener_wait",
    "oauth_browser_open",
    "oauth_device_authorization_begin",
    "oauth_store_open_redis",
    "oauth_store_options_set_redis_password",
    "oauth_store_open_keyring",
    "oauth_profile_open",
];

/// What the server of the tests refuses: it wants a code verifier.
const REFUSED: [&str; 1] = ["oauth_request_token"];

/// A whole program around an example.
fn program(example: &Example) -> String {
    if example.of == "head" { example.code.clone() } else { snippet::program(&example.code) }
}

#[test]
fn examples_compile_and_run() {
    let server = AuthorizationServer::start(Options::default());
    let has_valgrind = Command::new("valgrind").arg("--version").output().is_ok();
    let (all, next, ran) = (examples(), AtomicUsize::new(0), AtomicUsize::new(0));
    let compile_and_run = || {
        while let Some(example) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            let compiled = compiled(&example.of, &program(example), &[]);
            if NOT_RUN.contains(&example.of.as_str()) {
                continue;
            }
            let output = compiled.run(&server, if has_valgrind { &VALGRIND } else { &[] });
            let said = [output.stdout, output.stderr].concat();
            let expected = if REFUSED.contains(&example.of.as_str()) { 17 } else { 0 };
            let said = String::from_utf8_lossy(&said);
            assert_eq!(output.status.code(), Some(expected), "{}:\n{}\n{said}", example.of, example.code);
            ran.fetch_add(1, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(compile_and_run);
        }
    });
    let ran = ran.into_inner();
    assert!(ran >= 25, "only {ran} examples ran");
}

/// A machine's first token, as the head of the header shows it.
#[test]
fn the_program_in_the_head_runs() {
    let server = AuthorizationServer::start(Options::default());
    let example = examples().remove(0);
    assert_eq!(example.of, "head");
    assert!(example.code.lines().count() <= 42, "it fits on a screen");
    let source = example.code.replace("https://as.example", server.issuer());
    let source = source.replace("my-client-id", authorization_server::CLIENT_ID);
    let source = source.replace("my-secret", authorization_server::CLIENT_SECRET);
    let compiled = compiled("head", &source, &[]);
    let output = run_bounded(&mut Command::new(&compiled.path), std::time::Duration::from_secs(60));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.starts_with("Authorization: Bearer ") && output.stderr.is_empty(), "{output:?}");
}

/// Each section shows its main function at work.
#[test]
fn every_section_with_functions_has_an_example() {
    let header = header();
    let sections: Vec<&str> = header.split("\n/* ====").skip(2).collect();
    assert!(sections.len() >= 33, "{}", sections.len());
    let without = |section: &&&str| !section.contains("@code");
    let title = |section: &&str| section.lines().nth(1).unwrap_or_default().trim_start_matches([' ', '*']).to_owned();
    let missing: Vec<String> = sections.iter().filter(without).map(title).collect();
    // Numbers alone.
    assert!(missing.iter().all(|title| title.contains("Deviations")), "{missing:#?}");
}
