//! The store in the key store of the operating system, against gnome-keyring in a session bus without a desktop.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use oauthclient::error::Status;
use oauthclient::store::Store;
use oauthclient::store::file::Files;
use oauthclient::store::keyring::{Keyring, encryption_key, secret};
use oauthclient::store::options::Options;

use crate::contract::{contract, key, load, locked, save, sets_aside};
use crate::support::skipped::say_skipped;

/// Runs the tests below whose names begin with `child`, in a session of its own.
#[test]
fn in_a_session_bus() {
    let home = tempfile::tempdir().expect("a directory");
    let mut session = Command::new("dbus-run-session");
    // The daemon goes on when it is ready, and ends with the bus.
    session
        .args(["--", "sh", "-c"])
        .arg("printf password | gnome-keyring-daemon --unlock --components=secrets >&2 && exec \"$0\" \"$@\"")
        .arg(std::env::current_exe().expect("this test's path"))
        .args(["keyring::child", "--test-threads=1"])
        .envs(["HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"].map(|name| (name, home.path())))
        .env("OAUTHCLIENT_TEST_KEYRING", "1");
    let missing = ["dbus-run-session", "gnome-keyring-daemon"]
        .into_iter()
        .find(|program| Command::new(program).arg("--version").output().is_err());
    if let Some(program) = missing {
        let reason = format!("{program} did not start: install it (Debian: apt install dbus gnome-keyring)");
        return say_skipped(&reason);
    }
    let output = session.output().expect("it starts");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.contains("4 passed"), "{said}");
}

/// Runs the next test where there is none.
#[test]
fn without_a_session_bus() {
    let home = tempfile::tempdir().expect("a directory");
    let child = Command::new(std::env::current_exe().expect("this test's path"))
        .args(["--exact", "keyring::alone"])
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .envs(["HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"].map(|name| (name, home.path())))
        .env("OAUTHCLIENT_TEST_NO_KEYRING", "1")
        .output()
        .expect("the child runs");
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn alone() {
    if std::env::var_os("OAUTHCLIENT_TEST_NO_KEYRING").is_some() {
        let error = open("program").load(&key("alice")).expect_err("there is none");
        assert_eq!(error.status, Status::Store);
        assert!(error.message.as_str().contains("login alice of program in the key store"), "{error}");
        assert!(error.message.as_str().contains("Failed to connect"), "{error}");
    }
}

/// The child below has another environment, and finds the same lock. None of it asks the key store.
#[test]
fn the_lock_is_found_whatever_the_environment_says() {
    let home = tempfile::tempdir().expect("a directory");
    let free = |expected: &str| {
        let child = Command::new(std::env::current_exe().expect("this test's path"))
            .args(["--exact", "keyring::elsewhere"])
            .envs(["HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"].map(|name| (name, home.path())))
            .env("OAUTHCLIENT_TEST_LOCK", expected)
            .output()
            .expect("the child runs");
        let said = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success() && said.contains("1 passed"), "{said}");
    };
    let mut lock = locked(&*open("test of the lock"), &key("alice"));
    free("held");
    let hour = Duration::from_secs(3600);
    lock.hold_for(hour).expect("held");
    fs::remove_file(mine()).expect("deleted");
    let error = lock.hold_for(hour).expect_err("lost");
    assert!(error.status == Status::Store && error.message.as_str().contains("was lost"), "{error}");
    drop(lock);
    free("free");
}

/// The lock file that names this process, where the header says that it is.
fn mine() -> PathBuf {
    let home = Command::new("sh").args(["-c", "eval echo ~$(id -un)"]).output().expect("a shell").stdout;
    let home = PathBuf::from(String::from_utf8(home).expect("text").trim());
    let locks = fs::read_dir(home.join(".local/state/oauthclient/keyring")).expect("the directory");
    let name = format!("{:010} ", std::process::id());
    let is_mine = |path: &PathBuf| fs::read_to_string(path).is_ok_and(|text| text.starts_with(&name));
    locks.map(|lock| lock.expect("a file").path()).find(is_mine).expect("the lock")
}

#[test]
fn elsewhere() {
    if let Ok(expected) = std::env::var("OAUTHCLIENT_TEST_LOCK") {
        let lock = open("test of the lock").try_lock(&key("alice")).expect("the lock file works");
        assert_eq!(lock.is_some(), expected == "free");
    }
}

fn is_child() -> bool {
    std::env::var_os("OAUTHCLIENT_TEST_KEYRING").is_some()
}

fn open(service: &str) -> Arc<dyn Store> {
    Arc::new(Keyring::open(service, None, false).expect("a store"))
}

#[test]
fn child_contract() {
    if is_child() {
        contract(&|| open("contract"));
        sets_aside(&|| open("contract"));
    }
}

#[test]
fn child_services_do_not_touch_each_other_and_leave_no_thread() {
    if !is_child() {
        return;
    }
    let threads = || std::fs::read_dir("/proc/self/task").expect("the threads").count();
    let before = threads();
    let (one, other) = (open("one"), open("other"));
    let _held = locked(&*one, &key("alice"));
    save(&*other, &key("alice"), b"text");
    assert_eq!((load(&*one, &key("alice")), load(&*other, &key("alice"))), (None, Some(b"text".to_vec())));
    assert_eq!(threads(), before);
    assert_eq!(Keyring::open("", None, false).err().expect("refused").status, Status::InvalidArgument);
}

/// As the session will: a runtime is running on the thread.
#[test]
fn child_a_runtime_of_the_caller_is_no_obstacle() {
    if is_child() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async { save(&*open("runtime"), &key("alice"), b"text") });
    }
}

#[test]
fn child_an_encryption_key_is_made_once() {
    if !is_child() {
        return;
    }
    let asked: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..4).map(|_| scope.spawn(|| encryption_key("files", false).expect("a key").to_vec())).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert!(asked[0].len() == 32 && asked[0] != [0; 32] && asked.iter().all(|key| *key == asked[0]));
    // A profile reads its client secret in this way.
    let read = |name: &str| secret("files", name).expect("the key store works").map(|bytes| bytes.to_vec());
    assert_eq!((read("encryption key").as_ref(), read("others")), (Some(&asked[0]), None));
    let directory = tempfile::tempdir().expect("a directory");
    let files = |service: &str| {
        let mut options = Options::default();
        options.keyring_service = Some(service.to_owned());
        Files::open(directory.path(), Options::check(Some(&options)).expect("a key")).expect("a store")
    };
    save(&files("files"), &key("alice"), b"text");
    assert_eq!(load(&files("files"), &key("alice")).as_deref(), Some(&b"text"[..]));
    let error = files("others").load(&key("alice")).expect_err("another key");
    assert!(error.message.as_str().contains("another key"), "{error}");
}
