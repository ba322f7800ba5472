//! The server's metadata (RFC 8414, OpenID Connect Discovery): fetched when first needed, once for all threads.

use std::borrow::Cow;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};
use url::Url;

use crate::client::Client;
use crate::client::log::Level;
use crate::client::options::Bounds;
use crate::client::server::{Document, Known, Server};
use crate::error::{Error, Result, Status};
use crate::process;
use crate::protocol::answer;
use crate::protocol::issuer::Issuer;
use crate::protocol::metadata::{self, Endpoint, Found, Metadata, Trust};
use crate::text::Text;
use crate::transport::Transport;

/// How long expired metadata are used before the next attempt, if new ones cannot be fetched.
const USED_ON: Duration = Duration::from_secs(60);

/// How long a call waits for another one that fetches the same. That one may be in a callback of the program, which waits
/// for the thread of this one.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where a request goes.
pub(super) struct Destination<'a> {
    pub endpoint: Endpoint,
    pub url: Cow<'a, Url>,
    /// The metadata, if the URL came from them.
    pub metadata: Option<Arc<Metadata>>,
}

impl Destination<'_> {
    /// Whether the metadata list a client authentication method for this endpoint.
    pub fn allows(&self, method: &str) -> bool {
        self.metadata.as_ref().is_some_and(|metadata| metadata.allows(self.endpoint, method))
    }
}

impl Client {
    /// The metadata of the configured issuer, cached for as long as its server says (RFC 9111).
    pub async fn metadata(&self, transport: &dyn Transport, bounds: &Bounds<'_>) -> Result<Arc<Metadata>> {
        self.first_metadata(transport, bounds).await.map(|(metadata, _)| metadata)
    }

    /// The metadata, and the place of their URL among those that were asked.
    async fn first_metadata(&self, transport: &dyn Transport, bounds: &Bounds<'_>) -> Result<(Arc<Metadata>, usize)> {
        let issuer = self.config.issuer.as_ref().ok_or_else(|| Error::config("issuer", "is not set"))?;
        let document = &self.server.get(Server::default).metadata;
        self.known(document, bounds, || self.fetch(transport, bounds, issuer)).await
    }

    /// The metadata in the other document of the same issuer. Servers have two, one of OpenID Connect and one of
    /// OAuth, and name some endpoints only in one: it stands at the next URL.
    async fn other_metadata(
        &self,
        transport: &dyn Transport,
        bounds: &Bounds<'_>,
        first: &Metadata,
        place: usize,
    ) -> Result<Option<Arc<Metadata>>> {
        let Some(issuer) = &self.config.issuer else { return Ok(None) };
        let urls = issuer.metadata_urls();
        let Some(url) = urls.get(place + 1) else { return Ok(None) };
        let fetch = || async {
            match self.fetch_at(transport, bounds, issuer, url).await {
                Ok(Ok(other)) => {
                    let fresh_for = other.fresh_for;
                    Ok((Some(Arc::new(other)), fresh_for))
                }
                Err(error) if !is_none(&error) && error.status != Status::IssuerMismatch => Err(error),
                _ => Ok((None, first.fresh_for)),
            }
        };
        let other = self.known(&self.server.get(Server::default).other, bounds, fetch).await?;
        Ok(other.filter(|other| other.issuer() == first.issuer()))
    }

    /// A document from memory while it is fresh, else fetched: by one call, for all that need it. Few calls fetch: what that
    /// takes is on the heap, and not in each of them.
    pub(super) async fn known<T: Clone, F: Future<Output = Result<(T, Duration)>>>(
        &self,
        document: &Document<T>,
        bounds: &Bounds<'_>,
        fetch: impl FnOnce() -> F,
    ) -> Result<T> {
        if process::outer().is_some_and(|outer| *document.fetching() == Some(outer)) {
            let why = || format!("this callback belongs to a call that is fetching the server's {}", document.what);
            let _within = document.enter().ok_or_else(|| Error::new(Status::Busy, &why()))?;
            return Box::pin(fetch()).await.map(|(found, _)| found);
        }
        bounds.check_not_cancelled()?;
        let ended_before = document.ended();
        let locked = timeout(PATIENCE, document.known.lock());
        let Ok(mut known) = bounds.wait_for_exchange(document.waiting, self.config.timeout, locked).await? else {
            return Box::pin(fetch()).await.map(|(found, _)| found);
        };
        if let Some((found, until)) = &known.document
            && Instant::now() < *until
        {
            return Ok(found.clone());
        }
        if let Some(failure) = &known.failure
            && document.ended() > ended_before
        {
            return Err(failure.repeated()); // that fetch ended while this call waited for it
        }
        let mut fetch = Box::pin(fetch());
        let fetched = poll_fn(|context| {
            *document.fetching() = Some(process::caller()); // another thread may go on with a renewal
            fetch.as_mut().poll(context)
        });
        let fetched = fetched.await;
        *document.fetching() = None;
        match fetched {
            Ok((found, fresh_for)) => {
                *known = Known { document: Some((found.clone(), Instant::now() + fresh_for)), failure: None };
                document.end();
                Ok(found)
            }
            Err(error) => {
                let own = matches!(error.status, Status::Cancelled | Status::Timeout); // this call's limit, no result
                if !own {
                    known.failure = Some(error.repeated());
                    document.end();
                }
                let lasts = own
                    || document.outlives_bad_answers
                    || matches!(error.status, Status::Connect | Status::ConnectionLost | Status::Http);
                match &mut known.document {
                    Some((found, until)) if lasts && error.status != Status::Cancelled => {
                        self.config.log.line(Level::Warn, || {
                            format!("no newer {} of the server could be had: the old is used", document.what)
                        });
                        *until = Instant::now() + USED_ON;
                        Ok(found.clone())
                    }
                    _ => Err(error),
                }
            }
        }
    }

    async fn fetch(
        &self,
        transport: &dyn Transport,
        bounds: &Bounds<'_>,
        issuer: &Issuer,
    ) -> Result<((Arc<Metadata>, usize), Duration)> {
        let (mut odd, mut absent) = (None, None);
        for (place, url) in issuer.metadata_urls().iter().enumerate() {
            match self.fetch_at(transport, bounds, issuer, url).await {
                Ok(Ok(metadata)) => {
                    let fresh_for = metadata.fresh_for;
                    return Ok(((Arc::new(metadata), place), fresh_for));
                }
                Ok(Err(said)) => absent = absent.or(said),
                Err(error) if is_none(&error) => odd = odd.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        Err(odd.unwrap_or_else(|| no_metadata(issuer, absent)))
    }

    /// The metadata at one URL; if none are there, what the server said.
    async fn fetch_at(
        &self,
        transport: &dyn Transport,
        bounds: &Bounds<'_>,
        issuer: &Issuer,
        url: &Url,
    ) -> Result<std::result::Result<Metadata, Option<Error>>> {
        let trust = Trust {
            issuer,
            also: &self.config.issuers,
            allow_http: self.config.allow_http,
            mutual_tls: self.config.mutual_tls,
        };
        let found = self.get(transport, bounds, url, |answer| {
            answer.read(|response, context| metadata::read(response, &trust, context))
        });
        let metadata = match found.await? {
            Found::Metadata(metadata) => metadata,
            Found::Elsewhere(said) => return Ok(Err(said)),
        };
        for endpoint in Endpoint::ALL {
            let stays = metadata.endpoint(endpoint).map_or(Ok(()), |url| self.config.check_stays_here(url));
            stays.map_err(|why| Error::config(endpoint.name(), why))?;
        }
        Ok(Ok(*metadata))
    }

    /// An error unless the config sets the endpoint, or an issuer whose metadata may name it.
    fn check_is_set(&self, endpoint: Endpoint) -> Result<()> {
        match (self.config.endpoint(endpoint), &self.config.issuer) {
            (None, None) => Err(Error::config(endpoint.name(), "is not set, and no issuer from which to find it is")),
            _ => Ok(()),
        }
    }

    /// Fetches now the metadata that a request to the endpoint needs, so that the request that follows is the only one.
    pub(crate) async fn prepare(
        &self,
        endpoint: Endpoint,
        transport: &dyn Transport,
        bounds: &Bounds<'_>,
    ) -> Result<()> {
        self.destination(endpoint, transport, bounds).await.map(drop)
    }

    /// Where an endpoint is: the URL that the program set, else the one in the metadata.
    pub(super) async fn destination(
        &self,
        endpoint: Endpoint,
        transport: &dyn Transport,
        bounds: &Bounds<'_>,
    ) -> Result<Destination<'_>> {
        if let Some(url) = self.config.endpoint(endpoint) {
            return Ok(Destination { endpoint, url: Cow::Borrowed(url), metadata: None });
        }
        self.check_is_set(endpoint)?;
        let (mut metadata, place) = self.first_metadata(transport, bounds).await.map_err(Error::before_request)?;
        if metadata.endpoint(endpoint).is_none() && !endpoint.is_in_both_documents() {
            let other = self.other_metadata(transport, bounds, &metadata, place).await;
            metadata = other.map_err(|error| without_other(endpoint, error))?.unwrap_or(metadata);
        }
        let url = metadata.endpoint(endpoint).cloned();
        let url =
            url.ok_or_else(|| Error::config(endpoint.name(), "is not set, and the server's metadata name none"))?;
        self.config.check_shows_certificate(endpoint, &url)?;
        Ok(Destination { endpoint, url: Cow::Owned(url), metadata: Some(metadata) })
    }
}

/// The error where no URL has metadata, with what the server said at the first one that said anything: a wrong realm.
fn no_metadata(issuer: &Issuer, said: Option<Error>) -> Error {
    let words = said.as_ref().map(answer::said).unwrap_or_default();
    let why = format!("{} has no metadata{words}; if it is right, set its endpoints by hand", issuer.as_str());
    let mut error = Error::config("issuer", &why);
    if let Some(mut said) = said {
        error.provider = said.provider.take();
        error.response = said.response.take();
        error.deviations = said.deviations;
    }
    error
}

/// Whether another kind of server has answered: metadata may still be at another URL.
fn is_none(error: &Error) -> bool {
    matches!(error.status, Status::Redirect | Status::InvalidResponse)
}

/// The error of a call whose endpoint may be in the document that could not be fetched.
fn without_other(endpoint: Endpoint, error: Error) -> Error {
    let mut error = error.before_request();
    let name = endpoint.name();
    error.message = Text::line(&format!(
        "{name} is not in the server's metadata, nor was their other document read: {}",
        error.message
    ));
    error
}
