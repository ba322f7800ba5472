//! Lets in the redirect of one browser only: the one that was opened with a one-time address of the listener. There it
//! gets a cookie and goes on to the server.
//!
//! Other users of the machine see that address in the list of processes, and may be faster than the browser: where the
//! system says whose a connection is, it works for nobody else.

use std::collections::VecDeque;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use httparse::Header;
use subtle::ConstantTimeEq;
use tokio::net::TcpStream;
use zeroize::Zeroizing;

#[cfg(target_os = "linux")]
use super::owner;
use super::page::{self, BAD_REQUEST};
use crate::error::{Error, Result};
use crate::secret::{Secret, SecretBytes};

/// Forms that wait for their cookie. Only who knows the state can leave one.
const MOST_FORMS: usize = 8;

/// The authorization whose redirect is waited for.
pub struct Expected<'a> {
    pub url: &'a str,
    pub good_for_s: u64,
    pub is_answered_by: &'a (dyn Fn(&str) -> bool + Sync),
}

/// A whole request that may be for the listener.
pub struct Asked {
    /// The whole URL of a GET, or the form of a POST.
    pub text: Secret,
    pub is_form: bool,
    /// Whether it is for the target's path; else it is a GET for another.
    pub is_redirect: bool,
    /// Whether it came through the gate before.
    pub has_passed: bool,
}

pub enum Verdict {
    /// The expected redirect.
    Accepted(Secret),
    /// Any other request, and the whole answer to it.
    Answered(SecretBytes),
}

pub struct Gate {
    origin: String,
    address: Secret,
    is_used: bool,
    /// Of this log-in alone: the browser sends the cookies of a host to all of its ports.
    cookie_name: String,
    cookie_value: Secret,
    /// Addresses of this listener, and the form that may be fetched there.
    forms: VecDeque<(Secret, Secret)>,
    program: Option<String>,
}

impl Gate {
    pub fn new(origin: &str, program: Option<String>) -> Result<Self> {
        let mut number = [0; 8];
        getrandom::fill(&mut number).map_err(Error::no_randomness)?;
        Ok(Self {
            origin: origin.to_owned(),
            address: secret(&format!("{origin}/"))?,
            is_used: false,
            cookie_name: format!("oauth-log-in-{:016x}", u64::from_ne_bytes(number)),
            cookie_value: secret("")?,
            forms: VecDeque::new(),
            program,
        })
    }

    /// The one-time address.
    pub fn address(&self) -> &Secret {
        &self.address
    }

    /// Whether a request brings the cookie.
    pub fn is_passed(&self, headers: &[Header<'_>]) -> bool {
        let fields = headers.iter().filter(|header| header.name.eq_ignore_ascii_case("cookie"));
        fields.flat_map(|field| field.value.split(|byte| *byte == b';')).any(|pair| {
            let value =
                pair.trim_ascii().strip_prefix(self.cookie_name.as_bytes()).and_then(|rest| rest.strip_prefix(b"="));
            value.is_some_and(|value| value.ct_eq(self.cookie_value.as_str().as_bytes()).into())
        })
    }

    /// Takes the cookie back.
    pub fn clear_cookie(&self) -> String {
        format!("Set-Cookie: {}=; Path=/; Max-Age=0\r\n", self.cookie_name)
    }

    fn judge(&mut self, asked: Asked, expected: &Expected<'_>, from: &TcpStream) -> Verdict {
        let is = |address: &Secret| bool::from(address.as_str().as_bytes().ct_eq(asked.text.as_str().as_bytes()));
        if asked.is_redirect {
            return match (asked.has_passed, asked.is_form) {
                _ if !(expected.is_answered_by)(asked.text.as_str()) => bad_request(),
                (true, _) => Verdict::Accepted(asked.text),
                (false, true) => self.keep(asked.text),
                (false, false) => Verdict::Answered(page::other_browser(self.program.as_deref())),
            };
        }
        if is(&self.address) {
            if is_of_another_user(from) {
                return Verdict::Answered(page::other_user(self.program.as_deref()));
            }
            // Whoever brings the cookie was here before: a reload, or the way back.
            return Verdict::Answered(match std::mem::replace(&mut self.is_used, true) && !asked.has_passed {
                true => page::used(self.program.as_deref()),
                false => self.begin(expected),
            });
        }
        match self.forms.iter().position(|(address, _)| is(address)) {
            Some(at) if asked.has_passed => {
                let form = self.forms.remove(at).map(|(_, form)| form);
                // Another wait may be for another authorization.
                form.filter(|form| (expected.is_answered_by)(form.as_str())).map_or_else(bad_request, Verdict::Accepted)
            }
            Some(_) => Verdict::Answered(page::other_browser(self.program.as_deref())),
            None => bad_request(),
        }
    }

    /// Sends the browser to the server, with the cookie. It is sent back with a GET from another site, but not with a
    /// POST from there (SameSite=Lax); SameSite=None would need Secure, which not all browsers take on loopback.
    fn begin(&self, expected: &Expected<'_>) -> SecretBytes {
        let attributes = format!("; Path=/; Max-Age={}; HttpOnly; SameSite=Lax\r\n", expected.good_for_s);
        let mut cookie = SecretBytes::default();
        let pieces = ["Set-Cookie: ", &self.cookie_name, "=", self.cookie_value.as_str(), &attributes];
        cookie.extend_all(pieces.map(str::as_bytes));
        page::see_other(expected.url, &cookie)
    }

    /// A form from another site brings no cookie, whoever sends it. It is kept, and the browser sent to fetch it: a GET
    /// brings the cookie.
    fn keep(&mut self, form: Secret) -> Verdict {
        let Ok(address) = secret(&format!("{}/", self.origin)) else { return bad_request() };
        let answer = page::see_other(address.as_str(), b"");
        if self.forms.len() == MOST_FORMS {
            self.forms.pop_front();
        }
        self.forms.push_back((address, form));
        Verdict::Answered(answer)
    }
}

/// Decides about a request. Without a gate any client may bring the redirect.
pub fn judge(gate: &mut Option<Gate>, asked: Asked, expected: &Expected<'_>, from: &TcpStream) -> Verdict {
    match gate {
        Some(gate) => gate.judge(asked, expected, from),
        None if (expected.is_answered_by)(asked.text.as_str()) => Verdict::Accepted(asked.text),
        None => bad_request(),
    }
}

#[cfg(target_os = "linux")]
fn is_of_another_user(from: &TcpStream) -> bool {
    from.local_addr().is_ok_and(|here| from.peer_addr().is_ok_and(|there| !owner::may_be_ours(here, there)))
}

#[cfg(not(target_os = "linux"))]
fn is_of_another_user(_: &TcpStream) -> bool {
    false
}

fn bad_request() -> Verdict {
    Verdict::Answered(BAD_REQUEST.to_vec().into())
}

/// This, and 32 random bytes.
fn secret(before: &str) -> Result<Secret> {
    let mut random = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *random).map_err(Error::no_randomness)?;
    let mut text = SecretBytes::default();
    text.extend_all([before.as_bytes(), Zeroizing::new(URL_SAFE_NO_PAD.encode(random.as_slice())).as_bytes()]);
    text.as_str().and_then(Secret::new).ok_or_else(|| Error::argument("origin", "holds U+0000"))
}
