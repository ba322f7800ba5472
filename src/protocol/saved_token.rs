//! A token as text to save: versioned JSON with all that a later refresh needs.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::protocol::dpop::{self, Bound};
use crate::protocol::id_token;
use crate::protocol::json::{Object, append_string};
use crate::protocol::json_value::{Member, Value, append_members};
use crate::protocol::saved::{Saved, append_name, bad, refuse};
use crate::protocol::token::Token;
use crate::secret::{Secret, SecretBytes};
use crate::text::has_control;

/// The version that is written. The one before is read too: it had another name for `expires_at_s`.
pub(super) const VERSION: u32 = 2;
pub(super) const KIND: &str = "oauthclient_token";

const TEXTS: [&str; 8] =
    ["access_token", "token_type", "scope", "refresh_token", "id_token", "client_id", "issuer", "resource"];

/// The token as text, with its secrets.
pub fn write(token: &Token) -> SecretBytes {
    let mut json = SecretBytes::with_capacity(1024);
    json.extend(format!("{{\"{KIND}\":{VERSION}").as_bytes());
    for name in TEXTS {
        if let Some(value) = text_of(token, name) {
            append_name(&mut json, name);
            append_string(&mut json, value.as_str());
        }
    }
    if let Some(bound) = &token.dpop {
        let (name, value) = bound.saved();
        append_name(&mut json, name);
        append_string(&mut json, value.as_str().unwrap_or_default());
    }
    for (name, number) in [
        ("expires_in_s", token.expires_in_s),
        ("expires_at_s", token.expires_at_s),
        ("refresh_token_expires_at_s", token.refresh_token_expires_at_s),
    ] {
        if let Some(number) = number {
            append_name(&mut json, name);
            json.extend(number.to_string().as_bytes());
        }
    }
    if token.claims.is_some() {
        json.extend(b",\"id_token_checked\":true");
    }
    if token.deviations != 0 {
        append_name(&mut json, "deviations");
        json.extend(token.deviations.to_string().as_bytes());
    }
    if !token.members.is_empty() {
        append_name(&mut json, "members");
        append_members(&mut json, &token.members);
    }
    json.push(b'}');
    json
}

fn text_of<'a>(token: &'a Token, name: &str) -> Option<&'a Secret> {
    match name {
        "access_token" => token.access_token.as_ref(),
        "token_type" => token.token_type.as_ref(),
        "scope" => token.scope.as_ref(),
        "refresh_token" => token.refresh_token.as_ref(),
        "id_token" => token.id_token.as_ref(),
        "issuer" => token.issuer.as_deref(),
        "resource" => token.resources.as_ref(),
        _ => token.client_id.as_deref(),
    }
}

/// Reads what [`write()`] wrote, in this release or an earlier one.
pub fn read(json: &str) -> Result<Token> {
    let token = read_any(json)?;
    match token.access_token.is_none() && token.claims.is_none() {
        true => Err(refuse("has neither access_token nor a checked id_token")),
        false => Ok(token),
    }
}

/// Reads also a token that is a refresh token alone.
pub(super) fn read_any(json: &str) -> Result<Token> {
    let (saved, expires_at_s) = match Saved::open(json, KIND, VERSION - 1) {
        Ok(saved) => (saved, "expiry_s"),
        Err(_) => (Saved::open(json, KIND, VERSION)?, "expires_at_s"),
    };
    let text = |name: &str| saved.text(name, |text| may_hold(name, text));
    // In the C ABI a negative number means "not known".
    let number = |name: &str| saved.value(name, |number: &i64| *number >= 0);
    let mut token = Token {
        access_token: text("access_token")?,
        token_type: text("token_type")?,
        scope: text("scope")?,
        refresh_token: text("refresh_token")?,
        id_token: text("id_token")?,
        client_id: text("client_id")?.map(Arc::new),
        issuer: text("issuer")?.map(Arc::new),
        resources: text("resource")?,
        dpop: read_bound(&saved)?,
        expires_in_s: number("expires_in_s")?,
        expires_at_s: number(expires_at_s)?,
        refresh_token_expires_at_s: number("refresh_token_expires_at_s")?,
        deviations: number("deviations")?.and_then(|bits| u32::try_from(bits).ok()).unwrap_or(0),
        ..Token::default()
    };
    if saved.get("id_token_checked") == Some("true") {
        let id_token = token.id_token.as_ref().map_or("", Secret::as_str);
        token.claims = Some(Arc::new(id_token::claims(id_token).ok_or_else(|| bad("id_token"))?));
    }
    if token.access_token.is_none() && token.claims.is_none() && token.refresh_token.is_none() {
        return Err(refuse("has neither access_token nor refresh_token nor a checked id_token"));
    }
    if let Some(members) = saved.get("members") {
        let members = Object::parse(members).ok_or_else(|| refuse("has bad members"))?;
        for (name, raw) in &members.0 {
            let member = Secret::new(name).zip(Value::new(raw.get())).map(|(name, value)| Member { name, value });
            token.members.push(member.ok_or_else(|| refuse("has bad members"))?);
        }
    }
    Ok(token)
}

/// The key to which a saved login is bound.
pub(super) fn read_bound(saved: &Saved<'_>) -> Result<Option<Bound>> {
    for name in [dpop::KEY, dpop::THUMBPRINT] {
        if let Some(value) = saved.text(name, |_| true)? {
            return Bound::read(name, value.as_str()).map(Some).ok_or_else(|| bad(name));
        }
    }
    Ok(None)
}

/// Makes a token of the program's own values.
pub fn from_values(
    access_token: &str,
    token_type: Option<&str>,
    refresh_token: Option<&str>,
    scope: Option<&str>,
    expires_at_s: Option<i64>,
) -> Result<Token> {
    let check = |name: &str, value: Option<&str>| -> Result<Option<Secret>> {
        let Some(value) = value else { return Ok(None) };
        if value.is_empty() {
            return Err(Error::argument(name, "is empty"));
        }
        let value = Some(value).filter(|value| may_hold(name, value)).and_then(Secret::new);
        value.map(Some).ok_or_else(|| Error::argument(name, "has a control character"))
    };
    Ok(Token {
        access_token: check("access_token", Some(access_token))?,
        token_type: check("token_type", token_type)?,
        refresh_token: check("refresh_token", refresh_token)?,
        scope: check("scope", scope)?,
        expires_at_s: expires_at_s.filter(|expires_at_s| *expires_at_s >= 0),
        ..Token::default()
    })
}

/// A refresh token alone: all that a session needs to begin with.
pub fn from_refresh_token(refresh_token: &str) -> Result<Token> {
    let given = from_values("any", None, Some(refresh_token), None, None)?;
    Ok(Token { access_token: None, ..given })
}

/// Whether a member may hold this text. A control character would reach a header; a scope reaches none, and is left to
/// the server.
fn may_hold(name: &str, text: &str) -> bool {
    name == "scope" || !has_control(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_token_comes_back_whole() {
        let mut token =
            from_values("a\"t", Some("Bearer"), Some("r\\t"), Some("x y"), Some(4_102_444_800)).expect("good");
        token.expires_in_s = Some(60);
        token.refresh_token_expires_at_s = Some(4_102_444_801);
        token.id_token = Secret::new("e30.eyJzdWIiOiJhbGljZSJ9.");
        token.claims = id_token::claims("e30.eyJzdWIiOiJhbGljZSJ9.").map(Arc::new);
        token.client_id = Secret::new("client").map(Arc::new);
        token.issuer = Secret::new("https://as.example").map(Arc::new);
        token.deviations = 3;
        for (name, raw) in [("nested", r#"{"a":[1,"x"]}"#), ("na\"me", r#""t\u00e9xt""#)] {
            let (name, value) = (Secret::new(name).expect("text"), Value::new(raw).expect("text"));
            token.members.push(Member { name, value });
        }
        let json = write(&token);
        let back = read(json.as_str().expect("UTF-8")).expect("readable");
        assert_eq!(write(&back).as_str(), json.as_str());
        assert_eq!(back.member("na\"me").and_then(Value::text).map(Secret::as_str), Some("téxt"));
        assert_eq!(back.refresh_token.as_ref().map(Secret::as_str), Some("r\\t"));
        assert_eq!(back.expires_at_s, Some(4_102_444_800));
        assert_eq!(back.refresh_token_expires_at_s, Some(4_102_444_801));
        assert_eq!(back.claims.as_ref().and_then(|claims| claims.string("sub")), Some("alice"));
    }

    #[test]
    fn a_token_of_the_first_release_comes_back_with_its_expiry() {
        let back = read(r#"{"oauthclient_token":1,"access_token":"a","expiry_s":4102444800}"#).expect("readable");
        assert_eq!(back.expires_at_s, Some(4_102_444_800));
    }

    #[test]
    fn what_is_no_saved_token_is_refused() {
        for (json, named) in [
            ("", "no JSON"),
            ("{}", "no saved token"),
            (r#"{"access_token":"a"}"#, "no saved token"),
            (r#"{"oauthclient_token":3,"access_token":"a"}"#, "newer"),
            (r#"{"oauthclient_token":0,"access_token":"a"}"#, "no longer"),
            (r#"{"oauthclient_token":1,"access_token":"a","expiry_s":"1"}"#, "expiry_s"),
            (r#"{"oauthclient_token":2}"#, "access_token"),
            (r#"{"oauthclient_token":2,"access_token":""}"#, "access_token"),
            (r#"{"oauthclient_token":2,"access_token":"a\nb"}"#, "access_token"),
            (r#"{"oauthclient_token":2,"access_token":"a\u0000"}"#, "access_token"),
            (r#"{"oauthclient_token":2,"access_token":"a","access_token":"b"}"#, "twice"),
            (r#"{"oauthclient_token":2,"access_token":"a","expires_at_s":"1"}"#, "expires_at_s"),
            (r#"{"oauthclient_token":2,"access_token":"a","expires_in_s":-1}"#, "expires_in_s"),
            (r#"{"oauthclient_token":2,"access_token":"a","members":[]}"#, "members"),
            (r#"{"oauthclient_token":2,"access_token":"a","id_token_checked":true}"#, "id_token"),
        ] {
            let error = read(json).expect_err(json);
            assert!(error.message.as_str().contains(named), "{json}: {error}");
        }
        assert!(read(r#"{"oauthclient_token":2,"access_token":"a","added_later":{}}"#).is_ok());
    }
}
