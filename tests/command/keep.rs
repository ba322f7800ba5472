//! A file that has a token, and one that is kept fresh.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use oauthclient_test_server::authorization_server::Options;

use crate::user::User;

/// Ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// What is in the file, once it is something else.
fn next(path: &Path, before: &str) -> String {
    let until = Instant::now() + Duration::from_secs(30);
    while Instant::now() < until {
        match std::fs::read_to_string(path) {
            Ok(text) if text != before => return text,
            _ => std::thread::sleep(Duration::from_millis(20)), // a file says nothing when it changes
        }
    }
    panic!("{} was not written anew", path.display());
}

#[test]
fn a_file_has_the_token_without_a_newline() {
    let user = User::new();
    user.log_in();
    let (token, path) = (user.token(), user.path("token"));
    let file = path.to_str().expect("UTF-8");
    assert_eq!(user.run(&["work", "--file", file]).done(), "");
    assert_eq!(std::fs::read_to_string(&path).expect("it is there"), token);
    assert_eq!(std::fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
    assert_eq!(user.run(&["work", "--file", file, "--format", "authorization"]).done(), "");
    assert_eq!(std::fs::read_to_string(&path).expect("it is there"), format!("Bearer {token}"));
    user.run(&["work", "--file", "/nonexistent/token"]).failed(1, "/nonexistent/token could not be written");
}

#[test]
fn a_file_is_kept_fresh() {
    let user = User::at(Options { access_token_lifetime_s: 3, ..Options::default() });
    user.log_in();
    let path = user.path("token");
    let mut watch = user.command(&["work", "--watch", "--file", path.to_str().expect("UTF-8")]);
    let _running = Running(watch.spawn().expect("it starts"));
    let first = next(&path, "");
    let second = next(&path, &first);
    next(&path, &second);
}

#[test]
fn a_watch_ends_when_the_login_does() {
    let user = User::at(Options { access_token_lifetime_s: 3, ..Options::default() });
    user.log_in();
    let path = user.path("token");
    let mut watch = user.command(&["work", "--watch", "--file", path.to_str().expect("UTF-8")]);
    let mut running = Running(watch.spawn().expect("it starts"));
    next(&path, "");
    user.run(&["revoke", "work"]).done();
    assert_eq!(running.0.wait().expect("it ends").code(), Some(3));
}
