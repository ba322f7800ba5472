//! A request as the crates take it. Its text is shared with the caller's, and wiped with the last reference.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue,
    USER_AGENT,
};
use url::Position;

use crate::http::Request;
use crate::transport::{Failure, FailureKind};

/// Values that most requests have: checked once, by the compiler.
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// The header fields, with those that hyper would add later, when there is no room left: `Host`, which comes first
/// (RFC 9110 section 7.2), and `Content-Length`, which it omits for an empty form, so that servers see none
/// (section 8.6).
pub fn fields(request: &Request<'_>) -> Result<HeaderMap, Failure> {
    let mut fields = HeaderMap::with_capacity(8);
    let host = &request.url[Position::BeforeHost..Position::AfterPort];
    fields.append(HOST, HeaderValue::from_str(host).map_err(|_| unsendable())?);
    for (name, value) in request.headers().iter() {
        let name = match name {
            b"accept" => ACCEPT,
            b"accept-encoding" => ACCEPT_ENCODING,
            b"authorization" => AUTHORIZATION,
            b"content-type" => CONTENT_TYPE,
            b"user-agent" => USER_AGENT,
            other => HeaderName::from_bytes(other).map_err(|_| unsendable())?,
        };
        let value = match value {
            b"application/json" => JSON,
            b"application/x-www-form-urlencoded" => FORM,
            b"identity" => IDENTITY,
            other => HeaderValue::from_maybe_shared(request.share(other)).map_err(|_| unsendable())?,
        };
        fields.append(name, value);
    }
    if request.method == "POST" {
        fields.append(CONTENT_LENGTH, HeaderValue::from(request.body().len()));
    }
    Ok(fields)
}

pub fn method(request: &Request<'_>) -> Result<hyper::Method, Failure> {
    hyper::Method::from_bytes(request.method.as_bytes()).map_err(|_| unsendable())
}

/// Header fields are checked where they are set; this is for one that slips through.
pub fn unsendable() -> Failure {
    Failure { kind: FailureKind::Connect, cause: "a header field cannot be sent".to_owned(), passing: false }
}

/// A request body in one piece.
pub struct Whole(Bytes);

impl Whole {
    pub fn of(request: &Request<'_>) -> Self {
        Self(request.share(request.body()))
    }
}

impl Body for Whole {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let body = std::mem::take(&mut self.0);
        Poll::Ready(if body.is_empty() { None } else { Some(Ok(Frame::data(body))) })
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.len() as u64)
    }
}
