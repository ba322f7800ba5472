//! Messages: one bounded line that is never empty and shows no secret, whatever the server put into its words.

use oauthclient::error::{Error, Status};

use crate::token_response::{FORM, Given};

const SECRET: &str = "s3cret/+%&= \u{e9}";

#[track_caller]
fn check_line(error: &Error) -> &str {
    let line = error.message.as_str();
    assert!(!line.is_empty() && line.len() <= 512, "{} bytes: {line}", line.len());
    assert!(!line.chars().any(|one| one.is_control() || matches!(one, '\u{2028}' | '\u{2029}')), "{line:?}");
    line
}

fn provider_error(description: &str) -> String {
    let mut quoted = String::new();
    for one in description.chars() {
        match one {
            '"' | '\\' => quoted.extend(['\\', one]),
            one if one.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(one))),
            one => quoted.push(one),
        }
    }
    format!(r#"{{"error":"invalid_grant","error_description":"{quoted}"}}"#)
}

fn message(description: &str, secrets: &[&str]) -> String {
    let body = provider_error(description);
    let error = Given::json(&body).status(400).secrets(secrets).error(Status::Provider);
    check_line(&error).to_owned()
}

#[test]
fn the_servers_words_are_in_one_line() {
    assert_eq!(message("used twice", &[]), "the server refused the request (HTTP 400): invalid_grant: used twice");
    assert!(
        message("a\r\nb\u{1b}[31m\u{85}\u{2028}c\u{7f}", &[]).contains("a\\r\\nb\\u{1b}[31m\\u{85}\\u{2028}c\\u{7f}")
    );
    let no_text = Given::json(r#"{"error":"a\u0000"}"#).status(400).error(Status::Provider);
    assert!(check_line(&no_text).contains("no text"), "{no_text}");
}

#[test]
fn a_line_is_bounded() {
    for description in ["x".repeat(100_000), "é".repeat(5000), "\n".repeat(5000), "\u{1f600}".repeat(600)] {
        let line = message(&description, &[]);
        assert!(line.ends_with('…') && line.len() > 500, "{line}");
    }
    for end in 420..460 {
        message(&format!("{}{}", "x".repeat(end), "é\u{1f600}\n".repeat(20)), &[]);
    }
}

/// What is cut off at the end is never half a secret.
#[test]
fn no_secret_is_cut_in_half() {
    let secret = "0123456789abcdef0123456789abcdef";
    for before in 380..512 {
        let line = message(&format!("{}{secret}", "x".repeat(before)), &[secret]);
        assert!(!line.contains("0123"), "{line}");
    }
}

#[test]
fn echoed_secrets_are_taken_out() {
    for echoed in [
        "code s3cret/+%&= é is used",
        "code=s3cret%2F%2B%25%26%3D+%C3%A9&x",    // as the form had it
        "code=s3cret%2f%2b%25%26%3d+%c3%a9&x",    // the same in small letters
        "code=s3cret%2F%2B%25%26%3D%20%C3%A9&x",  // as a URL has it
        "code=s3cret/%2B%25&%3D é&x",             // encoded as far as somebody thought it needed
        "code=%73%33%63%72%65%74%2F+%25&%3D é&x", // and further
        "s3cret/+%&= és3cret/+%&= é",
    ] {
        let line = message(echoed, &[SECRET]);
        assert!(line.contains("[redacted]"), "{line}");
        for part in ["s3cret", "%73", "%2F", "%2f", "C3%A9", "é"] {
            assert!(!line.contains(part), "{part} is in {line}");
        }
    }
    assert!(
        message("abcdefgh abcd", &["abcd", "abcdefgh"]).ends_with("[redacted] [redacted]"),
        "the longest goes first"
    );
    assert!(message("%61 is no %", &["secret", "%"]).contains("is no"), "a stray % is text");
}

#[test]
fn an_error_code_that_repeats_a_secret_is_redacted() {
    let body = r#"{"error":"no such code: abc-secret","error_description":"abc-secret"}"#;
    let error = Given::json(body).status(400).secrets(&["abc-secret"]).error(Status::Provider);
    assert!(!check_line(&error).contains("abc-secret"));
    assert!(!format!("{error:?} {error} {:?}", error.provider).contains("abc-secret"));
}

/// A token beside an error is a secret of the exchange too, in whatever form it came.
#[test]
fn tokens_in_an_error_are_secrets() {
    for (content_type, body) in [
        ("application/json", &br#"{"access_token":"N3wT0ken","error":"e","error_description":"issued N3wT0ken"}"#[..]),
        ("application/json", br#"{"refresh_token":"N3w\u00540ken","error":"e","error_description":"issued N3wT0ken"}"#),
        ("application/json", b"\xef\xbb\xbf{\"id_token\":\"N3wT0ken\",\"error\":\"e N3wT0ken\"}"),
        ("application/json", b"{\"access_token\":\"N3wT0ken\",\"error\":\"e N3wT0ken\",\"x\":\"\xe9\"}"),
        (FORM, b"access_token=N3w%540ken&error=e&error_description=issued+N3wT0ken"),
        (FORM, b"refresh_token=N3wT0ken&error=e&error_description=issued+N3wT0ken+%e9"),
        ("text/plain", b"error=e+N3wT0ken&id_token=N3wT0ken"),
    ] {
        let error = Given::new(400, &[("Content-Type", content_type)], body).error(Status::Provider);
        let line = check_line(&error);
        assert!(!line.contains("N3wT0ken") && line.contains("[redacted]"), "{line}");
    }
}

#[test]
fn an_unreadable_body_is_not_quoted() {
    for (status, kind) in [(200, Status::InvalidResponse), (500, Status::Http), (302, Status::Redirect)] {
        for body in ["leaked", "{\"access_token\":\"leaked\\n\"}", "{\"leaked\":", "<html>leaked</html>", "\"leaked\""]
        {
            let error = Given::json(body).status(status).error(kind);
            assert!(!check_line(&error).contains("leaked"), "{error}");
            assert!(!format!("{error:?} {:?}", error.response).contains("leaked"));
        }
    }
}
