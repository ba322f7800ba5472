//! One renewal: lock, read again, decide, mark, send, write, unlock.
//!
//! At every moment the store or this process has what the next renewal needs.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use crate::client::Client;
use crate::client::log::Level;
use crate::client::options::{Bounds, RequestOptions};
use crate::client::progress::Progress;
use crate::client::token::TokenArguments;
use crate::clock::Clock;
use crate::error::{Error, Result, Status};
use crate::host;
use crate::protocol::metadata::Endpoint;
use crate::protocol::refusal::Refusal;
use crate::protocol::saved_session::SavedSession;
use crate::protocol::token::Token;
use crate::protocol::token_request::Grant;
use crate::session::change::taken;
use crate::session::record::{ROUNDS, kept_changing};
use crate::session::{Held, Login, Standing, Unsaved, is_same_held, is_same_token};
use crate::store::{Lock, Number, Written};
use crate::transport::Transport;

/// What a renewal is for.
#[derive(Clone, Copy, Debug)]
pub struct Purpose {
    /// How long the token has to be valid.
    pub min_validity_ms: i64,
    /// The held token is still valid: the renewal does not wait for the lock.
    pub early: bool,
}

/// A renewal as those see it that wait for it.
pub struct Watch {
    /// Once true, the renewal has to be driven to its end: it has the lock.
    pub committed: AtomicBool,
    pub progress: Progress,
    /// The one that began it.
    pub process: u64,
}

impl Default for Watch {
    fn default() -> Self {
        Self { committed: AtomicBool::default(), progress: Progress::default(), process: host::generation() }
    }
}

/// How long the lock is held after the last moment at which an answer may come: time to write it.
const TO_WRITE: Duration = Duration::from_secs(5);

/// How long the lock of a holder that died is waited for at most, and a little more with some stores: after it, the
/// refresh token is sent once more, while servers take one for a lost answer (many for 30 s). A longer request extends it.
const LEASE: Duration = Duration::from_secs(10);
const EXTENDED_EVERY: Duration = Duration::from_secs(3);

/// How long the acquire function, which may ask the user, has the lock. Then another session may take it.
pub(super) const FOR_THE_PROGRAM: Duration = Duration::from_secs(300);

/// One renewal under way.
pub(super) struct Renewal<'a> {
    pub(super) session: &'a Login,
    pub(super) client: &'a Client,
    pub(super) transport: &'a dyn Transport,
    pub(super) bounds: &'a Bounds<'a>,
    purpose: Purpose,
    pub(super) lock: Box<dyn Lock>,
    /// The stored token, as last read under this lock, and its number.
    stored: Option<Arc<Token>>,
    pub(super) number: Number,
    /// A resource refused the stored access token.
    pub(super) is_refused: bool,
    /// What to tell the program after the lock is given back: a new token, or that the login has ended.
    pub(super) news: Option<Option<Arc<Token>>>,
}

/// How a round ended.
pub(super) enum Step {
    Done(Arc<Held>),
    /// The stored login changed, or this way failed permanently: re-read the store.
    Overtaken,
}

impl Login {
    /// Makes the session hold a token that serves the purpose, from the store or by a request. Once it has the lock, this
    /// future has to be driven to its end, so that a caller with too short a deadline does not stop it again and again.
    pub async fn renew(
        &self,
        client: &Client,
        transport: &dyn Transport,
        purpose: Purpose,
        watch: &Watch,
    ) -> Result<Arc<Held>> {
        let before = self.held.load_full();
        watch.progress.waits_for("the store");
        let saved = self.peek(); // a failure is left to the read under the lock
        if let Some(held) = self.serving(purpose) {
            return Ok(held); // another session has renewed
        }
        let is_over = matches!(saved, Ok(None)) && self.way(&SavedSession::default()).is_none() && self.is_saved();
        if is_over && !purpose.early && is_same_held(&before, &self.held.compare_and_swap(&before, None)) {
            return Err(self.login_required(&SavedSession::default())); // forgotten by another process
        }
        watch.progress.waits_for("the lock of the login");
        let lock = match self.lock_unless(|| purpose.early || self.serving(purpose).is_some()).await? {
            Some(lock) => lock,
            None => {
                if purpose.early {
                    self.pace.lock().look_later(self.clock.now().steady_ms);
                }
                // Another holder is renewing, or has. If no token is held by now, the login was forgotten.
                return self.glance().clone().ok_or_else(|| self.login_required(&SavedSession::default()));
            }
        };
        watch.committed.store(true, Ordering::SeqCst);
        watch.progress.waits_for("the store");
        let bounds = Bounds { progress: Some(&watch.progress), process: watch.process, ..RequestOptions::begin(None)? };
        let bounds = &bounds;
        let mut renewal = Renewal {
            session: self,
            client,
            transport,
            bounds,
            purpose,
            lock,
            stored: None,
            number: Number::default(),
            is_refused: false,
            news: None,
        };
        let outcome = renewal.run().await;
        let news = renewal.news.take();
        drop(renewal); // gives the lock back
        if let Some(token) = news {
            self.tell(token.as_ref());
        }
        outcome
    }

    /// The held token, if it serves the purpose without a renewal or a save.
    fn serving(&self, purpose: Purpose) -> Option<Arc<Held>> {
        let held = self.glance().clone().filter(|held| held.unsaved.is_none())?;
        let serves = match self.standing(&held, purpose.min_validity_ms) {
            Standing::Good => true,
            Standing::Due => !purpose.early,
            Standing::Bad => false,
        };
        serves.then_some(held)
    }

    pub(super) fn tell(&self, token: Option<&Arc<Token>>) {
        if let Some(change) = &self.options.change {
            change(self.key.as_str(), token);
        }
    }

    /// How to get the next token; `None` if only a new login helps.
    fn way<'a>(&self, saved: &'a SavedSession) -> Option<Way<'a>> {
        let token = saved.token.as_ref().filter(|token| token.refresh_token.is_some());
        let refusal = saved.refusal.as_ref();
        // Seconds until the refresh token may be sent.
        let pause_s = refusal.map_or(Some(0), |refusal| refusal.pause_s(self.clock.now_s()));
        match (token, refusal, pause_s) {
            _ if self.options.client_credentials => Some(Way::ClientCredentials),
            (Some(token), _, Some(0)) => Some(Way::Refresh(token)),
            (Some(_), Some(refusal), Some(pause_s)) if !refusal.ends_the_login() => Some(Way::Later(refusal, pause_s)),
            _ => self.options.acquire.is_some().then_some(Way::Program),
        }
    }

    pub(super) fn login_required(&self, saved: &SavedSession) -> Error {
        let refusal = saved.refusal.as_ref().filter(|refusal| refusal.ends_the_login());
        let why = match (refusal, &saved.token) {
            (Some(refusal), _) => &format!("the server has refused the refresh token{}", refusal.said),
            (None, Some(_)) => "the token has expired, and there is no refresh token",
            (None, None) => "nothing is kept under this key",
        };
        let mut error = Error::new(Status::LoginRequired, &format!("a login is required: {why}"));
        error.provider = refusal.and_then(|refusal| refusal.provider.clone());
        error
    }
}

enum Way<'a> {
    Refresh(&'a Arc<Token>),
    /// The server has refused the refresh token once, and did not say clearly that the login has ended. It is tried again
    /// in so many seconds.
    Later(&'a Refusal, i64),
    ClientCredentials,
    Program,
}

impl Renewal<'_> {
    async fn run(&mut self) -> Result<Arc<Held>> {
        for _ in 0..ROUNDS {
            if let Step::Done(held) = self.round().await? {
                return Ok(held);
            }
        }
        Err(kept_changing())
    }

    async fn round(&mut self) -> Result<Step> {
        let read = self.read()?;
        let Some(saved) = self.save_what_is_unsaved(read) else { return Ok(Step::Overtaken) };
        match &saved.token {
            Some(token) if self.serves(token) => return Ok(Step::Done(self.found(token))),
            None if self.session.is_saved() => drop(self.session.held.swap(None)), // the login was forgotten
            _ => {}
        }
        match self.session.way(&saved) {
            Some(Way::Refresh(token)) => self.refresh(&saved, token).await,
            Some(Way::Later(refusal, pause_s)) => Err(refusal.not_yet(pause_s)),
            Some(Way::ClientCredentials) => {
                self.client.prepare(Endpoint::Token, self.transport, self.bounds).await?;
                self.lock.hold_for(lease(self.client))?;
                let options = &self.session.options;
                let dpop = saved.token.as_ref().and_then(|token| token.dpop.as_ref());
                let field_parameters = Some(&options.field_parameters);
                let arguments = TokenArguments { field_parameters, dpop, ..TokenArguments::default() };
                let grant = Grant::ClientCredentials { scope: options.scope() };
                let (client, transport) = (self.client, self.transport);
                let send = async |bounds: &Bounds<'_>| client.token(transport, grant, arguments, bounds).await;
                let token = while_held(&mut *self.lock, &self.session.clock, self.bounds, send).await?;
                Ok(self.keep(to_keep(token)))
            }
            Some(Way::Program) => {
                self.lock.hold_for(FOR_THE_PROGRAM)?;
                if let Some(progress) = self.bounds.progress {
                    progress.waits_for("the session's acquire callback");
                }
                let acquire = self.session.options.acquire.as_ref();
                let token =
                    acquire.map(|acquire| acquire(self.session.key.as_str(), saved.token.as_ref())).transpose()?;
                token.map_or(Ok(Step::Overtaken), |token| self.take_from_program(&token))
            }
            None => Err(self.session.login_required(&saved)),
        }
    }

    /// Reads what is stored, and notes if the store has lost what this session holds.
    fn read(&mut self) -> Result<SavedSession> {
        let session = self.session;
        let (mut read, number) = session.read(&mut *self.lock)?;
        read.access_token_refused |= read.token.as_ref().is_some_and(|token| session.has_invalidated(token));
        (self.stored, self.number, self.is_refused) = (read.token.clone(), number, read.access_token_refused);
        if let Some(held) = session.held.load_full()
            && session.has_lost(&held, self.stored.as_ref(), number)
        {
            self.client
                .config
                .log
                .line(Level::Warn, || "the store has lost the login, which is written again".to_owned());
        }
        Ok(read)
    }

    /// Saves a token that is in memory only, unless another session has since renewed the stored one or forgotten the
    /// login. Returns the login to go on with; `None` if the stored one changed meanwhile.
    fn save_what_is_unsaved(&mut self, saved: SavedSession) -> Option<SavedSession> {
        let session = self.session;
        let Some(held) = &*session.glance() else { return Some(saved) };
        let Some(unsaved) = &held.unsaved else { return Some(saved) };
        let is_set_back = unsaved.number.is_lost(self.number); // what the store had then, it has lost since
        let is_other = match (&self.stored, &unsaved.stored) {
            (None, None) => self.number.own != unsaved.number.own, // it was forgotten meanwhile
            _ => !is_same_stored(&self.stored, &unsaved.stored),
        };
        if !held.number.is_lost(self.number) && !is_set_back && is_other {
            if let Some(token) = &saved.token {
                self.hold_stored(token);
            } else {
                session.held.store(None);
            }
            return Some(saved);
        }
        self.is_refused = held.invalid.load(Ordering::Relaxed);
        let (token, access_token_refused) = (Some(held.token.clone()), self.is_refused);
        let ours = SavedSession { token, access_token_refused, ..SavedSession::default() };
        match session.write(&mut *self.lock, &ours, Some(held.number)) {
            Ok(Written::Done(number)) => {
                (self.stored, self.number) = (Some(held.token.clone()), number);
                session.held.store(Some(held.with(None, number)));
                self.news = Some(Some(held.token.clone()));
            }
            Ok(Written::Overtaken) => return None,
            Err(error) => {
                // Whose token it is stays: a forked child has a copy.
                let (stored, number) = (unsaved.stored.clone(), unsaved.number);
                let still = Unsaved { stored, number, process: unsaved.process, error };
                session.held.store(Some(held.with(Some(still), held.number)));
            }
        }
        Some(ours)
    }

    fn hold_stored(&self, token: &Arc<Token>) -> Arc<Held> {
        let held = self.session.make_held(token.clone(), self.number, None);
        held.invalid.store(self.is_refused, Ordering::Relaxed);
        self.session.held.store(Some(held.clone()));
        held
    }

    /// Whether the stored token serves the purpose.
    fn serves(&self, token: &Arc<Token>) -> bool {
        let session = self.session;
        let held = session.glance();
        let held = held.as_ref().filter(|held| is_same_token(&held.token, token));
        let standing = match held {
            Some(held) => session.standing(held, self.purpose.min_validity_ms),
            None => session
                .standing(&session.make_held(token.clone(), Number::default(), None), self.purpose.min_validity_ms),
        };
        match standing {
            _ if self.is_refused => false,
            Standing::Good => true,
            Standing::Due => held.is_some_and(|held| session.only_saving_is_due(held)) || !self.purpose.early,
            Standing::Bad => false,
        }
    }

    fn found(&self, token: &Arc<Token>) -> Arc<Held> {
        match &*self.session.glance() {
            Some(held) if is_same_token(&held.token, token) => held.clone(),
            _ => self.hold_stored(token),
        }
    }

    fn take_from_program(&mut self, token: &Token) -> Result<Step> {
        let token = taken(self.client, token)?;
        let can_be_used =
            self.session.standing(&self.session.make_held(token.clone(), Number::default(), None), 0) != Standing::Bad;
        match &token.refresh_token {
            _ if can_be_used => Ok(self.keep(token)),
            Some(_) => {
                drop(self.keep(token));
                Ok(Step::Overtaken) // the next round uses its refresh token
            }
            None => {
                Err(Error::new(Status::Callback, "the session's acquire callback returned a token that has expired"))
            }
        }
    }

    /// Saves a new token, and only then holds it. If the save fails, this process goes on with it in memory.
    pub(super) fn keep(&mut self, token: Arc<Token>) -> Step {
        self.keep_with(token, false)
    }

    /// The same, also with an access token that a resource has refused.
    pub(super) fn keep_with(&mut self, token: Arc<Token>, access_token_refused: bool) -> Step {
        let session = self.session;
        let saved = SavedSession { token: Some(token.clone()), access_token_refused, ..SavedSession::default() };
        let mut error = None;
        for _ in 0..ROUNDS {
            let written = session.write(&mut *self.lock, &saved, None);
            match &written {
                Ok(Written::Done(number)) => {
                    self.news = Some(Some(token.clone()));
                    return Step::Done(session.hold(token, *number, None));
                }
                Ok(Written::Overtaken) => {}
                Err(failed) => error = Some(failed.repeated()),
            }
            match session.read(&mut *self.lock) {
                Ok((now, number)) if self.is_overtaken(&now, number) => return Step::Overtaken,
                Ok(_) if written.is_ok() => {} // another holder has noted something beside the token before
                Ok(_) => break,
                Err(failed) => {
                    error.get_or_insert(failed);
                    break;
                }
            }
        }
        let error = error.unwrap_or_else(kept_changing);
        let log = &self.client.config.log;
        log.line(Level::Error, || format!("the new token is kept in memory only: {error}"));
        Step::Done(session.hold(token, Number::default(), Some(Unsaved::new(self.stored.clone(), self.number, error))))
    }

    /// Whether the store has got another login or token since it was read, or the login was forgotten.
    pub(super) fn is_overtaken(&self, now: &SavedSession, number: Number) -> bool {
        match &now.token {
            Some(_) => !is_same_stored(&now.token, &self.stored),
            None => number.own != self.number.own && !self.number.is_lost(number),
        }
    }
}

/// How long the lock is held for a request, at first.
pub(super) fn lease(client: &Client) -> Duration {
    (client.config.timeout + TO_WRITE).min(LEASE)
}

/// Holds the lock from now on, and asks again after a time in which it may have been lost: this process stood still, and would
/// send what another one has sent.
fn hold(lock: &mut dyn Lock, clock: &Clock, time: Duration) -> Result<()> {
    loop {
        let asked_ms = clock.now().steady_ms;
        lock.hold_for(time)?;
        if !has_passed(clock, asked_ms, time) {
            return Ok(());
        }
    }
}

fn has_passed(clock: &Clock, since_ms: i64, time: Duration) -> bool {
    i128::from(clock.now().steady_ms - since_ms) >= time.as_millis() as i128
}

/// The same for a lock that was asked for at that moment of the steady clock.
pub(super) fn hold_on(lock: &mut dyn Lock, clock: &Clock, asked_ms: i64, time: Duration) -> Result<()> {
    if has_passed(clock, asked_ms, time) { hold(lock, clock, time) } else { Ok(()) }
}

/// Sends a request, looks at the lock before each further attempt, and extends it as long as all that takes. What was sent
/// cannot be taken back, so a lock that is lost meanwhile stops no answer.
pub(super) async fn while_held<T>(
    lock: &mut dyn Lock,
    clock: &Clock,
    bounds: &Bounds<'_>,
    send: impl AsyncFnOnce(&Bounds<'_>) -> T,
) -> T {
    let lock = Mutex::new(lock);
    let extend = || hold(&mut **lock.lock().unwrap_or_else(PoisonError::into_inner), clock, LEASE);
    let bounds = Bounds { gate: Some(&extend), ..*bounds };
    let mut request = pin!(send(&bounds));
    loop {
        match timeout(EXTENDED_EVERY, request.as_mut()).await {
            Ok(outcome) => return outcome,
            Err(_) => drop(extend()),
        }
    }
}

pub(super) fn to_keep(mut token: Token) -> Arc<Token> {
    token.response = None;
    Arc::new(token)
}

fn is_same_stored(one: &Option<Arc<Token>>, other: &Option<Arc<Token>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => is_same_token(one, other),
        (one, other) => one.is_none() && other.is_none(),
    }
}
