//! An answer as the crates give it, read within its limit.

use std::error::Error as StdError;
use std::future::poll_fn;
use std::pin::{Pin, pin};

use bytes::{Buf, Bytes};
use http_body::Body;
use hyper::header::HeaderMap;

use crate::http::{Headers, Response};
use crate::secret::SecretBytes;
use crate::transport::Failure;
use crate::transport::cause::{is_end_without_close_notify, not_answered};

/// Header lines of an answer.
pub const MAX_HEADERS: usize = 1000;

/// Memory is reserved for an announced length up to this one, in bytes; beyond it only for bytes that have come.
const TRUSTED_LENGTH: usize = 64 << 10;

/// Reads the body, of at most `limit` bytes.
pub async fn read<B>(answer: hyper::Response<B>, limit: usize) -> Result<Response, Failure>
where
    B: Body<Data = Bytes>,
    B::Error: StdError + 'static,
{
    let (head, body) = answer.into_parts();
    let (status, headers) = (head.status.as_u16(), headers(&head.headers));
    drop(head);
    let mut coming = pin!(body);
    let announced = coming.size_hint().exact();
    let length = usize::try_from(announced.unwrap_or(0)).ok().filter(|length| *length <= limit);
    let too_large = || Failure::too_large(&format!("the body had more than {limit} bytes"));
    let length = length.ok_or_else(too_large)?;
    let mut body = SecretBytes::with_capacity(length.min(TRUSTED_LENGTH));
    loop {
        let data = match next(coming.as_mut()).await {
            None => return Ok(Response { status, headers, body, cut: false }),
            Some(Ok(data)) => data,
            Some(Err(error)) if announced.is_none() && is_end_without_close_notify(&error) => {
                return Ok(Response { status, headers, body, cut: true });
            }
            Some(Err(error)) => return Err(not_answered(&error)),
        };
        if body.len() + data.remaining() > limit {
            return Err(too_large());
        }
        body.extend(&data);
    }
}

/// The next piece; empty for trailers, which nobody reads.
async fn next<B: Body<Data = Bytes>>(mut body: Pin<&mut B>) -> Option<Result<Bytes, B::Error>> {
    let frame = poll_fn(|context| body.as_mut().poll_frame(context)).await?;
    Some(frame.map(|frame| frame.into_data().unwrap_or_default()))
}

fn headers(fields: &HeaderMap) -> Headers {
    let bytes = fields.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let mut headers = Headers::with_capacity(fields.len(), bytes);
    for (name, value) in fields {
        headers.push(name.as_str().as_bytes(), value.as_bytes());
    }
    headers
}
