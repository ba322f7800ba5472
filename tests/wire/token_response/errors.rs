//! OAuth errors (RFC 6749 section 5.2), in every shape in which servers write them.

use oauthclient::error::{Advice, ProviderCode, Status};

use crate::token_response::{FORM, Given, names, shown};

/// Body, then error, description, URI, deviations; all came with HTTP 400.
#[test]
fn an_error_holds_every_part_of_the_answer() {
    for (body, expected) in [
        (&br#"{"error":"invalid_grant"}"#[..], ["invalid_grant", "-", "-", ""]),
        (
            br#"{"error":"invalid_grant","error_description":"too old","error_uri":"https://a.example/e"}"#,
            ["invalid_grant", "too old", "https://a.example/e", ""],
        ),
        (br#"{"error":"\u0069nvalid_grant","error_description":"\u00e9"}"#, ["invalid_grant", "\u{e9}", "-", ""]),
        (br#"{"error":"made_up","error_description":"","error_uri":null}"#, ["made_up", "-", "-", ""]),
        (br#"{"error":"e","error_description":7,"error_uri":[]}"#, ["e", "-", "-", "member-type"]),
        // an error wins over a token
        (br#"{"access_token":"AT","error":"invalid_scope","token_type":"Bearer"}"#, ["invalid_scope", "-", "-", ""]),
        // an object in its place
        (
            br#"{"error":{"type":"OAuthException","message":"used","code":100}}"#,
            ["OAuthException", "used", "-", "error-object"],
        ),
        (br#"{"error":{"message":"used"}}"#, ["-", "used", "-", "error-object"]),
        (br#"{"error":{"code":403,"message":"m"}}"#, ["403", "m", "-", "error-object"]),
        (br#"{"error":{"code":403,"status":"DENIED"}}"#, ["DENIED", "-", "-", "error-object"]),
        (br#"{"error":{"type":"","code":"c"}}"#, ["c", "-", "-", "error-object"]),
        // a number, an array
        (br#"{"error":400,"error_description":"expired"}"#, ["400", "expired", "-", "error-object"]),
        (br#"{"error":-5.5}"#, ["-5.5", "-", "-", "error-object"]),
        (br#"{"error":["invalid_grant","x"]}"#, ["invalid_grant", "-", "-", "error-object"]),
        (br#"{"error":[{"code":"c","message":"m"}]}"#, ["c", "m", "-", "error-object"]),
        // a registered code elsewhere
        (
            br#"{"errors":[{"errorType":"invalid_grant","message":"gone"}]}"#,
            ["invalid_grant", "gone", "-", "error-object description-name"],
        ),
        (br#"{"errors":[{"error":"bad_refresh_token"}]}"#, ["bad_refresh_token", "-", "-", "error-object"]),
        (br#"{"status":400,"message":"authorization_pending"}"#, ["authorization_pending", "-", "-", "error-object"]),
        // a description that is an object, or stands elsewhere
        (
            br#"{"error":"e","error_description":{"code":"x","message":"bad thing"}}"#,
            ["e", "bad thing", "-", "member-type"],
        ),
        (br#"{"error":"e","message":"m"}"#, ["e", "m", "-", "description-name"]),
        (br#"{"error":"e","error_description":"d","message":"m"}"#, ["e", "d", "-", ""]),
        (br#"{"error":"e","errmsg":"","detail":"d","title":"t"}"#, ["e", "d", "-", "description-name"]),
        (br#"{"error":"e","errors":[{"message":"m"}]}"#, ["e", "m", "-", "description-name"]),
        // U+0000: what holds it is absent, the rest is there
        (br#"{"error":"a\u0000b","error_description":"d"}"#, ["-", "d", "-", "nul"]),
        (br#"{"error":"e","error_description":"a\u0000b","error_uri":"u"}"#, ["e", "-", "u", "nul"]),
        // bytes that are no UTF-8 do not hide the error
        (
            b"{\"error\":\"invalid_grant\",\"error_description\":\"expir\xe9\"}",
            ["invalid_grant", "expir\u{fffd}", "-", "utf8"],
        ),
        (b"{\"error\":\"e\",\"\xff\":1}", ["e", "-", "-", "utf8"]),
        (b"\xef\xbb\xbf{\"error\":\"e\"}", ["e", "-", "-", "bom"]),
    ] {
        let text = String::from_utf8_lossy(body);
        let error = Given::json(body).status(400).error(Status::Provider);
        let provider = error.provider.as_ref().expect("an OAuth error");
        let texts = [&provider.error, &provider.description, &provider.uri].map(|text| shown(text.as_ref()));
        assert_eq!([texts[0], texts[1], texts[2], &names(error.deviations)], expected, "{text}");
        assert!(!error.message.as_str().is_empty() && error.message.as_str().contains("HTTP 400"), "{error}");
        // the same in an answer that says it is fine
        let fine = Given::json(body).error(Status::Provider);
        let deviations = [expected[3], "error-status"].join(" ");
        let deviations: Vec<_> = deviations.split_whitespace().collect();
        let mut seen: Vec<_> = names(fine.deviations).split_whitespace().map(str::to_owned).collect();
        seen.sort_by_key(|name| deviations.iter().position(|known| known == name));
        assert_eq!(seen, deviations, "{text}");
    }
}

#[test]
fn a_form_holds_an_error_too() {
    for (body, content_type, expected) in [
        (
            "error=bad_verification_code&error_description=The+code%2C+expired.&error_uri=https%3A%2F%2Fa.example",
            FORM,
            ["bad_verification_code", "The code, expired.", "https://a.example", "form"],
        ),
        ("error=e", "text/plain", ["e", "-", "-", "form"]),
        ("x=1&error=e&error_description=", "", ["e", "-", "-", "form"]),
        ("access_token=AT&error=e", FORM, ["e", "-", "-", "form"]),
        // what is no UTF-8 is replaced, and hides nothing
        ("error=e&error_description=expir%E9", FORM, ["e", "expir\u{fffd}", "-", "form utf8"]),
        ("error=e&error_description=%ff%FE+x", "text/plain", ["e", "\u{fffd}\u{fffd} x", "-", "form utf8"]),
    ] {
        let error = Given::new(400, &[("Content-Type", content_type)], body).error(Status::Provider);
        let provider = error.provider.as_ref().expect("an OAuth error");
        let texts = [&provider.error, &provider.description, &provider.uri].map(|text| shown(text.as_ref()));
        assert_eq!([texts[0], texts[1], texts[2], &names(error.deviations)], expected, "{body}");
    }
}

#[test]
fn an_answer_without_an_oauth_error_is_an_http_error() {
    for body in [
        &br#"{}"#[..],
        br#"{"error":""}"#,
        br#"{"error":true}"#,
        br#"{"error":{}}"#,
        br#"{"error":0}"#,
        br#"{"error":[]}"#,
        br#"{"errors":[{"error":"made_up"}]}"#,
        br#"{"message":""}"#,
        br#"{"error":{"type":"","message":null}}"#,
        br#"{"access_token":"AT","token_type":"Bearer"}"#,
        br#"{"error":"invalid_grant"#,
        b"{\"error\":\"invalid_grant\"}x",
        b"",
        b"invalid_grant",
        b"<html>error=invalid_grant&x=1</html>",
        b"\xff\xfe\xfd",
    ] {
        let error = Given::json(body).status(400).error(Status::Http);
        assert!(error.provider.is_none());
        assert!(error.message.as_str().contains("HTTP 400"), "{error}");
    }
}

/// Without an OAuth error the status stays that of the HTTP answer, and the words are there.
#[test]
fn a_server_says_in_words_of_its_own_what_is_wrong() {
    for (body, description) in [
        (r#"{"message":"Bad Request"}"#, "Bad Request"),
        (r#"{"name":"N","message":"Authentication failed","debug_id":"x"}"#, "Authentication failed"),
        (r#"{"error_message":"m"}"#, "m"),
        (r#"{"errorCode":"E47","errorSummary":"rate limit exceeded"}"#, "rate limit exceeded"),
        (r#"{"error_summary":"s"}"#, "s"),
        (r#"{"errcode":40029,"errmsg":"invalid code"}"#, "invalid code"),
        (r#"{"title":"Service Unavailable","detail":"try later"}"#, "try later"),
        (r#"{"title":"Forbidden"}"#, "Forbidden"),
        (r#"{"reason":"r"}"#, "r"),
        (r#"{"errors":[{"message":"m","code":"x"}]}"#, "m"),
        (r#"{"error":null,"error_description":"x"}"#, "x"),
        (r#"{"error":true,"message":"m"}"#, "m"),
    ] {
        for (status, expected) in [(400, Status::Http), (503, Status::Http), (200, Status::InvalidResponse)] {
            let error = Given::json(body).status(status).error(expected);
            let provider = error.provider.as_ref().expect("words");
            assert_eq!((shown(provider.error.as_ref()), shown(provider.description.as_ref())), ("-", description));
            assert_eq!(provider.code, ProviderCode::Unknown);
            assert!(error.message.as_str().contains(description), "{error}");
        }
    }
    let echo = Given::json(r#"{"message":"bad code s3cr3t-code"}"#).status(400).secrets(&["s3cr3t-code"]);
    let error = echo.error(Status::Http);
    assert!(!error.message.as_str().contains("s3cr3t-code"), "{error}");
}

#[test]
fn an_http_error_names_what_came_instead() {
    for (content_type, body, said) in [
        ("text/html; charset=utf-8", "<html>no</html>", "(HTTP 403, text/html: a web page)"),
        ("text/html", "", "(HTTP 403, text/html)"),
        ("text/plain", "<!DOCTYPE html>", "(HTTP 403, text/plain: a web page)"),
        ("application/json", "[]", "(HTTP 403, application/json)"),
        ("a\nb", "x", "(HTTP 403, a\\nb)"),
        ("", "x", "(HTTP 403)"),
    ] {
        let error = Given::new(403, &[("Content-Type", content_type)], body).error(Status::Http);
        assert!(error.message.as_str().contains(said), "{error}");
    }
    let echo = Given::new(403, &[("Content-Type", "text/s3cr3t-code")], "x").secrets(&["s3cr3t-code"]);
    assert!(!echo.error(Status::Http).message.as_str().contains("s3cr3t-code"));
}

/// The refresh token of an answer that is of no other use: the one that was sent may be used up.
#[test]
fn a_refresh_token_without_an_access_token_is_kept() {
    for (body, kept) in [
        (r#"{"access_token":null,"refresh_token":"R2","token_type":"bearer"}"#, Some("R2")),
        (r#"{"refresh_token":"R2"}"#, Some("R2")),
        (r#"{"access_token":"","refresh_token":"R2"}"#, Some("R2")),
        (r#"{"access_token":{"a":1},"refresh_token":"R2"}"#, Some("R2")),
        (r#"{"access_token":"a","access_token":"b","refresh_token":"R2"}"#, Some("R2")),
        ("refresh_token=R2&access_token=", Some("R2")),
        (r#"{"refresh_token":"R2","refresh_token":"R3"}"#, None),
        (r#"{"refresh_token":"R\n2"}"#, None),
        (r#"{"refresh_token":""}"#, None),
        (r#"{"refresh_token":5}"#, None),
        (r#"{"error":"invalid_grant","refresh_token":"R2"}"#, None),
        ("<html>refresh_token=R2</html>", None),
    ] {
        for status in [200, 201] {
            let refused = Given::form(body).status(status).refreshing("R1").refused();
            if status == 200 || body.contains("access_token\":null") {
                assert_eq!(refused.refresh_token.as_ref().map(|token| token.as_str()), kept, "{body}");
            }
        }
    }
}

#[test]
fn every_code_has_its_number_and_its_advice() {
    use Advice::*;
    let advice = |code| match code {
        ProviderCode::InvalidGrant
        | ProviderCode::AccessDenied
        | ProviderCode::ExpiredToken
        | ProviderCode::LoginRequired
        | ProviderCode::InteractionRequired
        | ProviderCode::ConsentRequired
        | ProviderCode::AccountSelectionRequired
        | ProviderCode::InvalidToken
        | ProviderCode::InsufficientUserAuthentication => LogInAgain,
        ProviderCode::InvalidClient | ProviderCode::UnauthorizedClient => FixConfig,
        ProviderCode::ServerError
        | ProviderCode::TemporarilyUnavailable
        | ProviderCode::AuthorizationPending
        | ProviderCode::SlowDown => RetryLater,
        ProviderCode::UseDpopNonce => Retry,
        ProviderCode::Unknown => None,
        _ => FixRequest,
    };
    let unknown = [(ProviderCode::Unknown, "made_up"), (ProviderCode::Unknown, "Invalid_Grant")];
    for &(code, text) in ProviderCode::ALL.iter().chain(&unknown) {
        let body = format!(r#"{{"error":"{text}"}}"#);
        for (status, expected) in
            [(400, advice(code)), (429, RetryLater), (503, RetryLater), (500, RetryLater), (502, RetryLater)]
        {
            let error = Given::json(&body).status(status).error(Status::Provider);
            assert_eq!(error.provider.as_ref().map(|provider| provider.code), Some(code), "{text}");
            assert_eq!(error.advice, expected, "{text} with HTTP {status}");
            assert!(error.message.as_str().contains(text), "{error}");
        }
    }
    for text in ["bad_refresh_token", "invalid_refresh_token", "authorization_declined"] {
        let body = format!(r#"{{"error":"{text}"}}"#);
        assert_eq!(Given::json(&body).status(400).error(Status::Provider).advice, LogInAgain, "{text}");
    }
    // an error that nobody has registered: then the HTTP status says more
    for (status, expected) in [(401, FixConfig), (500, RetryLater), (404, FixConfig), (418, None), (403, None)] {
        let error = Given::json(r#"{"error":"made_up"}"#).status(status).error(Status::Provider);
        assert_eq!(error.advice, expected, "HTTP {status}");
    }
}
