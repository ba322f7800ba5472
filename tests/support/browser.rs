//! Browsers for programs in processes of their own: the test is the user.

use std::fs::{OpenOptions, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

use oauthclient_test_server::browser::Browser;

use super::c::run_bounded;

/// A program for `$BROWSER` that hands the URL to the test, which then is the user.
pub struct Handover {
    _directory: tempfile::TempDir,
    pub program: PathBuf,
    url: PathBuf,
}

impl Handover {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let (program, url) = (directory.path().join("browser"), directory.path().join("url"));
        assert!(Command::new("mkfifo").arg(&url).status().expect("mkfifo").success());
        std::fs::write(&program, format!("#!/bin/sh\nprintf '%s' \"$1\" > '{}'\n", url.display())).expect("written");
        std::fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("executable");
        Self { _directory: directory, program, url }
    }

    /// Waits for the program to open its browser.
    pub fn url(&self) -> String {
        let handed_over = run_bounded(Command::new("cat").arg(&self.url), Duration::from_secs(180)).stdout;
        String::from_utf8(handed_over).expect("a URL")
    }

    /// Nobody opens a browser any more: what waits for one gets an empty URL.
    pub fn close(&self) {
        drop(OpenOptions::new().read(true).write(true).open(&self.url));
    }
}

/// Starts a program that opens the browser, and logs the user in; the program goes on with the redirect.
pub fn log_in(command: &mut Command) -> Child {
    let handover = Handover::new();
    let child = command.env("BROWSER", &handover.program).spawn().expect("it starts");
    let mut browser = Browser::new();
    let redirect = browser.log_in(&handover.url()).expect("the user logs in");
    browser.follow(&redirect).expect("the program shows a page");
    child
}

/// Logs the user in at the URL that a program shows, and tells it where the browser ended. What it says then, line by line.
pub fn paste(program: &mut Child) -> impl Iterator<Item = String> {
    let mut lines = BufReader::new(program.stdout.take().expect("a pipe")).lines().map(|line| line.expect("UTF-8"));
    let url = lines.find_map(|line| line.trim().starts_with("http").then(|| line.trim().to_owned())).expect("a URL");
    let redirect = Browser::new().log_in(&url).expect("the user logs in");
    writeln!(program.stdin.take().expect("a pipe"), "{}", redirect.to_url()).expect("pasted");
    lines
}
