//! What the HTTP status makes of an answer, and Retry-After.

use oauthclient::error::{Advice, Status};

use crate::token_response::{Given, JSON, names};

const TOKEN: &str = r#"{"access_token":"AT","token_type":"Bearer"}"#;
const ERROR: &str = r#"{"error":"invalid_grant"}"#;

/// HTTP status, then what a token, an OAuth error and a page under it are; `None` is a token.
#[test]
fn any_2xx_brings_a_token() {
    use Status::*;
    for (status, token, error, page) in [
        (200, None, Provider, InvalidResponse),
        (201, None, Provider, Http),
        (202, None, Provider, Http),
        (203, None, Provider, Http),
        (204, None, Provider, Http),
        (206, None, Provider, Http),
        (299, None, Provider, Http),
        (300, Some(Redirect), Redirect, Redirect),
        (301, Some(Redirect), Redirect, Redirect),
        (302, Some(Redirect), Redirect, Redirect),
        (303, Some(Redirect), Redirect, Redirect),
        (304, Some(Redirect), Redirect, Redirect),
        (307, Some(Redirect), Redirect, Redirect),
        (308, Some(Redirect), Redirect, Redirect),
        (399, Some(Redirect), Redirect, Redirect),
        (400, Some(Http), Provider, Http),
        (401, Some(Http), Provider, Http),
        (403, Some(Http), Provider, Http),
        (404, Some(Http), Provider, Http),
        (429, Some(Http), Provider, Http),
        (500, Some(Http), Provider, Http),
        (503, Some(Http), Provider, Http),
        (599, Some(Http), Provider, Http),
    ] {
        let given = |body| Given::json(body).status(status);
        match given(TOKEN).read() {
            Ok(read) => {
                assert_eq!((token, &*names(read.deviations)), (None, if status == 200 { "" } else { "status" }))
            }
            Err(error) => assert_eq!(Some(error.status), token, "HTTP {status}"),
        }
        let error = given(ERROR).error(error);
        let odd = !matches!(status, 300..=401) || matches!(status, 402..);
        let expected =
            if error.status == Provider && odd && !matches!(status, 400 | 401) { "error-status" } else { "" };
        assert_eq!(names(error.deviations), expected, "HTTP {status}");
        for body in ["", "<html>no</html>", "no", "[]"] {
            let error = given(body).error(page);
            assert!(error.message.as_str().contains(&format!("HTTP {status}")), "{error}");
            assert!(error.provider.is_none() && error.deviations == 0);
        }
    }
}

#[test]
fn a_redirect_is_refused_and_says_so() {
    let error = Given::new(302, &[("Location", "https://elsewhere.example/secret-path")], "").error(Status::Redirect);
    assert_eq!(error.advice, Advice::FixConfig);
    assert!(error.message.as_str().contains("redirect") && !error.message.as_str().contains("secret-path"), "{error}");
    let location = error.response.as_ref().and_then(|response| response.headers.get("location"));
    assert_eq!(location, Some(&b"https://elsewhere.example/secret-path"[..]), "there for who wants to look");
}

#[test]
fn each_http_status_has_its_advice() {
    use Advice::*;
    for (status, expected) in [
        (400, None),
        (401, FixConfig),
        (403, FixConfig),
        (404, FixConfig),
        (405, FixConfig),
        (407, FixConfig),
        (408, RetryLater),
        (410, FixConfig),
        (421, FixConfig),
        (425, RetryLater),
        (429, RetryLater),
        (500, RetryLater),
        (502, OutcomeUnknown),
        (503, RetryLater),
        (504, OutcomeUnknown),
        (599, RetryLater),
        (204, None),
    ] {
        assert_eq!(Given::json("").status(status).error(Status::Http).advice, expected, "HTTP {status}");
    }
}

#[test]
fn retry_after_of_an_error_is_read() {
    for (value, expected) in [
        ("120", Some(120)),
        ("0", Some(0)),
        ("999999", Some(3600)),
        ("Tue, 14 Nov 2023 22:13:52 GMT", Some(30)), // half a minute after the moment of the answer
        ("Tue, 14 Nov 2023 22:13:00 GMT", Some(0)),
        ("Wed, 21 Oct 2065 07:28:00 GMT", Some(3600)),
        ("-5", None),
        ("soon", None),
        ("", None),
    ] {
        let headers = [("Content-Type", JSON), ("retry-AFTER", value), ("Retry-After", "7")];
        for (status, body, kind) in [
            (429, "", Status::Http),
            (503, ERROR, Status::Provider),
            (200, "{}", Status::InvalidResponse),
            (302, "", Status::Redirect),
        ] {
            let error = Given::new(status, &headers, body).error(kind);
            assert_eq!(error.retry_after_s, expected, "{value:?}");
            let said = expected.map(|seconds| format!("try again in {seconds} s"));
            assert!(said.is_none_or(|said| error.message.as_str().ends_with(&said)), "{error}");
        }
    }
    assert_eq!(Given::json("").status(503).error(Status::Http).retry_after_s, None);
}
