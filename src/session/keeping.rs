//! What a renewal finds in the store, and what it puts there.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::client::log::Level;
use crate::error::Result;
use crate::protocol::saved_session::SavedSession;
use crate::protocol::token::Token;
use crate::session::record::{ROUNDS, kept_changing};
use crate::session::renewal::{Renewal, Step};
use crate::session::{Held, Standing, Unsaved, is_same_token};
use crate::store::{Number, Written};

impl Renewal<'_> {
    /// Reads what is stored, and notes if the store has lost what this session holds.
    pub(super) fn read(&mut self) -> Result<SavedSession> {
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
    pub(super) fn save_what_is_unsaved(&mut self, saved: SavedSession) -> Option<SavedSession> {
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
    pub(super) fn serves(&self, token: &Arc<Token>) -> bool {
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

    pub(super) fn found(&self, token: &Arc<Token>) -> Arc<Held> {
        match &*self.session.glance() {
            Some(held) if is_same_token(&held.token, token) => held.clone(),
            _ => self.hold_stored(token),
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
