//! The library's own transport: HTTP/1.1 by reqwest, on the caller's runtime.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::error::Error as StdError;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper_util::client::legacy::{self, connect::HttpInfo};
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT,
};
use url::Position;

use crate::http::{Headers, Response};
use crate::secret::SecretBytes;
use crate::transport::proxy::Proxies;
use crate::transport::refusal;
use crate::transport::resolver::SystemResolver;
use crate::transport::tunnel::Tunnel;
use crate::transport::{Call, Failure, FailureKind, Sending, Transport};

/// The settings of all connections of a client; read and checked once.
pub struct Settings {
    pub tls: rustls::ClientConfig,
    pub proxies: Proxies,
    pub connect_timeout: Duration,
    /// A connection that was idle for longer is not reused.
    pub idle_timeout: Duration,
}

/// Connections to servers. They belong to one runtime: requests from another one hang.
pub struct Native {
    client: reqwest::Client,
    /// Whether a connection has taken the request of the running call; there is one call at a time.
    taken: Arc<AtomicBool>,
    /// The local addresses of the last connections on which an answer came: a call may find them kept.
    answered: Mutex<VecDeque<SocketAddr>>,
    /// What it takes to ask a proxy why it refused one.
    tunnel: Option<(Tunnel, rustls::ClientConfig)>,
    connect_timeout: Duration,
}

/// Header lines of an answer.
const MAX_HEADERS: usize = 1000;

/// Connections that are remembered: one is kept for each server.
const CONNECTIONS: usize = 8;

impl Native {
    pub fn new(settings: &Settings, tls: rustls::ClientConfig) -> Result<Self, String> {
        let tunnel = settings.proxies.tunnel.clone().map(|tunnel| (tunnel, tls.clone()));
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
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
            .connect_timeout(settings.connect_timeout)
            .pool_idle_timeout(settings.idle_timeout)
            .pool_max_idle_per_host(1);
        for proxy in &settings.proxies.all {
            builder = builder.proxy(proxy.clone());
        }
        let client = builder.build().map_err(|error| cause(&error))?;
        Ok(Self {
            client,
            taken: Arc::default(),
            answered: Mutex::default(),
            tunnel,
            connect_timeout: settings.connect_timeout,
        })
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
    ) -> Pin<Box<dyn Future<Output = Failure> + Send + 'a>> {
        Box::pin(async move {
            let failure = failure(&error, sent);
            let says = |words: &str| chain(&error).any(|link| link.to_string().ends_with(words));
            let unauthorized = says(PROXY_WANTS_CREDENTIALS);
            let Some((tunnel, tls)) = self.tunnel.as_ref().filter(|_| unauthorized || says(NO_TUNNEL)) else {
                return failure;
            };
            // Half of what is left, so that the call ends with this failure and not with its deadline.
            let left = call.deadline.saturating_duration_since(tokio::time::Instant::now());
            let patience = self.connect_timeout.min(left / 2);
            let refusal = tunnel.refusal(call.request.url, unauthorized, tls.clone(), patience).await;
            Failure { kind: failure.kind, cause: refusal.cause, passing: refusal.passing }
        })
    }
}

impl Transport for Native {
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
                        lost = Some(failure);
                    }
                    // That nothing was sent is true of the second time only.
                    Some(lost) if failure.kind.is_before_sending() => return Err(lost),
                    _ => return Err(failure),
                }
            };
            let status = response.status().as_u16();
            let headers = incoming_headers(response.headers());
            let connection = local_address(response.extensions());
            let (body, cut) = read_body(response, call.max_response_bytes, &sent).await?;
            if let Some(connection) = connection {
                self.note_answer(connection);
            }
            Ok(Response { status, headers, body, cut })
        })
    }
}

impl Native {
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
        match self.client.execute(request).await {
            Ok(response) => Ok(response),
            Err(error) => {
                let connection = connection_of(&error);
                Err((self.explain(error, call, sent).await, connection))
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
    let method = reqwest::Method::from_bytes(call.request.method.as_bytes()).map_err(|_| unsendable())?;
    let mut request = reqwest::Request::new(method, call.request.url.clone());
    let headers = request.headers_mut();
    // What hyper would add later, when there is no room left: `Host`, which comes first (RFC 9110 section 7.2), and
    // `Content-Length`, which it omits for an empty form, so that servers see none (section 8.6).
    headers.reserve(8);
    let host = &call.request.url[Position::BeforeHost..Position::AfterPort];
    headers.append(HOST, HeaderValue::from_str(host).map_err(|_| unsendable())?);
    for (name, value) in call.request.headers().iter() {
        let name = match name {
            b"accept" => ACCEPT,
            b"accept-encoding" => ACCEPT_ENCODING,
            b"authorization" => AUTHORIZATION,
            b"content-type" => CONTENT_TYPE,
            b"user-agent" => USER_AGENT,
            other => HeaderName::from_bytes(other).map_err(|_| unsendable())?,
        };
        let value = HeaderValue::from_maybe_shared(call.request.share(value)).map_err(|_| unsendable())?;
        headers.append(name, value);
    }
    let body = call.request.share(call.request.body());
    if call.request.method == "POST" {
        headers.append(CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    *request.body_mut() = Some(reqwest::Body::wrap(Outgoing { body, taken }));
    Ok(request)
}

/// Header fields are checked where they are set; this is for one that slips through.
fn unsendable() -> Failure {
    Failure { kind: FailureKind::Connect, cause: "a header field cannot be sent".to_owned(), passing: false }
}

/// A request body that notes when a connection takes it; the head is written at the same moment.
struct Outgoing {
    body: Bytes,
    taken: Arc<AtomicBool>,
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.taken.store(true, Ordering::Relaxed);
        let body = std::mem::take(&mut self.body);
        Poll::Ready(if body.is_empty() { None } else { Some(Ok(Frame::data(body))) })
    }

    fn is_end_stream(&self) -> bool {
        self.taken.store(true, Ordering::Relaxed); // hyper asks just before it writes the head; it polls no empty body
        self.body.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.body.len() as u64)
    }
}

fn incoming_headers(fields: &reqwest::header::HeaderMap) -> Headers {
    let bytes = fields.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let mut headers = Headers::with_capacity(fields.len(), bytes);
    for (name, value) in fields {
        headers.push(name.as_str().as_bytes(), value.as_bytes());
    }
    headers
}

/// Memory is reserved for an announced length up to this one, in bytes; beyond it only for bytes that have come.
const TRUSTED_LENGTH: usize = 64 << 10;

/// Reads the body; true: the connection ended without saying that it was complete.
async fn read_body(
    mut response: reqwest::Response,
    limit: usize,
    sent: &SentOnDrop<'_>,
) -> Result<(SecretBytes, bool), Failure> {
    let too_large = || Failure {
        kind: FailureKind::TooLarge,
        cause: format!("the body had more than {limit} bytes"),
        passing: false,
    };
    let is_announced = response.content_length().is_some();
    let announced = response.content_length().unwrap_or(0);
    let announced = usize::try_from(announced).ok().filter(|length| *length <= limit).ok_or_else(too_large)?;
    let mut body = SecretBytes::with_capacity(announced.min(TRUSTED_LENGTH));
    loop {
        let chunk = match response.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return Ok((body, false)),
            Err(error) if !is_announced && ends_without_close_notify(&error) => return Ok((body, true)),
            Err(error) => return Err(failure(&error, sent)),
        };
        if body.len() + chunk.len() > limit {
            return Err(too_large());
        }
        body.extend(&chunk);
    }
}

/// The error of rustls when the TCP connection ends first (RFC 8446 section 6.1).
fn ends_without_close_notify(error: &reqwest::Error) -> bool {
    let is_end =
        |link: &std::io::Error| link.kind() == ErrorKind::UnexpectedEof && link.to_string().contains("close_notify");
    chain(error).any(|link| link.downcast_ref().is_some_and(is_end))
}

/// The errors of hyper-util when a proxy refuses the credentials.
const PROXY_WANTS_CREDENTIALS: &str = "proxy authorization required";
const PROXY_REFUSALS: [&str; 2] = [PROXY_WANTS_CREDENTIALS, "credentials not accepted"];
/// Its error when a proxy refuses a tunnel for another reason.
const NO_TUNNEL: &str = "tunnel error: unsuccessful";

fn failure(error: &reqwest::Error, sent: &SentOnDrop<'_>) -> Failure {
    let find = |wanted: &dyn Fn(&(dyn StdError + 'static)) -> bool| chain(error).any(wanted);
    // hyper has a method for this error only in servers.
    let too_large = find(&|link| link.is::<hyper::Error>() && link.to_string() == "message head is too large");
    let no_http = find(&|link| link.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse));
    let tls = chain(error).find_map(|link| link.downcast_ref::<rustls::Error>());
    let refused = tls.is_some_and(refusal::is_lasting);
    // Trying a wrong password again may lock an account. The types of these errors are not public.
    let refused_by_proxy = find(&|link| PROXY_REFUSALS.iter().any(|refusal| link.to_string().ends_with(refusal)));
    let kind = if error.is_connect() || !sent.was_sent() {
        match () {
            () if tls.is_some() => FailureKind::Tls,
            () if error.is_timeout() => FailureKind::ConnectTimeout,
            () => FailureKind::Connect,
        }
    } else if too_large {
        FailureKind::TooLarge
    } else if no_http {
        FailureKind::NotHttp
    } else {
        FailureKind::Lost
    };
    let cause = tls.and_then(refusal::words).unwrap_or_else(|| cause(error));
    Failure { kind, cause, passing: !refused && !refused_by_proxy }
}

/// The error and its causes; `source` leaves out the error inside an I/O error.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |link| {
        let link: &'a (dyn StdError + 'static) = *link;
        let inside = link.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        inside.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| link.source())
    })
}

/// The text of the innermost cause: the outer ones repeat the status, and name the URL.
fn cause(error: &reqwest::Error) -> String {
    match chain(error).last() {
        Some(innermost) if !innermost.is::<reqwest::Error>() => {
            let text = innermost.to_string();
            refusal::io_words(&text).map_or(text, str::to_owned)
        }
        _ => "no detail is known".to_owned(),
    }
}
