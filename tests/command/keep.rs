//! A file that has a token, and one that is kept fresh.

use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
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
fn only_a_file_is_replaced() {
    let user = User::new();
    user.log_in();
    let (token, target, link, pipe) = (user.token(), user.path("target"), user.path("link"), user.path("pipe"));
    std::os::unix::fs::symlink(&target, &link).expect("a link");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    for wrong in ["/dev/null", "/dev/stdout", pipe.to_str().expect("UTF-8"), link.to_str().expect("UTF-8"), "."] {
        user.run(&["work", "--file", wrong]).failed(1, "it is no regular file");
    }
    assert!(std::fs::symlink_metadata(&pipe).expect("it is there").file_type().is_fifo());
    std::fs::write(&target, "before").expect("written");
    user.run(&["work", "--file", link.to_str().expect("UTF-8")]).done();
    assert_eq!((std::fs::read_link(&link).ok(), std::fs::read_to_string(&target).ok()), (Some(target), Some(token)));
}

/// The server would take the refresh token, and nobody would have the next one.
#[test]
fn a_login_is_not_lost_on_a_full_disk() {
    let user = User::new();
    user.log_in();
    let token = user.token();
    let git = format!("protocol=https\nhost=git.example\npassword={token}\n\n");
    user.tell(&["--format", "git", "work", "erase"], &git).done();
    let before = user.server.token_requests();
    let mut full = Command::new("sh");
    full.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" work", env!("CARGO_BIN_EXE_oauth-token")]).env_clear();
    full.env("HOME", user.path("")).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let said = User::ended(full.spawn().expect("it starts")).failed(7, "could not");
    assert!(said.out.is_empty() && user.server.token_requests() == before, "{said:?}");
    assert_ne!(user.token(), token);
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
