//! Renews with the refresh token (RFC 6749 section 6).
//!
//! The store gets a mark before the request is sent, and the login does not end before the server refuses the token. A
//! store that cannot be written, but locked, stops nothing: a login that works beats a login that may be lost.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::client::log::Level;
use crate::client::options::Bounds;
use crate::error::{Advice, Error, Result, Status};
use crate::host;
use crate::protocol::message::Secrets;
use crate::protocol::metadata::Endpoint;
use crate::protocol::refusal::{Refusal, Verdict};
use crate::protocol::saved_session::SavedSession;
use crate::protocol::token::Token;
use crate::protocol::token_response::Refused;
use crate::secret::Secret;
use crate::session::Held;
use crate::session::keeping::to_keep;
use crate::session::lease::{FOR_THE_PROGRAM, hold_on, lease, while_held};
use crate::session::renewal::{Renewal, Step};
use crate::store::Written;

impl Renewal<'_> {
    pub(super) async fn refresh(&mut self, saved: &SavedSession, token: &Arc<Token>) -> Result<Step> {
        let (session, client) = (self.session, self.client);
        if let Err(error) = client.prepare(Endpoint::Token, self.transport, self.bounds).await {
            return self.failed(saved, error);
        }
        let began_s = saved.renewal_began_s.unwrap_or_else(|| session.clock.now_s());
        let marked = SavedSession { renewal_began_s: Some(began_s), ..saved.clone() };
        if !self.mark(&marked)? {
            return Ok(Step::Overtaken);
        }
        let options = &session.options;
        let transport = self.transport;
        let send = async |bounds: &Bounds<'_>| {
            client.renew(transport, token, options.scope(), Some(&options.field_parameters), bounds).await
        };
        match while_held(&mut *self.lock, &session.clock, self.bounds, send).await {
            Ok(fresh) => Ok(self.keep(to_keep(fresh))),
            Err(Refused { mut error, refresh_token: Some(refresh_token) }) => {
                self.keep_for_next(token, refresh_token);
                error.advice = Advice::RetryLater; // the login is still good
                Err(error)
            }
            Err(Refused { error, refresh_token: None }) => {
                let (verdict, error) = self.verdict(error);
                if verdict != Verdict::GoesOn {
                    return self.refused(saved, error, verdict == Verdict::Ended);
                }
                if !error.request_sent || error.status == Status::Provider {
                    // The refresh token was not used: the mark goes. If that fails, the mark is still true: it says
                    // "perhaps".
                    drop(session.write(&mut *self.lock, saved, Some(self.number)));
                    return self.failed(saved, error);
                }
                self.failed(&SavedSession { renewal_began_s: Some(began_s), ..saved.clone() }, error)
            }
        }
    }

    /// Writes the mark, and sees to it that the lock is held: right before sending. False if there is another login by now.
    fn mark(&mut self, marked: &SavedSession) -> Result<bool> {
        let (session, client) = (self.session, self.client);
        let (text, time, asked_ms) = (marked.write(&session.owner), lease(client), session.clock.now().steady_ms);
        let (written, held) = self.lock.write_and_hold(&text, Some(self.number), marked.expires_at_s(), time);
        match written {
            Ok(Written::Done(number)) => self.number = number,
            Ok(Written::Overtaken) => return Ok(false),
            Err(error) => {
                // A copy of what another process could not save is not sent without a mark: that process may send it too.
                let is_copy = |held: &Held| held.unsaved.as_ref().is_some_and(|one| one.process != host::generation());
                if session.options.notes_first || session.glance().as_deref().is_some_and(is_copy) {
                    return Err(error);
                }
                let log = &client.config.log;
                log.line(Level::Error, || format!("the store cannot note the renewal, which goes on: {error}"));
            }
        }
        held.and_then(|()| hold_on(&mut *self.lock, &session.clock, asked_ms, time)).map(|()| true)
    }

    /// What the failure says about the login; the program's own function comes first.
    fn verdict(&mut self, error: Error) -> (Verdict, Error) {
        let usual = Verdict::of(&error, self.client.config.authentication.is_none());
        let session = self.session;
        match &session.options.refusal {
            Some(refusal) if error.response.is_some() && self.lock.hold_for(FOR_THE_PROGRAM).is_ok() => {
                let (own, mut error) = refusal(session.key.as_str(), error);
                if own == Some(Verdict::GoesOn) && usual != Verdict::GoesOn {
                    error.advice = Advice::RetryLater; // the program says so
                }
                (own.unwrap_or(usual), error)
            }
            _ => (usual, error),
        }
    }

    /// A try that failed for a reason that says nothing about the login. If the login was over, it is so still.
    fn failed(&mut self, saved: &SavedSession, error: Error) -> Result<Step> {
        let Some(refusal) = saved.refusal.as_ref().filter(|_| saved.login_required()) else { return Err(error) };
        let session = self.session;
        let log = |level, error: &Error| self.client.config.log.line(level, || error.message.as_str().to_owned());
        log(Level::Warn, &error);
        let refusal = Some(refusal.tried_again(session.clock.now_s()));
        let saved = SavedSession { refusal, ..saved.clone() };
        match session.write(&mut *self.lock, &saved, Some(self.number)) {
            Ok(Written::Overtaken) => return Ok(Step::Overtaken),
            Ok(Written::Done(_)) if session.options.acquire.is_some() => return Ok(Step::Overtaken), // acquire is left
            Ok(Written::Done(_)) => {}
            Err(error) => log(Level::Error, &error),
        }
        Err(session.login_required(&saved))
    }

    /// Keeps the refresh token of an answer that gave no other usable token, for the next try.
    fn keep_for_next(&mut self, before: &Token, refresh_token: Secret) {
        let mut token = before.without_response();
        token.refresh_token = Some(refresh_token);
        token.refresh_token_expires_at_s = None; // of the one before
        let session = self.session;
        let is_invalid = session.glance().as_ref().is_some_and(|held| held.invalid.load(Ordering::Relaxed));
        drop(self.keep_with(Arc::new(token), is_invalid || self.is_refused));
        if let Some(held) = &*session.glance() {
            held.invalid.fetch_or(is_invalid, Ordering::Relaxed);
        }
    }

    /// What the words of the server may repeat, and a record does not keep.
    fn secrets(&self, saved: &SavedSession) -> Secrets {
        let mut secrets = Secrets::default();
        if let Some(authentication) = &self.client.config.authentication {
            authentication.add_secrets(&mut secrets);
        }
        let token = saved.token.as_ref();
        let tokens = token.map(|token| [&token.access_token, &token.refresh_token, &token.id_token]);
        tokens.into_iter().flatten().flatten().for_each(|secret| secrets.add(secret.as_str()));
        secrets
    }

    /// The server refused the refresh token. If the store has another token by now, another session has renewed.
    fn refused(&mut self, saved: &SavedSession, mut error: Error, is_final: bool) -> Result<Step> {
        let (now, number) = self.session.read(&mut *self.lock)?;
        if self.is_overtaken(&now, number) {
            return Ok(Step::Overtaken);
        }
        let now_s = self.session.clock.now_s();
        let refusal = Refusal::new(&error, is_final, saved.refusal.as_ref(), now_s, &self.secrets(saved));
        let (said, pause_s) = (refusal.said.clone(), refusal.pause_s(now_s));
        let refused = SavedSession { refusal: Some(refusal), renewal_began_s: None, ..saved.clone() };
        let has_ended = refused.login_required();
        if has_ended && !saved.login_required() {
            self.news = Some(None);
        }
        match self.session.write(&mut *self.lock, &refused, Some(self.number)) {
            Ok(Written::Overtaken) => return Ok(Step::Overtaken),
            Ok(Written::Done(_)) if has_ended && self.session.options.acquire.is_some() => {
                return Ok(Step::Overtaken); // acquire is left
            }
            Ok(Written::Done(_)) => {}
            Err(error) => self.client.config.log.line(Level::Error, || error.message.as_str().to_owned()),
        }
        if !has_ended {
            error.advice = Advice::RetryLater; // once more, and then it is clear
            error.retry_after_s = error.retry_after_s.max(pause_s.and_then(|pause_s| u32::try_from(pause_s).ok()));
            return Err(error);
        }
        let before = match saved.renewal_began_s {
            Some(_) => "the answer to an earlier renewal was lost, and ",
            None => "",
        };
        let line = format!("a login is required: {before}the server refused the refresh token{said}");
        let mut required = Error::new(Status::LoginRequired, &line);
        required.provider = error.provider.take();
        required.response = error.response.take();
        required.deviations = error.deviations;
        required.endpoint = error.endpoint.take();
        required.request_sent = error.request_sent;
        required.attempts = error.attempts;
        Err(required)
    }
}
