//! The URL of an endpoint (RFC 6749 section 3.2): absolute, without a fragment, https unless it stays on this machine.

use url::{Host, Url};

use crate::error::{Error, Result};
use crate::text::has_ascii_host;

/// Parses the URL of an endpoint; `setting` names it in the error.
pub fn parse(setting: &str, text: &str, allow_http: bool) -> Result<Url> {
    let refuse = |why: &str| Err(Error::config(setting, why));
    if text.bytes().any(|byte| byte <= 0x20 || byte == 0x7f) {
        return refuse("has a space or a control character"); // the parser would drop some silently
    }
    if !has_ascii_host(text) {
        return refuse("has a host that is not ASCII: write its xn-- form");
    }
    let Ok(url) = Url::parse(text) else { return refuse("is not an absolute URL") };
    if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
        return refuse("is not an absolute http or https URL");
    }
    if url.fragment().is_some() {
        return refuse("has a fragment");
    }
    if !url.username().is_empty()
        || url.password().is_some()
        || text.split(['/', '?']).nth(2).is_some_and(|a| a.contains('@'))
    {
        return refuse("has user information before its host");
    }
    if url.scheme() == "http" && !allow_http && !is_loopback(&url) {
        return refuse("is plain http and not on this machine: use https, or allow http explicitly");
    }
    Ok(url)
}

/// Parses the URL of a resource, of either scheme.
pub fn parse_resource(text: &str) -> std::result::Result<Url, &'static str> {
    let is_http = |url: &Url| {
        matches!(url.scheme(), "https" | "http")
            && url.host().is_some()
            && url.username().is_empty()
            && url.password().is_none()
    };
    let is_plain = has_ascii_host(text) && !text.bytes().any(|byte| byte <= 0x20 || byte == 0x7f);
    let url = Url::parse(text).ok().filter(|url| is_plain && is_http(url));
    url.ok_or("is not an absolute http or https URL with a host in ASCII, or has user information")
}

/// Whether the host is a loopback address or the name `localhost` (RFC 6761 section 6.3).
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        // Any DNS server may answer for the names below it.
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The URL as messages and logs may show it: without its query, which may hold a key.
pub fn shown(url: &Url) -> &str {
    let whole = url.as_str();
    whole.split(['?', '#']).next().unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_https_or_loopback() {
        for (text, ok) in [
            ("https://as.example/token", true),
            ("https://xn--bcher-kva.Example/token", true),
            ("https://b\u{fc}cher.Example/token", false),
            ("https://as.example:8443/token?tenant=1", true),
            ("http://127.0.0.1:80/token", true),
            ("http://127.8.8.8/token", true),
            ("http://[::1]:9/token", true),
            ("http://localhost/token", true),
            ("http://as.localhost/token", false),
            ("http://as.example/token", false),
            ("http://localhost.example/token", false),
            ("http://127.0.0.1.example/token", false),
            ("ftp://as.example/token", false),
            ("/token", false),
            ("as.example/token", false),
            ("https:///token", true), // the URL standard reads "token" as the host
            ("https://", false),
            ("https://as.example/token#f", false),
            ("https://as.example/token#", false),
            ("https://user@as.example/token", false),
            ("https://:pw@as.example/token", false),
            ("https://@as.example/token", false),
            ("https://as.example/token?u=a@b", true),
            ("https://as.example/to ken", false),
            ("https://as.example/token\n", false),
            ("\thttps://as.example/token", false),
            ("file:///etc/passwd", false),
            ("", false),
        ] {
            assert_eq!(parse("token_endpoint", text, false).is_ok(), ok, "{text:?}");
        }
        assert!(parse("token_endpoint", "http://as.example/token", true).is_ok());
    }

    #[test]
    fn a_query_is_not_shown() {
        let url = Url::parse("https://as.example/token?key=k").expect("a URL");
        assert_eq!(shown(&url), "https://as.example/token");
    }
}
