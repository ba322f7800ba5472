//! Proxies: those that the program names. The environment's are in `proxies_environment.rs`.

use oauthclient::client::config::Builder;
use oauthclient::error::{Advice, Error, Status};
use oauthclient::transport::proxy::Choice;
use oauthclient_test_server::proxy::{Credentials, HttpProxy, Socks5};
use oauthclient_test_server::scripted::{Answer, Scripted, SeenRequest, handler};

use crate::support::calls::{Lines, authority, client_of, config, failure, refresh, refreshed, secret, token};

const USER: &str = "us er";
const PASSWORD: &str = "pa55:w/ord";

fn credentials() -> Option<Credentials> {
    Some(Credentials::new(USER, PASSWORD))
}

fn through(endpoint: &str, proxy: &str, credentials: Option<(&str, &str)>) -> Builder {
    let mut settings = config(endpoint);
    settings.allow_http = true;
    settings.retry.backoff_ms = 1;
    let credentials = credentials.map(|(name, password)| (secret(name), secret(password)));
    settings.proxy = Choice::Set { url: secret(proxy), credentials };
    settings
}

fn plain() -> Scripted {
    Scripted::start(handler::always(token()))
}

/// A server by a name that only a proxy knows.
fn tls() -> Scripted {
    Scripted::start_tls(handler::always(token()), &authority().for_names(&["as.invalid", "localhost"]))
}

/// With the user information in the URL: the same proxy with these credentials.
fn with_user_information(proxy: &str, user: &str, password: &str) -> String {
    let escape = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    proxy.replace("://", &format!("://{}:{}@", escape(user), escape(password)))
}

/// The ways of giving good credentials to a proxy.
fn good_ways(proxy: &str) -> [(String, Option<(&'static str, &'static str)>); 3] {
    [
        (proxy.to_owned(), Some((USER, PASSWORD))),
        (with_user_information(proxy, USER, PASSWORD), None),
        (with_user_information(proxy, "other", "wrong"), Some((USER, PASSWORD))),
    ]
}

#[test]
fn http_goes_through_an_http_proxy_in_absolute_form() {
    let target = plain();
    let proxy = HttpProxy::start(target.address(), None);
    let client = client_of(&through("http://as.invalid:81/token?a=b", &proxy.url(""), None));
    refreshed(&client);
    refreshed(&client);
    assert_eq!(proxy.requests()[0].target, "http://as.invalid:81/token?a=b");
    assert_eq!(target.requests()[0].header("host"), Some("as.invalid:81"));
    assert_eq!((proxy.connections().len(), target.requests().len()), (1, 2), "the connection was kept");
}

#[test]
fn https_goes_through_an_http_proxy_in_a_tunnel() {
    let target = tls();
    let proxy = HttpProxy::start(target.address(), None);
    let client = client_of(&through("https://as.invalid:444/token", &proxy.url(""), None));
    refreshed(&client);
    refreshed(&client);
    let seen = proxy.requests();
    assert_eq!((seen.len(), seen[0].method.as_str(), seen[0].target.as_str()), (1, "CONNECT", "as.invalid:444"));
    assert!(seen[0].header("authorization").is_none() && seen[0].body.is_empty(), "the proxy gets no credential");
    assert_eq!(target.requests().len(), 2);
    let server_name = target.connections()[0].tls.as_ref().and_then(|tls| tls.server_name.clone());
    assert_eq!(server_name.as_deref(), Some("as.invalid"));
}

#[test]
fn a_wrong_certificate_is_refused_through_a_proxy_too() {
    let target = Scripted::start_tls(handler::always(token()), &authority().wrong_host());
    let proxy = HttpProxy::start(target.address(), None);
    let error = failure(refresh(&client_of(&through("https://as.invalid/token", &proxy.url(""), None))));
    assert_eq!((error.status, error.request_sent, error.attempts), (Status::Tls, false, 1), "{error}");
}

#[test]
fn an_http_proxy_gets_its_credentials() {
    for (target, endpoint) in [(plain(), "http://as.invalid/token"), (tls(), "https://as.invalid/token")] {
        let proxy = HttpProxy::start(target.address(), credentials());
        for (number, (url, credentials)) in good_ways(&proxy.url("")).into_iter().enumerate() {
            refreshed(&client_of(&through(endpoint, &url, credentials)));
            assert_eq!(target.requests().len(), number + 1);
        }
        assert_eq!(proxy.requests().len(), 3, "the first try carries them");
        assert!(target.requests().iter().all(|seen| seen.header("proxy-authorization").is_none()));
    }
}

/// A call through a proxy that refuses it: nothing reaches the server, and nobody reads the password in the log.
fn refused(mut settings: Builder, target: &Scripted) -> Error {
    let lines = Lines::default();
    settings.log = lines.log();
    let error = failure(refresh(&client_of(&settings)));
    assert!(target.connections().is_empty(), "{error}");
    let said = format!("{error}\n{}", lines.all().join("\n"));
    assert!(!said.contains("wr0ng") && !said.contains(PASSWORD), "{said}");
    error
}

#[test]
fn an_http_proxy_refuses_wrong_credentials() {
    let target = tls();
    let proxy = HttpProxy::start(target.address(), credentials());
    for given in [None, Some((USER, "wr0ng"))] {
        let error = refused(through("https://as.invalid/token", &proxy.url(""), given), &target);
        assert_eq!(
            (error.status, error.request_sent, error.attempts),
            (Status::Connect, false, 1),
            "it may lock an account: {error}"
        );
        assert_eq!(error.advice, Advice::FixConfig);
        assert!(error.message.as_str().contains("proxy"), "{error}");
    }
    let plain = plain();
    let proxy = HttpProxy::start(plain.address(), credentials());
    for given in [None, Some((USER, "wr0ng"))] {
        let error = refused(through("http://as.invalid/token", &proxy.url(""), given), &plain);
        assert_eq!(error.status, Status::Http, "{error}");
        assert_eq!(error.response.as_ref().map(|response| response.status), Some(407), "the proxy's own answer");
    }
}

#[test]
fn a_proxy_that_wants_credentials_names_its_schemes() {
    let target = tls();
    let proxy = HttpProxy::start(target.address(), credentials());
    for given in [None, Some((USER, "wr0ng"))] {
        let error = refused(through("https://as.invalid/token", &proxy.url(""), given), &target);
        assert!(error.message.as_str().ends_with("(HTTP 407), it wants Basic"), "{error}");
    }
    let sent = |seen: &SeenRequest| seen.header("proxy-authorization").is_some();
    let sent: Vec<_> = proxy.requests().iter().map(sent).collect();
    assert_eq!(sent, [false, false, true, false], "a wrong password is sent once");
}

#[test]
fn a_proxy_that_refuses_a_tunnel_is_named_with_its_status() {
    let target = tls();
    for (status, advice, attempts, words) in [
        (403, Advice::FixConfig, 1, "the proxy refused a tunnel to the server with HTTP 403"),
        (302, Advice::FixConfig, 1, "the proxy refused a tunnel to the server with HTTP 302"),
        (503, Advice::Retry, 3, "the proxy refused a tunnel to the server with HTTP 503"),
        (429, Advice::Retry, 3, "the proxy refused a tunnel to the server with HTTP 429"),
    ] {
        let proxy = Scripted::start(handler::always(Answer::new(status, &[], "<html>no</html>")));
        let url = with_user_information(&proxy.url(""), USER, PASSWORD);
        let error = refused(through("https://as.invalid/token", &url, None), &target);
        assert_eq!((error.status, error.advice, error.attempts), (Status::Connect, advice, attempts), "{error}");
        assert!(!error.request_sent && error.message.as_str().ends_with(words), "{error}");
        let seen = proxy.requests();
        assert!(seen.iter().all(|seen| (&*seen.method, &*seen.target) == ("CONNECT", "as.invalid:443")), "{seen:?}");
        assert!(seen.iter().all(|seen| seen.header("proxy-authorization").is_some() && seen.body.is_empty()));
    }
    // It answers once, and has gone when it is asked for its reasons.
    let proxy = Scripted::start(|mut exchange| {
        if exchange.read_request()?.is_some_and(|seen| seen.header("accept").is_none()) {
            exchange.answer(&Answer::new(403, &[], ""))?;
        }
        Ok(())
    });
    let error = refused(through("https://as.invalid/token", &proxy.url(""), None), &target);
    assert!(error.message.as_str().ends_with("the proxy refused a tunnel to the server"), "{error}");
}

#[test]
fn an_unreachable_proxy_is_a_failure_to_connect() {
    let target = plain();
    let gone = plain().url("");
    for (scheme, endpoint) in
        [("http", "http://as.invalid/token"), ("http", "https://as.invalid/token"), ("socks5h", "http://as.invalid/")]
    {
        let error = refused(through(endpoint, &gone.replace("http", scheme), None), &target);
        assert_eq!((error.status, error.request_sent, error.attempts), (Status::Connect, false, 3), "{error}");
    }
}

fn socks_url(proxy: &Socks5, scheme: &str) -> String {
    format!("{scheme}://127.0.0.1:{}", proxy.port())
}

#[test]
fn socks5h_looks_names_up_at_the_proxy_and_socks5_here() {
    for (target, http) in [(plain(), "http"), (tls(), "https")] {
        let proxy = Socks5::start(target.address(), None);
        let near = client_of(&through(&format!("{http}://localhost:82/token"), &socks_url(&proxy, "socks5"), None));
        let far = client_of(&through(&format!("{http}://as.invalid:83/token"), &socks_url(&proxy, "socks5h"), None));
        refreshed(&near);
        refreshed(&far);
        refreshed(&far);
        let [near, far] = &proxy.targets()[..] else { panic!("{:?}", proxy.targets()) };
        assert!(!near.by_name && ["127.0.0.1", "::1"].contains(&near.host.as_str()) && near.port == 82, "{near:?}");
        assert!(far.by_name && far.host == "as.invalid" && far.port == 83, "{far:?}");
        assert_eq!(target.requests().len(), 3);
    }
}

#[test]
fn socks_means_socks5() {
    let target = plain();
    let proxy = Socks5::start(target.address(), credentials());
    let url = with_user_information(&socks_url(&proxy, "socks"), USER, PASSWORD);
    refreshed(&client_of(&through("http://localhost:82/token", &url, None)));
    assert_eq!((proxy.targets().len(), proxy.targets()[0].by_name), (1, false));
}

#[test]
fn a_socks_proxy_gets_its_credentials() {
    for (target, endpoint) in [(plain(), "http://as.invalid/token"), (tls(), "https://as.invalid/token")] {
        let proxy = Socks5::start(target.address(), credentials());
        for (number, (url, credentials)) in good_ways(&socks_url(&proxy, "socks5h")).into_iter().enumerate() {
            refreshed(&client_of(&through(endpoint, &url, credentials)));
            assert_eq!(target.requests().len(), number + 1);
        }
    }
}

#[test]
fn a_socks_proxy_refuses_wrong_credentials() {
    let target = plain();
    let proxy = Socks5::start(target.address(), credentials());
    for given in [None, Some((USER, "wr0ng"))] {
        let error = refused(through("http://as.invalid/token", &socks_url(&proxy, "socks5h"), given), &target);
        assert_eq!((error.status, error.request_sent), (Status::Connect, false), "{error}");
        assert!(error.message.as_str().contains("SOCKS"), "{error}");
        if given.is_some() {
            assert_eq!((error.attempts, error.advice), (1, Advice::FixConfig), "it may lock an account: {error}");
        }
    }
    assert!(proxy.targets().is_empty());
}
