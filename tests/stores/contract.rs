//! What every store does, whatever it keeps things in.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use oauthclient::error::{Result, Status};
use oauthclient::store::{Key, Lock, Store, Written};

#[cfg(unix)]
use crate::support::fork::fork;

/// Different to people, and to no file system may they be the same.
const NASTY: [&str; 18] = [
    "../x",
    "..",
    ".",
    "a/b",
    "a\\b",
    "/etc/passwd",
    "ä",
    "a\u{308}",
    "日本語",
    "Case",
    "case",
    "con",
    "nul.txt",
    "x",
    "x.",
    "x ",
    "*?:|<>\"%",
    "-rf",
];

/// Each call of `make` opens the same store once more, empty at the first.
pub fn contract(make: &dyn Fn() -> Arc<dyn Store>) {
    keeps_what_was_saved_last(&*make(), &*make());
    keys_do_not_touch_each_other(&*make());
    large_texts_are_kept_whole(&*make());
    one_holder_at_a_time(&*make(), &*make());
    threads_take_turns(&make());
    #[cfg(unix)]
    a_childs_copy_of_a_lock_is_not_the_lock(&*make());
}

/// The same for what is damaged; for stores that can put it somewhere.
pub fn sets_aside(make: &dyn Fn() -> Arc<dyn Store>) {
    let (store, key) = (make(), key("damaged"));
    let places: Vec<String> = (0..3)
        .map(|number| {
            let mut lock = locked(&*store, &key);
            lock.save(format!("damage {number}").as_bytes(), None).expect("saved");
            let place = lock.set_aside().expect("set aside");
            assert!(lock.load().expect("loaded").is_none() && store.load(&key).expect("loaded").is_none());
            place
        })
        .collect();
    assert!(places[0] != places[1] && places[1] != places[2] && places[0] != places[2], "{places:?}");
    assert_eq!(locked(&*store, &key).set_aside().expect_err("nothing is kept").status, Status::Store);
}

/// All that is kept can be listed, and nothing else; for stores that can.
pub fn lists(make: &dyn Fn() -> Arc<dyn Store>) {
    let (store, other) = (make(), make());
    let listed = |store: &dyn Store| {
        let texts = store.list().expect("listed").into_iter().map(|text| text.map(|text| text.to_vec()));
        let mut texts: Vec<_> = texts.collect();
        texts.sort();
        texts
    };
    let before = listed(&*store);
    let keys: Vec<Key> = NASTY.iter().map(|name| key(name)).collect();
    keys.iter().for_each(|key| save(&*store, key, key.as_str().as_bytes()));
    let mut expected: Vec<_> = keys.iter().map(|key| Some(key.as_str().as_bytes().to_vec())).collect();
    expected.extend(before.clone());
    expected.sort();
    assert_eq!(listed(&*other), expected);
    keys.iter().for_each(|key| _ = locked(&*store, key).delete().expect("deleted"));
    save(&*store, &keys[0], b"damage");
    locked(&*store, &keys[0]).set_aside().expect("set aside");
    assert_eq!(listed(&*other), before);
}

pub fn key(name: &str) -> Key {
    Key::new(name).expect("a key")
}

/// The lock, which nobody holds for long.
pub fn locked(store: &dyn Store, key: &Key) -> Box<dyn Lock> {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        match store.try_lock(key).expect("the store works") {
            Some(lock) => return lock,
            None => assert!(Instant::now() < end, "the lock of {key:?} is still held"),
        }
        thread::sleep(Duration::from_millis(1));
    }
}

pub fn save(store: &dyn Store, key: &Key, text: &[u8]) {
    locked(store, key).save(text, None).expect("saved");
}

pub fn load(store: &dyn Store, key: &Key) -> Option<Vec<u8>> {
    store.load(key).expect("loaded").map(|text| text.to_vec())
}

fn keeps_what_was_saved_last(store: &dyn Store, other: &dyn Store) {
    let key = key("alice");
    assert_eq!(load(store, &key), None);
    let mut lock = locked(store, &key);
    assert!(lock.load().expect("loaded").is_none());
    lock.delete().expect("nothing to delete");
    for text in ["{\"first\":1}", "{}", "{\"a longer one\":2}"] {
        lock.save(text.as_bytes(), Some(i64::MAX)).expect("saved");
        assert_eq!(lock.load().expect("loaded").as_deref(), Some(text.as_bytes()));
        assert_eq!(load(other, &key).as_deref(), Some(text.as_bytes()), "before the lock was given back, too");
    }
    lock.hold_for(Duration::from_secs(1)).expect("held");
    drop(lock);
    assert_eq!(load(store, &key).as_deref(), Some(&b"{\"a longer one\":2}"[..]));
    let mut lock = locked(other, &key);
    lock.delete().expect("deleted");
    assert!(lock.load().expect("loaded").is_none());
    drop(lock);
    assert_eq!(load(store, &key), None);
    save(store, &key, b"again");
    assert_eq!(load(other, &key).as_deref(), Some(&b"again"[..]));
}

fn keys_do_not_touch_each_other(store: &dyn Store) {
    let (long, longer) = ("é".repeat(256), format!("{}x", "y".repeat(511)));
    let keys: Vec<Key> = NASTY.iter().copied().chain([&*long, &*longer, &longer[..511]]).map(key).collect();
    let locks: Vec<_> = keys.iter().map(|key| store.try_lock(key).expect("the store works").expect("free")).collect();
    for (mut lock, key) in locks.into_iter().zip(&keys) {
        assert!(lock.load().expect("loaded").is_none(), "{key:?}");
        lock.save(key.as_str().as_bytes(), None).expect("saved");
    }
    for key in &keys {
        assert_eq!(load(store, key).as_deref(), Some(key.as_str().as_bytes()));
    }
    for (number, key) in keys.iter().enumerate() {
        locked(store, key).delete().expect("deleted");
        let left = keys.iter().filter(|key| load(store, key).is_some()).count();
        assert_eq!(left, keys.len() - number - 1, "{key:?}");
    }
}

fn large_texts_are_kept_whole(store: &dyn Store) {
    let text: Vec<u8> = (0..1 << 20).map(|number: u32| b'a' + (number % 23) as u8).collect();
    save(store, &key("large"), &text);
    assert!(load(store, &key("large")).as_deref() == Some(&text[..]));
    save(store, &key("large"), b"small");
    assert_eq!(load(store, &key("large")).as_deref(), Some(&b"small"[..]));
}

fn one_holder_at_a_time(store: &dyn Store, other: &dyn Store) {
    let is_free = |store: &dyn Store| store.try_lock(&key("one")).expect("the store works").is_some();
    let lock = locked(store, &key("one"));
    assert!(!is_free(store) && !is_free(other));
    thread::scope(|scope| assert!(!scope.spawn(|| is_free(store)).join().expect("no panic")));
    assert!(store.try_lock(&key("another")).expect("the store works").is_some());
    assert_eq!(load(other, &key("one")), None, "reading needs no lock");
    drop(lock);
    assert!(is_free(other) && is_free(store));
    let lock = locked(other, &key("one"));
    assert!(!is_free(store));
    thread::scope(|scope| scope.spawn(|| drop(lock)).join().expect("given back on another thread"));
    assert!(is_free(store));
}

/// None of them loses what another wrote.
fn threads_take_turns(store: &Arc<dyn Store>) {
    let (key, inside) = (key("counter"), AtomicUsize::new(0));
    let count = |text: Option<&[u8]>| {
        text.map_or(0, |text| std::str::from_utf8(text).expect("text").parse::<u32>().expect("a number"))
    };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let mut lock = locked(&**store, &key);
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                    let before = count(lock.load().expect("loaded").as_deref());
                    lock.save((before + 1).to_string().as_bytes(), None).expect("saved");
                    inside.fetch_sub(1, Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(count(load(&**store, &key).as_deref()), 20);
}

/// A forked child neither uses the lock of its parent nor gives it back.
#[cfg(unix)]
fn a_childs_copy_of_a_lock_is_not_the_lock(store: &dyn Store) {
    let key = key("forked");
    let mut lock = Some(locked(store, &key));
    let is_lost = |result: Result<Written>| result.is_err_and(|error| error.status == Status::Store);
    let child = fork(|| {
        let lost = lock.as_mut().is_some_and(|lock| is_lost(lock.save(b"child", None)) && is_lost(lock.delete()));
        let _own = store.try_lock(&key).expect("the store works"); // free only where the processes share nothing
        lock = None;
        lost && store.try_lock(&key).expect("the store works").is_none()
    });
    assert!(child.succeeds(), "the child could use its parent's lock, or give it back");
    let mut lock = lock.expect("the parent's copy");
    assert!(store.try_lock(&key).expect("the store works").is_none(), "the child gave back its parent's lock");
    lock.save(b"parent", None).expect("saved");
    drop(lock);
    assert!(store.try_lock(&key).expect("the store works").is_some());
    assert_eq!(load(store, &key).as_deref(), Some(&b"parent"[..]));
}
