//! The server's metadata (RFC 8414, OpenID Connect Discovery): fetched once for all threads, when it is first needed.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use crate::client::Client;
use crate::client::exchange::Resend;
use crate::client::log::Level;
use crate::client::options::Bounds;
use crate::client::request::Outgoing;
use crate::error::{Error, Result, Status};
use crate::process;
use crate::protocol::answer::Asked;
use crate::protocol::issuer::Issuer;
use crate::protocol::metadata::{self, Endpoint, Found, Metadata, Trust};
use crate::transport::Transport;

/// How long old metadata are used on when no new ones can be had, before the next attempt.
const USED_ON: Duration = Duration::from_secs(60);

const WAITING: &str = "waiting for the server's metadata, which another call was fetching";

/// What is known of the server in this process.
#[derive(Default)]
pub(super) struct Discovery {
    /// Held while fetching: whoever waits for it finds what was fetched.
    known: Mutex<Known>,
    /// Who is fetching.
    by: std::sync::Mutex<Option<ThreadId>>,
    /// Fetches that came to an end of their own.
    ended: AtomicU64,
}

#[derive(Default)]
struct Known {
    metadata: Option<(Arc<Metadata>, Instant)>,
    /// Why the last fetch failed, for those who were waiting for it.
    failure: Option<Error>,
}

/// Where a request goes.
pub(super) struct Destination<'a> {
    pub url: Cow<'a, Url>,
    /// Where they were needed to know it.
    pub metadata: Option<Arc<Metadata>>,
}

impl Client {
    /// The metadata of the configured issuer; fresh as its server says (RFC 9111).
    pub async fn metadata(&self, transport: &dyn Transport, bounds: &Bounds<'_>) -> Result<Arc<Metadata>> {
        let issuer = self.config.issuer.as_ref().ok_or_else(|| Error::config("issuer", "is not set"))?;
        let discovery = self.discovery.get(Discovery::default);
        let by = || discovery.by.lock().unwrap_or_else(PoisonError::into_inner);
        if process::outer().is_some_and(|outer| *by() == Some(outer)) {
            return Err(Error::new(Status::Busy, "the call whose callback this is was fetching the server's metadata"));
        }
        let ended_before = discovery.ended.load(Ordering::SeqCst);
        let mut known = bounds.wait_for_exchange(WAITING, self.config.timeout, discovery.known.lock()).await?;
        if let Some((metadata, until)) = &known.metadata
            && Instant::now() < *until
        {
            return Ok(metadata.clone());
        }
        if let Some(failure) = &known.failure
            && discovery.ended.load(Ordering::SeqCst) > ended_before
        {
            return Err(failure.repeated()); // it ended while this call was waiting for it
        }
        *by() = Some(process::caller());
        let fetched = self.fetch(transport, bounds, issuer).await;
        *by() = None;
        match fetched {
            Ok(metadata) => {
                let until = Instant::now() + metadata.fresh_for;
                let metadata = Arc::new(metadata);
                *known = Known { metadata: Some((metadata.clone(), until)), failure: None };
                discovery.ended.fetch_add(1, Ordering::SeqCst);
                Ok(metadata)
            }
            Err(error) => {
                let own = matches!(error.status, Status::Cancelled | Status::Timeout); // of this call, not of the fetch
                if !own {
                    known.failure = Some(error.repeated());
                    discovery.ended.fetch_add(1, Ordering::SeqCst);
                }
                let unreachable =
                    own || matches!(error.status, Status::Connect | Status::ConnectionLost | Status::Http);
                match &mut known.metadata {
                    Some((metadata, until)) if unreachable && error.status != Status::Cancelled => {
                        self.config
                            .log
                            .line(Level::Warn, || "the server's metadata are used on, though old".to_owned());
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
            let outgoing = Outgoing { url: &url, fields: None, authorization: None, resend: Resend::Allowed };
            let found = self.exchange(transport, bounds, outgoing, |answer, secrets| {
                metadata::read(answer.response, &trust, &Asked { now: answer.received_at, secrets })
            });
            let found = match found.await {
                // Something else may answer here; the next place may still be right.
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

    /// Whether the config says where an endpoint is, or where to find it.
    pub(crate) fn check_is_set(&self, endpoint: Endpoint) -> Result<()> {
        match (self.config.endpoint(endpoint), &self.config.issuer) {
            (None, None) => Err(Error::config(endpoint.name(), "is not set, and no issuer from which to find it is")),
            _ => Ok(()),
        }
    }

    /// Where an endpoint is: as set by hand, else as the metadata say.
    pub(super) async fn destination(
        &self,
        endpoint: Endpoint,
        transport: &dyn Transport,
        bounds: &Bounds<'_>,
    ) -> Result<Destination<'_>> {
        if let Some(url) = self.config.endpoint(endpoint) {
            return Ok(Destination { url: Cow::Borrowed(url), metadata: None });
        }
        self.check_is_set(endpoint)?;
        let metadata = self.metadata(transport, bounds).await.map_err(Error::before_request)?;
        let url = metadata.endpoint(endpoint).cloned();
        let url =
            url.ok_or_else(|| Error::config(endpoint.name(), "is not set, and the server's metadata name none"))?;
        Ok(Destination { url: Cow::Owned(url), metadata: Some(metadata) })
    }
}
