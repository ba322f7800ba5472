//! The proxies of a client: set by the program, none, or the environment's, read once.

use reqwest::{NoProxy, Proxy};
use zeroize::{Zeroize, Zeroizing};

use crate::secret::Secret;
use crate::text::has_ascii_host;
use crate::transport::tunnel::Tunnel;

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

/// The schemes that endpoints have, or may come to have: only their variables are read.
#[derive(Clone, Copy)]
pub struct Schemes {
    pub http: bool,
    pub https: bool,
}

/// The proxies of a client.
#[derive(Clone, Default)]
pub struct Proxies {
    pub all: Vec<Proxy>,
    /// The one of https endpoints, if it is an HTTP proxy.
    pub tunnel: Option<Tunnel>,
}

/// The proxies of a client; `Err` says what is wrong with one. A wrong proxy never leads to a direct connection.
pub fn proxies(choice: &Choice, use_environment: bool, schemes: Schemes) -> Result<Proxies, &'static str> {
    match choice {
        Choice::Off => Ok(Proxies::default()),
        Choice::Environment if use_environment => from_environment(|name| std::env::var(name).ok(), schemes),
        Choice::Environment => Ok(Proxies::default()),
        Choice::Set { url, credentials } => {
            check_choice(choice)?;
            let url = plain_name(url.as_str());
            let proxy = Proxy::all(url.as_str()).map_err(|_| "is no proxy URL")?;
            let proxy = match credentials {
                Some((name, password)) => proxy.basic_auth(name.as_str(), password.as_str()),
                None => proxy,
            };
            Ok(Proxies { tunnel: tunnel(&url, proxy.clone()), all: vec![proxy] })
        }
    }
}

/// The URL with the usual name for its scheme: `socks` is SOCKS 5.
fn plain_name(url: &str) -> Zeroizing<String> {
    let url = url.trim();
    let socks = url.split_once("://").filter(|(scheme, _)| scheme.eq_ignore_ascii_case("socks"));
    Zeroizing::new(socks.map_or_else(|| url.to_owned(), |(_, rest)| format!("socks5://{rest}")))
}

fn tunnel(url: &str, proxy: Proxy) -> Option<Tunnel> {
    let mut bare = url::Url::parse(url).ok().filter(|url| url.scheme().starts_with("http"))?;
    let without = bare.set_username("").and_then(|()| bare.set_password(None));
    without.ok().and_then(|()| Proxy::all(bare).ok()).map(|bare| Tunnel { proxy, without_credentials: bare })
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
    let parsed = url::Url::parse(&plain_name(url)).map_err(|_| "is not an absolute URL")?;
    let good = matches!(parsed.scheme(), "http" | "https" | "socks5" | "socks5h") && parsed.host().is_some();
    String::from(parsed).zeroize(); // it may hold a password
    if good { Ok(()) } else { Err("is no http, https, socks, socks5 or socks5h URL") }
}

fn from_environment(variable: impl Fn(&str) -> Option<String>, schemes: Schemes) -> Result<Proxies, &'static str> {
    let either = |lower: &str, upper: &str| {
        [lower, upper].iter().filter_map(|name| variable(name)).find(|value| !value.trim().is_empty())
    };
    let excluded = excluded(&either("no_proxy", "NO_PROXY").unwrap_or_default());
    if excluded.split(',').any(|entry| entry == "*") {
        return Ok(Proxies::default()); // reqwest would still use them for addresses
    }
    let excluded = NoProxy::from_string(&excluded);
    // In a CGI program HTTP_PROXY is a request header, which any client can set.
    let http_upper = if variable("REQUEST_METHOD").is_some() { "http_proxy" } else { "HTTP_PROXY" };
    let all = || either("all_proxy", "ALL_PROXY");
    let http = if schemes.http { either("http_proxy", http_upper).or_else(all) } else { None };
    let https = if schemes.https { either("https_proxy", "HTTPS_PROXY").or_else(all) } else { None };
    let mut proxies = Proxies::default();
    if let Some(url) = http.map(with_scheme) {
        const WRONG: &str = "of the environment (http_proxy or all_proxy) is no http, https or socks5 URL";
        let proxy = check(&url).ok().and_then(|()| Proxy::http(url.as_str()).ok()).ok_or(WRONG)?;
        proxies.all.push(proxy.no_proxy(excluded.clone()));
    }
    if let Some(url) = https.map(with_scheme) {
        const WRONG: &str = "of the environment (https_proxy or all_proxy) is no http, https or socks5 URL";
        let proxy = check(&url).ok().and_then(|()| Proxy::https(url.as_str()).ok()).ok_or(WRONG)?;
        proxies.tunnel = Proxy::all(url.as_str()).ok().and_then(|all| tunnel(&url, all));
        proxies.all.push(proxy.no_proxy(excluded));
    }
    Ok(proxies)
}

/// A variable may hold a host and a port only.
fn with_scheme(url: String) -> Zeroizing<String> {
    let url = Zeroizing::new(url);
    if url.contains("://") { plain_name(&url) } else { Zeroizing::new(format!("http://{}", url.trim())) }
}

/// The hosts without a proxy, as the crates read them: separated by commas, each with and without the dot that may end
/// a host name.
fn excluded(variable: &str) -> String {
    let entries = variable.split(|c: char| c == ',' || c.is_whitespace()).chain(THIS_MACHINE.split(','));
    let entries = entries.map(|entry| entry.trim_end_matches('.')).filter(|entry| !entry.is_empty());
    entries.map(|entry| format!("{entry},{entry}.")).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: Schemes = Schemes { http: true, https: true };

    #[test]
    fn proxy_variables_are_read() {
        for (variables, count) in [
            (&[][..], 0),
            (&[("http_proxy", "http://p:1")], 1),
            (&[("HTTPS_PROXY", "p:1"), ("http_proxy", " ")], 1),
            (&[("ALL_PROXY", "socks5://p:1")], 2),
            (&[("ALL_PROXY", "SOCKS://p:1")], 2),
            (&[("HTTP_PROXY", "p:1"), ("REQUEST_METHOD", "GET")], 0),
        ] {
            let variable = |name: &str| {
                variables.iter().find(|(candidate, _)| *candidate == name).map(|(_, value)| (*value).to_owned())
            };
            let found = from_environment(variable, BOTH).map(|proxies| proxies.all.len());
            assert_eq!(found, Ok(count), "{variables:?}");
        }
        for wrong in ["ftp://p:1", "socks4://p:1", "http://"] {
            let variable = |name: &str| (name == "https_proxy").then(|| wrong.to_owned());
            assert!(from_environment(variable, BOTH).is_err(), "{wrong}");
            assert!(from_environment(variable, Schemes { http: true, https: false }).is_ok(), "{wrong}");
        }
    }

    #[test]
    fn only_the_variable_of_a_scheme_is_read() {
        let (http, https) = (Schemes { http: true, https: false }, Schemes { http: false, https: true });
        for (broken, schemes, ok) in [
            ("http_proxy", https, true),
            ("http_proxy", http, false),
            ("https_proxy", http, true),
            ("https_proxy", https, false),
            ("all_proxy", http, false),
            ("all_proxy", https, false),
        ] {
            let variable = |name: &str| (name == broken).then(|| "ftp://p".to_owned());
            let found = from_environment(variable, schemes);
            assert_eq!(found.is_ok(), ok, "{broken}");
            assert!(found.is_ok() || found.is_err_and(|why| why.contains(broken)), "{broken}");
        }
    }

    #[test]
    fn excluded_hosts_are_separated_by_commas_and_blanks() {
        let this_machine = "localhost,localhost.,127.0.0.0/8,127.0.0.0/8.,::1,::1.";
        for (variable, expected) in [
            ("", ""),
            ("a.example. .b,\t10.0.0.0/8", "a.example,a.example.,.b,.b.,10.0.0.0/8,10.0.0.0/8.,"),
            ("*", "*,*.,"),
        ] {
            assert_eq!(excluded(variable), format!("{expected}{this_machine}"), "{variable}");
        }
    }

    #[test]
    fn a_given_proxy_is_checked() {
        for (url, ok) in [
            ("http://p:3128", true),
            ("socks5h://u:p@p:1080", true),
            ("socks://u:p@p:1080", true),
            ("socks4://p:1080", false),
            ("p:3128", false),
            ("ftp://p", false),
            ("", false),
        ] {
            let choice = Choice::Set { url: Secret::new(url).expect("text"), credentials: None };
            assert_eq!(proxies(&choice, true, BOTH).is_ok(), ok, "{url}");
        }
    }
}
