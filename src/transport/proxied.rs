//! HTTP/1.1 through proxies, by reqwest.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper_util::client::legacy::{self, connect::HttpInfo};
use rustls::ClientConfig;

use crate::transport::cause::{self, chain};
use crate::transport::incoming::{self, MAX_HEADERS};
use crate::transport::outgoing::{self, Whole};
use crate::transport::proxy::Proxies;
use crate::transport::resolver::SystemResolver;
use crate::transport::settings::Settings;
use crate::transport::tls::Tls;
use crate::transport::{Call, Failure, FailureKind, Sending, Transport};

/// Connections to servers. They belong to one runtime: requests from another one hang.
pub struct Proxied {
    tls: Arc<Tls>,
    /// Made for one TLS configuration.
    client: Mutex<(Arc<ClientConfig>, reqwest::Client)>,
    /// Whether a connection has taken the request of the running call; there is one call at a time.
    taken: Arc<AtomicBool>,
    /// The local addresses of the last connections on which an answer came: a call may find them kept.
    answered: Mutex<VecDeque<SocketAddr>>,
    proxies: Proxies,
    connect_timeout: Duration,
    idle_timeout: Duration,
}

/// Connections that are remembered: one is kept for each server.
const CONNECTIONS: usize = 8;

impl Proxied {
    pub fn new(settings: &Settings, tls: Arc<Tls>) -> Result<Self, String> {
        let Settings { proxies, connect_timeout, idle_timeout, .. } = settings;
        let current = tls.current();
        let client = client(proxies, *connect_timeout, *idle_timeout, &current)?;
        Ok(Self {
            tls,
            client: Mutex::new((current, client)),
            taken: Arc::default(),
            answered: Mutex::default(),
            proxies: proxies.clone(),
            connect_timeout: *connect_timeout,
            idle_timeout: *idle_timeout,
        })
    }

    /// The client for the present TLS configuration; that of the one before is dropped, with its connections.
    fn client(&self) -> Result<(Arc<ClientConfig>, reqwest::Client), Failure> {
        let current = self.tls.current();
        let mut known = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&known.0, &current) {
            let made = client(&self.proxies, self.connect_timeout, self.idle_timeout, &current);
            let not_made = |cause| Failure { kind: FailureKind::Connect, cause, passing: false };
            *known = (current, made.map_err(not_made)?);
        }
        Ok(known.clone())
    }

    /// The failure to connect; if a proxy refused a tunnel, with its reasons.
    ///
    /// A future of its own, on the heap: it is hardly ever needed, and calls run on small stacks.
    #[cold]
    #[inline(never)]
    fn explain<'a>(
        &'a self,
        error: reqwest::Error,
        call: &'a Call<'_>,
        sent: &'a SentOnDrop<'_>,
        tls: &'a ClientConfig,
    ) -> Pin<Box<dyn Future<Output = Failure> + Send + 'a>> {
        Box::pin(async move {
            let is_proven = connection_of(&error).is_some_and(|connection| self.answered().contains(&connection));
            let failure = failure(&error, sent, is_proven);
            let failure = if is_proven { failure } else { self.tls.explain(failure) };
            let says = |words: &str| chain(&error).any(|link| link.to_string().ends_with(words));
            let unauthorized = says(PROXY_WANTS_CREDENTIALS);
            let Some(tunnel) = self.proxies.tunnel.as_ref().filter(|_| unauthorized || says(NO_TUNNEL)) else {
                return failure;
            };
            // Half of what is left, so that the call ends with this failure and not with its deadline.
            let left = call.deadline.saturating_duration_since(tokio::time::Instant::now());
            let patience = self.connect_timeout.min(left / 2);
            let refusal = tunnel.refusal(call.request.url, unauthorized, ClientConfig::clone(tls), patience).await;
            Failure { kind: failure.kind, cause: refusal.cause, passing: refusal.passing }
        })
    }
}

fn client(
    proxies: &Proxies,
    connect_timeout: Duration,
    idle_timeout: Duration,
    tls: &ClientConfig,
) -> Result<reqwest::Client, String> {
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .dns_resolver(Arc::new(SystemResolver))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy() // the environment was read when the client was made
        .http1_only()
        .referer(false)
        // Lines that have nothing to do with OAuth are no reason to throw an answer away.
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http1_ignore_invalid_headers_in_responses(true)
        .http1_max_headers(MAX_HEADERS)
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(idle_timeout)
        .pool_max_idle_per_host(1);
    for proxy in &proxies.all {
        builder = builder.proxy(proxy.clone());
    }
    builder.build().map_err(|error| error.to_string())
}

impl Transport for Proxied {
    fn send<'a>(&'a self, call: &'a Call<'a>) -> Sending<'a> {
        Box::pin(async move {
            // Lets the runtime notice the idle connections that the server has closed since the last call; otherwise
            // the request is sent on one of them.
            tokio::task::yield_now().await;
            let sent = SentOnDrop { call, taken: &self.taken };
            let mut lost = None;
            let response = loop {
                let (failure, connection) = match self.execute(call, &sent).await {
                    Ok(response) => break response,
                    Err(failed) => failed,
                };
                match lost.take() {
                    // A kept connection that ends before an answer was nearly always closed before the request came. If
                    // it was not, the answer is lost either way, and the next call would send the same again, only
                    // later. hyper does not tell whether some of the head had come.
                    None if failure.kind == FailureKind::Lost
                        && connection.is_some_and(|connection| self.answered().contains(&connection)) =>
                    {
                        call.mark_sent();
                        if call.once {
                            return Err(Failure { kind: FailureKind::Stale, ..failure });
                        }
                        lost = Some(failure);
                    }
                    // That nothing was sent is true of the second time only.
                    Some(lost) if failure.kind.is_before_sending() => return Err(lost),
                    _ => return Err(failure),
                }
            };
            let connection = local_address(response.extensions());
            let response = incoming::read(response.into(), call.max_response_bytes).await?;
            if let Some(connection) = connection {
                self.note_answer(connection);
            }
            Ok(response)
        })
    }
}

impl Proxied {
    fn answered(&self) -> MutexGuard<'_, VecDeque<SocketAddr>> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_answer(&self, connection: SocketAddr) {
        let mut answered = self.answered();
        if !answered.contains(&connection) {
            if answered.len() == CONNECTIONS {
                answered.pop_front();
            }
            answered.push_back(connection);
        }
    }

    /// Sends the request, and reads the head of the answer; else says on which connection it failed.
    async fn execute(
        &self,
        call: &Call<'_>,
        sent: &SentOnDrop<'_>,
    ) -> Result<reqwest::Response, (Failure, Option<SocketAddr>)> {
        self.taken.store(false, Ordering::Relaxed);
        let request = outgoing(call, self.taken.clone()).map_err(|failure| (failure, None))?;
        let (tls, client) = self.client().map_err(|failure| (failure, None))?;
        match client.execute(request).await {
            Ok(response) => Ok(response),
            Err(error) => {
                let connection = connection_of(&error);
                Err((self.explain(error, call, sent, &tls).await, connection))
            }
        }
    }
}

/// The local address tells connections apart: two that are open at once differ in it.
fn local_address(extensions: &hyper::http::Extensions) -> Option<SocketAddr> {
    extensions.get::<HttpInfo>().map(HttpInfo::local_addr)
}

fn connection_of(error: &reqwest::Error) -> Option<SocketAddr> {
    let connected = chain(error).find_map(|link| link.downcast_ref::<legacy::Error>()?.connect_info())?;
    let mut extensions = hyper::http::Extensions::new();
    connected.get_extras(&mut extensions);
    local_address(&extensions)
}

/// Marks the call as sent if any of its bytes may have left, also when the call is abandoned.
struct SentOnDrop<'a> {
    call: &'a Call<'a>,
    taken: &'a AtomicBool,
}

impl SentOnDrop<'_> {
    fn was_sent(&self) -> bool {
        self.taken.load(Ordering::Relaxed)
    }
}

impl Drop for SentOnDrop<'_> {
    fn drop(&mut self) {
        if self.was_sent() {
            self.call.mark_sent();
        }
    }
}

fn outgoing(call: &Call<'_>, taken: Arc<AtomicBool>) -> Result<reqwest::Request, Failure> {
    let mut request = reqwest::Request::new(outgoing::method(call.request)?, call.request.url.clone());
    *request.headers_mut() = outgoing::fields(call.request)?;
    *request.body_mut() = Some(reqwest::Body::wrap(Outgoing { body: Whole::of(call.request), taken }));
    Ok(request)
}

/// A request body that notes when a connection takes it; the head is written at the same moment.
struct Outgoing {
    body: Whole,
    taken: Arc<AtomicBool>,
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.taken.store(true, Ordering::Relaxed);
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.taken.store(true, Ordering::Relaxed); // hyper asks just before it writes the head; it polls no empty body
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The errors of hyper-util when a proxy refuses the credentials.
const PROXY_WANTS_CREDENTIALS: &str = "proxy authorization required";
const PROXY_REFUSALS: [&str; 2] = [PROXY_WANTS_CREDENTIALS, "credentials not accepted"];
/// Its error when a proxy refuses a tunnel for another reason.
const NO_TUNNEL: &str = "tunnel error: unsuccessful";

fn failure(error: &reqwest::Error, sent: &SentOnDrop<'_>, is_proven: bool) -> Failure {
    if sent.was_sent() && !error.is_connect() {
        return cause::without_answer(error, is_proven);
    }
    let mut failure = cause::not_connected(error, error.is_timeout());
    // Trying a wrong password again may lock an account. The types of these errors are not public.
    let is_refusal = |link: &cause::Dyn| PROXY_REFUSALS.iter().any(|refusal| link.to_string().ends_with(refusal));
    failure.passing &= !chain(error).any(is_refusal);
    failure
}
