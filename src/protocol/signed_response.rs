//! Signed authorization responses (JWT Secured Authorization Response Mode for OAuth 2.0, JARM): the redirect holds a
//! JWT, whose claims are what the redirect would hold.

use subtle::ConstantTimeEq as _;

use crate::error::{Advice, Error, Result, Status};
use crate::protocol::authorization_response::{self, Answer, Expected, NO_ISSUER};
use crate::protocol::id_token::LEEWAY_S;
use crate::protocol::jose::from_base64url;
use crate::protocol::jose::verify::Signed;
use crate::protocol::json_value::Value;
use crate::secret::{Secret, SecretBytes};

/// What is wrong with a redirect that is not signed.
pub const UNSIGNED: &str = "the redirect was not signed, as the authorization asked for";

/// The members of a redirect, as claims (section 2.1).
const MEMBERS: [&str; 6] = ["state", "iss", "code", "error", "error_description", "error_uri"];

/// The response mode to ask for (section 2.3), in place of a plain one or of none.
pub fn mode(plain: Option<&str>) -> &'static str {
    match plain {
        Some("query.jwt") => "query.jwt",
        Some("form_post" | "form_post.jwt") => "form_post.jwt",
        _ => "jwt", // of a code: in the query
    }
}

/// Whether a response mode asks for a signed response.
pub fn is_mode(mode: &str) -> bool {
    matches!(mode, "jwt" | "query.jwt" | "form_post.jwt")
}

/// The JWT of a redirect. Without one, an error of the server is the answer, though anybody may have sent it.
pub fn jwt(redirect: &str, expected: &Expected<'_>) -> Result<std::result::Result<Secret, Answer>> {
    if let Some(jwt) = authorization_response::parameter(redirect, Some(expected.redirect_uri), "response")? {
        return Ok(Ok(jwt));
    }
    match authorization_response::read(redirect, expected)? {
        Answer::Code(_) => Err(refused(Status::InvalidResponse, UNSIGNED)),
        Answer::Error(error, code) | Answer::Anonymous(error, code) => Ok(Err(Answer::Anonymous(error, code))),
    }
}

/// Reads the claims and checks them (section 2.4). The answer must not be used until the signature is verified: it comes
/// last, because it may take a fetch, and anybody can send a redirect.
pub fn read(signed: &Signed<'_>, client_id: &str, expected: &Expected<'_>, now_s: i64) -> Result<Answer> {
    let claims = &signed.claims;
    let pair = |name| Some((Secret::new(name)?, Secret::new(claims.string(name)?)?));
    let answer = authorization_response::read_pairs(MEMBERS.into_iter().filter_map(pair).collect(), expected)?;
    if claims.string("iss").is_none() {
        return Err(Error::new(Status::IssuerMismatch, NO_ISSUER));
    }
    let why = match claims.number("exp") {
        _ if !claims.lists("aud", client_id) => "its audience is another client",
        None => "it does not say when it expires",
        Some(expiry) if expiry <= now_s.saturating_sub(LEEWAY_S) => "it has expired: is the clock right?",
        _ => return Ok(answer),
    };
    Err(not_good(why))
}

/// The error of a JWT that is not good.
pub fn not_good(why: &str) -> Error {
    refused(Status::InvalidResponse, &format!("the signed redirect was refused: {why}"))
}

fn refused(status: Status, why: &str) -> Error {
    Error::new(status, why).with_advice(Advice::LogInAgain)
}

/// Whether a redirect is a JWT with this state; nothing else in it is checked.
pub fn has_state(redirect: &str, state: &str) -> bool {
    let jwt = authorization_response::parameter(redirect, None, "response").ok().flatten();
    let payload = jwt.as_ref().and_then(|jwt| from_base64url(jwt.as_str().split('.').nth(1)?));
    let claims = payload.as_ref().and_then(SecretBytes::as_str).and_then(Value::parse_object);
    let given = claims.as_ref().and_then(|claims| claims.string("state")).unwrap_or_default();
    !given.is_empty() && bool::from(given.as_bytes().ct_eq(state.as_bytes()))
}
