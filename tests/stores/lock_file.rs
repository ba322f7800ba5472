//! The lock of a file store, among processes that fork, are killed, and open it twice.

use std::fs::{self, File};
use std::io::{Read, Write, pipe};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use oauthclient::error::Status;
use oauthclient::store::file::Files;
use oauthclient::store::{Lock, Store};
use rustix::fs::{FlockOperation, fcntl_lock};

use crate::contract::{key, load, locked, save};
use crate::file::{names, open, place};
use crate::support::fork::{Child, fork};

fn try_lock(directory: &Path) -> Option<Box<dyn Lock>> {
    open(directory).try_lock(&key("alice")).expect("tried")
}

fn is_free_for_another_process(directory: &Path) -> bool {
    fork(|| try_lock(directory).is_some()).succeeds()
}

/// What says that a holder lives where its number means nothing, and its `flock` is not listed.
fn has_its_record_lock(directory: &Path) -> bool {
    let file = names(directory, ".alive").remove(0);
    fork(|| {
        let alive = File::options().write(true).open(&file).expect("opened");
        fcntl_lock(&alive, FlockOperation::NonBlockingLockExclusive).is_err()
    })
    .succeeds()
}

/// As if the holder's number said nothing here: what is left is its record lock.
fn name_a_process_that_is_gone(directory: &Path) {
    let gone = fork(|| true);
    let number = gone.0;
    assert!(gone.succeeds());
    fs::write(names(directory, ".lock").remove(0), format!("{number:010}\n")).expect("written");
}

/// Has all descriptors of this process.
fn child() -> Child {
    // SAFETY: takes nothing, and waits to be killed.
    fork(|| unsafe { libc::pause() } == 0)
}

/// A process that holds the lock, and a child of it.
fn holder_and_child(directory: &Path) -> (Child, Child) {
    // SAFETY: takes numbers. An orphan is then a child of this process.
    assert_eq!(unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) }, 0);
    let (mut reader, mut writer) = pipe().expect("a pipe");
    let holder = fork(|| {
        let _lock = try_lock(directory).expect("free");
        let child = child();
        writer.write_all(&child.0.to_ne_bytes()).expect("told");
        // SAFETY: takes nothing, and waits to be killed.
        unsafe { libc::pause() == 0 }
    });
    drop(writer);
    let mut child = [0; 4];
    reader.read_exact(&mut child).expect("the holder has the lock");
    (holder, Child(i32::from_ne_bytes(child)))
}

#[test]
fn the_lock_of_a_killed_holder_is_free_although_its_child_keeps_the_descriptor() {
    let (outer, directory) = place();
    let (mut orphans, link) = (Vec::new(), outer.path().join("link"));
    symlink(&directory, &link).expect("a link");
    for is_waited_for in [true, false] {
        let (holder, child) = holder_and_child(&directory);
        assert!(!is_free_for_another_process(&directory) && try_lock(&directory).is_none(), "its holder is alive");
        // SAFETY: an own child; what is told of it has a place during the call, and it stays to be waited for.
        unsafe {
            libc::kill(holder.0, libc::SIGKILL);
            let mut told = std::mem::zeroed();
            assert_eq!(libc::waitid(libc::P_PID, holder.0 as u32, &mut told, libc::WEXITED | libc::WNOWAIT), 0);
        }
        let holder = (!is_waited_for).then_some(holder);
        let mut lock = try_lock(&directory).expect("an orphan has it open");
        assert!(!is_free_for_another_process(&directory) && try_lock(&link).is_none());
        lock.save(b"{}", None).expect("saved");
        match is_waited_for {
            true => drop(child),
            false => orphans.push(child),
        }
        assert!(!is_free_for_another_process(&directory) && try_lock(&link).is_none(), "its orphan has ended or not");
        drop((lock, holder));
        assert!(is_free_for_another_process(&directory));
    }
}

/// Numbers of processes are given again.
#[test]
fn a_process_that_has_the_holders_number_by_now_keeps_no_lock() {
    let (_outer, directory) = place();
    let (holder, _orphan) = holder_and_child(&directory);
    drop(holder);
    let other = child();
    let stat = fs::read_to_string(format!("/proc/{}/stat", other.0)).expect("it runs");
    let started: u64 = stat.split_whitespace().nth(21).and_then(|started| started.parse().ok()).expect("its start");
    let name = |started: u64| {
        let name = format!("{:010} {started:020}\n", other.0);
        fs::write(names(&directory, ".lock").remove(0), name).expect("written");
    };
    name(started);
    assert!(try_lock(&directory).is_none(), "the named process runs");
    name(started + 1);
    assert!(try_lock(&directory).is_some(), "it is another one");
}

/// Somebody cleaned up while the lock was held.
#[test]
fn a_lock_whose_file_was_deleted_or_replaced_writes_nothing_and_says_so() {
    for is_replaced in [false, true] {
        let (_outer, directory) = place();
        save(&open(&directory), &key("alice"), b"before");
        let mut lock = try_lock(&directory).expect("free");
        let hour = Duration::from_secs(3600);
        lock.hold_for(hour).expect("held");
        let file = names(&directory, ".lock").remove(0);
        fs::remove_file(&file).expect("deleted");
        let other = is_replaced.then(|| try_lock(&directory).expect("a new file has a lock of its own"));
        let errors = [
            lock.hold_for(hour).expect_err("lost"),
            lock.save(b"after", None).expect_err("lost"),
            lock.delete().expect_err("lost"),
            lock.set_aside().expect_err("lost"),
        ];
        for error in errors {
            let named = format!("the lock {} was lost", file.display());
            assert!(error.status == Status::Store && error.message.as_str().starts_with(&named), "{error}");
        }
        assert_eq!(load(&open(&directory), &key("alice")).as_deref(), Some(&b"before"[..]));
        drop((lock, other));
        save(&open(&directory), &key("alice"), b"after");
    }
}

#[test]
fn an_orphan_can_take_the_lock_itself() {
    let (_outer, directory) = place();
    let mut lock = try_lock(&directory);
    let (mut reader, mut writer) = pipe().expect("a pipe");
    let child = fork(|| {
        reader.read_exact(&mut [0]).expect("given back");
        let own = try_lock(&directory);
        drop(lock.take());
        name_a_process_that_is_gone(&directory);
        own.is_some() && !is_free_for_another_process(&directory)
    });
    drop(lock);
    writer.write_all(b"\n").expect("told");
    assert!(child.succeeds(), "its copy of its parent's lock took its own away");
}

#[test]
fn a_child_that_keeps_the_descriptors_blocks_nobody() {
    let (_outer, directory) = place();
    let lock = try_lock(&directory).expect("free");
    let _child = child();
    assert!(!is_free_for_another_process(&directory) && try_lock(&directory).is_none());
    drop(lock);
    assert!(is_free_for_another_process(&directory) && try_lock(&directory).is_some());
}

/// Each of what says that a holder is alive is enough.
#[test]
fn a_living_holder_keeps_its_lock() {
    let (_outer, directory) = place();
    let _lock = try_lock(&directory).expect("free");
    let _child = child();
    drop(File::open(names(&directory, ".alive").remove(0)).expect("opened, as a backup would"));
    assert!(!is_free_for_another_process(&directory), "its record lock was lost");

    let (_outer, directory) = place();
    let (_holder, _child) = holder_and_child(&directory);
    name_a_process_that_is_gone(&directory);
    assert!(!is_free_for_another_process(&directory), "it is in another container");
    assert!(has_its_record_lock(&directory));
    fs::remove_file(names(&directory, ".lock").remove(0)).expect("deleted");
    assert!(!is_free_for_another_process(&directory), "somebody has cleaned up");
}

/// flock(1), or a program that knows no more than that, after a holder was killed.
#[test]
fn a_program_that_has_flock_alone_is_no_orphan() {
    let (_outer, directory) = place();
    drop(try_lock(&directory));
    name_a_process_that_is_gone(&directory);
    let file = names(&directory, ".lock").remove(0);
    let (mut reader, mut writer) = pipe().expect("a pipe");
    let other = fork(|| {
        let file = File::open(&file).expect("opened");
        file.try_lock().expect("free");
        writer.write_all(b"\n").expect("told");
        // SAFETY: takes nothing, and waits to be killed.
        unsafe { libc::pause() == 0 }
    });
    drop(writer);
    reader.read_exact(&mut [0]).expect("it has the lock");
    assert!(!is_free_for_another_process(&directory) && try_lock(&directory).is_none());
    drop(other);
    let own = File::open(&file).expect("opened");
    own.try_lock().expect("free again");
    assert!(!is_free_for_another_process(&directory) && try_lock(&directory).is_none(), "also in this process");
    own.unlock().expect("unlocked"); // closing it is not enough: other tests fork
    assert!(is_free_for_another_process(&directory) && try_lock(&directory).is_some());
}

#[test]
fn of_threads_that_find_a_dead_holder_one_gets_the_lock() {
    let (outer, directory) = place();
    symlink(outer.path().join("above"), outer.path().join("link")).expect("a link");
    let stores = [open(&directory), open(&outer.path().join("link/store"))];
    for _ in 0..300 {
        drop(locked(&stores[0], &key("alice")));
        name_a_process_that_is_gone(&directory);
        let barrier = Barrier::new(12);
        let try_lock = |store: &Files| (barrier.wait(), store.try_lock(&key("alice")).expect("tried")).1;
        thread::scope(|scope| {
            let threads: Vec<_> = stores.iter().cycle().take(12).map(|store| scope.spawn(|| try_lock(store))).collect();
            let locks: Vec<_> = threads.into_iter().filter_map(|thread| thread.join().expect("no panic")).collect();
            assert_eq!(locks.len(), 1);
        });
    }
}

/// By one path, and by another: then as another copy of this library would.
#[test]
fn a_refused_try_in_the_holders_process_keeps_the_lock() {
    let (outer, directory) = place();
    let store = open(&directory);
    symlink(&directory, outer.path().join("link")).expect("a link");
    for other in [directory.clone(), outer.path().join("link")] {
        let lock = locked(&store, &key("alice"));
        assert!(try_lock(&other).is_none() && store.try_lock(&key("alice")).expect("tried").is_none());
        assert!(!is_free_for_another_process(&other));
        name_a_process_that_is_gone(&directory);
        assert!(!is_free_for_another_process(&other) && has_its_record_lock(&other), "the record lock was lost");
        drop(lock);
        assert!(is_free_for_another_process(&other));
    }
}
