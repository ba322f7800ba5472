//! Which proxy a connection takes: a given one, none, or the environment's, read once.

use reqwest::{NoProxy, Proxy};

use crate::secret::Secret;

/// The program's choice.
#[derive(Clone, Default)]
pub enum Choice {
    #[default]
    Environment,
    Off,
    Set {
        url: Secret,
        /// Name and password; else those in the URL.
        credentials: Option<(Secret, Secret)>,
    },
}

/// Requests to this machine never take the environment's proxy: plain http is allowed there because it stays there.
const THIS_MACHINE: &str = "localhost,127.0.0.0/8,::1";

/// The proxies of a client; `Err` says what is wrong with a given one.
pub fn proxies(choice: &Choice, use_environment: bool) -> Result<Vec<Proxy>, &'static str> {
    match choice {
        Choice::Off => Ok(Vec::new()),
        Choice::Environment if use_environment => Ok(from_environment(|name| std::env::var(name).ok())),
        Choice::Environment => Ok(Vec::new()),
        Choice::Set { url, credentials } => {
            check(url.as_str())?;
            let proxy = Proxy::all(url.as_str()).map_err(|_| "is no proxy URL")?;
            Ok(vec![match credentials {
                Some((name, password)) => proxy.basic_auth(name.as_str(), password.as_str()),
                None => proxy,
            }])
        }
    }
}

fn check(url: &str) -> Result<(), &'static str> {
    let parsed = url::Url::parse(url).map_err(|_| "is not an absolute URL")?;
    match parsed.scheme() {
        "http" | "https" | "socks5" | "socks5h" if parsed.host().is_some() => Ok(()),
        _ => Err("is no http, https, socks5 or socks5h URL"),
    }
}

fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Vec<Proxy> {
    let either = |lower: &str, upper: &str| {
        [lower, upper].iter().filter_map(|name| variable(name)).find(|value| !value.trim().is_empty())
    };
    let excluded = either("no_proxy", "NO_PROXY").unwrap_or_default();
    let excluded = NoProxy::from_string(&format!("{excluded},{THIS_MACHINE}"));
    // HTTP_PROXY in capitals is a request header in a CGI program, and so anybody's.
    let http_upper = if variable("REQUEST_METHOD").is_some() { "http_proxy" } else { "HTTP_PROXY" };
    let all = either("all_proxy", "ALL_PROXY");
    let http = either("http_proxy", http_upper).or_else(|| all.clone());
    let https = either("https_proxy", "HTTPS_PROXY").or(all);
    let with_scheme = |url: String| if url.contains("://") { url } else { format!("http://{url}") };
    let http = http.map(with_scheme).filter(|url| check(url).is_ok()).and_then(|url| Proxy::http(url).ok());
    let https = https.map(with_scheme).filter(|url| check(url).is_ok()).and_then(|url| Proxy::https(url).ok());
    http.into_iter().chain(https).map(|proxy| proxy.no_proxy(excluded.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_counts() {
        for (variables, count) in [
            (&[][..], 0),
            (&[("http_proxy", "http://p:1")], 1),
            (&[("HTTPS_PROXY", "p:1"), ("http_proxy", " ")], 1),
            (&[("ALL_PROXY", "socks5://p:1")], 2),
            (&[("HTTP_PROXY", "p:1"), ("REQUEST_METHOD", "GET")], 0),
            (&[("https_proxy", "ftp://p:1")], 0),
        ] {
            let variable = |name: &str| {
                variables.iter().find(|(candidate, _)| *candidate == name).map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(from_environment(variable).len(), count, "{variables:?}");
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
