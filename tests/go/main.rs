//! `examples-c/go`: its own tests, by the go command, against this library and a server of the test's own.
#![cfg(target_os = "linux")]

mod guide;
#[path = "../support/mod.rs"]
mod support;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use oauthclient_test_server::authorization_server::{
    AuthorizationServer, CLIENT_ID, CLIENT_SECRET, Options, REDIRECT_URI,
};
use oauthclient_test_server::browser::Browser;
use support::browser::Handover;
use support::c::{header, library_directory, root, run_bounded};
use support::skipped::say_skipped;

/// The first run compiles Go's own library for each kind of check.
const LIMIT: Duration = Duration::from_secs(600);

/// The go command, with the library as pkg-config describes an installed one.
struct Go {
    directory: tempfile::TempDir,
    header_hash: u64,
    minor: u32,
}

impl Go {
    /// With `include/oauth.h` after this change, if there is a Go that is new enough.
    fn new(change: impl Fn(String) -> String) -> Option<Self> {
        let version = Command::new("go").args(["env", "GOVERSION"]).stderr(Stdio::null()).output();
        let version =
            version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
        let minor = version.strip_prefix("go1.").and_then(|rest| rest.split('.').next()?.parse().ok());
        let Some(minor) = minor.filter(|minor| *minor >= 19) else {
            say_skipped(&format!("Go 1.19 or newer is needed, and there is {version:?}: install golang"));
            return None;
        };
        let directory = tempfile::tempdir().expect("a temporary directory");
        let text = change(header());
        std::fs::write(directory.path().join("oauth.h"), &text).expect("written");
        let mut header_hash = DefaultHasher::new();
        text.hash(&mut header_hash);
        let description = format!(
            "Name: oauthclient\nDescription: the tree\nVersion: 0.1\nLibs: -L{} -loauthclient\nCflags: -I{}\n",
            library_directory().display(),
            directory.path().display()
        );
        std::fs::write(directory.path().join("oauthclient.pc"), description).expect("written");
        let go = Self { directory, header_hash: header_hash.finish(), minor };
        let (succeeded, said) = go.run(&["mod", "download"], |_| {});
        if !succeeded {
            say_skipped(&format!("golang.org/x/oauth2 cannot be had: {said}"));
            return None;
        }
        Some(go)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn settle(&self, command: &mut Command) {
        command.current_dir(root().join("examples-c/go")).env("PKG_CONFIG_PATH", self.directory.path());
        command.env("LD_LIBRARY_PATH", library_directory()).env("GOFLAGS", "-buildvcs=false").env("CGO_ENABLED", "1");
        // Go's cache does not see that a header has changed, nor what pkg-config says; it does see this.
        command.env("CGO_CFLAGS", format!("-O2 -g -DHEADER_IS={:x}", self.header_hash));
    }

    /// Whether it succeeded, and what it said.
    fn run(&self, arguments: &[&str], adjust: impl Fn(&mut Command)) -> (bool, String) {
        let mut go = Command::new("go");
        self.settle(&mut go);
        adjust(go.args(arguments));
        ended(&mut go)
    }

    /// The example, built.
    fn build_login(&self) -> PathBuf {
        let program = self.path("login");
        let (succeeded, said) = self.run(&["build", "-o", program.to_str().expect("UTF-8"), "./login"], |_| {});
        assert!(succeeded, "{said}");
        program
    }
}

fn ended(command: &mut Command) -> (bool, String) {
    let output = run_bounded(command, LIMIT);
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

fn know(server: &AuthorizationServer, command: &mut Command) {
    command.env("OAUTH_ISSUER", server.issuer()).env("OAUTH_CLIENT_ID", CLIENT_ID);
    command.env("OAUTH_CLIENT_SECRET", CLIENT_SECRET).env("OAUTH_RESOURCE", server.resource());
    command.env("OAUTH_REDIRECT_PATH", "/callback").env("OAUTH_REDIRECT_URI", REDIRECT_URI).env_remove("OAUTH_SCOPE");
}

/// Tests of the package that were run; all must have passed.
fn test(go: &Go, arguments: &[&str], adjust: impl Fn(&mut Command)) {
    let server = AuthorizationServer::start(Options::default());
    let (succeeded, said) = go.run(&[&["test", "-count=1", "-v"], arguments, &["."]].concat(), |go| {
        know(&server, go);
        adjust(go);
    });
    assert!(succeeded && said.contains("--- PASS") && !said.contains("--- SKIP"), "{said}");
}

#[test]
fn the_packages_tests_pass_with_the_race_detector() {
    let Some(go) = Go::new(|header| header) else { return };
    let (succeeded, said) = go.run(&["vet", "./..."], |_| {});
    assert!(succeeded, "{said}");
    test(&go, &["-race"], |_| {});
}

#[test]
fn no_go_pointer_stays_in_c() {
    let Some(go) = Go::new(|header| header) else { return };
    test(&go, &[], |command| {
        if go.minor >= 21 {
            command.env("GOEXPERIMENT", "cgocheck2");
        } else {
            command.env("GODEBUG", "cgocheck=2");
        }
    });
}

#[test]
fn the_example_logs_in_once_and_calls_an_api() {
    let Some(go) = Go::new(|header| header) else { return };
    let source = std::fs::read_to_string(root().join("examples-c/go/login/main.go")).expect("it is read");
    let (_, main) = source.split_once("func main() {\n").expect("it has a main");
    let (main, _) = main.split_once("\n}").expect("which ends");
    assert!(main.lines().count() <= 25, "{} lines", main.lines().count());

    let (server, program) = (AuthorizationServer::start(Options::default()), go.build_login());
    let handover = Handover::new();
    let run = || {
        let mut login = Command::new(&program);
        go.settle(&mut login);
        know(&server, &mut login);
        login.env("OAUTH_STORE", go.path("store")).env("BROWSER", &handover.program);
        ended(&mut login)
    };
    let first = std::thread::scope(|scope| {
        let first = scope.spawn(|| {
            let first = run();
            handover.close();
            first
        });
        let mut browser = Browser::new();
        let redirect = browser.log_in(&handover.url());
        let page = redirect.and_then(|redirect| browser.follow(&redirect));
        let first = first.join().expect("it ran");
        assert!(page.is_ok(), "{}", first.1);
        first
    });
    // The second finds the login in the store; no browser is opened, which nobody would answer.
    for (succeeded, said) in [first, run()] {
        assert!(succeeded && said.starts_with("HTTP/1.1 200") && said.contains("\"user\":\"alice\""), "{said}");
    }
}

#[test]
fn a_library_that_is_missing_or_too_old_is_named() {
    let version = env!("CARGO_PKG_VERSION");
    let define = |header: String, name: &str, value: &str| {
        let lines = header.lines().map(|line| match line.strip_prefix("#define ") {
            Some(rest) if rest.starts_with(name) => format!("#define {name} {value}"),
            _ => line.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n") + "\n"
    };
    let old = |header| define(define(header, "OAUTH_VERSION_MINOR", "0"), "OAUTH_VERSION_STRING", "\"0.0.9\"");
    let Some(go) = Go::new(old) else { return };
    let (succeeded, said) = go.run(&["build", "."], |_| {});
    assert!(!succeeded && said.contains("0.0.9; this Go package needs 0.1.0 or newer"), "{said}");
    std::fs::remove_file(go.path("oauthclient.pc")).expect("it was there");
    let (succeeded, said) = go.run(&["build", "."], |go| {
        go.env("PKG_CONFIG_LIBDIR", Path::new("/nonexistent"));
    });
    assert!(!succeeded && said.contains("oauthclient was not found"), "{said}");

    let new = |header| define(define(header, "OAUTH_VERSION_PATCH", "99"), "OAUTH_VERSION_STRING", "\"0.1.99\"");
    let Some(go) = Go::new(new) else { return };
    let mut login = Command::new(go.build_login());
    go.settle(&mut login);
    let (succeeded, said) = ended(&mut login);
    assert!(!succeeded && said.lines().count() == 1, "{said}");
    assert!(said.contains(&format!("{version} on this machine; this program needs 0.1.99 or newer")), "{said}");
}
