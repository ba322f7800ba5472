//! A token that stays valid: kept in a store, renewed before it expires, by one caller for all.
//!
//! What is held here serves every caller without a lock. A renewal is a future that belongs to the session and not to its
//! caller; who drives it, and who waits, is the business of the layer above.

mod change;
pub mod lifetime;
pub mod options;
pub mod pace;
mod refresh;
pub mod renewal;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use arc_swap::{ArcSwapOption, Guard};

use crate::client::Client;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::process::PerProcess;
use crate::protocol::saved_session::SavedSession;
use crate::protocol::token::Token;
use crate::secret::Secret;
use crate::store::{Key, Store};

use lifetime::Lifetime;
use options::Options;
use pace::Pace;

/// One login, or one purpose of a program.
pub struct Login {
    key: Key,
    store: Arc<dyn Store>,
    options: Arc<Options>,
    clock: Clock,
    held: ArcSwapOption<Held>,
    /// How often the login was forgotten here.
    forgotten: AtomicUsize,
    pace: PerProcess<Mutex<Pace>>,
}

/// The token that is given out.
pub struct Held {
    pub token: Arc<Token>,
    lifetime: Lifetime,
    /// A resource refused it. Shared with what takes this one's place for the same token: nobody may miss it.
    invalid: Arc<AtomicBool>,
    /// Why it is not in the store, when saving failed.
    unsaved: Option<Unsaved>,
}

/// A token that only this process has.
struct Unsaved {
    /// What the store still has.
    stored: Option<Arc<Token>>,
    /// A forked child has it, too.
    process: u32,
    error: Error,
}

impl Unsaved {
    fn new(stored: Option<Arc<Token>>, error: Error) -> Self {
        Self { stored, process: std::process::id(), error }
    }
}

/// What can be done with the token that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Good,
    /// It can be given; something should be done about it by the way.
    Due,
    Bad,
}

/// What is held, without a lock; not to be kept.
pub type Glance = Guard<Option<Arc<Held>>>;

impl Login {
    pub fn new(client: &Client, store: Arc<dyn Store>, key: Key, options: Arc<Options>) -> Result<Self> {
        options.check()?;
        let clock = client.config.clock.clone();
        let (held, forgotten) = (ArcSwapOption::empty(), AtomicUsize::new(0));
        Ok(Self { key, store, options, clock, held, forgotten, pace: PerProcess::default() })
    }

    pub fn glance(&self) -> Glance {
        self.held.load()
    }

    pub fn standing(&self, held: &Held, min_validity_ms: i64) -> Standing {
        let now = self.clock.now();
        match () {
            () if held.invalid.load(Ordering::Relaxed) || !held.lifetime.lasts(now, min_validity_ms) => Standing::Bad,
            () if held.lifetime.is_due(now) || held.unsaved.is_some() => Standing::Due,
            () => Standing::Good,
        }
    }

    /// The failure that makes another try too early, if any.
    pub fn stopped(&self) -> Option<Error> {
        self.pace.lock().stops(self.clock.now().steady_ms)
    }

    /// Whether others have put something else into the store since the failure: then it is overtaken.
    pub fn is_overtaken(&self) -> bool {
        let before = self.held.load_full();
        if !self.pace.lock().may_look(self.clock.now().steady_ms) || self.peek().is_err() {
            return false;
        }
        let news = !is_same_held(&before, &self.held.load());
        if news {
            self.note(Ok(()), false);
        }
        news
    }

    /// Only saving is left to do, which is tried at each call.
    pub fn only_saving_is_due(&self, held: &Held) -> bool {
        held.unsaved.is_some() && !held.lifetime.is_due(self.clock.now())
    }

    /// Whether there is any way from this token to the next one, but for the user's.
    pub fn can_renew(&self, held: &Held) -> bool {
        self.options.client_credentials || self.options.acquire.is_some() || held.token.refresh_token.is_some()
    }

    /// Takes note of how a renewal went; `hurry` when nobody has a token meanwhile.
    pub fn note(&self, outcome: std::result::Result<(), &Error>, hurry: bool) {
        match outcome {
            Ok(()) => self.pace.lock().succeeded(),
            Err(error) => {
                let random = getrandom::u32().unwrap_or(u32::MAX / 2);
                self.pace.lock().failed(error, hurry, self.clock.now().steady_ms, random);
            }
        }
    }

    /// From now on the token is taken for expired, unless a newer one is held. What others have put into the store since
    /// is found by the renewal.
    pub fn invalidate(&self, token: &Token) {
        if self.held.load().is_none() {
            drop(self.peek()); // this process has not asked yet
        }
        if let Some(held) = &*self.held.load()
            && is_same(&held.token.access_token, &token.access_token)
        {
            held.invalid.store(true, Ordering::Relaxed);
        }
    }

    /// When the token that is held expires, in seconds since the epoch.
    pub fn expires_at_s(&self) -> Option<i64> {
        self.held.load().as_ref()?.token.expires_at_s
    }

    /// When the next renewal may begin, in seconds since the epoch.
    pub fn next_renewal_at_s(&self) -> Option<i64> {
        Some(self.held.load().as_ref()?.lifetime.due_ms()?.div_euclid(1000))
    }

    /// Whether the store has what is held.
    pub fn is_saved(&self) -> bool {
        self.held.load().as_ref().is_none_or(|held| held.unsaved.is_none())
    }

    /// Why the last renewal, or else the last save, failed.
    pub fn last_error(&self) -> Option<Error> {
        let renewal = self.pace.lock().last().map(Error::repeated);
        renewal.or_else(|| self.held.load().as_ref()?.unsaved.as_ref().map(|unsaved| unsaved.error.repeated()))
    }

    fn hold(&self, token: Arc<Token>, unsaved: Option<Unsaved>) -> Arc<Held> {
        let held = self.make_held(token, unsaved);
        self.held.store(Some(held.clone()));
        held
    }

    fn make_held(&self, token: Arc<Token>, unsaved: Option<Unsaved>) -> Arc<Held> {
        let lifetime = Lifetime::new(&token, self.clock.now());
        Arc::new(Held { token, lifetime, invalid: Arc::default(), unsaved })
    }

    /// What the store has, read without its lock, and held from now on unless something else came to be held meanwhile, or
    /// it is what is held already.
    fn peek(&self) -> Result<Option<SavedSession>> {
        let (before, forgotten) = (self.held.load_full(), self.forgotten.load(Ordering::SeqCst));
        let Some(text) = self.store.load(&self.key)? else { return Ok(None) };
        let saved = SavedSession::read(&text);
        let saved = saved.map_err(|_| Error::store("the login could not be read", "who has the lock says why"))?;
        let is_held = |token: &Arc<Token>| before.as_ref().is_some_and(|held| is_same_token(&held.token, token));
        let is_unsaved = before.as_ref().is_some_and(|held| held.unsaved.is_some());
        if let Some(token) = saved.token.as_ref().filter(|token| !is_held(token) && !is_unsaved) {
            let found = Some(self.make_held(token.clone(), None));
            self.held.compare_and_swap(&before, found.clone());
            if self.forgotten.load(Ordering::SeqCst) != forgotten {
                self.held.compare_and_swap(&found, None); // it was read before that
                return Ok(None);
            }
        }
        Ok(Some(saved))
    }
}

fn is_same_held(one: &Option<Arc<Held>>, other: &Option<Arc<Held>>) -> bool {
    one.as_ref().map(Arc::as_ptr) == other.as_ref().map(Arc::as_ptr)
}

fn is_same(one: &Option<Secret>, other: &Option<Secret>) -> bool {
    one.as_ref().map(Secret::as_str) == other.as_ref().map(Secret::as_str)
}

fn is_same_token(one: &Token, other: &Token) -> bool {
    is_same(&one.access_token, &other.access_token)
        && is_same(&one.refresh_token, &other.refresh_token)
        && one.expires_at_s == other.expires_at_s // a server may prolong an access token
}
