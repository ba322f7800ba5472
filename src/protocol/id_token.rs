//! Checks an ID token that came from the token endpoint (OpenID Connect Core 1.0 sections 3.1.3.7 and 12.2). TLS
//! vouches for it, so its claims are checked and its signature is not.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::IgnoredAny;
use subtle::ConstantTimeEq as _;

use crate::protocol::json::Object;
use crate::protocol::json_value::Value;
use crate::secret::{Secret, SecretBytes};

/// How far the clocks of server and client may be apart, in seconds.
pub const LEEWAY_S: i64 = 300;

/// The longest `sub`, in bytes (section 2).
const LONGEST_SUBJECT: usize = 255;

/// The values that the claims are checked against.
pub struct Expected<'a> {
    /// The accepted values of `iss`, compared byte for byte; never empty.
    pub issuers: &'a [&'a str],
    pub client_id: &'a str,
    /// The nonce of the authorization request, if it had one.
    pub nonce: Option<&'a str>,
    pub now_s: i64,
}

/// The claims of a token that is for this client and valid now; else the reason, which may quote claims.
pub fn check(id_token: &str, expected: &Expected<'_>) -> std::result::Result<Value, String> {
    let claims = read(id_token)?;
    check_parties(&claims, expected)?;
    check_times(&claims, expected.now_s)?;
    if let Some(nonce) = expected.nonce {
        let given = claims.string("nonce").ok_or("it has no nonce")?;
        if !bool::from(given.as_bytes().ct_eq(nonce.as_bytes())) {
            return Err("its nonce is not the one of this authorization".to_owned());
        }
    }
    Ok(claims)
}

/// Whether a scope holds `openid`, which asks for an ID token or grants one (section 3.1.2.1).
pub fn is_in_scope(scope: &str) -> bool {
    scope.split(' ').any(|one| one == "openid")
}

/// The claims, unchecked: of a token that was checked before it was saved, or that is refused anyway.
pub fn claims(id_token: &str) -> Option<Value> {
    read(id_token).ok()
}

/// Whether a refreshed ID token is about the same login (section 12.2): same issuer and subject, every audience still
/// there, and no other nonce.
pub fn same_subject(before: &Value, after: &Value) -> bool {
    let same = |name| before.string(name).is_some() && before.string(name) == after.string(name);
    let audiences: BTreeSet<_> = after.strings_of("aud").map(Secret::as_str).collect(); // a server may name very many
    let nonces = before.string("nonce").zip(after.string("nonce"));
    let same_login = nonces.is_none_or(|(one, other)| one == other);
    same("iss")
        && same("sub")
        && same_login
        && before.strings_of("aud").all(|audience| audiences.contains(audience.as_str()))
}

fn read(id_token: &str) -> std::result::Result<Value, &'static str> {
    let mut parts = id_token.split('.');
    let (header, payload, signature) = match (parts.next(), parts.next(), parts.next(), parts.count()) {
        (Some(header), Some(payload), Some(signature), 0) => (header, payload, signature),
        (.., 2) => return Err("it is encrypted, which is not supported"),
        _ => return Err("it is no JWT of three parts"),
    };
    let [header, payload, signature] = [header, payload, signature].map(decode);
    if header.as_ref().and_then(SecretBytes::as_str).and_then(Object::parse).is_none() {
        return Err("its header is no JSON object in base64url");
    }
    let claims = payload.as_ref().and_then(SecretBytes::as_str).and_then(Value::parse_object);
    let claims = claims.ok_or("its payload is no JSON object in base64url whose members are given once")?;
    signature.map(|_| claims).ok_or("its signature is no base64url")
}

fn decode(part: &str) -> Option<SecretBytes> {
    let mut decoded = SecretBytes::from(vec![0; part.len() / 4 * 3 + part.len() % 4 * 3 / 4]);
    let length = URL_SAFE_NO_PAD.decode_slice(part, &mut decoded).ok()?;
    (length == decoded.len()).then_some(decoded)
}

fn check_parties(claims: &Value, expected: &Expected<'_>) -> std::result::Result<(), String> {
    let issuer = claims.string("iss").ok_or("it has no issuer")?;
    if !expected.issuers.contains(&issuer) {
        return Err(format!("its issuer is {issuer}, not {}", expected.issuers.join(" or ")));
    }
    let subject = claims.string("sub").filter(|subject| !subject.is_empty()).ok_or("it has no subject")?;
    if subject.len() > LONGEST_SUBJECT {
        return Err(format!("its subject is longer than {LONGEST_SUBJECT} bytes"));
    }
    let client_id = expected.client_id;
    let audience = claims.get("aud").ok_or("it has no audience")?;
    if !claims.lists("aud", client_id) {
        return Err(format!("its audience is {}, without {client_id}", audience.raw().as_str()));
    }
    // Values of any type count: one that is no string is another audience, too.
    let audiences = serde_json::from_str::<Vec<IgnoredAny>>(audience.raw().as_str()).map_or(1, |values| values.len());
    match claims.get("azp") {
        None if audiences > 1 => Err("it has several audiences and no authorized party".to_owned()),
        Some(_) if claims.string("azp") != Some(client_id) => Err(format!("its authorized party is not {client_id}")),
        _ => Ok(()),
    }
}

fn check_times(claims: &Value, now_s: i64) -> std::result::Result<(), &'static str> {
    let latest = now_s.saturating_add(LEEWAY_S);
    match claims.number("exp") {
        None => return Err("it does not say when it expires"),
        Some(expiry) if expiry <= now_s.saturating_sub(LEEWAY_S) => return Err("it has expired"),
        Some(_) => {}
    }
    match claims.number("iat") {
        None => return Err("it does not say when it was issued"),
        Some(issued) if issued > latest => return Err("it was issued in the future: are the clocks right?"),
        Some(_) => {}
    }
    if claims.get("nbf").is_some() && claims.number("nbf").is_none_or(|begins| begins > latest) {
        return Err("it is not valid yet");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: i64 = 1_700_000_000;

    fn token(header: &str, payload: &str) -> String {
        format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
    }

    /// Checks a good payload in which one piece was replaced.
    fn checked(piece: &str, by: &str) -> std::result::Result<Value, String> {
        let good =
            r#"{"iss":"https://as.example","sub":"s","aud":"app","exp":1700000100,"iat":1700000000,"nonce":"n"}"#;
        assert!(good.contains(piece), "{piece}");
        let issuers = ["https://as.example", "as.example"];
        let expected = Expected { issuers: &issuers, client_id: "app", nonce: Some("n"), now_s: NOW_S };
        check(&token("{}", &good.replace(piece, by)), &expected)
    }

    #[test]
    fn each_claim_is_checked() {
        let [longest, too_long] = [255, 256].map(|length| format!(r#""sub":"{}""#, "s".repeat(length)));
        for (piece, by, refusal) in [
            ("", "", None),
            ("https://as.example", "as.example", None),
            ("https://as.example", "https://as.example/", Some("its issuer is https://as.example/, not https://as.")),
            ("https://as.example", "https://AS.example", Some("its issuer")),
            (r#""https://as.example""#, "null", Some("it has no issuer")),
            (r#""https://as.example""#, r#"["https://as.example"]"#, Some("it has no issuer")),
            (r#""sub":"s""#, &longest, None),
            (r#""sub":"s""#, &too_long, Some("its subject is longer")),
            (r#""sub":"s""#, r#""sub":"""#, Some("it has no subject")),
            (r#""sub":"s","#, "", Some("it has no subject")),
            (r#""sub":"s""#, r#""sub":1"#, Some("it has no subject")),
            (r#""app""#, r#"["app"]"#, None),
            (r#""app""#, r#""app ""#, Some(r#"its audience is "app ", without app"#)),
            (r#""app""#, r#"["other"]"#, Some("its audience")),
            (r#""app""#, "[]", Some("its audience")),
            (r#""aud":"app","#, "", Some("it has no audience")),
            (r#""app""#, r#"["app","other"]"#, Some("it has several audiences")),
            (r#""app""#, r#"["app",1]"#, Some("it has several audiences")),
            (r#""app""#, r#"["other","app"],"azp":"app""#, None),
            (r#""app""#, r#"["other","app"],"azp":"other""#, Some("its authorized party")),
            (r#""app""#, r#""app","azp":"app""#, None),
            (r#""app""#, r#""app","azp":"other""#, Some("its authorized party")),
            (r#""app""#, r#""app","azp":["app"]"#, Some("its authorized party")),
            ("1700000100", "1699999701", None),
            ("1700000100", "1699999700", Some("it has expired")),
            ("1700000100", "1.7e9", None),
            ("1700000100", "-1e300", Some("it has expired")),
            ("1700000100", r#""1700000100""#, Some("it does not say when it expires")),
            (r#""exp":1700000100,"#, "", Some("it does not say when it expires")),
            ("1700000000", "1700000300", None),
            ("1700000000", "1700000301", Some("it was issued in the future")),
            ("1700000000", "1e300", Some("it was issued in the future")),
            ("1700000000", "true", Some("it does not say when it was issued")),
            ("1700000000", "1700000000,\"nbf\":1700000300", None),
            ("1700000000", "1700000000,\"nbf\":1700000301", Some("it is not valid yet")),
            ("1700000000", "1700000000,\"nbf\":\"0\"", Some("it is not valid yet")),
            (r#""nonce":"n""#, r#""nonce":"N""#, Some("its nonce is not")),
            (r#""nonce":"n""#, r#""nonce":"nn""#, Some("its nonce is not")),
            (r#""nonce":"n""#, r#""nonce":"""#, Some("its nonce is not")),
            (r#""nonce":"n""#, r#""nonce":1"#, Some("it has no nonce")),
            (r#","nonce":"n""#, "", Some("it has no nonce")),
            (r#""nonce":"n""#, r#""nonce":"n","nonce":"n""#, Some("its payload")),
            (r#""nonce":"n""#, r#""nonce":"n","x":1,"x":1"#, Some("its payload")),
        ] {
            let why = checked(piece, by).err();
            assert_eq!(why.is_some(), refusal.is_some(), "{by}: {why:?}");
            assert!(why.unwrap_or_default().starts_with(refusal.unwrap_or_default()), "{by}: not {refusal:?}");
        }
        assert_eq!(checked("", "").expect("good").string("sub"), Some("s"));
    }

    #[test]
    fn a_nonce_counts_only_where_one_was_sent() {
        let issuers = ["i"];
        let expected = Expected { issuers: &issuers, client_id: "app", nonce: None, now_s: i64::MAX };
        let payload = format!(r#"{{"iss":"i","sub":"s","aud":"app","exp":{},"iat":0,"nonce":"any"}}"#, i64::MAX);
        assert!(check(&token("{}", &payload), &expected).is_ok());
        let other = Expected { issuers: &[], ..expected };
        assert!(check(&token("{}", &payload), &other).is_err());
    }

    #[test]
    fn a_token_that_is_no_jwt_is_refused() {
        let payload = URL_SAFE_NO_PAD.encode(r#"{"a":"??>"}"#); // with "_" or "-" in it
        assert!(payload.contains(['-', '_']));
        for (token, good) in [
            (format!("e30.{payload}.c2ln"), true),
            (format!("e30.{payload}."), true), // no signature: TLS has vouched for it
            ("eyJhIjoxfQ.eyJhIjoxfQ.c2ln".to_owned(), true),
            (format!("e30.{}.c2ln", payload.replace('-', "+").replace('_', "/")), false),
            ("e30=.e30.c2ln".to_owned(), false),
            ("e30.e30=.c2ln".to_owned(), false),
            ("e30.e30.c2ln=".to_owned(), false),
            ("e30.e30.c".to_owned(), false),
            ("e30.e3.c2ln".to_owned(), false),
            ("e30.W10.c2ln".to_owned(), false), // an array
            ("W10.e30.c2ln".to_owned(), false),
            ("e30.e_8.c2ln".to_owned(), false), // no UTF-8
            (" e30.e30.c2ln".to_owned(), false),
            ("e30.e30".to_owned(), false),
            ("e30.e30.c2ln.".to_owned(), false),
            ("..".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(claims(&token).is_some(), good, "{token}");
        }
        let issuers = ["i"];
        let expected = Expected { issuers: &issuers, client_id: "app", nonce: None, now_s: 0 };
        let why = check("e30.a.b.c.d", &expected).expect_err("encrypted");
        assert!(why.contains("encrypted"), "{why}");
    }

    #[test]
    fn a_refreshed_token_is_about_the_same_login() {
        let members = |text| Value::parse_object(text).expect("an object");
        let before = members(r#"{"iss":"i","sub":"s","aud":["app","api"],"iat":1,"nonce":"n"}"#);
        for (after, same) in [
            (r#"{"iss":"i","sub":"s","aud":["api","app"],"iat":2}"#, true),
            (r#"{"iss":"i","sub":"s","aud":["more","app","api"]}"#, true),
            (r#"{"iss":"i","sub":"s","aud":["app","api"],"nonce":"n"}"#, true),
            (r#"{"iss":"i","sub":"s","aud":["app","api"],"nonce":"m"}"#, false),
            (r#"{"iss":"j","sub":"s","aud":["app","api"]}"#, false),
            (r#"{"iss":"i","sub":"t","aud":["app","api"]}"#, false),
            (r#"{"iss":"i","aud":["app","api"]}"#, false),
            (r#"{"iss":"i","sub":"s","aud":"app"}"#, false),
            (r#"{"iss":"i","sub":"s"}"#, false),
        ] {
            assert_eq!(same_subject(&before, &members(after)), same, "{after}");
        }
        let nobody = members(r#"{"iss":"i"}"#);
        assert!(!same_subject(&nobody, &nobody));
    }
}
