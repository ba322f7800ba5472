//! Files: what a disk, other processes and people do to them.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use oauthclient::error::{Advice, Error, Status};
use oauthclient::store::Store;
use oauthclient::store::directory::default_directory;
use oauthclient::store::file::Files;
use oauthclient::store::options::Options;
use tempfile::TempDir;

use crate::contract::{contract, key, lists, load, locked, save, sets_aside};

pub fn open_with(directory: &Path, encryption_key: Option<u8>) -> Result<Files, Error> {
    let mut options = Options::default();
    if let Some(byte) = encryption_key {
        options.set_encryption_key(&[byte; 32]);
    }
    Files::open(directory, Options::check(Some(&options)).expect("good options"))
}

pub fn open(directory: &Path) -> Files {
    open_with(directory, None).expect("a store")
}

/// A directory that is deleted when dropped, with the store that it will be below it.
pub fn place() -> (TempDir, PathBuf) {
    let outer = tempfile::tempdir().expect("a temporary directory");
    let inner = outer.path().join("above/store");
    (outer, inner)
}

pub fn names(directory: &Path, contain: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("the directory").map(|entry| entry.expect("an entry").path());
    entries.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains(contain))).collect()
}

/// The one file that holds what is kept.
pub fn kept(directory: &Path) -> PathBuf {
    let mut files = names(directory, ".session");
    files.retain(|file| file.extension().is_some_and(|extension| extension == "session"));
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
}

#[test]
fn the_contract_without_encryption() {
    let (_outer, directory) = place();
    contract(&|| Arc::new(open(&directory)));
    sets_aside(&|| Arc::new(open(&directory)));
    lists(&|| Arc::new(open(&directory)));
}

#[test]
fn the_contract_with_encryption() {
    let (_outer, directory) = place();
    let make = || Arc::new(open_with(&directory, Some(1)).expect("a store")) as Arc<dyn Store>;
    contract(&make);
    sets_aside(&make);
    lists(&make);
    save(&*make(), &key("secret"), b"{\"access_token\":\"s3cr3t\"}");
    for file in names(&directory, "") {
        let bytes = fs::read(&file).expect("a file");
        assert!(!bytes.windows(6).any(|window| window == b"s3cr3t" || window == b"access"), "{}", file.display());
    }
}

#[test]
fn files_are_for_their_owner_only_and_no_temporary_file_stays() {
    let (_outer, directory) = place();
    let store = open(&directory);
    save(&store, &key("alice@example.com").of("whose"), b"{}");
    assert_eq!((mode(directory.parent().expect("above")), mode(&directory)), (0o700, 0o700));
    let file = kept(&directory);
    assert!(
        file.file_name().expect("a name").to_string_lossy().starts_with("alice_example_com-"),
        "{}",
        file.display()
    );
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("opened by somebody");
    save(&store, &key("alice@example.com").of("whose"), b"{}");
    let all = names(&directory, "");
    assert!(all.len() == 3 && all.iter().all(|path| mode(path) == 0o600), "{all:?}");
}

#[test]
fn an_old_text_or_a_new_one_is_read_and_never_a_part() {
    let (_outer, directory) = place();
    let (store, key, over) = (open(&directory), key("atomic"), AtomicBool::new(false));
    let texts = [vec![b'a'; 10], vec![b'b'; 300_000]];
    save(&store, &key, &texts[0]);
    thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let reader = open(&directory);
                    let mut reads = 0;
                    while !over.load(Ordering::Relaxed) {
                        let text = load(&reader, &key).expect("it is never missing");
                        assert!(texts.contains(&text), "{} bytes", text.len());
                        reads += 1;
                    }
                    reads
                })
            })
            .collect();
        for round in 0..100 {
            save(&store, &key, &texts[round % 2]);
        }
        over.store(true, Ordering::Relaxed);
        for reader in readers {
            assert!(reader.join().expect("no panic") > 10);
        }
    });
}

/// Runs this file's [`child_process`] in a process of its own; `shell` comes before it.
fn child(what: &str, directory: &Path, shell: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{shell} exec \"$0\" --exact file::child_process --nocapture --test-threads=1")]);
    command.arg(std::env::current_exe().expect("this test's path"));
    command.env("STORES_CHILD", what).env("STORES_DIRECTORY", directory);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// Only does something in a child of the tests below.
#[test]
fn child_process() {
    let Ok(what) = std::env::var("STORES_CHILD") else { return };
    let directory = PathBuf::from(std::env::var_os("STORES_DIRECTORY").expect("given"));
    let key = key("alice");
    match what.as_str() {
        "holds" => {
            let store = open(&directory);
            let _lock = locked(&store, &key);
            fs::write(names(&directory, ".lock").remove(0).with_extension("new"), "left behind").expect("written");
            println!("\nheld");
            std::io::stdin().read_to_end(&mut Vec::new()).expect("until killed");
        }
        "has a full disk" => {
            let store = open(&directory);
            let mut lock = locked(&store, &key);
            let error = lock.save(&vec![b'x'; 1 << 20], None).expect_err("there is no room");
            assert_eq!(error.status, Status::Store);
            assert!(error.message.as_str().contains("File too large"), "{error}");
            assert!(error.message.as_str().contains("alice-"), "{error}");
            assert_eq!(load(&store, &key).as_deref(), Some(&b"old"[..]));
            assert_eq!(names(&directory, ".new").len(), 0);
            lock.save(b"new", None).expect("a small one fits");
            println!("\nended well");
        }
        "may not write" => {
            let store = open(&directory);
            save(&store, &key, b"old");
            fs::set_permissions(&directory, fs::Permissions::from_mode(0o500)).expect("set");
            // SAFETY: takes a number. It fails for all but root, whom no permissions stop.
            _ = unsafe { libc::seteuid(65534) };
            let error = open_with(&directory, None).err().expect("refused");
            assert_eq!((error.status, error.advice), (Status::Store, Advice::FixConfig));
            assert!(error.message.as_str().contains("Permission denied"), "{error}");
            assert!(error.message.as_str().contains(directory.to_str().expect("text")), "{error}");
            println!("\nended well");
        }
        "is a user" => {
            let above = directory.parent().expect("above");
            let daemon = fs::metadata(above).expect("there").uid();
            // SAFETY: takes a number.
            assert_eq!(unsafe { libc::seteuid(daemon) }, 0);
            drop(open(&directory));
            // SAFETY: takes a number.
            assert_eq!(unsafe { libc::seteuid(0) }, 0);
            chown(above, None, Some(0)).expect("given");
            // SAFETY: takes a number.
            assert_eq!(unsafe { libc::seteuid(daemon) }, 0);
            let error = open_with(&directory, None).err().expect("refused");
            assert!(error.message.as_str().contains("mode 0775"), "{error}");
            println!("\nended well");
        }
        "has no home" => println!("\nat {}", default_directory(false).expect("a home").display()),
        other => panic!("{other}"),
    }
}

#[test]
fn a_killed_holder_blocks_nobody_and_leaves_nothing() {
    let (_outer, directory) = place();
    let store = open(&directory);
    let mut child = child("holds", &directory, "").spawn().expect("a child");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    assert!(lines.map_while(Result::ok).any(|line| line == "held"), "the child did not get the lock");
    assert!(store.try_lock(&key("alice")).expect("tried").is_none(), "another process holds it");
    assert_eq!(names(&directory, ".new").len(), 1);
    child.kill().expect("kill -9");
    child.wait().expect("dead");
    assert!(store.try_lock(&key("alice")).expect("tried").is_some());
    assert_eq!(names(&directory, ".new").len(), 0, "what a killed writer left has secrets in it");
}

/// RLIMIT_FSIZE stands in for a full disk: the write comes back short, then with an error.
#[test]
fn a_full_disk_leaves_the_old_text_whole() {
    let (_outer, directory) = place();
    save(&open(&directory), &key("alice"), b"old");
    let output = child("has a full disk", &directory, "trap '' XFSZ; ulimit -f 16;").output().expect("a child");
    assert!(String::from_utf8_lossy(&output.stdout).contains("ended well"), "{output:?}");
    assert_eq!(load(&open(&directory), &key("alice")).as_deref(), Some(&b"new"[..]));
}

#[test]
fn a_directory_that_cannot_be_written_to_is_named() {
    let (outer, directory) = place();
    fs::set_permissions(outer.path(), fs::Permissions::from_mode(0o755)).expect("set");
    fs::create_dir_all(&directory).expect("made");
    let output = child("may not write", &directory, "").output().expect("a child");
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).expect("set");
    assert!(String::from_utf8_lossy(&output.stdout).contains("ended well"), "{output:?}");

    let file = outer.path().join("file");
    fs::write(&file, "a regular file").expect("written");
    for (directory, why) in [
        (file.clone(), "Not a directory"),
        (file.join("below"), "Not a directory"),
        (PathBuf::from("/proc/oauthclient"), "/proc/oauthclient"),
        (outer.path().join("x".repeat(300)), "File name too long"),
    ] {
        let error = open_with(&directory, None).err().expect("refused");
        assert_eq!((error.status, error.advice), (Status::Store, Advice::FixConfig));
        assert!(error.message.as_str().contains(why), "{error}");
        assert!(error.message.as_str().starts_with(&format!("the directory {}", directory.display())), "{error}");
    }
    assert_eq!(fs::read(&file).expect("as it was"), b"a regular file");
}

/// Making a file costs more than the rest of opening, and a full disk allows none: a valid token can be read there.
#[test]
fn a_directory_that_keeps_a_login_is_not_tried_out() {
    let (_outer, directory) = place();
    let changed = || {
        let seen = fs::metadata(&directory).expect("the directory");
        (seen.mtime(), seen.mtime_nsec())
    };
    save(&open(&directory), &key("alice"), b"{}");
    let before = changed();
    drop(open(&directory));
    assert_eq!(changed(), before);
    // What others may read says nothing of what this program can keep.
    fs::set_permissions(kept(&directory), fs::Permissions::from_mode(0o644)).expect("opened by somebody");
    drop(open(&directory));
    assert_ne!(changed(), before);
    assert_eq!(names(&directory, ".try"), [] as [PathBuf; 0]);
}

#[test]
fn a_directory_that_others_may_write_to_is_refused() {
    let (_outer, directory) = place();
    drop(open(&directory));
    for (mode, refused) in
        [(0o777, true), (0o1777, true), (0o770, true), (0o702, true), (0o755, false), (0o2750, false)]
    {
        fs::set_permissions(&directory, fs::Permissions::from_mode(mode)).expect("set");
        let outcome = open_with(&directory, None);
        assert_eq!(outcome.is_err(), refused, "{mode:o}");
        if let Err(error) = outcome {
            assert!(error.message.as_str().contains(&format!("mode {mode:04o}")), "{error}");
        }
    }
}

/// As it is where each user has a group of their own, which may write to whatever the user makes.
#[test]
fn above_it_a_group_of_one_may_write() {
    let number = |file: &str, at: usize| {
        let lines = fs::read_to_string(file).expect("the users and groups");
        let daemon = lines.lines().find(|line| line.starts_with("daemon:"))?;
        daemon.split(':').nth(at)?.parse::<u32>().ok().filter(|_| file == "/etc/passwd" || daemon.ends_with(':'))
    };
    let (outer, directory) = place();
    fs::set_permissions(outer.path(), fs::Permissions::from_mode(0o755)).expect("set");
    let above = directory.parent().expect("above");
    fs::create_dir(above).expect("made");
    fs::set_permissions(above, fs::Permissions::from_mode(0o775)).expect("set");
    let Some((user, group)) = number("/etc/passwd", 2).zip(number("/etc/group", 2)) else { return };
    if chown(above, Some(user), Some(group)).is_err() {
        return; // only root can take the place of another user
    }
    let output = child("is a user", &directory, "").output().expect("a child");
    assert!(String::from_utf8_lossy(&output.stdout).contains("ended well"), "{output:?}");
}

#[test]
fn a_directory_deleted_meanwhile_is_made_again() {
    let (_outer, directory) = place();
    let store = open(&directory);
    save(&store, &key("alice"), b"one");
    fs::remove_dir_all(directory.parent().expect("above")).expect("deleted");
    assert_eq!(load(&store, &key("alice")), None);
    save(&store, &key("alice"), b"two");
    assert_eq!(load(&store, &key("alice")).as_deref(), Some(&b"two"[..]));
    assert_eq!(mode(&directory), 0o700);
}

#[test]
fn a_symbolic_link_is_replaced_and_its_target_is_not() {
    let (outer, directory) = place();
    let (store, target) = (open(&directory), outer.path().join("target"));
    save(&store, &key("alice"), b"one");
    let file = kept(&directory);
    fs::write(&target, "somebody's").expect("written");
    fs::remove_file(&file).expect("deleted");
    symlink(&target, &file).expect("a link");
    let mut lock = locked(&store, &key("alice"));
    symlink(&target, names(&directory, ".lock").remove(0).with_extension("new")).expect("a link");
    lock.save(b"two", None).expect("saved");
    assert_eq!(fs::read(&target).expect("as it was"), b"somebody's");
    assert!(fs::symlink_metadata(&file).expect("there").is_file());
    assert_eq!(load(&store, &key("alice")).as_deref(), Some(&b"two"[..]));
}

/// What is put in its place has to be as safe as it was.
#[test]
fn a_directory_made_again_is_checked_again() {
    let (_outer, directory) = place();
    let store = open(&directory);
    fs::remove_dir_all(&directory).expect("deleted");
    fs::create_dir(&directory).expect("made");
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o777)).expect("set");
    let error = store.load(&key("alice")).expect_err("refused");
    assert!(error.status == Status::Store && error.message.as_str().contains("mode 0777"), "{error}");
    let error = store.try_lock(&key("alice")).err().expect("refused");
    assert!(error.status == Status::Store && error.message.as_str().contains("mode 0777"), "{error}");
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).expect("set");
    save(&store, &key("alice"), b"again");
}

#[test]
fn without_home_the_password_database_says_where_it_is() {
    let told = Command::new("sh").args(["-c", "eval echo ~$(id -un)"]).output().expect("a shell");
    let home = String::from_utf8(told.stdout).expect("text");
    let mut child = child("has no home", Path::new("/"), "");
    let output = child.env_remove("HOME").env_remove("XDG_STATE_HOME").output().expect("a child");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains(&format!("at {}/", home.trim())), "{output:?}");
}

#[test]
fn options_are_checked() {
    for length in [0, 16, 64] {
        let mut options = Options::default();
        options.set_encryption_key(&vec![1; length]);
        let error = Options::check(Some(&options)).err().expect("refused");
        assert_eq!(error.status, Status::InvalidArgument);
        assert!(error.message.as_str().contains("encryption_key"), "{error}");
    }
}
