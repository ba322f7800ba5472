//! Answers with status 200 that are no token.

use oauthclient::error::{Advice, Status};

use crate::token_response::{FORM, Given};

#[test]
fn answers_without_a_usable_token_are_refused() {
    for (body, why) in [
        // the access token
        (r#"{}"#, "access_token was missing"),
        (r#"{"token_type":"Bearer"}"#, "access_token was missing"),
        (r#"{"access_token":null}"#, "access_token was missing"),
        (r#"{"authed_user":{"access_token":"AT"}}"#, "access_token was missing"),
        (r#"{"Access_Token":"AT"}"#, "access_token was missing"),
        (r#"{"access_token":""}"#, "access_token was empty"),
        (r#"{"access_token":7}"#, "access_token was no string"),
        (r#"{"access_token":["AT"]}"#, "access_token was no string"),
        (r#"{"access_token":{"a":"AT"}}"#, "access_token was no string"),
        (r#"{"access_token":true}"#, "access_token was no string"),
        (r#"{"access_token":"\ud800"}"#, "access_token was no string"),
        // what C, or a header, would take for something else
        (r#"{"access_token":"a\u0000b"}"#, "held a control character"),
        (r#"{"access_token":"a\r\nX-Evil: 1"}"#, "held a control character"),
        (r#"{"access_token":"a\u007f"}"#, "held a control character"),
        (r#"{"access_token":"a\u0085"}"#, "held a control character"),
        ("{\"access_token\":\"a\u{85}\"}", "held a control character"),
        (r#"{"access_token":"AT","refresh_token":"a\u0000"}"#, "held a control character"),
        (r#"{"access_token":"AT","refresh_token":"a\n"}"#, "held a control character"),
        (r#"{"access_token":"AT","id_token":"a\n"}"#, "held a control character"),
        (r#"{"access_token":"AT","id_token":"a\u0000"}"#, "held a control character"),
        (r#"{"access_token":"AT","token_type":"a\t"}"#, "held a control character"),
        // not one JSON object
        ("", "no JSON object"),
        (" ", "no JSON object"),
        ("null", "no JSON object"),
        ("[]", "no JSON object"),
        (r#"[{"access_token":"AT"}]"#, "no JSON object"),
        (r#""access_token""#, "no JSON object"),
        ("AT", "no JSON object"),
        (r#"{"access_token":"AT""#, "no JSON object"),
        (r#"{"access_token":"AT"#, "no JSON object"),
        (r#"{"access_token":"AT",}"#, "no JSON object"),
        (r#"{'access_token':'AT'}"#, "no JSON object"),
        (r#"{"access_token":"AT"} {}"#, "no JSON object"),
        ("{\"access_token\":\"AT\"}\n<!-- a proxy was here -->", "no JSON object"),
        (")]}'\n{\"access_token\":\"AT\"}", "no JSON object"),
        ("{\"access_token\":\"a\0b\"}", "no JSON object"),
        ("{\"access_token\":\"AT\"}\0", "no JSON object"),
        ("\u{feff}\u{feff}{\"access_token\":\"AT\"}", "no JSON object"),
        (r#"{"access_token":NaN}"#, "no JSON object"),
    ] {
        let error = Given::json(body).error(Status::InvalidResponse);
        assert!(error.message.as_str().contains(why), "{body}: {error}");
        assert!(error.message.as_str().contains("HTTP 200"), "{error}");
        assert!(error.provider.is_none());
        assert_eq!(error.advice, Advice::OutcomeUnknown, "the server meant success");
    }
}

/// Nobody knows which one the server meant; whoever takes the last and whoever takes the first disagree.
#[test]
fn a_member_that_is_read_comes_once() {
    let members = [
        ("access_token", "\"AT\""),
        ("token_type", "\"Bearer\""),
        ("expires_in", "60"),
        ("scope", "\"a\""),
        ("refresh_token", "\"R\""),
        ("id_token", "\"a.b.c\""),
        ("error", "null"),
        ("error_description", "null"),
        ("error_uri", "null"),
    ];
    for (name, json) in members {
        let (first, rest) = name.split_at(1);
        let escaped = format!(r"\u{:04x}{rest}", first.as_bytes()[0]);
        for again in [name, &escaped] {
            for second in [json, "null"] {
                let body = format!(r#"{{"access_token":"AT","{name}":{json},"x":1,"{again}":{second}}}"#);
                let body = body.replacen("\"access_token\":\"AT\",\"access_token\"", "\"access_token\"", 1);
                let error = Given::json(&body).error(Status::InvalidResponse);
                assert!(error.message.as_str().contains("a member twice"), "{body}: {error}");
            }
        }
        let form = format!("access_token=AT&x=1&x=2&{name}=&{name}=");
        let error = Given::form(&form).error(Status::InvalidResponse);
        assert!(error.message.as_str().contains("a member twice"), "{form}: {error}");
    }
    let twice = Given::json(r#"{"access_token":"first","access\u005ftoken":"second"}"#);
    assert!(!twice.error(Status::InvalidResponse).message.as_str().contains("first"));
}

#[test]
fn a_page_is_never_read_as_a_form() {
    for (body, content_type) in [
        ("access_token=AT&scope=%ff", FORM),
        ("access_token=%ff", FORM),
        ("access_token=a%00b", FORM),
        ("access_token=AT&refresh_token=%00", FORM),
        ("access_token=A%00T", FORM),
        ("access_token=a%0d%0ab", FORM),
        ("access_token=", FORM),
        ("access_token", FORM),
        ("access_token=AT&refresh_token=a%0a", FORM),
        ("token_type=bearer", FORM),
        ("token_type=bearer", "text/plain"),
        ("a=1", "text/plain"),
        // a page is no form, whatever it says of itself
        ("<!DOCTYPE html><html><body>x=1&access_token=phish</body></html>", "text/plain"),
        ("<!DOCTYPE html><html><body>x=1&access_token=phish</body></html>", FORM),
        ("\n<html>&access_token=phish", FORM),
        ("see ?x=1&access_token=phish", "text/html"),
        ("access_token=phish&x=<script>", "text/html"),
        ("access_token=phish\nmore", "text/html"),
        // nor is a document that broke off
        (r#"{"x":"1&access_token=phish"#, FORM),
        (r#"["x&access_token=phish"#, FORM),
        ("xaccess_token=AT", "text/plain"),
    ] {
        let error = Given::new(200, &[("Content-Type", content_type)], body).error(Status::InvalidResponse);
        assert!(!error.message.as_str().contains("phish"), "{body}: {error}");
    }
}

/// A token with replaced characters would be another token.
#[test]
fn invalid_utf8_makes_no_token() {
    for body in [
        &b"{\"access_token\":\"a\xff\"}"[..],
        b"{\"access_token\":\"AT\",\"x\":\"caf\xe9\"}",
        b"{\"access_token\":\"AT\",\"x\":\"\xed\xa0\x80\"}",
        b"{\"access_token\":\"AT\"}\xff",
        b"\xff\xfe{\0}\0",
        b"access_token=AT&x=\xe9",
    ] {
        Given::json(body).error(Status::InvalidResponse);
        Given::form(body).error(Status::InvalidResponse);
    }
}
