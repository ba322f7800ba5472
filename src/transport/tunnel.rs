//! Why an HTTP proxy refused a tunnel (RFC 9110 section 9.3.6). The crates keep its answer to themselves, so the proxy
//! is asked once more; only then, and nothing is sent through a tunnel that it grants now.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Proxy;
use reqwest::header::{HeaderMap, PROXY_AUTHENTICATE};
use url::Url;

use crate::transport::resolver::SystemResolver;

/// Authentication schemes that are named.
const NAMED_SCHEMES: usize = 8;

const UNAUTHORIZED: &str = "the proxy got no credentials or refused them (HTTP 407)";

/// A proxy that makes tunnels.
#[derive(Clone)]
pub struct Tunnel {
    pub proxy: Proxy,
    /// The same without credentials: a wrong password that is sent again may lock an account.
    pub without_credentials: Proxy,
}

/// The refusal.
pub struct Refusal {
    pub cause: String,
    /// The same request may succeed a moment later.
    pub passing: bool,
}

impl Tunnel {
    /// Asks for a tunnel to the host of `url`. `unauthorized`: the refusal is known to be HTTP 407.
    pub async fn refusal(
        &self,
        url: &Url,
        unauthorized: bool,
        tls: rustls::ClientConfig,
        patience: Duration,
    ) -> Refusal {
        let proxy = if unauthorized { &self.without_credentials } else { &self.proxy };
        let answer = tokio::time::timeout(patience, ask(proxy.clone(), url, tls)).await.ok().flatten();
        match answer {
            Some((407, schemes)) if !schemes.is_empty() => {
                let schemes = schemes.join(", ");
                lasting(format!("{UNAUTHORIZED}, it wants {schemes}"))
            }
            _ if unauthorized => lasting(UNAUTHORIZED.to_owned()),
            Some((status @ 300.., _)) => {
                let cause = format!("the proxy refused a tunnel to the server with HTTP {status}");
                Refusal { cause, passing: status >= 500 || [408, 425, 429].contains(&status) }
            }
            _ => Refusal { cause: "the proxy refused a tunnel to the server".to_owned(), passing: true },
        }
    }
}

fn lasting(cause: String) -> Refusal {
    Refusal { cause, passing: false }
}

/// The status and the authentication schemes of the proxy's answer.
async fn ask(proxy: Proxy, url: &Url, tls: rustls::ClientConfig) -> Option<(u16, Vec<String>)> {
    // A CONNECT to an http URL goes to the proxy as it is, not through another tunnel. Its port must be written out.
    let port = url.port_or_known_default().filter(|port| *port != 80)?;
    let target = Url::parse(&format!("http://{}:{port}/", url.host_str()?)).ok()?;
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(Arc::new(SystemResolver))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .http1_only()
        .no_proxy()
        .proxy(proxy)
        .pool_max_idle_per_host(0)
        .build()
        .ok()?;
    let answer = client.execute(reqwest::Request::new(reqwest::Method::CONNECT, target)).await.ok()?;
    Some((answer.status().as_u16(), schemes(answer.headers())))
}

/// The names of the authentication schemes (RFC 9110 section 11.7.1); parameters are left out.
fn schemes(headers: &HeaderMap) -> Vec<String> {
    let mut found = Vec::new();
    for value in headers.get_all(PROXY_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok()) {
        let mut quoted = false;
        let parts = value.split(|c: char| {
            quoted ^= c == '"';
            c == ',' && !quoted
        });
        for part in parts.map(str::trim) {
            let (name, rest) = part.split_once(' ').unwrap_or((part, ""));
            let is_scheme = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if is_scheme && !rest.trim_start().starts_with('=') && found.len() < NAMED_SCHEMES {
                found.push(name.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn schemes_are_found_among_their_parameters() {
        for (values, expected) in [
            (&["Basic realm=\"a, b\""][..], &["Basic"][..]),
            (
                &["Negotiate, NTLM,Digest realm=\"a\", qop=\"auth,auth-int\", nonce = \"b\""],
                &["Negotiate", "NTLM", "Digest"],
            ),
            (&["Negotiate", "Basic realm=\"a\""], &["Negotiate", "Basic"]),
            (&["", ", ,", "\"x"], &[]),
            (&["a,b,c,d,e,f,g,h,i"], &["a", "b", "c", "d", "e", "f", "g", "h"]),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(PROXY_AUTHENTICATE, HeaderValue::from_static(value));
            }
            assert_eq!(schemes(&headers), expected, "{values:?}");
        }
    }
}
