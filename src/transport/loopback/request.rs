//! Reads a request to the listener: the redirect in a GET (RFC 6749 section 4.1.2), or in a form (OAuth 2.0 Form Post
//! Response Mode section 2).

use std::ops::Range;

use httparse::{Header, Request, Status};

use super::gate::{Asked, Gate};
use crate::secret::{Secret, SecretBytes};

const MAX_HEAD_BYTES: usize = 64 * 1024;
const MAX_BODY_BYTES: usize = 64 * 1024;
const MAX_HEADERS: usize = 100;

/// The URL that requests must go to.
pub struct Target {
    /// Scheme, host and port.
    pub origin: String,
    pub path: String,
    /// `None`: any client may bring the redirect.
    pub gate: Option<Gate>,
}

/// A request that is being received.
#[derive(Default)]
pub struct Incoming {
    bytes: SecretBytes,
    /// The length at which an unfinished head is parsed again.
    look_at: usize,
    /// The range of the form, once the head is complete, and whether the head came through the gate.
    form: Option<(Range<usize>, bool)>,
}

pub enum Progress {
    More,
    /// Not a request for this listener, whatever follows.
    Refused,
    /// The caller decides whether it is the expected one.
    Asked(Asked),
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
        let Some((form, has_passed)) = self.form.clone() else { return Progress::More };
        self.bytes.get(form).map_or(Progress::More, |form| match text(&[form]) {
            Some(text) => Progress::Asked(Asked { text, is_form: true, is_redirect: true, has_passed }),
            None => Progress::Refused,
        })
    }

    /// Whether to parse the head: when it is complete, and each time that its length has doubled. A client that sends
    /// single bytes must not cause a parse for each.
    fn is_worth_a_look(&mut self, before: usize) -> bool {
        let fresh = self.bytes.get(before.saturating_sub(3)..).unwrap_or_default();
        let ends = fresh.windows(2).any(|pair| pair == b"\n\n") || fresh.windows(3).any(|three| three == b"\n\r\n");
        let is = ends || self.bytes.len() >= self.look_at;
        if is {
            self.look_at = (self.bytes.len() * 2).min(MAX_HEAD_BYTES);
        }
        is
    }

    /// Parses the head; `None` if a form follows.
    fn read_head(&mut self, target: &Target) -> Option<Progress> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = Request::new(&mut headers);
        // Every method begins with a capital letter; a TLS handshake does not.
        let begins_well = self.bytes.first().is_some_and(u8::is_ascii_uppercase);
        let head = match request.parse(&self.bytes) {
            Ok(Status::Partial) if begins_well && self.bytes.len() < MAX_HEAD_BYTES => return Some(Progress::More),
            Ok(Status::Complete(head)) if begins_well && head <= MAX_HEAD_BYTES => head,
            _ => return Some(Progress::Refused),
        };
        let asked = request.path.unwrap_or_default();
        let is_redirect = asked.split('?').next() == Some(&target.path);
        if !is_redirect && target.gate.is_none() || field(request.headers, "transfer-encoding").is_some() {
            return Some(Progress::Refused);
        }
        let has_passed = target.gate.as_ref().is_none_or(|gate| gate.is_passed(request.headers));
        match request.method {
            // A browser that fetches what its user may want next has not been opened yet.
            Some("GET") if field(request.headers, "sec-purpose").is_none() => {
                let text = text(&[target.origin.as_bytes(), asked.as_bytes()]);
                let asked = text.map(|text| Asked { text, is_form: false, is_redirect, has_passed });
                Some(asked.map_or(Progress::Refused, Progress::Asked))
            }
            Some("POST") if is_redirect => {
                let Some(length) = form_length(request.headers) else { return Some(Progress::Refused) };
                self.form = Some((head..head + length, has_passed));
                None
            }
            _ => Some(Progress::Refused),
        }
    }
}

/// The text of these pieces; `None` if it is not UTF-8 or holds U+0000.
fn text(pieces: &[&[u8]]) -> Option<Secret> {
    let mut bytes = SecretBytes::with_capacity(pieces.iter().map(|piece| piece.len()).sum());
    pieces.iter().for_each(|piece| bytes.extend(piece));
    bytes.as_str().and_then(Secret::new)
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

/// The value of a field, if it is given; empty if it is given more than once, or is not UTF-8.
fn field<'a>(headers: &[Header<'a>], name: &str) -> Option<&'a str> {
    let mut found = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
    let value = found.next()?.value;
    if found.next().is_some() { Some("") } else { Some(std::str::from_utf8(value).unwrap_or_default()) }
}
