//! Whose login a record in a store is: never is one given or sent to anybody else.

use std::fmt;

use crate::protocol::json::{Object, append_string, decode_string};
use crate::protocol::saved::append_name;
use crate::secret::SecretBytes;

/// The program's key, the issuer and the client id of a login; for a token without a user, also what it is for. One JSON
/// object, of which the same owner always makes the same text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner(String);

/// What an [`Owner`] is made of.
#[derive(Clone, Copy, Default)]
pub struct Parts<'a> {
    pub key: &'a str,
    pub issuer: Option<&'a str>,
    /// Stands for the issuer if the client has none.
    pub token_endpoint: Option<&'a str>,
    pub client_id: Option<&'a str>,
    /// Of a token without a user: another scope is another token. `resource` and `audience` are parameters.
    pub purpose: Option<Purpose<'a>>,
}

#[derive(Clone, Copy)]
pub struct Purpose<'a> {
    /// How each token is obtained; `None`: by client credentials.
    pub grant: Option<&'a str>,
    /// What tells the sources of that grant from others.
    pub sources: &'a [&'a str],
    pub scope: Option<&'a str>,
    pub resources: &'a [&'a str],
    pub audiences: &'a [&'a str],
}

impl Owner {
    pub fn new(parts: Parts<'_>) -> Self {
        let server = match parts.issuer {
            Some(issuer) => ("issuer", Some(issuer)),
            None => ("token_endpoint", parts.token_endpoint),
        };
        let mut json = SecretBytes::default();
        json.extend(b"{\"key\":");
        append_string(&mut json, parts.key);
        for (name, value) in [server, ("client_id", parts.client_id)] {
            append(&mut json, name, value);
        }
        if let Some(purpose) = parts.purpose {
            let mut scope: Vec<&str> = purpose.scope.unwrap_or_default().split_ascii_whitespace().collect();
            scope.sort_unstable(); // the order says nothing (RFC 6749 section 3.3)
            append(&mut json, "scope", Some(&scope.join(" ")));
            let many = [("resource", purpose.resources), ("audience", purpose.audiences)];
            many.into_iter().for_each(|(name, values)| append_all(&mut json, name, values));
            if purpose.grant.is_some() {
                append(&mut json, "grant", purpose.grant);
                append_all(&mut json, "source", purpose.sources);
            }
        }
        json.push(b'}');
        Self(json.as_str().unwrap_or_default().to_owned())
    }

    /// What a record says of its owner; `None` if it says nothing.
    pub fn read(json: &str) -> Option<Self> {
        Object::parse(json)?.get("key").map(|_| Self(json.to_owned()))
    }

    pub fn as_json(&self) -> &str {
        &self.0
    }
}

/// In words, for messages.
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let object = Object::parse(&self.0);
        let mut between = "";
        for (name, what) in
            [("issuer", "issuer"), ("token_endpoint", "token endpoint"), ("client_id", "client"), ("key", "key")]
        {
            let text = object.as_ref().and_then(|object| decode_string(object.get(name)?));
            if let Some(text) = text {
                write!(f, "{between}{what} {}", text.as_str())?;
                between = ", ";
            }
        }
        Ok(())
    }
}

fn append(json: &mut SecretBytes, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        append_name(json, name);
        append_string(json, value);
    }
}

fn append_all(json: &mut SecretBytes, name: &str, values: &[&str]) {
    append_name(json, name);
    json.push(b'[');
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        append_string(json, value);
    }
    json.push(b']');
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: Parts<'_> = Parts {
        key: "work",
        issuer: Some("https://as.example"),
        token_endpoint: Some("https://as.example/token"),
        client_id: Some("c"),
        purpose: None,
    };

    fn of(change: impl FnOnce(&mut Parts<'static>)) -> Owner {
        let mut parts = PARTS;
        change(&mut parts);
        Owner::new(parts)
    }

    #[test]
    fn every_part_makes_another_owner() {
        let client_credentials = Purpose { grant: None, sources: &[], scope: None, resources: &[], audiences: &[] };
        let purpose = |scope, resources| Some(Purpose { scope: Some(scope), resources, ..client_credentials });
        let grant = |grant, sources| Some(Purpose { grant: Some(grant), sources, ..client_credentials });
        let owners = [
            of(|_| {}),
            of(|parts| parts.key = "home"),
            of(|parts| parts.issuer = Some("https://as.example/")),
            of(|parts| parts.issuer = None),
            of(|parts| (parts.issuer, parts.token_endpoint) = (None, Some("https://other.example/token"))),
            of(|parts| parts.client_id = None),
            of(|parts| parts.purpose = purpose("a b", &[])),
            of(|parts| parts.purpose = purpose("a", &[])),
            of(|parts| parts.purpose = purpose("a", &["https://r.example"])),
            of(|parts| parts.purpose = grant("jwt-bearer", &["one"])),
            of(|parts| parts.purpose = grant("jwt-bearer", &["other"])),
            of(|parts| parts.purpose = grant("source", &["one"])),
        ];
        for (index, owner) in owners.iter().enumerate() {
            assert!(Object::parse(owner.as_json()).is_some(), "{owner:?}");
            assert!(!owners[..index].contains(owner), "{owner:?}");
        }
        assert_eq!(of(|parts| parts.purpose = purpose("b a", &[])), owners[6]);
        assert_eq!(of(|parts| parts.token_endpoint = None), owners[0], "the issuer alone says who it is");
    }

    #[test]
    fn an_owner_is_described() {
        assert_eq!(of(|_| {}).to_string(), "issuer https://as.example, client c, key work");
        let bare = of(|parts| (parts.issuer, parts.client_id) = (None, None));
        assert_eq!(bare.to_string(), "token endpoint https://as.example/token, key work");
        assert_eq!(Owner::read(bare.as_json()), Some(bare));
        assert!(Owner::read("[]").is_none() && Owner::read("{}").is_none());
    }
}
