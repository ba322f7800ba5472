//! Renews with the refresh token (RFC 6749 section 6).
//!
//! The store gets a mark before the request is sent, and the login does not end before the server refuses the token.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::client::log::Level;
use crate::client::token::Refused;
use crate::error::{Advice, Error, ProviderCode, Result, Status};
use crate::host;
use crate::protocol::saved_session::SavedSession;
use crate::protocol::token::Token;
use crate::secret::Secret;
use crate::session::Held;
use crate::session::renewal::{Renewal, Step, TO_WRITE, to_keep};

impl Renewal<'_> {
    pub(super) async fn refresh(&mut self, saved: &SavedSession, token: &Arc<Token>) -> Result<Step> {
        let (session, client) = (self.session, self.client);
        client.prepare(self.transport, self.bounds).await?;
        self.committed.store(true, Ordering::SeqCst);
        let began_s = saved.renewal_began_s.unwrap_or_else(|| session.clock.now_s());
        let marked = SavedSession { renewal_began_s: Some(began_s), ..saved.clone() };
        let marked = session.write(&mut *self.lock, &marked);
        let is_ours_alone = |held: &Held| held.unsaved.as_ref().is_some_and(|one| one.process == host::generation());
        // If only this process has the token, nothing is lost by going on without a mark.
        if !session.glance().as_deref().is_some_and(is_ours_alone) {
            marked?;
        }
        self.lock.hold_for(client.config.timeout + TO_WRITE)?; // right before sending: fails if the lock was lost
        let options = &session.options;
        let fresh =
            client.renew(self.transport, token, options.scope(), Some(&options.field_parameters), self.bounds).await;
        match fresh {
            Ok(fresh) => Ok(self.keep(to_keep(fresh))),
            Err(Refused { error, .. }) if is_refused(&error) => self.refused(saved, error),
            Err(Refused { mut error, refresh_token }) => {
                if let Some(refresh_token) = refresh_token {
                    self.keep_for_next(token, refresh_token);
                    error.advice = Advice::RetryLater; // the login is still good
                } else if !error.request_sent || error.provider.is_some() {
                    // The refresh token was not used: the mark goes. If that fails, the mark is still true: it says
                    // "perhaps".
                    drop(session.write(&mut *self.lock, saved));
                }
                Err(error)
            }
        }
    }

    /// Keeps the refresh token of an answer that gave no other usable token, for the next try.
    fn keep_for_next(&mut self, before: &Token, refresh_token: Secret) {
        let mut token = before.without_response();
        token.refresh_token = Some(refresh_token);
        let session = self.session;
        let is_invalid = session.glance().as_ref().is_some_and(|held| held.invalid.load(Ordering::Relaxed));
        drop(self.keep(Arc::new(token)));
        if let Some(held) = &*session.glance() {
            held.invalid.fetch_or(is_invalid, Ordering::Relaxed);
        }
    }

    /// The server refused the refresh token. If the store has another token by now, another session has renewed.
    fn refused(&mut self, saved: &SavedSession, error: Error) -> Result<Step> {
        let now = self.session.read(&mut *self.lock)?;
        if self.is_overtaken(&now) {
            return Ok(Step::Overtaken);
        }
        let ended = SavedSession { login_required: true, renewal_began_s: None, ..saved.clone() };
        self.news = Some(None);
        match self.session.write(&mut *self.lock, &ended) {
            Ok(()) if self.session.options.acquire.is_some() => return Ok(Step::Overtaken), // acquire is left
            Ok(()) => {}
            Err(error) => self.client.config.log.line(Level::Error, || error.message.as_str().to_owned()),
        }
        let before = match saved.renewal_began_s {
            Some(_) => "the answer to an earlier renewal was lost, and ",
            None => "",
        };
        let mut required = Error::new(
            Status::LoginRequired,
            &format!("a login is required: {before}the server refused the refresh token: {error}"),
        );
        required.provider = error.provider.clone();
        required.endpoint = error.endpoint.clone();
        required.request_sent = error.request_sent;
        required.attempts = error.attempts;
        Err(required)
    }
}

fn is_refused(error: &Error) -> bool {
    error.provider.as_ref().is_some_and(|provider| provider.code == ProviderCode::InvalidGrant)
}
