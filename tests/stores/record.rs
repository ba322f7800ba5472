//! Records of a file store: what a disk and people do to them.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use oauthclient::error::{Advice, Status};
use oauthclient::store::{Key, Store};

use crate::contract::{key, load, locked, save};
use crate::file::{kept, names, open, open_with, place};
use crate::support::fork::fork;

/// What the store says twice, without the lock and with it, about these bytes; and whether they are still there.
fn says(directory: &Path, encryption_key: Option<u8>, key: &Key, bytes: &[u8]) -> (String, bool) {
    let file = kept(directory);
    fs::write(&file, bytes).expect("written");
    let store = open_with(directory, encryption_key).expect("a store");
    let first = store.load(key).expect_err("it cannot be read");
    assert_eq!(fs::read(&file).expect("who has no lock changes nothing"), bytes);
    let mut lock = locked(&store, key);
    let error = lock.load().expect_err("it cannot be read");
    assert!(error.status == Status::Store && first.status == Status::Store);
    assert!(error.message.as_str().contains("alice-"), "{error}");
    if let Ok(found) = fs::read(&file) {
        assert_eq!(found, bytes);
        assert_eq!((first.message.as_str(), error.advice), (error.message.as_str(), Advice::FixConfig));
        assert!(lock.load().is_err(), "again and again");
        return (error.message.as_str().to_owned(), true);
    }
    assert!(lock.load().expect("an error once").is_none());
    (error.message.as_str().to_owned(), false)
}

#[test]
fn a_damaged_file_is_set_aside_and_one_of_another_key_stays() {
    let (_outer, directory) = place();
    let key = key("alice");
    save(&open_with(&directory, Some(1)).expect("a store"), &key, b"{\"a\":\"secret\"}");
    let good = fs::read(kept(&directory)).expect("sealed");
    let mut newer = good.clone();
    newer[12] += 1;
    for (encryption_key, bytes, why) in [
        (Some(2), &good[..], "another key"),
        (Some(1), &newer[..], "newer version"),
        (Some(2), &newer[..], "newer version"),
        (Some(1), b"{\"plain\":1}", "not encrypted"),
        (None, &good[..], "no encryption key"),
    ] {
        let (message, stays) = says(&directory, encryption_key, &key, bytes);
        assert!(stays && message.contains(why), "{message}");
    }
    let garbage = b"\xff\x00garbage".repeat(100);
    for (number, bytes) in [&good[..good.len() - 1], &good[..3], b"", &garbage].into_iter().enumerate() {
        fs::write(kept(&directory), &good).expect("written");
        let (message, stays) = says(&directory, Some(1), &key, bytes);
        let aside = names(&directory, &format!(".damaged-{}", number + 1)).remove(0);
        assert!(!stays && message.contains("damaged") && message.contains(&*aside.to_string_lossy()), "{message}");
        assert_eq!(fs::read(&aside).expect("still there"), bytes);
        save(&open(&directory), &key, b"for the next round");
    }
    assert_eq!(names(&directory, ".damaged-").len(), 4);
}

/// The same without encryption: 3,000 files with a byte changed, cut, or taken out.
#[test]
fn a_damaged_record_without_encryption_is_no_login() {
    let (_outer, directory) = place();
    let (store, key) = (open(&directory), key("alice"));
    save(
        &store,
        &key,
        b"{\"oauthclient_session\":1,\"token\":{\"access_token\":\"AT-1\",\"expires_at_s\":1800000000}}",
    );
    let file = kept(&directory);
    let good = fs::read(&file).expect("a record");
    for round in 0..1000 {
        let (at, by) = (round * 7 % good.len(), 1 + (round / good.len()) as u8 * 31 % 255);
        let (mut changed, mut shorter) = (good.clone(), good.clone());
        changed[at] = changed[at].wrapping_add(by);
        shorter.remove(at);
        for bytes in [&changed[..], &shorter, &good[..at]] {
            fs::write(&file, bytes).expect("written");
            let error = store.load(&key).expect_err("damaged");
            assert!(error.message.as_str().contains("alice-"), "{error}");
        }
    }
    for (number, bytes) in [&good[1..], b"", b"{\"trunca", b"\xff\xfe"].into_iter().enumerate() {
        let (message, stays) = says(&directory, None, &key, bytes);
        assert!(!stays && message.contains(&format!(".damaged-{}", number + 1)), "{message}");
        save(&store, &key, b"for the next round");
    }
    let (message, stays) = says(&directory, None, &key, b"oauthclient-record 2 something new\n");
    assert!(stays && message.contains("newer version"), "{message}");
}

#[test]
fn what_is_no_regular_file_of_a_reasonable_size_is_set_aside() {
    let (outer, directory) = place();
    let (store, key) = (open(&directory), key("alice"));
    save(&store, &key, b"{}");
    let (file, mut rounds) = (kept(&directory), 0);
    fs::write(outer.path().join("secret"), b"somebody's").expect("written");
    let mut check = |why: &str| {
        rounds += 1;
        let error = store.load(&key).expect_err("of no use");
        assert!(error.status == Status::Store && error.message.as_str().contains(why), "{error}");
        let mut lock = locked(&store, &key);
        let error = lock.load().expect_err("an error once");
        let aside = format!("{}.damaged-{rounds}", file.display());
        assert!(error.message.as_str().contains(why) && error.message.as_str().contains(&aside), "{error}");
        assert_eq!((error.status, error.advice), (Status::Store, Advice::LogInAgain));
        assert!(lock.load().expect("loaded").is_none());
    };
    fs::remove_file(&file).expect("deleted");
    symlink(outer.path().join("secret"), &file).expect("a link");
    check("no regular file");
    symlink("nowhere", &file).expect("a link");
    check("no regular file");
    fs::create_dir(&file).expect("made");
    check("no regular file");
    drop(UnixListener::bind(&file).expect("a socket"));
    check("no regular file");
    assert!(Command::new("mkfifo").arg(&file).status().expect("mkfifo").success());
    check("no regular file");
    File::create(&file).and_then(|file| file.set_len((4 << 20) + 1)).expect("made");
    check("larger than 4 MiB");
    File::create(&file).and_then(|file| file.set_len(1 << 40)).expect("made");
    check("larger than 4 MiB");
    File::create(&file).and_then(|file| file.set_len(4 << 20)).expect("made");
    check("damaged");
}

#[test]
fn what_could_not_be_read_again_is_not_written() {
    let (_outer, directory) = place();
    let (store, key) = (open(&directory), key("large"));
    let mut lock = locked(&store, &key);
    let error = lock.save(&vec![b'x'; 4 << 20], None).expect_err("too large");
    assert!(error.status == Status::Store && error.message.as_str().contains("larger than 4 MiB"), "{error}");
    assert!(error.message.as_str().contains("large-"), "{error}");
    lock.save(&vec![b'x'; (4 << 20) - 100], None).expect("saved");
    assert_eq!(lock.load().expect("loaded").map(|text| text.len()), Some((4 << 20) - 100));
}

/// With an encryption key, by this process; and by another one, which has seen nothing.
#[test]
fn an_older_record_that_was_put_back_is_refused() {
    let (_outer, directory) = place();
    let (store, key) = (open_with(&directory, Some(1)).expect("a store"), key("alice"));
    save(&store, &key, b"one");
    let file = kept(&directory);
    let one = fs::read(&file).expect("a record");
    save(&store, &key, b"two");
    let two = fs::read(&file).expect("a record");
    fs::write(&file, &one).expect("put back");
    assert!(fork(|| load(&store, &key).as_deref() == Some(&b"one"[..])).succeeds(), "another process has seen nothing");
    let (message, stays) = says(&directory, Some(1), &key, &one);
    assert!(!stays && message.contains("older than what this process has seen"), "{message}");
    fs::write(&file, &two).expect("put back");
    assert_eq!(load(&store, &key).as_deref(), Some(&b"two"[..]), "it is the last one");
    locked(&store, &key).delete().expect("deleted");
    fs::write(&file, &two).expect("put back");
    assert!(store.load(&key).is_err(), "it was deleted");
    save(&store, &key, b"three");
    assert_eq!(load(&store, &key).as_deref(), Some(&b"three"[..]));
}

/// What another process writes after a loss is new, though this one has seen many.
#[test]
fn a_record_of_another_process_after_a_loss_is_read() {
    let (_outer, directory) = place();
    let (store, key) = (open_with(&directory, Some(1)).expect("a store"), key("alice"));
    (0..5).for_each(|_| save(&store, &key, b"mine"));
    fs::remove_file(kept(&directory)).expect("lost");
    assert!(fork(|| locked(&store, &key).save(b"theirs", None).is_ok()).succeeds());
    assert_eq!(load(&store, &key).as_deref(), Some(&b"theirs"[..]));
    assert!(fork(|| locked(&store, &key).save(b"theirs again", None).is_ok()).succeeds());
    save(&store, &key, b"mine");
    assert_eq!(load(&store, &key).as_deref(), Some(&b"mine"[..]));
}
