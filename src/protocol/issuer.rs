//! The issuer identifier and the URLs of its metadata (RFC 8414 sections 2 and 3, OpenID Connect Discovery section 4).

use url::Url;

use crate::error::{Error, Result};
use crate::protocol::endpoint;

/// An issuer identifier, checked. Compared as text, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    url: Url,
}

impl Issuer {
    /// Parses an issuer: the URL of an endpoint, without a query. Errors name `issuer`.
    pub fn parse(text: &str, allow_http: bool) -> Result<Self> {
        let url = endpoint::parse("issuer", text, allow_http)?;
        if url.query().is_some() {
            return Err(Error::config("issuer", "has a query"));
        }
        Ok(Self { text: text.to_owned(), url })
    }

    /// Exactly as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The URLs where the metadata may be, in the order to ask: the one of most servers first.
    pub fn metadata_urls(&self) -> Vec<Url> {
        const OPENID: &str = "/.well-known/openid-configuration";
        const OAUTH: &str = "/.well-known/oauth-authorization-server";
        let path = self.url.path();
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut paths = vec![format!("{path}{OPENID}"), format!("{OAUTH}{path}")];
        if !path.is_empty() {
            paths.push(format!("{OPENID}{path}"));
        }
        let at = |path: String| {
            let mut url = self.url.clone();
            url.set_path(&path);
            url
        };
        paths.into_iter().map(at).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(issuer: &str) -> Vec<String> {
        let issuer = Issuer::parse(issuer, false).expect("an issuer");
        issuer.metadata_urls().into_iter().map(String::from).collect()
    }

    #[test]
    fn metadata_urls_follow_the_rfcs() {
        let root = [
            "https://as.example/.well-known/openid-configuration",
            "https://as.example/.well-known/oauth-authorization-server",
        ];
        assert_eq!(urls("https://as.example"), root);
        assert_eq!(urls("https://as.example/"), root);
        let tenant = [
            "https://as.example:8443/a%20b/t/.well-known/openid-configuration",
            "https://as.example:8443/.well-known/oauth-authorization-server/a%20b/t",
            "https://as.example:8443/.well-known/openid-configuration/a%20b/t",
        ];
        assert_eq!(urls("https://as.example:8443/a%20b/t"), tenant);
        assert_eq!(urls("https://as.example:8443/a%20b/t/"), tenant, "one slash at the end is removed");
    }

    #[test]
    fn issuers_are_https_without_query() {
        for (text, ok) in [
            ("https://as.example", true),
            ("https://as.example/tenant/", true),
            ("http://127.0.0.1:8080/realms/x", true),
            ("http://as.example", false),
            ("https://as.example?", false),
            ("https://as.example/?tenant=1", false),
            ("https://as.example/#", false),
            ("https://user@as.example", false),
            ("as.example", false),
            ("https://as.example/ ", false),
            ("", false),
        ] {
            match Issuer::parse(text, false) {
                Ok(issuer) => assert!(ok && issuer.as_str() == text, "{text}"),
                Err(error) => assert!(!ok && error.message.as_str().starts_with("issuer "), "{text}: {error}"),
            }
        }
        assert!(Issuer::parse("http://as.example", true).is_ok());
    }
}
