//! The parser of token answers (RFC 6749 sections 5.1 and 5.2), row by row: what is accepted, what is refused, and what
//! is said about it. It does no I/O, so every row is one call.

mod accepted;
mod errors;
mod messages;
mod refused;
mod statuses;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use oauthclient::error::{Error, Result, Status};
use oauthclient::http::{Headers, Response};
use oauthclient::protocol::answer::Context;
use oauthclient::protocol::deviation;
use oauthclient::protocol::message::Secrets;
use oauthclient::protocol::token::Token;
use oauthclient::protocol::token_response::{self, Asked, Refused};
use oauthclient::secret::Secret;

/// When the requests of these tests were sent, in seconds since the epoch; they were answered two seconds later.
pub const SENT_S: u64 = 1_700_000_000;

pub const JSON: &str = "application/json";
pub const FORM: &str = "application/x-www-form-urlencoded";

/// An answer, and what is known of its request.
pub struct Given<'a> {
    pub status: u16,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a [u8],
    pub refresh_token: Option<&'a str>,
    pub secrets: &'a [&'a str],
    pub sent_at: SystemTime,
}

impl<'a> Given<'a> {
    /// 200, as JSON.
    pub fn json(body: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::new(200, &[("Content-Type", JSON)], body)
    }

    pub fn form(body: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::new(200, &[("Content-Type", FORM)], body)
    }

    pub fn new(status: u16, headers: &'a [(&'a str, &'a str)], body: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        let sent_at = UNIX_EPOCH + Duration::from_secs(SENT_S);
        Self { status, headers, body: body.as_ref(), refresh_token: None, secrets: &[], sent_at }
    }

    pub fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// In answer to a refresh with this token.
    pub fn refreshing(self, refresh_token: &'a str) -> Self {
        Self { refresh_token: Some(refresh_token), ..self }
    }

    pub fn secrets(self, secrets: &'a [&'a str]) -> Self {
        Self { secrets, ..self }
    }

    pub fn read(&self) -> Result<Token> {
        self.outcome().map_err(Error::from)
    }

    #[track_caller]
    pub fn refused(&self) -> Refused {
        self.outcome().expect_err(&String::from_utf8_lossy(self.body))
    }

    fn outcome(&self) -> std::result::Result<Token, Refused> {
        let mut headers = Headers::default();
        for (name, value) in self.headers {
            headers.push(name.as_bytes(), value.as_bytes());
        }
        let response = Response { status: self.status, headers, body: self.body.to_vec().into(), cut: false };
        let client_id = Secret::new("client").map(Arc::new);
        let asked = Asked {
            sent_at: self.sent_at,
            refresh_token: self.refresh_token,
            id_token_alone: false,
            client_id: client_id.as_ref(),
            issuer: None,
        };
        let context = Context {
            now: self.sent_at + Duration::from_secs(2),
            deviations: 0,
            secrets: &|secrets: &mut Secrets| self.secrets.iter().for_each(|secret| secrets.add(secret)),
        };
        token_response::read(response, &asked, &context)
    }

    #[track_caller]
    pub fn token(&self) -> Token {
        self.read().unwrap_or_else(|error| panic!("{}: {error:?}", String::from_utf8_lossy(self.body)))
    }

    /// The error, of this status, with the answer behind it.
    #[track_caller]
    pub fn error(&self, status: Status) -> Error {
        let error = self.read().expect_err(&String::from_utf8_lossy(self.body));
        assert_eq!(error.status, status, "{}: {error:?}", String::from_utf8_lossy(self.body));
        let response = error.response.as_ref().expect("an answer came, and the error has it");
        assert_eq!((response.status, &response.body[..]), (self.status, self.body));
        assert_eq!(response.headers.fields().len(), self.headers.len());
        error
    }
}

/// A secret as the program sees it; "-" when it is absent.
pub fn shown(secret: Option<&Secret>) -> &str {
    secret.map_or("-", Secret::as_str)
}

/// The names of the bits, in the order of their numbers.
pub fn names(mut bits: u32) -> String {
    let all = [
        ("form", deviation::FORM_ENCODED),
        ("content-type", deviation::CONTENT_TYPE),
        ("bom", deviation::BYTE_ORDER_MARK),
        ("type-missing", deviation::TOKEN_TYPE_MISSING),
        ("type-unknown", deviation::TOKEN_TYPE_UNKNOWN),
        ("expires-type", deviation::EXPIRES_IN_TYPE),
        ("expires-invalid", deviation::EXPIRES_IN_INVALID),
        ("scope-array", deviation::SCOPE_ARRAY),
        ("nul", deviation::NUL_IN_VALUE),
        ("utf8", deviation::INVALID_UTF8),
        ("error-object", deviation::ERROR_OBJECT),
        ("error-status", deviation::ERROR_STATUS),
        ("member-type", deviation::MEMBER_TYPE),
        ("status", deviation::STATUS),
        ("lifetime-name", deviation::LIFETIME_NAME),
        ("description-name", deviation::DESCRIPTION_NAME),
        ("coding", deviation::CONTENT_CODING),
        ("close-notify", deviation::NO_CLOSE_NOTIFY),
        ("access-token-missing", deviation::ACCESS_TOKEN_MISSING),
    ];
    let mut names = Vec::new();
    for (name, bit) in all {
        if bits & bit != 0 {
            names.push(name);
            bits &= !bit;
        }
    }
    assert_eq!(bits, 0, "bits without a name");
    names.join(" ")
}

#[test]
fn the_bits_are_part_of_the_abi() {
    assert_eq!(names(0x7ffff).split(' ').count(), 19);
    for (index, bit) in (0..19).map(|index| (index, 1 << index)) {
        assert_eq!(names(0x7ffff).split(' ').nth(index), Some(names(bit).as_str()), "bit {index}");
    }
}
