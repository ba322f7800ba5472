//! Puts a login into a session, and ends it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::client::Client;
use crate::client::options::Bounds;
use crate::error::{Advice, Error, Result, Status};
use crate::protocol::metadata::Endpoint;
use crate::protocol::saved_session::SavedSession;
use crate::protocol::token::Token;
use crate::secret::Secret;
use crate::session::Login;
use crate::session::record::{ROUNDS, kept_changing};
use crate::store::{Lock, Number, Written};
use crate::text::Text;
use crate::transport::Transport;

impl Login {
    /// Stores a token that was obtained elsewhere; it replaces the login before.
    pub async fn adopt(&self, client: &Client, token: &Token, bounds: &Bounds<'_>) -> Result<()> {
        let token = taken(client, token)?;
        let _limited = bounds.limited(client.config.timeout);
        let mut lock = self.wait_for_lock(client, bounds).await?;
        let saved = SavedSession { token: Some(token.clone()), ..SavedSession::default() };
        let number = written(|| {
            // The first read sets a damaged login aside, if the store can. A login unreadable for another reason stays.
            self.read(&mut *lock).or_else(|_| self.read(&mut *lock))?;
            self.write(&mut *lock, &saved, None)
        })?;
        self.hold(token.clone(), number, None);
        drop(lock);
        self.note(Ok(()), false);
        self.tell(Some(&token));
        Ok(())
    }

    /// Deletes the login from the store and then, with `revoke`, revokes its token at the server (RFC 7009).
    pub async fn forget(
        &self,
        client: &Client,
        transport: &dyn Transport,
        revoke: bool,
        bounds: &Bounds<'_>,
    ) -> Result<()> {
        if revoke {
            client.prepare(Endpoint::Revocation, transport, bounds).await?;
        }
        let limited = bounds.limited(client.config.timeout);
        let mut lock = self.wait_for_lock(client, bounds).await?;
        let (mut kept, mut again) = (None, false);
        written(|| {
            if revoke {
                kept = self.read(&mut *lock)?.0.token;
            } else if std::mem::replace(&mut again, true) {
                drop(lock.look()); // what cannot be read can be deleted
            }
            lock.delete()
        })?;
        self.forgotten.fetch_add(1, Ordering::SeqCst); // before `held` is emptied: see peek
        let held = self.held.swap(None);
        drop((lock, limited));
        self.note(Ok(()), false);
        self.tell(None);
        // A held token that could not be saved is newer than the stored one.
        let unsaved = held.filter(|held| held.unsaved.is_some()).map(|held| held.token.clone());
        let Some(token) = unsaved.or(kept).filter(|_| revoke) else { return Ok(()) };
        let refresh_token = token.refresh_token.as_ref().map(|token| (token, "refresh_token"));
        let access_token = || token.access_token.as_ref().map(|token| (token, "access_token"));
        match refresh_token.or_else(access_token) {
            Some((token, hint)) => {
                let revoked = client.revoke(transport, token.as_str(), Some(hint), bounds).await;
                revoked.map_err(not_revoked)
            }
            None => Ok(()),
        }
    }

    async fn wait_for_lock(&self, client: &Client, bounds: &Bounds<'_>) -> Result<Box<dyn Lock>> {
        bounds.check_not_cancelled()?;
        let waiting = "waiting for the lock of the login, which a renewal holds";
        bounds.wait_for_exchange(waiting, client.config.timeout, self.lock()).await?
    }
}

/// Reads and writes until nobody else has written in between.
fn written(mut change: impl FnMut() -> Result<Written>) -> Result<Number> {
    for _ in 0..ROUNDS {
        if let Written::Done(number) = change()? {
            return Ok(number);
        }
    }
    Err(kept_changing())
}

/// The login is gone here, and its token is perhaps good at the server.
fn not_revoked(mut error: Error) -> Error {
    let line = format!("the login was deleted, and its token was not revoked: {}", error.message.as_str());
    error.status = Status::NotRevoked;
    error.message = Text::line(&line);
    error.with_advice(Advice::None)
}

/// A token from the program as a session keeps it: issuer and client checked, without the response.
pub(super) fn taken(client: &Client, token: &Token) -> Result<Arc<Token>> {
    client.check_issuer("token", token)?;
    let is_of = |other: &Secret| client.config.client_id.as_deref().is_none_or(|own| own.as_str() == other.as_str());
    if token.refresh_token.is_some() && !token.client_id.as_deref().is_none_or(is_of) {
        return Err(Error::argument(
            "token",
            "came from another client_id than this client's: its refresh token is of no use here",
        ));
    }
    if token.access_token.is_none() && token.refresh_token.is_none() {
        return Err(Error::argument("token", "has neither access token nor refresh token"));
    }
    Ok(Arc::new(token.without_response()))
}
