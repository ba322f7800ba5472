//! Signed authorization requests (JWT-Secured Authorization Request, JAR, RFC 9101).

use crate::error::{Error, Result};
use crate::protocol::jose::jws;
use crate::protocol::jose::key::Key;
use crate::protocol::jose::members::Members;
use crate::protocol::json::{Object, append_string};
use crate::secret::{Secret, SecretBytes};

const TYP: &str = "oauth-authz-req+jwt";

/// The claims that are about the request object itself.
const OWN: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

/// Who asks whom, and when.
#[derive(Clone, Copy)]
pub struct Claims<'a> {
    pub client_id: &'a str,
    /// The server: its issuer.
    pub audience: &'a str,
    pub now_s: i64,
    pub lifetime_s: u32,
    /// Never used before.
    pub jti: &'a str,
}

/// An error if a parameter of the program would be a claim about the request object itself.
pub fn check(parameters: &[(Secret, Secret)]) -> Result<()> {
    match parameters.iter().find(|(name, _)| OWN.contains(&name.as_str())) {
        Some((name, _)) => {
            let why = format!("may not hold {}: a signed request has a claim of that name", name.as_str());
            Err(Error::argument("parameters", &why))
        }
        None => Ok(()),
    }
}

/// Signs a request: its parameters are the claims (section 4).
pub fn signed(key: &Key, parameters: &[(Secret, Secret)], about: Claims<'_>) -> Result<Secret> {
    let expires_at_s = about.now_s.saturating_add(about.lifetime_s.into());
    let mut claims = Members::new().text("iss", about.client_id).text("aud", about.audience).text("jti", about.jti);
    claims = claims.number("iat", about.now_s).number("nbf", about.now_s).number("exp", expires_at_s);
    for (index, (name, value)) in parameters.iter().enumerate() {
        let is_same = |(other, _): &&(Secret, Secret)| other.as_str() == name.as_str();
        if parameters[..index].iter().any(|pair| is_same(&pair)) {
            continue; // it stands with the first one
        }
        let all: Vec<&str> = parameters.iter().filter(is_same).map(|(_, value)| value.as_str()).collect();
        claims = match (name.as_str(), value.as_str()) {
            (name, _) if all.len() > 1 => claims.raw(name, list(&all).as_str().unwrap_or_default()),
            (name, value) if is_json(name, value) => claims.raw(name, value),
            (name, value) => claims.text(name, value),
        };
    }
    jws::signed(key, key.header(TYP), claims)
}

/// Whether a value is written as JSON, not as a string of it (RFC 9396 section 3, OpenID Connect Core 6.1).
fn is_json(name: &str, value: &str) -> bool {
    match name {
        "authorization_details" => true, // the request has been checked
        "claims" => Object::parse(value).is_some(),
        "max_age" => !value.starts_with(['0', '+']) && value.parse::<u32>().is_ok() || value == "0",
        _ => false,
    }
}

/// Several values of one name, as resource indicators may have (RFC 8707 section 2).
fn list(values: &[&str]) -> SecretBytes {
    let mut list = SecretBytes::default();
    for value in values {
        list.push(if list.is_empty() { b'[' } else { b',' });
        append_string(&mut list, value);
    }
    list.push(b']');
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::jose::jwks::Jwks;
    use crate::protocol::jose::verify::Signed;

    const ABOUT: Claims<'_> = Claims {
        client_id: "client",
        audience: "https://as.example",
        now_s: 1_700_000_000,
        lifetime_s: 300,
        jti: "once",
    };

    fn pairs(list: &[(&str, &str)]) -> Vec<(Secret, Secret)> {
        let secret = |text| Secret::new(text).expect("text");
        list.iter().map(|(name, value)| (secret(name), secret(value))).collect()
    }

    #[test]
    fn a_request_is_signed_by_the_key() {
        for algorithm in ["ES256", "ES384", "EdDSA"] {
            let key = Key::generate(Some(algorithm)).expect("a key");
            let parameters = pairs(&[("resource", "a"), ("state", "s\"\n"), ("resource", "b")]);
            let jwt = signed(&key, &parameters, ABOUT).expect("signed");
            let read = Signed::parse(jwt.as_str()).expect("a JWT");
            assert_eq!(read.verify(&Jwks::parse(key.public_jwks().as_str()).expect("keys")), Ok(()));
            assert_eq!(
                read.claims.raw().as_str(),
                r#"{"iss":"client","aud":"https://as.example","jti":"once","iat":1700000000,"nbf":1700000000,"exp":1700000300,"resource":["a","b"],"state":"s\"\u000a"}"#
            );
        }
    }

    #[test]
    fn values_are_written_as_json_where_it_is_meant() {
        for (name, value, is_raw) in [
            ("max_age", "0", true),
            ("max_age", "86400", true),
            ("max_age", "007", false),
            ("max_age", "+1", false),
            ("max_age", "-1", false),
            ("max_age", "1e3", false),
            ("max_age", "", false),
            ("claims", r#"{"userinfo":{}}"#, true),
            ("claims", "{", false),
            ("claims", "1", false),
            ("authorization_details", "[{}]", true),
            ("prompt", "{}", false),
            ("login_hint", "1", false),
        ] {
            assert_eq!(is_json(name, value), is_raw, "{name}={value}");
        }
    }

    #[test]
    fn claims_about_the_object_itself_are_not_for_the_program() {
        for name in OWN {
            let error = check(&pairs(&[("scope", "a"), (name, "x")])).expect_err(name);
            assert!(error.message.as_str().contains(name), "{error}");
        }
        assert!(check(&pairs(&[("scope", "a"), ("client_id", "c")])).is_ok());
    }
}
