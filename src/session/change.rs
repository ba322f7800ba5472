//! How a login comes into a session, and how it ends there.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::client::Client;
use crate::client::options::Bounds;
use crate::error::Result;
use crate::protocol::metadata::Endpoint;
use crate::protocol::saved_session::SavedSession;
use crate::protocol::token::Token;
use crate::session::Login;
use crate::store::Lock;
use crate::transport::Transport;

impl Login {
    /// Puts in a token that was obtained elsewhere; it replaces the one before.
    pub async fn adopt(&self, client: &Client, token: &Token, bounds: &Bounds<'_>) -> Result<()> {
        let token = taken(client, token)?;
        let mut lock = self.wait_for_lock(client, bounds).await?;
        // What is damaged is set aside by the first look; what cannot be read for another reason stays.
        self.read(&mut *lock).or_else(|_| self.read(&mut *lock))?;
        self.write(&mut *lock, &SavedSession { token: Some(token.clone()), ..SavedSession::default() })?;
        self.hold(token.clone(), None);
        drop(lock);
        self.note(Ok(()), false);
        self.tell(Some(&token));
        Ok(())
    }

    /// Forgets the login here, and then, if wanted, at the server (RFC 7009).
    pub async fn forget(
        &self,
        client: &Client,
        transport: &dyn Transport,
        revoke: bool,
        bounds: &Bounds<'_>,
    ) -> Result<()> {
        if revoke {
            client.check_is_set(Endpoint::Revocation)?;
        }
        let mut lock = self.wait_for_lock(client, bounds).await?;
        let kept = if revoke { self.read(&mut *lock)?.token } else { None };
        lock.delete()?;
        self.forgotten.fetch_add(1, Ordering::SeqCst); // before it is taken away: see peek
        let held = self.held.swap(None);
        drop(lock);
        self.note(Ok(()), false);
        self.tell(None);
        // What was held but could not be saved is the newer one.
        let unsaved = held.filter(|held| held.unsaved.is_some()).map(|held| held.token.clone());
        let Some(token) = unsaved.or(kept).filter(|_| revoke) else { return Ok(()) };
        let refresh_token = token.refresh_token.as_ref().map(|token| (token, "refresh_token"));
        let access_token = || token.access_token.as_ref().map(|token| (token, "access_token"));
        match refresh_token.or_else(access_token) {
            Some((token, hint)) => client.revoke(transport, token.as_str(), Some(hint), bounds).await,
            None => Ok(()),
        }
    }

    async fn wait_for_lock(&self, client: &Client, bounds: &Bounds<'_>) -> Result<Box<dyn Lock>> {
        let waiting = "waiting for the lock of the login, which a renewal holds";
        bounds.wait_for_exchange(waiting, client.config.timeout, self.lock()).await?
    }
}

/// A token of the program as a session keeps it.
pub(super) fn taken(client: &Client, token: &Token) -> Result<Arc<Token>> {
    client.check_issuer("token", token)?;
    Ok(Arc::new(token.without_response()))
}
