//! Sessions: a session keeps a token in a store and renews it before it expires, once for all callers.
//!
//! Callers read the held token without a lock. A renewal is a future that belongs to the session, not to a caller. The
//! layer above decides which thread drives it and which threads wait.

mod change;
mod keeping;
pub mod kept;
mod lease;
pub mod lifetime;
mod obtain;
pub mod options;
pub mod pace;
mod record;
mod refresh;
pub mod renewal;

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use arc_swap::{ArcSwapOption, Guard};

use crate::client::Client;
use crate::clock::Clock;
use crate::error::{Advice, Error, Result, Status};
use crate::host;
use crate::process::PerProcess;
use crate::protocol::owner::Owner;
use crate::protocol::saved_session::SavedSession;
use crate::protocol::token::Token;
use crate::secret::Secret;
use crate::store::{Kept, Key, Number, Store};
use crate::transport::limit::{limited, within};

use lifetime::Lifetime;
use options::Options;
use pace::Pace;

/// One login, or one purpose of the program, under one key of a store.
pub struct Login {
    /// The program's name for it.
    key: Key,
    owner: Owner,
    /// Where the store keeps it: of the key and the owner.
    place: Key,
    store: Arc<dyn Store>,
    options: Arc<Options>,
    clock: Clock,
    held: ArcSwapOption<Held>,
    /// How many times this process forgot the login.
    forgotten: AtomicUsize,
    /// When this process last renewed a token because a resource had refused it, by the steady clock.
    replaced_at_ms: AtomicI64,
    pace: PerProcess<Mutex<Pace>>,
}

/// What a call that has no deadline of its own waits for a store on another machine.
const GLIMPSE: Duration = Duration::from_secs(3);

/// A resource that refuses everything is not to cost a renewal for each request.
const REPLACED_ONCE_IN_MS: i64 = 60_000;

/// The token that callers get.
pub struct Held {
    pub token: Arc<Token>,
    lifetime: Lifetime,
    /// A resource refused the token. Shared with each `Held` that replaces this one for the same token, so that the
    /// mark is not lost.
    invalid: Arc<AtomicBool>,
    /// The store knows it.
    is_noted: AtomicBool,
    /// Present if saving failed, or if the store lost it: the token is not in the store.
    unsaved: Option<Unsaved>,
    /// The store's number of the token, if it is known.
    number: Number,
}

/// Why a token is in memory only, and what the store has.
struct Unsaved {
    /// The token that the store still has, and its number.
    stored: Option<Arc<Token>>,
    number: Number,
    /// The process that failed to save it. A forked child has a copy of the token.
    process: u64,
    error: Error,
}

impl Unsaved {
    fn new(stored: Option<Arc<Token>>, number: Number, error: Error) -> Self {
        Self { stored, number, process: host::generation(), error }
    }
}

/// How usable the held token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Good,
    /// Still valid, but a renewal or a pending save is due.
    Due,
    Bad,
}

/// The held token, read without a lock; for short use only.
pub type Glance = Guard<Option<Arc<Held>>>;

impl Login {
    pub fn new(client: &Client, store: Arc<dyn Store>, key: Key, options: Arc<Options>) -> Result<Self> {
        options.check()?;
        let clock = client.config.clock.clone();
        let (held, forgotten) = (ArcSwapOption::empty(), AtomicUsize::new(0));
        let owner = options.owner(client, key.as_str());
        let place = key.of(owner.as_json());
        let (replaced_at_ms, pace) = (AtomicI64::new(i64::MIN), PerProcess::default());
        Ok(Self { key, owner, place, store, options, clock, held, forgotten, replaced_at_ms, pace })
    }

    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// Whether its store may wait for another machine.
    pub fn is_remote(&self) -> bool {
        self.store.is_remote()
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

    /// The last failure, while it is too early for another try.
    pub fn stopped(&self) -> Option<Error> {
        self.pace.lock().stops(self.clock.now().steady_ms)
    }

    /// Whether a renewal may begin while the token is still valid. If another session is renewing, once a second.
    pub fn may_renew_early(&self) -> bool {
        self.pace.lock().may_renew_early(self.clock.now().steady_ms)
    }

    /// Whether another session has put a new token into the store since the failure. The failure no longer counts then.
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

    /// Whether only the save of the token is due, which each call tries.
    pub fn only_saving_is_due(&self, held: &Held) -> bool {
        held.unsaved.is_some() && !held.lifetime.is_due(self.clock.now())
    }

    /// Whether a renewal can get the next token without a new login.
    pub fn can_renew(&self, held: &Held) -> bool {
        self.options.unattended().is_some() || self.options.acquire.is_some() || held.token.refresh_token.is_some()
    }

    /// Records the outcome of a renewal. `hurry`: the callers have no valid token meanwhile.
    pub fn note(&self, outcome: std::result::Result<(), &Error>, hurry: bool) {
        match outcome {
            Ok(()) => self.pace.lock().succeeded(),
            Err(error) => _ = self.failed(error, hurry),
        }
    }

    /// Records a failure. Returns for how many seconds no renewal is tried, if for any.
    pub fn failed(&self, error: &Error, hurry: bool) -> Option<u32> {
        let (random, now_ms) = (getrandom::u32().unwrap_or(u32::MAX / 2), self.clock.now().steady_ms);
        let mut pace = self.pace.lock();
        pace.failed(error, hurry, now_ms, random);
        pace.stops(now_ms)?.retry_after_s
    }

    /// Records that a call has left a renewal that goes on.
    pub fn note_left(&self, why: &Error) {
        if why.status == Status::Timeout {
            self.pace.lock().learned(why);
        }
    }

    /// Treats the token as expired from now on, unless a newer one is held. The renewal finds a newer token that
    /// another session stored. Sessions that read the store later know it too, if a renewal is possible. False: it is not the
    /// held one.
    pub fn invalidate(&self, access_token: &str) -> bool {
        let _limited = within(GLIMPSE);
        // This process may not have read the store yet.
        let has_read = self.held.load().is_none() && self.peek().is_ok();
        let Some(held) = self.held.load_full().filter(|held| held.has(access_token)) else { return false };
        held.invalid.store(true, Ordering::Relaxed);
        if self.can_renew(&held) && !held.is_noted.load(Ordering::Relaxed) {
            // The renewal reports a login that is damaged; any other failure leaves the others as they were.
            let can_be_read = has_read || self.peek().is_ok();
            let is_noted = can_be_read && self.note_invalid(&held).unwrap_or(false);
            held.is_noted.store(is_noted, Ordering::Relaxed);
        }
        true
    }

    /// Whether this process knows that a resource refused the token.
    fn has_invalidated(&self, token: &Token) -> bool {
        let held = self.held.load();
        held.as_ref().is_some_and(|held| held.invalid.load(Ordering::Relaxed) && is_same_token(&held.token, token))
    }

    /// Whether the held token was renewed just now because the one before had been refused, and nothing else replaces it: a
    /// renewal that is due, or one that another session has made or asked for. Reads the store.
    pub fn has_just_replaced(&self, access_token: &str) -> bool {
        let now = self.clock.now();
        let stays = || {
            let held = self.held.load();
            let held = held.as_ref().filter(|held| held.has(access_token));
            held.is_some_and(|held| !held.invalid.load(Ordering::Relaxed) && !held.lifetime.is_due(now))
        };
        let since_ms = now.steady_ms.saturating_sub(self.replaced_at_ms.load(Ordering::Relaxed));
        since_ms < REPLACED_ONCE_IN_MS && stays() && {
            let _limited = within(GLIMPSE);
            drop(self.peek());
            stays()
        }
    }

    pub fn note_replaced(&self) {
        self.replaced_at_ms.store(self.clock.now().steady_ms, Ordering::Relaxed);
    }

    /// Whether the store has the note, or another token.
    fn note_invalid(&self, held: &Held) -> Result<bool> {
        // Who has the lock is probably about to replace the token.
        let Some(mut lock) = self.store.try_lock(&self.place)? else { return Ok(false) };
        let (saved, number) = self.read(&mut *lock)?;
        if saved.token.as_ref().is_some_and(|stored| is_same_token(stored, &held.token)) {
            let saved = SavedSession { access_token_refused: true, ..saved };
            self.write(&mut *lock, &saved, Some(number))?; // it is overtaken by a newer one
        }
        Ok(true)
    }

    /// When the held token expires, in seconds since the epoch.
    pub fn expires_at_s(&self) -> Option<i64> {
        self.held.load().as_ref()?.token.expires_at_s
    }

    /// When the login of the held token expires, in seconds since the epoch.
    pub fn login_expires_at_s(&self) -> Option<i64> {
        self.held.load().as_ref()?.token.login_expires_at_s()
    }

    /// When the next renewal may begin, in seconds since the epoch.
    pub fn next_renewal_at_s(&self) -> Option<i64> {
        Some(self.held.load().as_ref()?.lifetime.due_ms()?.div_euclid(1000))
    }

    /// Whether the held token is in the store; true if none is held.
    pub fn is_saved(&self) -> bool {
        self.held.load().as_ref().is_none_or(|held| held.unsaved.is_none())
    }

    /// Why the last renewal, or else the last save, failed.
    pub fn last_error(&self) -> Option<Error> {
        let renewal = self.pace.lock().last().map(|last| {
            let mut error = last.repeated();
            error.attempts = last.attempts;
            error
        });
        renewal.or_else(|| self.held.load().as_ref()?.unsaved.as_ref().map(|unsaved| unsaved.error.repeated()))
    }

    /// That the login is over, as the store says, for a session that has not read it yet; with the server's words.
    pub fn stored_end(&self) -> Option<Error> {
        if self.held.load().is_some() {
            return None;
        }
        let _limited = limited(Some(Instant::now() + GLIMPSE), None);
        let saved = self.peek().ok()?.filter(SavedSession::login_required)?;
        let error = self.login_required(&saved);
        self.pace.lock().learned(&error);
        Some(error)
    }

    fn hold(&self, token: Arc<Token>, number: Number, unsaved: Option<Unsaved>) -> Arc<Held> {
        let held = self.make_held(token, number, unsaved);
        self.held.store(Some(held.clone()));
        held
    }

    fn make_held(&self, token: Arc<Token>, number: Number, unsaved: Option<Unsaved>) -> Arc<Held> {
        let lifetime = Lifetime::new(&token, self.clock.now());
        Arc::new(Held { token, lifetime, invalid: Arc::default(), is_noted: AtomicBool::new(false), unsaved, number })
    }

    /// Whether the store has lost the held token: it has an earlier one, or nothing, not even the mark of a deletion. From now
    /// on the token is one that has to be saved then.
    fn has_lost(&self, held: &Arc<Held>, stored: Option<&Arc<Token>>, number: Number) -> bool {
        let is_lost = held.number.is_lost(number)
            && held.unsaved.is_none()
            && stored.is_none_or(|stored| !is_same_token(stored, &held.token))
            && held.token.login_expires_at_s().is_none_or(|end_s| end_s > self.clock.now_s());
        if is_lost {
            let why = "it has lost the login, or was set back to an earlier one: the next renewal writes it again";
            let unsaved = Unsaved::new(stored.cloned(), number, Error::store("the store", why));
            self.held.compare_and_swap(held, Some(held.with(Some(unsaved), held.number)));
        }
        is_lost
    }

    /// A store that does not look at the whole place may give the login of somebody else.
    fn check_owner(&self, found: &Owner) -> Result<()> {
        if *found == self.owner {
            return Ok(());
        }
        let why = format!("it is that of {found}, not of {}", self.owner);
        Err(Error::store("the login was left alone", why).with_advice(Advice::FixConfig))
    }

    /// Reads the stored login without the lock, and holds its token, unless it is held already, an unsaved token is
    /// held, or the held token changed meanwhile.
    fn peek(&self) -> Result<Option<SavedSession>> {
        let before = self.before();
        self.take_in(&before, self.store.look(&self.place)?)
    }

    fn before(&self) -> Before {
        Before { held: self.held.load_full(), forgotten: self.forgotten.load(Ordering::SeqCst) }
    }

    /// The same with what the store gave since `before`.
    fn take_in(&self, before: &Before, kept: Kept) -> Result<Option<SavedSession>> {
        let saved = kept.text.as_deref().map(|text| {
            let read = SavedSession::read(text)
                .map_err(|_| Error::store("the login could not be read", "the session that has the lock reports why"));
            let (owner, saved) = read?;
            self.check_owner(&owner).map(|()| saved)
        });
        let saved = saved.transpose()?;
        let token = saved.as_ref().and_then(|saved| saved.token.as_ref());
        if let Some(held) = &before.held
            && self.has_lost(held, token, kept.number)
        {
            return Ok(saved);
        }
        let is_refused = saved.as_ref().is_some_and(|saved| saved.access_token_refused);
        let is_held = |token: &Arc<Token>| before.held.as_ref().is_some_and(|held| is_same_token(&held.token, token));
        let is_unsaved = before.held.as_ref().is_some_and(|held| held.unsaved.is_some());
        if let Some(held) = before.held.as_ref().filter(|_| is_refused && token.is_some_and(is_held)) {
            held.invalid.store(true, Ordering::Relaxed);
        }
        if let Some(token) = token.filter(|token| !is_held(token) && !is_unsaved) {
            let found = Some(self.make_held(token.clone(), kept.number, None));
            found.iter().for_each(|found| found.invalid.store(is_refused, Ordering::Relaxed));
            self.held.compare_and_swap(&before.held, found.clone());
            if self.forgotten.load(Ordering::SeqCst) != before.forgotten {
                self.held.compare_and_swap(&found, None); // it was read before the login was forgotten
                return Ok(None);
            }
        }
        Ok(saved)
    }
}

/// What was held before the store was read.
struct Before {
    held: Option<Arc<Held>>,
    forgotten: usize,
}

impl Held {
    fn has(&self, access_token: &str) -> bool {
        self.token.access_token.as_ref().is_some_and(|own| own.as_str() == access_token)
    }

    /// The same token with other news of the store. The mark that a resource refused it stays.
    fn with(&self, unsaved: Option<Unsaved>, number: Number) -> Arc<Self> {
        let (token, lifetime, invalid) = (self.token.clone(), self.lifetime, self.invalid.clone());
        Arc::new(Self { token, lifetime, invalid, is_noted: AtomicBool::new(false), unsaved, number })
    }
}

fn is_same_held(one: &Option<Arc<Held>>, other: &Option<Arc<Held>>) -> bool {
    one.as_ref().map(Arc::as_ptr) == other.as_ref().map(Arc::as_ptr)
}

fn is_same_token(one: &Token, other: &Token) -> bool {
    Secret::are_same(&one.access_token, &other.access_token)
        && Secret::are_same(&one.refresh_token, &other.refresh_token)
        && one.expires_at_s == other.expires_at_s // a server may prolong an access token
}
