//! The stores of one process: memory, and functions of the program.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use oauthclient::error::Status;
use oauthclient::secret::SecretBytes;
use oauthclient::store::callback::{Callbacks, Functions, Outcome};
use oauthclient::store::memory::Memory;
use oauthclient::store::{Key, Number, Store, Written};

use crate::contract::{self, contract, key, lists, load, locked, save, sets_aside};
use crate::support::fork::fork;

#[test]
fn memory() {
    let store: Arc<dyn Store> = Arc::new(Memory::default());
    contract(&|| store.clone());
    sets_aside(&|| store.clone());
    lists(&|| store.clone());
}

/// Also when another thread is inside the store at the moment of the fork.
#[cfg(unix)]
#[test]
fn a_forked_child_begins_with_an_empty_memory() {
    let store: Arc<dyn Store> = Arc::new(Memory::default());
    let (key, over) = (key("alice"), AtomicBool::new(false));
    save(&*store, &key, b"parent");
    thread::scope(|scope| {
        scope.spawn(|| {
            let text = vec![b'x'; 1 << 20]; // so that it is nearly always inside
            while !over.load(Ordering::Relaxed) {
                save(&*store, &contract::key("busy"), &text);
            }
        });
        let _held = locked(&*store, &key);
        for _ in 0..20 {
            let child = fork(|| {
                let empty = load(&*store, &key).is_none();
                save(&*store, &key, b"child");
                empty && load(&*store, &key).as_deref() == Some(b"child")
            });
            assert!(child.succeeds());
        }
        over.store(true, Ordering::Relaxed);
    });
    assert_eq!(load(&*store, &key).as_deref(), Some(&b"parent"[..]));
}

#[derive(Default)]
struct Program {
    kept: Mutex<HashMap<Key, Vec<u8>>>,
    lock_fails: Mutex<Option<&'static str>>,
    unlocked: Mutex<Vec<Key>>,
}

/// A program without a lock of its own.
struct Shared(Arc<Program>);

impl Functions for Shared {
    fn load(&self, key: &Key) -> Outcome<Option<SecretBytes>> {
        Ok(self.0.kept.lock().expect("no panic").get(key).map(|text| SecretBytes::from(text.clone())))
    }

    fn save(&self, key: &Key, text: &[u8], _expires_at_s: Option<i64>) -> Outcome<Written> {
        self.0.kept.lock().expect("no panic").insert(key.clone(), text.to_vec());
        Ok(Written::Done(Number::default()))
    }

    fn delete(&self, key: &Key) -> Outcome<Written> {
        self.0.kept.lock().expect("no panic").remove(key);
        Ok(Written::Done(Number::default()))
    }

    fn try_lock(&self, _key: &Key) -> Outcome<bool> {
        match *self.0.lock_fails.lock().expect("no panic") {
            Some("") => Ok(false),
            Some(why) => Err(why.to_owned()),
            None => Ok(true),
        }
    }

    fn unlock(&self, key: &Key) {
        self.0.unlocked.lock().expect("no panic").push(key.clone());
    }
}

#[test]
fn callbacks() {
    let store: Arc<dyn Store> = Arc::new(Callbacks::new(Box::new(Shared(Arc::default()))));
    contract(&|| store.clone());
    assert!(store.list().is_err_and(|error| error.message.as_str().contains("cannot do that")));
}

#[test]
fn the_lock_of_the_program_is_taken_and_given_back_each_time() {
    let program = Arc::new(Program::default());
    let store = Callbacks::new(Box::new(Shared(program.clone())));
    for _ in 0..2 {
        *program.lock_fails.lock().expect("no panic") = Some("");
        assert!(store.try_lock(&key("a")).expect("asked").is_none(), "held elsewhere");
        *program.lock_fails.lock().expect("no panic") = Some("returned 7");
        let error = store.try_lock(&key("a")).err().expect("it failed");
        assert_eq!((error.status, error.message.as_str()), (Status::Store, "the store's lock callback returned 7"));
        *program.lock_fails.lock().expect("no panic") = None;
        drop(locked(&store, &key("a")));
    }
    assert_eq!(*program.unlocked.lock().expect("no panic"), [key("a"), key("a")]);
}

#[cfg(unix)]
#[test]
fn the_lock_of_the_program_is_not_given_back_in_a_forked_child() {
    let program = Arc::new(Program::default());
    let store = Callbacks::new(Box::new(Shared(program.clone())));
    let lock = locked(&store, &key("a"));
    assert!(fork(|| (drop(lock), program.unlocked.lock().expect("no panic").is_empty()).1).succeeds());
}

#[test]
fn a_record_of_a_callback_store_is_never_set_aside() {
    let store = Callbacks::new(Box::new(Shared(Arc::default())));
    save(&store, &key("a"), b"garbage");
    let error = locked(&store, &key("a")).set_aside().expect_err("it stays");
    assert_eq!(error.status, Status::Store);
    assert_eq!(load(&store, &key("a")).as_deref(), Some(&b"garbage"[..]));
}
