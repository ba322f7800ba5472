//! The server's metadata (RFC 8414, OpenID Connect Discovery): fetched when first needed, once for all threads.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use crate::client::Client;
use crate::client::log::Level;
use crate::client::options::Bounds;
use crate::client::server::{Known, Server};
use crate::error::{Error, Result, Status};
use crate::process;
use crate::protocol::issuer::Issuer;
use crate::protocol::metadata::{self, Endpoint, Found, Metadata, Trust};
use crate::transport::Transport;

/// How long expired metadata are used before the next attempt, if new ones cannot be fetched.
const USED_ON: Duration = Duration::from_secs(60);

const WAITING: &str = "waiting for the server's metadata, which another call was fetching";

/// Where a request goes.
pub(super) struct Destination<'a> {
    pub url: Cow<'a, Url>,
    /// The metadata, if the URL came from them.
    pub metadata: Option<Arc<Metadata>>,
    /// The metadata allow the client's secret only in the form.
    pub wants_secret_in_form: bool,
}

impl Client {
    /// The metadata of the configured issuer, cached for as long as its server says (RFC 9111).
    pub async fn metadata(&self, transport: &dyn Transport, bounds: &Bounds<'_>) -> Result<Arc<Metadata>> {
        let issuer = self.config.issuer.as_ref().ok_or_else(|| Error::config("issuer", "is not set"))?;
        let server = self.server.get(Server::default);
        if process::outer().is_some_and(|outer| *server.fetching() == Some(outer)) {
            return Err(Error::new(
                Status::Busy,
                "this callback belongs to a call that is fetching the server's metadata",
            ));
        }
        let ended_before = server.ended();
        let mut known = bounds.wait_for_exchange(WAITING, self.config.timeout, server.known.lock()).await?;
        if let Some((metadata, until)) = &known.metadata
            && Instant::now() < *until
        {
            return Ok(metadata.clone());
        }
        if let Some(failure) = &known.failure
            && server.ended() > ended_before
        {
            return Err(failure.repeated()); // that fetch ended while this call waited for it
        }
        *server.fetching() = Some(process::caller());
        let fetched = self.fetch(transport, bounds, issuer).await;
        *server.fetching() = None;
        match fetched {
            Ok(metadata) => {
                let until = Instant::now() + metadata.fresh_for;
                let metadata = Arc::new(metadata);
                *known = Known { metadata: Some((metadata.clone(), until)), failure: None };
                server.end();
                Ok(metadata)
            }
            Err(error) => {
                let own = matches!(error.status, Status::Cancelled | Status::Timeout); // this call's limit, no result
                if !own {
                    known.failure = Some(error.repeated());
                    server.end();
                }
                let unreachable =
                    own || matches!(error.status, Status::Connect | Status::ConnectionLost | Status::Http);
                match &mut known.metadata {
                    Some((metadata, until)) if unreachable && error.status != Status::Cancelled => {
                        self.config.log.line(Level::Warn, || {
                            "the server's metadata is used although it is old: no newer one could be had".to_owned()
                        });
                        *until = Instant::now() + USED_ON;
                        Ok(metadata.clone())
                    }
                    _ => Err(error),
                }
            }
        }
    }

    async fn fetch(&self, transport: &dyn Transport, bounds: &Bounds<'_>, issuer: &Issuer) -> Result<Metadata> {
        let trust = Trust { issuer, also: &self.config.issuers, allow_http: self.config.allow_http };
        let mut odd = None;
        for url in issuer.metadata_urls() {
            let found = self.get(transport, bounds, &url, None, |answer| {
                answer.read(|response, context| metadata::read(response, &trust, context))
            });
            let found = match found.await {
                // Another kind of server may answer here; the next URL may still be right.
                Err(error) if matches!(error.status, Status::Redirect | Status::InvalidResponse) => {
                    odd.get_or_insert(error);
                    continue;
                }
                found => found?,
            };
            if let Found::Metadata(metadata) = found {
                for endpoint in Endpoint::ALL {
                    let stays = metadata.endpoint(endpoint).map_or(Ok(()), |url| self.config.check_stays_here(url));
                    stays.map_err(|why| Error::config(endpoint.name(), why))?;
                }
                return Ok(*metadata);
            }
        }
        Err(odd.unwrap_or_else(|| {
            Error::config("issuer", &format!("{} has no metadata: set its endpoints by hand", issuer.as_str()))
        }))
    }

    /// An error unless the config sets the endpoint, or an issuer whose metadata may name it.
    pub(crate) fn check_is_set(&self, endpoint: Endpoint) -> Result<()> {
        match (self.config.endpoint(endpoint), &self.config.issuer) {
            (None, None) => Err(Error::config(endpoint.name(), "is not set, and no issuer from which to find it is")),
            _ => Ok(()),
        }
    }

    /// Where an endpoint is: the URL that the program set, else the one in the metadata.
    pub(super) async fn destination(
        &self,
        endpoint: Endpoint,
        transport: &dyn Transport,
        bounds: &Bounds<'_>,
    ) -> Result<Destination<'_>> {
        if let Some(url) = self.config.endpoint(endpoint) {
            return Ok(Destination { url: Cow::Borrowed(url), metadata: None, wants_secret_in_form: false });
        }
        self.check_is_set(endpoint)?;
        let metadata = self.metadata(transport, bounds).await.map_err(Error::before_request)?;
        let url = metadata.endpoint(endpoint).cloned();
        let url =
            url.ok_or_else(|| Error::config(endpoint.name(), "is not set, and the server's metadata name none"))?;
        let wants_secret_in_form = metadata.wants_secret_in_form(endpoint);
        Ok(Destination { url: Cow::Owned(url), metadata: Some(metadata), wants_secret_in_form })
    }
}
