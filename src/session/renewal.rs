//! One renewal: lock, read again, decide, mark, send, write, unlock.
//!
//! At every moment the store or this process has what the next renewal needs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::client::Client;
use crate::client::options::{Bounds, RequestOptions};
use crate::client::progress::Progress;
use crate::error::{Error, Result, Status};
use crate::host;
use crate::protocol::refusal::Refusal;
use crate::protocol::saved_session::SavedSession;
use crate::protocol::token::Token;
use crate::session::change::taken;
use crate::session::lease::FOR_THE_PROGRAM;
use crate::session::options::Unattended;
use crate::session::record::{ROUNDS, kept_changing};
use crate::session::{Held, Login, Standing, is_same_held};
use crate::store::{Lock, Number};
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

/// One renewal under way.
pub(super) struct Renewal<'a> {
    pub(super) session: &'a Login,
    pub(super) client: &'a Client,
    pub(super) transport: &'a dyn Transport,
    pub(super) bounds: &'a Bounds<'a>,
    pub(super) purpose: Purpose,
    pub(super) lock: Box<dyn Lock>,
    /// The stored token, as last read under this lock, and its number.
    pub(super) stored: Option<Arc<Token>>,
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
    fn way<'a>(&'a self, saved: &'a SavedSession) -> Option<Way<'a>> {
        let token = saved.token.as_ref().filter(|token| token.refresh_token.is_some());
        let refusal = saved.refusal.as_ref();
        // Seconds until the refresh token may be sent.
        let pause_s = refusal.map_or(Some(0), |refusal| refusal.pause_s(self.clock.now_s()));
        if let Some(unattended) = self.options.unattended() {
            return Some(Way::Unattended(unattended));
        }
        match (token, refusal, pause_s) {
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
            (None, None) => {
                "nothing is kept under this key of the store, and the session has no other way to a token \
                 (such as oauth_session_options_set_client_credentials)"
            }
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
    Unattended(Unattended<'a>),
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
            Some(Way::Unattended(way)) => self.obtain(way).await,
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
}
