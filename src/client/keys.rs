//! The server's public keys (RFC 7517): fetched when first needed, once for all threads, and again for a signature that
//! none of them has made, because servers replace their keys.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::client::Client;
use crate::client::options::Bounds;
use crate::client::server::Server;
use crate::error::{Error, Result};
use crate::protocol::answer;
use crate::protocol::freshness;
use crate::protocol::jose::jwks::Jwks;
use crate::protocol::jose::verify::Signed;
use crate::protocol::metadata::Endpoint;
use crate::transport::Transport;

/// The shortest time between two fetches that signatures cause: anybody can send one that no key has made.
const COOL_DOWN: Duration = Duration::from_secs(60);

impl Client {
    /// Verifies a JWT by the server's keys. The inner error says what is wrong with it.
    pub(super) async fn verify(
        &self,
        transport: &dyn Transport,
        signed: &Signed<'_>,
        bounds: &Bounds<'_>,
    ) -> Result<std::result::Result<(), &'static str>> {
        let keys = self.keys(transport, bounds).await?;
        let mut verified = signed.verify(&keys);
        if verified.is_err() {
            self.expire(&keys);
            let newer = self.keys(transport, bounds).await?;
            if !Arc::ptr_eq(&newer, &keys) {
                verified = signed.verify(&newer);
            }
        }
        Ok(verified.map_err(|refused| refused.why()))
    }

    async fn keys(&self, transport: &dyn Transport, bounds: &Bounds<'_>) -> Result<Arc<Jwks>> {
        let document = &self.server.get(Server::default).keys;
        self.known(document, bounds, || self.fetch_keys(transport, bounds)).await.map_err(Error::before_request)
    }

    /// Lets the next call fetch the keys, if these are the last that were fetched, and the server was not asked just now.
    fn expire(&self, keys: &Arc<Jwks>) {
        let server = self.server.get(Server::default);
        let Ok(mut known) = server.keys.known.try_lock() else { return }; // another call is fetching them
        let (now, asked_at) = (Instant::now(), *keys_asked_at(server));
        match &mut known.document {
            Some((last, until))
                if Arc::ptr_eq(last, keys) && asked_at.is_none_or(|asked_at| now >= asked_at + COOL_DOWN) =>
            {
                *until = now;
            }
            _ => {}
        }
    }

    async fn fetch_keys(&self, transport: &dyn Transport, bounds: &Bounds<'_>) -> Result<(Arc<Jwks>, Duration)> {
        *keys_asked_at(self.server.get(Server::default)) = Some(Instant::now());
        let endpoint = self.destination(Endpoint::Jwks, transport, bounds).await?;
        let fetched = self.get(transport, bounds, &endpoint.url, |answer| {
            answer.read(|response, context| {
                let (set, response) = answer::read(response, context, |_| false, |content| Jwks::parse(content.text))?;
                Ok((Arc::new(set), freshness::lifetime(&response.headers, context.now)))
            })
        });
        fetched.await
    }
}

fn keys_asked_at(server: &Server) -> MutexGuard<'_, Option<Instant>> {
    server.keys_asked_at.lock().unwrap_or_else(PoisonError::into_inner)
}
