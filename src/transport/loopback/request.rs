//! A request to the listener, as it comes in: the redirect in a GET (RFC 6749 section 4.1.2), or in a form (OAuth 2.0
//! Form Post Response Mode section 2).

use std::ops::Range;

use httparse::{Header, Request, Status};

use crate::secret::{Secret, SecretBytes};

const MAX_HEAD_BYTES: usize = 64 * 1024;
const MAX_BODY_BYTES: usize = 64 * 1024;
const MAX_HEADERS: usize = 100;

/// What is listened for.
pub struct Target {
    /// Scheme, host and port.
    pub origin: String,
    pub path: String,
}

/// A request so far.
#[derive(Default)]
pub struct Incoming {
    bytes: SecretBytes,
    /// The length at which an unfinished head is looked at again.
    look_at: usize,
    /// Where the form is, once the head is there.
    form: Option<Range<usize>>,
}

pub enum Progress {
    More,
    /// No redirect, whatever may follow.
    Refused,
    /// On the path that is listened on; whether it is the one is not for us to say.
    Redirect(Secret),
}

impl Incoming {
    pub fn push(&mut self, piece: &[u8], target: &Target) -> Progress {
        let before = self.bytes.len();
        self.bytes.extend(piece);
        if self.form.is_none() {
            if !self.is_worth_a_look(before) {
                return Progress::More;
            }
            if let Some(progress) = self.read_head(target) {
                return progress;
            }
        }
        let form = self.form.clone().and_then(|form| self.bytes.get(form));
        form.map_or(Progress::More, |form| redirect(&[form]))
    }

    /// The head is read when it is complete, and each time that it has doubled: whoever sends it byte by byte must not
    /// make us read it as many times.
    fn is_worth_a_look(&mut self, before: usize) -> bool {
        let fresh = self.bytes.get(before.saturating_sub(3)..).unwrap_or_default();
        let ends = fresh.windows(2).any(|pair| pair == b"\n\n") || fresh.windows(3).any(|three| three == b"\n\r\n");
        let is = ends || self.bytes.len() >= self.look_at;
        if is {
            self.look_at = (self.bytes.len() * 2).min(MAX_HEAD_BYTES);
        }
        is
    }

    /// `None` when a form follows.
    fn read_head(&mut self, target: &Target) -> Option<Progress> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = Request::new(&mut headers);
        // No method begins otherwise, nor does a TLS handshake.
        let begins_well = self.bytes.first().is_some_and(u8::is_ascii_uppercase);
        let head = match request.parse(&self.bytes) {
            Ok(Status::Partial) if begins_well && self.bytes.len() < MAX_HEAD_BYTES => return Some(Progress::More),
            Ok(Status::Complete(head)) if begins_well && head <= MAX_HEAD_BYTES => head,
            _ => return Some(Progress::Refused),
        };
        let asked = request.path.unwrap_or_default();
        if asked.split('?').next() != Some(&target.path) || field(request.headers, "transfer-encoding").is_some() {
            return Some(Progress::Refused);
        }
        match request.method {
            Some("GET") => Some(redirect(&[target.origin.as_bytes(), asked.as_bytes()])),
            Some("POST") => {
                let Some(length) = form_length(request.headers) else { return Some(Progress::Refused) };
                self.form = Some(head..head + length);
                None
            }
            _ => Some(Progress::Refused),
        }
    }
}

/// Refused when it is no text.
fn redirect(pieces: &[&[u8]]) -> Progress {
    let mut bytes = SecretBytes::with_capacity(pieces.iter().map(|piece| piece.len()).sum());
    pieces.iter().for_each(|piece| bytes.extend(piece));
    bytes.as_str().and_then(Secret::new).map_or(Progress::Refused, Progress::Redirect)
}

/// The length of a form that can be read; `None` for any other body.
fn form_length(headers: &[Header<'_>]) -> Option<usize> {
    let media_type = field(headers, "content-type")?.split(';').next()?;
    if !media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return None;
    }
    let length = field(headers, "content-length")?;
    let digits = length.bytes().all(|byte| byte.is_ascii_digit());
    length.parse().ok().filter(|length| digits && *length <= MAX_BODY_BYTES)
}

/// A field that is given; if more than once, or not as text, what it says is nothing.
fn field<'a>(headers: &[Header<'a>], name: &str) -> Option<&'a str> {
    let mut found = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
    let value = found.next()?.value;
    if found.next().is_some() { Some("") } else { Some(std::str::from_utf8(value).unwrap_or_default()) }
}
