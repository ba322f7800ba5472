//! A redirection URI (RFC 6749 section 3.1.2): absolute, without a fragment. Whether its scheme is good enough is up to
//! the server, where it is registered.

use url::Url;

use crate::error::{Error, Result};
use crate::text::has_ascii_host;

/// Checks a redirect URI; it is sent as it was given.
pub fn check(text: &str) -> Result<()> {
    let refuse = |why: &str| Err(Error::argument("redirect_uri", why));
    if text.bytes().any(|byte| byte <= 0x20 || byte == 0x7f) {
        return refuse("has a space or a control character");
    }
    if !has_ascii_host(text) {
        return refuse("has a host that is not ASCII: write its xn-- form");
    }
    let Ok(url) = Url::parse(text) else { return refuse("is not absolute") };
    if url.fragment().is_some() {
        return refuse("has a fragment");
    }
    if matches!(url.scheme(), "javascript" | "data" | "vbscript" | "file") {
        return refuse("has a scheme that no answer can come by");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirect_uris_are_absolute_without_fragment() {
        for (text, ok) in [
            ("https://client.example/cb", true),
            ("https://client.example/cb?tenant=1", true),
            ("http://127.0.0.1:8080/", true),
            ("com.example.app:/oauth2redirect", true),
            ("urn:ietf:wg:oauth:2.0:oob", true),
            ("/cb", false),
            ("client.example/cb", false),
            ("", false),
            ("https://client.example/cb#f", false),
            ("https://client.example/c b", false),
            ("https://client.example/cb\n", false),
            ("javascript:alert(1)", false),
        ] {
            assert_eq!(check(text).is_ok(), ok, "{text:?}");
        }
    }
}
