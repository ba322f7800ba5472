//! What a server does wrong, and what the caller learns of it.

use oauthclient::client::options::RetryPolicy;
use oauthclient::error::{Advice, Error, ProviderCode, Status};
use oauthclient_test_server::answers;
use oauthclient_test_server::scripted::{Answer, Exchange, Scripted};

use crate::support::calls::{
    CLIENT_SECRET, CODE, Lines, REFRESH_TOKEN, call, client_of, config, failure, grants, is_proxied, token,
};

type Fault = Box<dyn Fn(Exchange) -> std::io::Result<()> + Send + Sync>;

fn fault(does: impl Fn(Exchange) -> std::io::Result<()> + Send + Sync + 'static) -> Fault {
    Box::new(does)
}

fn answers_with(answer: Answer) -> Fault {
    fault(move |mut exchange| exchange.answer(&answer))
}

/// Both grants meet the fault; each is sent once, whatever the retry policy, and says what happened without secrets.
fn errors_of(what: &str, fault: Fault) -> Vec<Error> {
    let server = Scripted::start(move |mut exchange| {
        exchange.read_request()?;
        fault(exchange)
    });
    let lines = Lines::default();
    let mut settings = config(&server.url("/token?key=hidden"));
    settings.retry = RetryPolicy { max_retries: 3, backoff_ms: 1, retry_statuses: true };
    settings.timeout_ms = 1_000;
    settings.idle_timeout_ms = 0; // some faults leave a connection behind that ends at any moment
    settings.log = lines.log();
    let client = client_of(&settings);
    let mut errors = Vec::new();
    for (number, grant) in grants().into_iter().enumerate() {
        let error = failure(call(&client, grant, None));
        assert!(error.request_sent, "{what}: {error}");
        assert_eq!(error.attempts, 1, "{what}: {error}");
        assert_eq!(error.endpoint.as_ref().map(|url| url.as_str()), Some(server.url("/token").as_str()), "{what}");
        assert_eq!(server.requests().len(), number + 1, "{what}: sent once");
        errors.push(error);
    }
    let said = lines.all().join("\n") + &errors.iter().map(|error| error.message.to_string()).collect::<String>();
    for secret in [CODE, REFRESH_TOKEN, CLIENT_SECRET, "hidden"] {
        assert!(!said.contains(secret), "{what}: {said}");
    }
    errors
}

/// No whole answer came: its outcome is unknown, and there is no HTTP answer to show.
fn no_answer(what: &str, status: Status, fault: Fault) {
    for error in errors_of(what, fault) {
        assert_eq!(error.status, status, "{what}: {error}");
        assert_eq!(error.advice, Advice::OutcomeUnknown, "{what}: {error}");
        assert!(error.response.is_none() && error.provider.is_none(), "{what}");
        assert!(error.message.as_str().len() > 20, "{what}: {error}");
    }
}

/// A whole answer came, and is there to see.
fn bad_answer(what: &str, status: Status, http_status: u16, advice: Advice, fault: Fault) -> Vec<Error> {
    let errors = errors_of(what, fault);
    for error in &errors {
        assert_eq!(error.status, status, "{what}: {error}");
        assert_eq!(error.advice, advice, "{what}: {error}");
        assert_eq!(error.response.as_ref().map(|response| response.status), Some(http_status), "{what}");
        assert!(error.message.as_str().contains(&http_status.to_string()), "{what}: {error}");
    }
    errors
}

#[test]
fn connections_that_end_too_early_are_connection_lost() {
    let body = || token().body;
    no_answer("reset before the headers", Status::ConnectionLost, fault(answers::reset_before_headers));
    no_answer("reset in the headers", Status::ConnectionLost, fault(answers::reset_in_headers));
    no_answer("reset after the headers", Status::ConnectionLost, fault(answers::reset_after_headers));
    let reset = fault(move |exchange| answers::reset_in_body(exchange, &body()));
    no_answer("reset in the body", Status::ConnectionLost, reset);
    let truncated = fault(move |exchange| answers::truncated_body(exchange, &body(), 1));
    no_answer("truncated body", Status::ConnectionLost, truncated);
    let truncated = fault(move |exchange| answers::truncated_chunked_body(exchange, &body()));
    no_answer("truncated chunked body", Status::ConnectionLost, truncated);
    let closed = fault(|exchange| {
        exchange.close();
        Ok(())
    });
    no_answer("closed before the headers", Status::ConnectionLost, closed);
}

#[test]
fn answers_that_never_end_are_bounded() {
    let waits = fault(|mut exchange| {
        exchange.wait_for_close();
        Ok(())
    });
    no_answer("silence", Status::Timeout, waits);
    let longer = fault(|mut exchange| answers::too_long_length(&mut exchange, &token().body, 1));
    no_answer("Content-Length longer than the body", Status::Timeout, longer);
}

#[test]
fn answers_that_are_not_http_are_invalid_responses() {
    for garbage in
        ["SSH-2.0-OpenSSH_9\r\n", "\r\n\r\n\r\n\0\0\0\r\n", "<html>no head</html>\r\n\r\n", "HTTP/1.1 abc\r\n\r\n"]
    {
        let garbage = garbage.as_bytes().to_vec();
        no_answer("garbage", Status::InvalidResponse, fault(move |mut exchange| exchange.write(&garbage)));
    }
    let doubled = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ";
    no_answer("two lengths", Status::InvalidResponse, fault(move |mut exchange| exchange.write(doubled)));
}

#[test]
fn floods_of_headers_are_refused() {
    let many = fault(|mut exchange| answers::many_headers(&mut exchange, &token(), 10_000));
    no_answer("many headers", Status::ResponseTooLarge, many);
    let huge = fault(|mut exchange| answers::huge_header(&mut exchange, &token(), 4 << 20));
    no_answer("a huge header", Status::ResponseTooLarge, huge);
}

/// Each piece is repeated until the client has had enough.
#[test]
fn floods_around_the_body_are_refused() {
    if is_proxied() {
        return; // they end with the time there
    }
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (what, head, piece, status) in [
        ("interim answers", "", "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n", Status::ResponseTooLarge),
        ("a chunk size that never ends", chunked, "00000000", Status::ResponseTooLarge),
        ("a chunk extension that never ends", &format!("{chunked}1;"), "aaaaaaaa", Status::ResponseTooLarge),
        ("a trailer that never ends", &format!("{chunked}0\r\nA: "), "bbbbbbbb", Status::ResponseTooLarge),
        ("trailers", &format!("{chunked}0\r\n"), "A: b\r\n", Status::InvalidResponse),
    ] {
        let (head, piece) = (head.to_owned(), piece.repeat(1000));
        let flood = fault(move |mut exchange| {
            exchange.write(head.as_bytes())?;
            loop {
                exchange.write(piece.as_bytes())?;
            }
        });
        no_answer(what, status, flood);
    }
}

#[test]
fn a_content_length_shorter_than_the_body_cuts_it() {
    let fault = fault(|mut exchange| answers::too_short_length(&mut exchange, &token().body, 1));
    bad_answer("short length", Status::InvalidResponse, 200, Advice::OutcomeUnknown, fault);
}

#[test]
fn redirects_are_never_followed() {
    for status in [301, 302, 303, 307, 308] {
        let target = Scripted::always(200, &[], token().body);
        let location = target.url("/stolen");
        for body in ["", r#"{"access_token":"at","token_type":"Bearer"}"#, r#"{"error":"invalid_grant"}"#] {
            let answer = Answer::new(status, &[("Location", &location), ("Content-Type", "application/json")], body);
            bad_answer("redirect", Status::Redirect, status, Advice::FixConfig, answers_with(answer));
        }
        assert!(target.connections().is_empty());
    }
}

#[test]
fn http_errors_without_an_oauth_error_say_their_status() {
    for (status, advice) in [
        (201, Advice::None),
        (204, Advice::None),
        (400, Advice::None),
        (401, Advice::FixConfig),
        (403, Advice::FixConfig),
        (404, Advice::FixConfig),
        (429, Advice::RetryLater),
        (500, Advice::RetryLater),
        (502, Advice::OutcomeUnknown),
        (503, Advice::RetryLater),
    ] {
        let answer = if status == 204 { answers::no_content() } else { answers::html(status) };
        bad_answer("page", Status::Http, status, advice, answers_with(answer));
    }
    bad_answer("page", Status::InvalidResponse, 200, Advice::OutcomeUnknown, answers_with(answers::html(200)));
}

#[test]
fn an_empty_answer_is_an_invalid_response() {
    bad_answer("empty", Status::InvalidResponse, 200, Advice::OutcomeUnknown, answers_with(Answer::json(200, "")));
}

#[test]
fn retry_after_is_read_and_capped() {
    for (status, retry_after, expected) in [
        (429, "7", Some(7)),
        (503, "7", Some(7)),
        (503, "86400", Some(3600)),
        (503, "Wed, 21 Oct 2065 07:28:00 GMT", Some(3600)),
        (429, "Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
        (503, "soon", None),
    ] {
        let answer = Answer::new(status, &[("Retry-After", retry_after)], "");
        for error in bad_answer("wait", Status::Http, status, Advice::RetryLater, answers_with(answer)) {
            assert_eq!(error.retry_after_s, expected, "{retry_after}");
        }
        let answer = Answer::new(status, &[("Retry-After", retry_after)], r#"{"error":"slow_down"}"#);
        for error in bad_answer("wait", Status::Provider, status, Advice::RetryLater, answers_with(answer)) {
            assert_eq!(error.retry_after_s, expected, "{retry_after}");
        }
    }
}

#[test]
fn an_oauth_error_counts_at_any_status() {
    for (status, code, number, advice) in [
        (400, "invalid_grant", ProviderCode::InvalidGrant, Advice::LogInAgain),
        (401, "invalid_client", ProviderCode::InvalidClient, Advice::FixConfig),
        (200, "invalid_grant", ProviderCode::InvalidGrant, Advice::LogInAgain),
        (403, "access_denied", ProviderCode::AccessDenied, Advice::LogInAgain),
        (403, "invalid_scope", ProviderCode::InvalidScope, Advice::FixRequest),
        (428, "authorization_pending", ProviderCode::AuthorizationPending, Advice::RetryLater),
        (429, "slow_down", ProviderCode::SlowDown, Advice::RetryLater),
        (500, "server_error", ProviderCode::ServerError, Advice::RetryLater),
        (503, "temporarily_unavailable", ProviderCode::TemporarilyUnavailable, Advice::RetryLater),
        (400, "of_its_own", ProviderCode::Unknown, Advice::None),
    ] {
        let answer = Answer::json(status, format!(r#"{{"error":"{code}","error_description":"why"}}"#));
        for error in bad_answer(code, Status::Provider, status, advice, answers_with(answer)) {
            let provider = error.provider.as_ref().expect("a provider error");
            assert_eq!(provider.error.as_ref().map(|error| error.as_str()), Some(code));
            assert_eq!(provider.code, number);
            assert!(error.message.as_str().contains(&format!("{code}: why")), "{error}");
        }
    }
}
