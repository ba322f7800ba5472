//! The proxies of a client: set by the program, none, or the environment's, read once.

use reqwest::{NoProxy, Proxy};
use zeroize::Zeroize;

use crate::secret::Secret;
use crate::text::has_ascii_host;

/// The program's choice.
#[derive(Clone, Default)]
pub enum Choice {
    #[default]
    Environment,
    Off,
    Set {
        url: Secret,
        /// Name and password; `None`: those in the URL.
        credentials: Option<(Secret, Secret)>,
    },
}

/// Requests to this machine never use the environment's proxy: plain http is allowed here because it stays here.
const THIS_MACHINE: &str = "localhost,127.0.0.0/8,::1";

/// The proxies of a client; `Err` says what is wrong with one. A wrong proxy never leads to a direct connection.
pub fn proxies(choice: &Choice, use_environment: bool) -> Result<Vec<Proxy>, &'static str> {
    match choice {
        Choice::Off => Ok(Vec::new()),
        Choice::Environment if use_environment => from_environment(|name| std::env::var(name).ok()),
        Choice::Environment => Ok(Vec::new()),
        Choice::Set { url, credentials } => {
            check_choice(choice)?;
            let proxy = Proxy::all(url.as_str()).map_err(|_| "is no proxy URL")?;
            Ok(vec![match credentials {
                Some((name, password)) => proxy.basic_auth(name.as_str(), password.as_str()),
                None => proxy,
            }])
        }
    }
}

/// Checks a proxy that the program set.
pub fn check_choice(choice: &Choice) -> Result<(), &'static str> {
    match choice {
        Choice::Set { url, .. } => check(url.as_str()),
        Choice::Environment | Choice::Off => Ok(()),
    }
}

fn check(url: &str) -> Result<(), &'static str> {
    if !has_ascii_host(url) {
        return Err("has a host that is not ASCII: write its xn-- form");
    }
    let parsed = url::Url::parse(url).map_err(|_| "is not an absolute URL")?;
    let good = matches!(parsed.scheme(), "http" | "https" | "socks5" | "socks5h") && parsed.host().is_some();
    String::from(parsed).zeroize(); // it may hold a password
    if good { Ok(()) } else { Err("is no http, https, socks5 or socks5h URL") }
}

fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Vec<Proxy>, &'static str> {
    let either = |lower: &str, upper: &str| {
        [lower, upper].iter().filter_map(|name| variable(name)).find(|value| !value.trim().is_empty())
    };
    let excluded = either("no_proxy", "NO_PROXY").unwrap_or_default();
    let excluded = NoProxy::from_string(&format!("{excluded},{THIS_MACHINE}"));
    // In a CGI program HTTP_PROXY is a request header, which any client can set.
    let http_upper = if variable("REQUEST_METHOD").is_some() { "http_proxy" } else { "HTTP_PROXY" };
    let all = either("all_proxy", "ALL_PROXY");
    let http = either("http_proxy", http_upper).or_else(|| all.clone());
    let https = either("https_proxy", "HTTPS_PROXY").or(all);
    let parse = |url: Option<String>, proxy: fn(String) -> reqwest::Result<Proxy>| {
        let Some(url) = url else { return Ok(None) };
        let url = if url.contains("://") { url } else { format!("http://{url}") };
        let proxy = check(&url).ok().and_then(|()| proxy(url).ok());
        proxy
            .map(Some)
            .ok_or("of the environment (http_proxy, https_proxy or all_proxy) is no http, https or socks5 URL")
    };
    let proxies = [parse(http, Proxy::http)?, parse(https, Proxy::https)?];
    Ok(proxies.into_iter().flatten().map(|proxy| proxy.no_proxy(excluded.clone())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxy_variables_are_read() {
        for (variables, count) in [
            (&[][..], 0),
            (&[("http_proxy", "http://p:1")], 1),
            (&[("HTTPS_PROXY", "p:1"), ("http_proxy", " ")], 1),
            (&[("ALL_PROXY", "socks5://p:1")], 2),
            (&[("HTTP_PROXY", "p:1"), ("REQUEST_METHOD", "GET")], 0),
        ] {
            let variable = |name: &str| {
                variables.iter().find(|(candidate, _)| *candidate == name).map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(from_environment(variable).map(|proxies| proxies.len()), Ok(count), "{variables:?}");
        }
        for wrong in ["ftp://p:1", "socks4://p:1", "http://"] {
            let variable = |name: &str| (name == "https_proxy").then(|| wrong.to_owned());
            assert!(from_environment(variable).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_given_proxy_is_checked() {
        for (url, ok) in [
            ("http://p:3128", true),
            ("socks5h://u:p@p:1080", true),
            ("p:3128", false),
            ("ftp://p", false),
            ("", false),
        ] {
            let choice = Choice::Set { url: Secret::new(url).expect("text"), credentials: None };
            assert_eq!(proxies(&choice, true).is_ok(), ok, "{url}");
        }
    }
}
