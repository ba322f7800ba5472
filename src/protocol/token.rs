//! A token (RFC 6749 section 5.1): immutable, opaque, with all that the server's answer said about it.

use std::fmt;
use std::sync::Arc;

use once_cell::race::OnceBox;

use crate::http::Response;
use crate::protocol::dpop::Bound;
use crate::protocol::json_value::{self, Member, Value};
use crate::secret::{Secret, SecretBytes};

/// An access token, and the other members of its answer.
#[derive(Default)]
pub struct Token {
    /// Never empty, no control characters. Absent only after a log-in that gave an ID token alone.
    pub access_token: Option<Secret>,
    pub token_type: Option<Secret>,
    pub expires_in_s: Option<i64>,
    /// Seconds since the epoch, counted from the moment the request was sent.
    pub expires_at_s: Option<i64>,
    pub scope: Option<Secret>,
    pub refresh_token: Option<Secret>,
    /// Seconds since the epoch; the login ends then, unless the server prolongs it.
    pub refresh_token_expires_at_s: Option<i64>,
    pub id_token: Option<Secret>,
    pub rotated: bool,
    pub deviations: u32,
    /// The members without a field of their own, in the order of the answer.
    pub members: Vec<Member>,
    pub client_id: Option<Arc<Secret>>,
    pub issuer: Option<Arc<Secret>>,
    /// Resource indicators that it was asked for (RFC 8707), separated by spaces; each renewal sends them.
    pub resources: Option<Secret>,
    /// The key to which it is bound (DPoP, RFC 9449).
    pub dpop: Option<Bound>,
    /// The claims of an ID token that was checked.
    pub claims: Option<Arc<Value>>,
    pub response: Option<Response>,
    pub(super) made: Made,
}

/// Values that are made when they are first asked for.
#[derive(Default)]
pub(super) struct Made {
    authorization: OnceBox<Option<Secret>>,
    response_json: OnceBox<Option<Secret>>,
    json: OnceBox<Option<Value>>,
}

/// How the token is sent to a resource (RFC 6750 section 2.1).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Bearer,
    Dpop,
    /// Needs more than a header value: MAC (never published), N_A (RFC 8693 section 2.2.1).
    Other,
}

impl Token {
    /// Whether the type is absent or known to this library.
    pub fn knows_type(&self) -> bool {
        let known = ["bearer", "dpop", "n_a", "mac"];
        self.token_type.as_ref().is_none_or(|kind| known.iter().any(|name| kind.as_str().eq_ignore_ascii_case(name)))
    }

    fn scheme(&self) -> Scheme {
        let kind = self.token_type.as_ref().map_or("", Secret::as_str);
        if kind.eq_ignore_ascii_case("dpop") {
            Scheme::Dpop
        } else if kind.eq_ignore_ascii_case("n_a") || kind.eq_ignore_ascii_case("mac") {
            Scheme::Other
        } else {
            Scheme::Bearer // servers with types of their own ("bot", "user") use them as Bearer
        }
    }

    /// The value of an `Authorization` header; `None` for a type that needs more than a header. Made once.
    pub fn authorization(&self) -> Option<&Secret> {
        let make = || Box::new(self.header_value(Scheme::Bearer, "Bearer "));
        self.made.authorization.get_or_init(make).as_ref()
    }

    /// The value of an `Authorization` header that goes with a proof (RFC 9449 section 7.1); `None` for another type.
    pub fn dpop_authorization(&self) -> Option<Secret> {
        self.header_value(Scheme::Dpop, "DPoP ")
    }

    fn header_value(&self, scheme: Scheme, prefix: &str) -> Option<Secret> {
        let access_token = self.access_token.as_ref().filter(|_| self.scheme() == scheme)?.as_str();
        let mut value = SecretBytes::with_capacity(prefix.len() + access_token.len());
        value.extend_all([prefix.as_bytes(), access_token.as_bytes()]);
        Secret::new(value.as_str()?)
    }

    /// The server's JSON; `None` if the server answered with a form, or if the token did not come from an answer. Made
    /// once.
    pub fn response_json(&self) -> Option<&Secret> {
        let make = || {
            let body = self.response.as_ref().map(|response| &response.body[..]);
            let text = body.and_then(|body| std::str::from_utf8(body).ok());
            let json =
                text.map(|text| text.trim_start_matches('\u{feff}')).filter(|text| text.trim_start().starts_with('{'));
            Box::new(json.and_then(Secret::new))
        };
        self.made.response_json.get_or_init(make).as_ref()
    }

    /// Whether the token will have expired `leeway_s` seconds after `now_s`; never, if its expiry is not known.
    pub fn expired(&self, now_s: i64, leeway_s: i64) -> bool {
        self.expires_at_s.is_some_and(|expiry| now_s.saturating_add(leeway_s) >= expiry)
    }

    /// When the token is of no use any more, not even for a refresh, in seconds since the epoch.
    pub fn login_expires_at_s(&self) -> Option<i64> {
        match self.refresh_token {
            Some(_) => self.refresh_token_expires_at_s,
            None => self.expires_at_s,
        }
    }

    /// The first member of that name.
    pub fn member(&self, name: &str) -> Option<&Value> {
        json_value::find(&self.members, name)
    }

    /// The members as one JSON object. Made once.
    pub fn json(&self) -> Option<&Value> {
        self.made.json.get_or_init(|| Box::new(Value::from_members(&self.members))).as_ref()
    }

    /// A copy without the answer that it came with.
    pub fn without_response(&self) -> Self {
        Self {
            access_token: self.access_token.clone(),
            token_type: self.token_type.clone(),
            expires_in_s: self.expires_in_s,
            expires_at_s: self.expires_at_s,
            scope: self.scope.clone(),
            refresh_token: self.refresh_token.clone(),
            refresh_token_expires_at_s: self.refresh_token_expires_at_s,
            id_token: self.id_token.clone(),
            rotated: self.rotated,
            deviations: self.deviations,
            members: self.members.clone(),
            client_id: self.client_id.clone(),
            issuer: self.issuer.clone(),
            resources: self.resources.clone(),
            dpop: self.dpop.clone(),
            claims: self.claims.clone(),
            response: None,
            made: Made::default(),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("expires_at_s", &self.expires_at_s).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(kind: Option<&str>) -> Token {
        Token { access_token: Secret::new("AT"), token_type: kind.and_then(Secret::new), ..Token::default() }
    }

    #[test]
    fn header_values() {
        for (kind, expected, known) in [
            (None, Some("Bearer AT"), true),
            (Some("bEARER"), Some("Bearer AT"), true),
            (Some("DPoP"), None, true),
            (Some("bot"), Some("Bearer AT"), false),
            (Some("mac"), None, true),
            (Some("N_A"), None, true),
        ] {
            let token = token(kind);
            assert_eq!(token.authorization().map(Secret::as_str), expected, "{kind:?}");
            assert_eq!(token.dpop_authorization().is_some(), kind == Some("DPoP"), "{kind:?}");
            assert_eq!(token.knows_type(), known, "{kind:?}");
        }
    }

    #[test]
    fn expiry_with_leeway() {
        let token = Token { expires_at_s: Some(100), ..token(None) };
        for (now, leeway, expected) in
            [(99, 0, false), (100, 0, true), (90, 10, true), (90, 9, false), (105, -10, false)]
        {
            assert_eq!(token.expired(now, leeway), expected, "{now} {leeway}");
        }
        assert!(token.expired(1, i64::MAX));
        assert!(!Token::default().expired(i64::MAX, i64::MAX));
    }
}
