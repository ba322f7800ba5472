//! A store that fails when told to, and notes in which order it was used.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use oauthclient::error::{Error, Result};
use oauthclient::protocol::saved_session::SavedSession;
use oauthclient::store::memory::Memory;
use oauthclient::store::{Attempt, Kept, Key, Lock, Number, Store, Written};

type Event = Box<dyn FnOnce() + Send>;

#[derive(Clone)]
pub struct Faulty(Arc<Inside>);

struct Inside {
    store: Arc<dyn Store>,
    switches: Switches,
    notes: Mutex<Vec<&'static str>>,
    events: Mutex<HashMap<&'static str, Event>>,
    /// The last place that a session used.
    place: Mutex<Option<Key>>,
}

#[derive(Default)]
struct Switches {
    no_load: AtomicBool,
    no_save: AtomicBool,
    no_answer: AtomicBool,
    no_lock: AtomicBool,
    no_hold: AtomicBool,
    short_lease: AtomicBool,
}

impl Default for Faulty {
    fn default() -> Self {
        Self::over(Arc::new(Memory::default()))
    }
}

impl Faulty {
    /// A store of this kind that fails when told to.
    pub fn over(store: Arc<dyn Store>) -> Self {
        Self(Arc::new(Inside {
            store,
            switches: Switches::default(),
            notes: Mutex::default(),
            events: Mutex::default(),
            place: Mutex::default(),
        }))
    }

    pub fn fail_load(&self, fails: bool) {
        self.0.switches.no_load.store(fails, Ordering::SeqCst);
    }

    pub fn fail_save(&self, fails: bool) {
        self.0.switches.no_save.store(fails, Ordering::SeqCst);
    }

    /// The mark can still be written.
    pub fn fail_save_of_answers(&self, fails: bool) {
        self.0.switches.no_answer.store(fails, Ordering::SeqCst);
    }

    pub fn fail_lock(&self, fails: bool) {
        self.0.switches.no_lock.store(fails, Ordering::SeqCst);
    }

    /// The lease ends right after it was last looked at, and then this happens.
    pub fn lapse(&self, event: impl FnOnce() + Send + 'static) {
        self.0.switches.short_lease.store(true, Ordering::SeqCst);
        self.at("lapse", event);
    }

    /// The lease has ended.
    pub fn fail_hold(&self, fails: bool) {
        self.0.switches.no_hold.store(fails, Ordering::SeqCst);
    }

    /// What happens once, at the moment of that note.
    pub fn at(&self, what: &'static str, event: impl FnOnce() + Send + 'static) {
        self.0.events.lock().expect("no panic holds it").insert(what, Box::new(event));
    }

    pub fn notes(&self) -> Vec<&'static str> {
        self.0.notes.lock().expect("no panic holds it").clone()
    }

    pub fn note(&self, what: &'static str) {
        self.0.notes.lock().expect("no panic holds it").push(what);
        let event = self.0.events.lock().expect("no panic holds it").remove(what);
        event.into_iter().for_each(|event| event());
    }

    pub fn place(&self) -> Key {
        self.0.place.lock().expect("no panic holds it").clone().expect("a session has used the store")
    }

    /// What is kept where a session last looked.
    pub fn kept(&self) -> Option<SavedSession> {
        let text = self.0.store.load(&self.place()).expect("memory does not fail")?;
        Some(SavedSession::read(&text).expect("what a session wrote").1)
    }

    /// Writes past every session.
    pub fn put(&self, text: &[u8]) {
        let lock = self.0.store.try_lock(&self.place()).expect("memory does not fail");
        lock.expect("nobody has it").save(text, None).expect("memory does not fail");
    }

    fn fails(&self, switch: &AtomicBool, what: &str) -> Result<()> {
        match switch.load(Ordering::SeqCst) {
            true => Err(Error::store(what, "told to fail")),
            false => Ok(()),
        }
    }
}

impl Store for Faulty {
    fn look(&self, key: &Key) -> Result<Kept> {
        *self.0.place.lock().expect("no panic holds it") = Some(key.clone());
        self.fails(&self.0.switches.no_load, "load")?;
        let kept = self.0.store.look(key);
        self.note("peek"); // before he knows
        kept
    }

    fn is_remote(&self) -> bool {
        self.0.store.is_remote()
    }

    fn attempt(&self, key: &Key) -> Result<Attempt> {
        *self.0.place.lock().expect("no panic holds it") = Some(key.clone());
        self.fails(&self.0.switches.no_lock, "lock")?;
        let attempt = self.0.store.attempt(key)?;
        self.note(if matches!(attempt, Attempt::Locked(_)) { "lock" } else { "busy" });
        let faulty = |lock| FaultyLock { store: self.clone(), key: key.clone(), lock: Some(lock) };
        Ok(match attempt {
            Attempt::Locked(lock) => Attempt::Locked(Box::new(faulty(lock))),
            taken => taken,
        })
    }
}

struct FaultyLock {
    store: Faulty,
    key: Key,
    /// Until its lease ends.
    lock: Option<Box<dyn Lock>>,
}

impl FaultyLock {
    fn lock(&mut self) -> Result<&mut Box<dyn Lock>> {
        self.lock.as_mut().ok_or_else(|| Error::store("write", "its lease ended"))
    }
}

impl Lock for FaultyLock {
    fn look(&mut self) -> Result<Kept> {
        self.store.fails(&self.store.0.switches.no_load, "load")?;
        self.store.note("load");
        match &mut self.lock {
            Some(lock) => lock.look(),
            None => self.store.0.store.look(&self.key),
        }
    }

    fn write(&mut self, text: &[u8], number: Option<Number>, expires_at_s: Option<i64>) -> Result<Written> {
        self.store.fails(&self.store.0.switches.no_save, "save")?;
        let (_, saved) = SavedSession::read(text).expect("what a session writes");
        let is_mark = saved.renewal_began_s.is_some();
        if !is_mark {
            self.store.fails(&self.store.0.switches.no_answer, "save")?;
        }
        self.store.note(if is_mark { "mark" } else { "save" });
        self.lock()?.write(text, number, expires_at_s)
    }

    fn delete(&mut self) -> Result<Written> {
        self.lock()?.delete()
    }

    fn set_aside(&mut self) -> Result<String> {
        self.lock()?.set_aside()
    }

    fn hold_for(&mut self, time: Duration) -> Result<()> {
        self.store.note("hold");
        self.store.fails(&self.store.0.switches.no_hold, "hold")?;
        if self.store.0.switches.short_lease.swap(false, Ordering::SeqCst) {
            drop(self.lock.take());
            self.store.note("lapse");
        }
        self.lock.as_mut().map_or(Ok(()), |lock| lock.hold_for(time))
    }
}

impl Drop for FaultyLock {
    fn drop(&mut self) {
        drop(self.lock.take());
        self.store.note("unlock");
    }
}
