//! One renewal: lock, read again, decide, mark, send, write, unlock.
//!
//! At every moment the store or this process has what the next renewal needs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::sleep;

use crate::client::Client;
use crate::client::log::Level;
use crate::client::options::{Bounds, RequestOptions, jittered};
use crate::client::progress::Progress;
use crate::client::token::TokenArguments;
use crate::error::{Error, Result, Status};
use crate::protocol::metadata::Endpoint;
use crate::protocol::refusal::Refusal;
use crate::protocol::saved_session::{SavedSession, Unreadable};
use crate::protocol::token::Token;
use crate::protocol::token_request::Grant;
use crate::session::change::taken;
use crate::session::{Held, Login, Standing, Unsaved, is_same_held, is_same_token};
use crate::store::Lock;
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
#[derive(Default)]
pub struct Watch {
    /// Once true, the renewal has to be driven to its end: it has the lock.
    pub committed: AtomicBool,
    pub progress: Progress,
}

/// Pauses between two tries to take a lock.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// How long the lock is held after the last moment at which an answer may come: time to write it.
pub(super) const TO_WRITE: Duration = Duration::from_secs(5);

/// How long the acquire function, which may ask the user, has the lock. Then another session may take it.
pub(super) const FOR_THE_PROGRAM: Duration = Duration::from_secs(300);

/// Most rounds of one renewal. A round is lost if the stored login changed meanwhile.
const ROUNDS: usize = 3;

/// One renewal under way.
pub(super) struct Renewal<'a> {
    pub(super) session: &'a Login,
    pub(super) client: &'a Client,
    pub(super) transport: &'a dyn Transport,
    pub(super) bounds: &'a Bounds<'a>,
    purpose: Purpose,
    pub(super) lock: Box<dyn Lock>,
    /// The stored token, as last read under this lock.
    stored: Option<Arc<Token>>,
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
        if !purpose.early {
            let before = self.held.load_full();
            let saved = self.peek(); // a failure is left to the read under the lock
            if let Some(held) = &*self.glance()
                && self.standing(held, purpose.min_validity_ms) != Standing::Bad
                && held.unsaved.is_none()
            {
                return Ok(held.clone());
            }
            let is_over = matches!(saved, Ok(None)) && self.way(&SavedSession::default()).is_none() && self.is_saved();
            if is_over && is_same_held(&before, &self.held.compare_and_swap(&before, None)) {
                return Err(self.login_required(&SavedSession::default())); // forgotten by another process
            }
        }
        watch.progress.waits_for("the lock of the login");
        let lock = match purpose.early {
            true => self.store.try_lock(&self.place)?,
            false => Some(self.lock().await?),
        };
        let Some(lock) = lock else {
            // Another holder is renewing. If no token is held by now, the login was forgotten.
            return self.glance().clone().ok_or_else(|| self.login_required(&SavedSession::default()));
        };
        watch.committed.store(true, Ordering::SeqCst);
        watch.progress.waits_for("the store");
        let bounds = Bounds { progress: Some(&watch.progress), ..RequestOptions::begin(None)? };
        let bounds = &bounds;
        let mut renewal = Renewal { session: self, client, transport, bounds, purpose, lock, stored: None, news: None };
        let outcome = renewal.run().await;
        let news = renewal.news.take();
        drop(renewal); // gives the lock back
        if let Some(token) = news {
            self.tell(token.as_ref());
        }
        outcome
    }

    /// Takes the lock of the key; waits for it without limit.
    pub(super) async fn lock(&self) -> Result<Box<dyn Lock>> {
        let mut pause = FIRST_PAUSE;
        loop {
            if let Some(lock) = self.store.try_lock(&self.place)? {
                return Ok(lock);
            }
            sleep(jittered(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Reads the stored login under the lock. Damaged text is set aside, which is an error once; text of a newer
    /// release stays.
    pub(super) fn read(&self, lock: &mut dyn Lock) -> Result<SavedSession> {
        let Some(text) = lock.load()? else { return Ok(SavedSession::default()) };
        let read = SavedSession::read(&text).map_err(|unreadable| match unreadable {
            Unreadable::Newer => Error::store("the login was left alone", "a newer release of this library wrote it"),
            Unreadable::Damaged(_) => match lock.set_aside() {
                Ok(place) => Error::store("the login that was kept is damaged, and was set aside", place),
                Err(error) => error,
            },
        });
        let (owner, saved) = read?;
        self.check_owner(&owner)?;
        Ok(saved)
    }

    pub(super) fn write(&self, lock: &mut dyn Lock, saved: &SavedSession) -> Result<()> {
        lock.save(&saved.write(&self.owner), saved.expires_at_s())
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
        Err(Error::store("the login could not be renewed", "other sessions kept changing it"))
    }

    async fn round(&mut self) -> Result<Step> {
        let read = self.session.read(&mut *self.lock)?;
        self.stored = read.token.clone();
        let saved = self.save_what_is_unsaved(read);
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
                self.lock.hold_for(self.client.config.timeout + TO_WRITE)?;
                let options = &self.session.options;
                let arguments =
                    TokenArguments { field_parameters: Some(&options.field_parameters), ..TokenArguments::default() };
                let grant = Grant::ClientCredentials { scope: options.scope() };
                let token = self.client.token(self.transport, grant, arguments, self.bounds).await?;
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

    /// Saves a token that could not be saved before, unless another session has since renewed the stored one or
    /// forgotten the login. Returns the login to go on with.
    fn save_what_is_unsaved(&mut self, saved: SavedSession) -> SavedSession {
        let session = self.session;
        let Some(held) = &*session.glance() else { return saved };
        let Some(unsaved) = &held.unsaved else { return saved };
        if !is_same_stored(&self.stored, &unsaved.stored) {
            if let Some(token) = &saved.token {
                session.hold(token.clone(), None);
            } else {
                session.held.store(None);
            }
            return saved;
        }
        let ours = SavedSession { token: Some(held.token.clone()), ..SavedSession::default() };
        match session.write(&mut *self.lock, &ours) {
            Ok(()) => {
                self.stored = Some(held.token.clone());
                self.replace(held, None);
                self.news = Some(Some(held.token.clone()));
            }
            Err(error) => {
                // Whose token it is stays: a forked child has a copy.
                let still = Unsaved { stored: unsaved.stored.clone(), process: unsaved.process, error };
                self.replace(held, Some(still));
            }
        }
        ours
    }

    /// Holds the same token with another `unsaved`. The mark that a resource refused it stays.
    fn replace(&self, held: &Held, unsaved: Option<Unsaved>) {
        let (token, invalid) = (held.token.clone(), held.invalid.clone());
        self.session.held.store(Some(Arc::new(Held { token, lifetime: held.lifetime, invalid, unsaved })));
    }

    /// Whether the stored token serves the purpose.
    fn serves(&self, token: &Arc<Token>) -> bool {
        let session = self.session;
        let held = session.glance();
        let held = held.as_ref().filter(|held| is_same_token(&held.token, token));
        let standing = match held {
            Some(held) => session.standing(held, self.purpose.min_validity_ms),
            None => session.standing(&session.make_held(token.clone(), None), self.purpose.min_validity_ms),
        };
        match standing {
            Standing::Good => true,
            Standing::Due => held.is_some_and(|held| session.only_saving_is_due(held)) || !self.purpose.early,
            Standing::Bad => false,
        }
    }

    fn found(&self, token: &Arc<Token>) -> Arc<Held> {
        match &*self.session.glance() {
            Some(held) if is_same_token(&held.token, token) => held.clone(),
            _ => self.session.hold(token.clone(), None),
        }
    }

    fn take_from_program(&mut self, token: &Token) -> Result<Step> {
        let token = taken(self.client, token)?;
        let can_be_used = self.session.standing(&self.session.make_held(token.clone(), None), 0) != Standing::Bad;
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
        let session = self.session;
        let saved = SavedSession { token: Some(token.clone()), ..SavedSession::default() };
        match session.write(&mut *self.lock, &saved) {
            Ok(()) => {
                self.news = Some(Some(token.clone()));
                Step::Done(session.hold(token, None))
            }
            Err(error) => {
                let now = session.read(&mut *self.lock);
                if now.is_ok_and(|now| self.is_overtaken(&now)) {
                    return Step::Overtaken;
                }
                let log = &self.client.config.log;
                log.line(Level::Error, || format!("the new token is kept in memory only: {error}"));
                Step::Done(session.hold(token, Some(Unsaved::new(self.stored.clone(), error))))
            }
        }
    }

    /// Whether the store has got another login or token since it was read.
    pub(super) fn is_overtaken(&self, now: &SavedSession) -> bool {
        now.token.is_some() && !is_same_stored(&now.token, &self.stored)
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
