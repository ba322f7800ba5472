//! A browser for programs of their own process, in which the user logs in at once.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command};

use oauthclient_test_server::browser::Browser;

/// Starts a program that opens the browser, and logs the user in; the program goes on with the redirect. The directory is
/// for what the browser needs.
pub fn log_in(command: &mut Command, directory: &Path) -> Child {
    let (program, url) = (directory.join("browser"), directory.join("url"));
    if !url.exists() {
        assert!(Command::new("mkfifo").arg(&url).status().expect("mkfifo").success());
    }
    std::fs::write(&program, format!("#!/bin/sh\nprintf '%s' \"$1\" > '{}'\n", url.display())).expect("written");
    std::fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("executable");
    let child = command.env("BROWSER", &program).spawn().expect("it starts");
    let mut browser = Browser::new();
    let redirect = browser.log_in(&std::fs::read_to_string(&url).expect("the pipe is read"));
    browser.follow(&redirect.expect("the user logs in")).expect("the program shows a page");
    child
}
