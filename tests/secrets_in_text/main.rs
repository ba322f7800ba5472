//! No text for people shows a secret: log lines down to the least important, messages, and what Rust prints of a value.
//! Not of what was sent, not of what came back, and not where the server echoes what it was sent.

mod exchange;
mod planted;
#[path = "../support/mod.rs"]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauthclient::client::options::RetryPolicy;
use oauthclient::error::{Result, Status};
use oauthclient::http::{Headers, Response};
use oauthclient::protocol::token::Token;
use oauthclient::transport::proxy::Choice;
use oauthclient::transport::{Call, Failure, FailureKind};
use oauthclient_test_server::proxy::{Credentials as ProxyCredentials, HttpProxy, Socks5};
use oauthclient_test_server::scripted::{Answer, Exchange, Scripted};

use exchange::{CREDENTIALS, Credentials, Exchanges, GRANTS, echoes, quoted};
use planted::*;
use support::calls::secret;

/// What the server says, given one of its echoes: an answer of each kind.
const ANSWERS: [fn(&str) -> Answer; 7] = [
    |echo| Answer::json(400, format!(r#"{{"error":"invalid_grant","error_description":{}}}"#, quoted(echo))),
    |echo| Answer::json(200, format!(r#"{{"error":{{"message":{},"type":"T"}}}}"#, quoted(echo))),
    |echo| Answer::json(401, format!(r#"{{"error":{},"error_uri":{}}}"#, quoted(echo), quoted(echo))),
    |echo| {
        Answer::new(
            400,
            &[("Content-Type", "application/x-www-form-urlencoded")],
            format!("error=e&error_description={}", encoded(echo)),
        )
    },
    |echo| Answer::new(500, &[("Content-Type", "text/plain"), ("Retry-After", "1")], echo),
    |echo| Answer::json(200, format!(r#"{{"access_token":{}}}"#, quoted(&format!("{echo}\n")))),
    |echo| Answer::new(302, &[("Location", &format!("https://as.example/?{}", encoded(echo)))], ""),
];

/// The echo and the answer for the n-th request: all pairs, one after the other.
fn answer(number: usize, target: &str, headers: &[(String, String)], body: &[u8]) -> Option<Answer> {
    let echoes = echoes(target, headers, body);
    let make = ANSWERS.get(number / echoes.len())?;
    Some(make(&echoes[number % echoes.len()]))
}

fn response(answer: Answer) -> Response {
    let mut headers = Headers::default();
    answer.headers.iter().for_each(|(name, value)| headers.push(name.as_bytes(), value.as_bytes()));
    Response { status: answer.status, headers, body: answer.body.into(), cut: false }
}

/// Good news, for when there is no echo left.
fn token_json() -> String {
    let [access, refresh, id] = [ACCESS_TOKEN, NEW_REFRESH_TOKEN, ID_TOKEN].map(quoted);
    format!(r#"{{"access_token":{access},"refresh_token":{refresh},"id_token":{id},"expires_in":"60","x":{access}}}"#)
}

/// Calls until the server has said everything in every way, and then once more with success.
fn call_until_success(exchanges: &Exchanges, what: &str) -> Token {
    let redacted =
        |result: &Result<Token>| result.as_ref().is_err_and(|error| error.message.as_str().contains("[redacted]"));
    let mut shown = 0;
    loop {
        for grant in GRANTS {
            let result = exchanges.call(grant);
            shown += usize::from(redacted(&result));
            if let Ok(token) = result {
                assert!(shown > 20, "{what}: the secrets were echoed {shown} times");
                assert!(exchanges.lines().iter().any(|line| line.contains("[redacted]")));
                return token;
            }
        }
    }
}

#[test]
fn echoes_over_a_callback_transport_stay_out_of_lines() {
    for credentials in CREDENTIALS {
        let number = AtomicUsize::new(0);
        let transport = move |call: &Call<'_>| {
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
            let headers: Vec<_> =
                call.request.headers().iter().map(|(name, value)| (text(name), text(value))).collect();
            let number = number.fetch_add(1, Ordering::Relaxed) / GRANTS.len();
            let answer = answer(number, call.request.url.as_str(), &headers, call.request.body());
            Ok(response(answer.unwrap_or_else(|| Answer::json(200, token_json()))))
        };
        let exchanges = Exchanges::callback(credentials, Arc::new(transport));
        let token = call_until_success(&exchanges, &format!("{credentials:?}"));
        assert_eq!(token.access_token.as_ref().map(|token| token.as_str()), Some(ACCESS_TOKEN));
    }
}

#[test]
fn echoes_over_the_native_transport_stay_out_of_lines() {
    let number = Arc::new(AtomicUsize::new(0));
    let counter = number.clone();
    let server = Scripted::start(move |mut exchange: Exchange| {
        while let Some(request) = exchange.read_request()? {
            let number = counter.fetch_add(1, Ordering::Relaxed) / GRANTS.len();
            let answer = answer(number, &request.target, &request.headers, &request.body);
            exchange.answer(&answer.unwrap_or_else(|| Answer::json(200, token_json())))?;
        }
        Ok(())
    });
    for credentials in [
        Credentials::Configured(oauthclient::protocol::client_authentication::Method::ClientSecretBasic),
        Credentials::Custom,
    ] {
        number.store(0, Ordering::Relaxed);
        let exchanges = Exchanges::native(&server.url("/token"), credentials, |_| {});
        call_until_success(&exchanges, &format!("{credentials:?}"));
    }
    assert!(server.requests().iter().any(|request| request.form_value("code").as_deref() == Some(CODE)));
    assert!(server.requests().iter().all(|request| request.target.contains(QUERY)));
}

#[test]
fn tokens_in_a_form_stay_out_of_lines() {
    let [access, refresh] = [ACCESS_TOKEN, NEW_REFRESH_TOKEN].map(encoded);
    let form = format!("access_token={access}&refresh_token={refresh}&x={access}");
    let server = Scripted::always(200, &[("Content-Type", "application/x-www-form-urlencoded")], form);
    for credentials in CREDENTIALS {
        let exchanges = Exchanges::native(&server.url("/token"), credentials, |_| {});
        for grant in GRANTS {
            exchanges.call(grant).expect("a token");
        }
        assert!(exchanges.lines().iter().any(|line| line.contains("received a token")));
    }
}

/// A transport's own words may hold anything: what it was given above all.
#[test]
fn failures_of_a_callback_transport_name_no_secret() {
    for (kind, status) in [
        (FailureKind::Connect, Status::Connect),
        (FailureKind::ConnectTimeout, Status::Timeout),
        (FailureKind::Tls, Status::Tls),
        (FailureKind::Lost, Status::ConnectionLost),
        (FailureKind::TooLarge, Status::ResponseTooLarge),
        (FailureKind::NotHttp, Status::InvalidResponse),
        (FailureKind::Callback, Status::Callback),
    ] {
        let transport = move |call: &Call<'_>| {
            let body = String::from_utf8_lossy(call.request.body()).into_owned();
            let fields: Vec<_> =
                form_urlencoded::parse(call.request.body()).map(|(_, value)| value.into_owned()).collect();
            let header = call.request.headers().get("authorization").unwrap_or_default();
            let header = String::from_utf8_lossy(header);
            Err(Failure { kind, cause: format!("{header} {} {body}", fields.join("\n")), passing: true })
        };
        let exchanges = Exchanges::callback(Credentials::Custom, Arc::new(transport));
        for grant in GRANTS {
            let error = exchanges.error(grant, status);
            assert!(error.message.as_str().contains("[redacted]"), "{error}");
        }
    }
}

#[test]
fn failures_on_the_wire_name_no_secret() {
    let echo = |exchange: &mut Exchange| {
        let request = exchange.read_request()?.expect("a request");
        Ok::<_, std::io::Error>(format!("{} {}", request.target, String::from_utf8_lossy(&request.body)))
    };
    let no_http = Scripted::start(move |mut exchange: Exchange| {
        let echo = echo(&mut exchange)?;
        exchange.write(format!("{echo}\r\n\r\n").as_bytes())
    });
    let bad_header = Scripted::start(move |mut exchange: Exchange| {
        let echo = echo(&mut exchange)?;
        exchange.write(format!("HTTP/1.1 200 OK\r\n{echo}\r\n\r\n").as_bytes())
    });
    let cut = Scripted::start(move |mut exchange: Exchange| {
        let echo = echo(&mut exchange)?;
        exchange.write(format!("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{echo}").as_bytes())
    });
    let lost = Scripted::start(move |mut exchange: Exchange| {
        echo(&mut exchange)?;
        exchange.reset();
        Ok(())
    });
    for (server, status) in [
        (no_http, Status::InvalidResponse),
        (bad_header, Status::InvalidResponse),
        (cut, Status::ConnectionLost),
        (lost, Status::ConnectionLost),
    ] {
        let exchanges = Exchanges::native(&server.url("/token"), Credentials::Custom, |_| {});
        for grant in GRANTS {
            exchanges.error(grant, status);
        }
    }
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("its address");
    let retry = RetryPolicy { max_retries: 2, backoff_ms: 1, retry_statuses: true };
    let exchanges =
        Exchanges::native(&format!("http://{free}/token"), Credentials::Custom, |config| config.retry = retry);
    assert_eq!(exchanges.error(GRANTS[0], Status::Connect).attempts, 3);
    assert_eq!(exchanges.lines().iter().filter(|line| line.contains("trying again")).count(), 2);
}

#[test]
fn a_proxy_password_stays_out_of_lines() {
    let target = Scripted::always(200, &[("Content-Type", "application/json")], token_json());
    for known in [PROXY_PASSWORD, "another"] {
        let credentials = || Some(ProxyCredentials::new("us3r", known));
        let (http, socks) =
            (HttpProxy::start(target.address(), credentials()), Socks5::start(target.address(), credentials()));
        for (scheme, address) in [("http", http.address()), ("socks5h", socks.address())] {
            let password = encoded(PROXY_PASSWORD).replace('+', "%20");
            for (url, given) in [
                (format!("{scheme}://{address}"), Some((secret("us3r"), secret(PROXY_PASSWORD)))),
                (format!("{scheme}://us3r:{password}@{address}"), None),
            ] {
                let proxy = Choice::Set { url: secret(&url), credentials: given };
                let exchanges = Exchanges::native("http://127.0.0.1:9/token", Credentials::Custom, |config| {
                    config.proxy = proxy;
                    config.allow_http = true; // it leaves this machine, as far as anybody knows
                });
                let result = exchanges.call(GRANTS[0]);
                assert_eq!(result.is_ok(), known == PROXY_PASSWORD, "{url}: {result:?}");
            }
        }
    }
    for url in [format!("ftp://u:{}@p", encoded(PROXY_PASSWORD)), format!("http://u:{PROXY_PASSWORD}@:x")] {
        let mut config = support::calls::config("http://127.0.0.1:9/token");
        config.proxy = Choice::Set { url: secret(&url), credentials: None };
        let error = config.build().err().expect("no proxy URL");
        check(&format!("{error} {error:?}"));
    }
}

/// The check itself: what is not hidden is found.
#[test]
fn the_check_finds_a_secret_in_a_line() {
    for value in ALL {
        for shown in [format!("{value} in a line"), format!("code={}&x", encoded(value)), STANDARD.encode(value)] {
            assert!(found(&shown).is_some(), "{shown}");
        }
    }
    assert_eq!(found("could not connect: http://127.0.0.1:9/token"), None);
}
