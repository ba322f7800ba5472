//! Answers that bring a token: as the RFC has them, and as servers write them.

use std::time::{Duration, UNIX_EPOCH};

use oauthclient::secret::Secret;

use crate::token_response::{FORM, Given, JSON, SENT_S, names, shown};

/// Body, then what the program sees: token type, scope, refresh token, deviations.
#[test]
fn a_token_holds_every_member_of_the_answer() {
    for (body, expected) in [
        (r#"{"access_token":"AT","token_type":"Bearer"}"#, ["Bearer", "-", "-", ""]),
        (r#"{"access_token":"AT","token_type":"bEARER","scope":"a b"}"#, ["bEARER", "a b", "-", ""]),
        (r#"{"access_token":"AT","token_type":"DPoP","refresh_token":"R"}"#, ["DPoP", "-", "R", ""]),
        ("\r\n\t {\"access_token\":\"AT\",\n\"token_type\":\"mac\"}\r\n ", ["mac", "-", "-", ""]),
        (r#"{"access_token":"\u0041\u0054","token_type":"N\u005fA"}"#, ["N_A", "-", "-", ""]),
        (r#"{"access_token":"AT","token_type":"bot"}"#, ["bot", "-", "-", "type-unknown"]),
        (r#"{"access_token":"AT"}"#, ["-", "-", "-", "type-missing"]),
        (r#"{"access_token":"AT","token_type":null}"#, ["-", "-", "-", "type-missing"]),
        (r#"{"access_token":"AT","token_type":""}"#, ["-", "-", "-", "type-missing"]),
        (r#"{"access_token":"AT","token_type":7}"#, ["-", "-", "-", "type-missing member-type"]),
        (r#"{"access_token":"AT","token_type":"b","scope":"\u00e9\n"}"#, ["b", "é\n", "-", "type-unknown"]),
        // null and empty members are absent, whatever their RFC says
        (
            r#"{"access_token":"AT","token_type":"Bearer","scope":null,"refresh_token":null,"expires_in":null,"x":null}"#,
            ["Bearer", "-", "-", ""],
        ),
        (r#"{"access_token":"AT","token_type":"Bearer","scope":"","refresh_token":""}"#, ["Bearer", "-", "-", ""]),
        // scope as an array
        (r#"{"access_token":"AT","token_type":"Bearer","scope":["a","b"]}"#, ["Bearer", "a b", "-", "scope-array"]),
        (r#"{"access_token":"AT","token_type":"Bearer","scope":[]}"#, ["Bearer", "-", "-", "scope-array"]),
        (
            r#"{"access_token":"AT","token_type":"Bearer","scope":["a",["b"]]}"#,
            ["Bearer", "a", "-", "scope-array member-type"],
        ),
        (r#"{"access_token":"AT","token_type":"Bearer","scope":["a\u0000"]}"#, ["Bearer", "-", "-", "scope-array nul"]),
        (r#"{"access_token":"AT","token_type":"Bearer","scope":{"a":1}}"#, ["Bearer", "-", "-", "member-type"]),
        // U+0000: absent, and said to be so
        (r#"{"access_token":"AT","token_type":"Bearer","scope":"a\u0000b"}"#, ["Bearer", "-", "-", "nul"]),
        (r#"{"access_token":"AT","token_type":"Bearer","refresh_token":5}"#, ["Bearer", "-", "-", "member-type"]),
        // an error that is none
        (
            r#"{"access_token":"AT","token_type":"Bearer","error":null,"error_description":null}"#,
            ["Bearer", "-", "-", ""],
        ),
        (r#"{"access_token":"AT","token_type":"Bearer","error":"","error_description":"x"}"#, ["Bearer", "-", "-", ""]),
        (r#"{"access_token":"AT","token_type":"Bearer","error":false}"#, ["Bearer", "-", "-", "member-type"]),
        ("\u{feff}{\"access_token\":\"AT\",\"token_type\":\"Bearer\"}", ["Bearer", "-", "-", "bom"]),
    ] {
        let token = Given::json(body).token();
        let (kind, scope, refresh) = (&token.token_type, &token.scope, &token.refresh_token);
        let seen = [shown(kind.as_ref()), shown(scope.as_ref()), shown(refresh.as_ref()), &names(token.deviations)];
        assert_eq!(seen, expected, "{body}");
        assert_eq!(shown(token.access_token.as_ref()), "AT", "{body}");
        assert_eq!(shown(token.client_id.as_deref()), "client");
        assert!(!token.rotated);
        let answer = token.response.as_ref().expect("the answer stays with the token");
        assert_eq!(&answer.body[..], body.as_bytes());
        assert_eq!(shown(token.response_json()), body.trim_start_matches('\u{feff}'));
    }
}

#[test]
fn json_under_any_content_type_is_json() {
    let body = r#"{"access_token":"AT","token_type":"Bearer"}"#;
    for (content_type, expected) in [
        (Some(JSON), ""),
        (Some("application/json; charset=utf-8"), ""),
        (Some("APPLICATION/JSON ;charset=utf-8"), ""),
        (Some("text/html"), "content-type"),
        (Some("application/jsonp"), "content-type"),
        (Some(FORM), "content-type"),
        (Some(""), "content-type"),
        (None, "content-type"),
    ] {
        let headers: Vec<_> = content_type.map(|value| ("content-TYPE", value)).into_iter().collect();
        let token = Given::new(200, &headers, body).token();
        assert_eq!(names(token.deviations), expected, "{content_type:?}");
    }
}

/// What stands in the JSON, then seconds and deviations.
#[test]
fn lifetimes_in_every_shape_are_read() {
    for (json, seconds, deviations) in [
        ("3600", Some(3600), ""),
        ("0", None, "expires-invalid"), // said for "never"
        ("\"0\"", None, "expires-type expires-invalid"),
        ("\"3600\"", Some(3600), "expires-type"),
        (r#"" \u00333600 ""#, Some(33600), "expires-type"),
        ("3600.9", Some(3600), "expires-type"),
        ("3.6e3", Some(3600), "expires-type"),
        ("\"3600.5\"", Some(3600), "expires-type"),
        ("0.5", None, "expires-type expires-invalid"),
        ("-1", None, "expires-invalid"),
        ("-0", None, "expires-invalid"),
        ("-1.5e3", None, "expires-invalid"),
        ("\"-60\"", None, "expires-type expires-invalid"),
        ("\"\"", None, "expires-type expires-invalid"),
        ("\"soon\"", None, "expires-type expires-invalid"),
        ("\"3600s\"", None, "expires-type expires-invalid"),
        ("\"0x10\"", None, "expires-type expires-invalid"),
        ("\"inf\"", None, "expires-type expires-invalid"),
        ("\"NaN\"", None, "expires-type expires-invalid"),
        ("\"\\ud800\"", None, "expires-type expires-invalid"),
        ("true", None, "expires-invalid"),
        ("[3600]", None, "expires-invalid"),
        ("{}", None, "expires-invalid"),
        ("9223372036854775807", Some(i64::MAX), ""),
        ("9223372036854775808", Some(i64::MAX), ""),
        ("1e400", Some(i64::MAX), "expires-type"),
        ("99999999999999999999999999999999999999", Some(i64::MAX), ""),
        ("null", None, ""),
    ] {
        let body = format!(r#"{{"access_token":"AT","token_type":"Bearer","expires_in":{json}}}"#);
        let token = Given::json(&body).token();
        assert_eq!((token.expires_in_s, names(token.deviations).as_str()), (seconds, deviations), "{json}");
        let expiry = seconds.map(|seconds| (SENT_S as i64).saturating_add(seconds));
        assert_eq!(token.expires_at_s, expiry, "{json}: counted from the moment the request was sent");
    }
}

/// Members besides the access token; seconds until it expires, until the refresh token does, deviations.
#[test]
fn a_lifetime_under_another_name_is_read() {
    for (members, seconds, refresh_seconds, deviations) in [
        (r#""expires":86400"#, Some(86_400), None, "lifetime-name"),
        (r#""expires_at":1700000060"#, Some(60), None, "lifetime-name"),
        (r#""expires_at":"2023-11-14T22:14:20Z""#, Some(60), None, "lifetime-name"),
        (r#""expires_in":0,"expires_at":1700000060"#, Some(60), None, "expires-invalid lifetime-name"),
        (r#""expires_in":5,"expires_at":1700000060"#, Some(5), None, ""),
        (r#""expires_at":"2020-01-01T00:00:00Z""#, None, None, "expires-invalid lifetime-name"),
        (r#""expires":"never""#, None, None, "expires-invalid lifetime-name"),
        (r#""refresh_token_expires_in":600"#, None, Some(600), ""),
        (r#""expires_in":5,"refresh_expires_in":"600""#, Some(5), Some(600), ""),
        (r#""x_refresh_token_expires_in":600"#, None, Some(600), ""),
        (r#""refresh_token_timeout":600"#, None, Some(600), ""),
        (r#""authorization_expires_in":600"#, None, Some(600), ""),
        (r#""refresh_expires_in":0"#, None, None, ""),
    ] {
        let body = format!(r#"{{"access_token":"AT","token_type":"Bearer","refresh_token":"RT",{members}}}"#);
        let token = Given::json(&body).token();
        assert_eq!((token.expires_in_s, names(token.deviations).as_str()), (seconds, deviations), "{members}");
        let moment = |seconds: Option<i64>| seconds.map(|seconds| SENT_S as i64 + seconds);
        assert_eq!(token.expires_at_s, moment(seconds), "{members}");
        assert_eq!(token.refresh_token_expires_at_s, moment(refresh_seconds), "{members}");
    }
}

#[test]
fn a_clock_before_the_epoch_does_not_panic() {
    let mut given = Given::json(r#"{"access_token":"AT","expires_in":5}"#);
    given.sent_at = UNIX_EPOCH - Duration::from_secs(100);
    assert_eq!(given.token().expires_at_s, Some(5));
}

#[test]
fn the_refresh_token_to_use_next() {
    for (refresh_token, expected, rotated) in [
        (None, "old", false),
        (Some("null"), "old", false),
        (Some("\"\""), "old", false),
        (Some("5"), "old", false),
        (Some("\"old\""), "old", false),
        (Some(r#""\u006fld""#), "old", false),
        (Some("\"new\""), "new", true),
    ] {
        let member = refresh_token.map(|json| format!(r#","refresh_token":{json}"#)).unwrap_or_default();
        let body = format!(r#"{{"access_token":"AT","token_type":"Bearer"{member}}}"#);
        let token = Given::json(&body).refreshing("old").token();
        assert_eq!((shown(token.refresh_token.as_ref()), token.rotated), (expected, rotated), "{body}");
    }
    let code = Given::json(r#"{"access_token":"AT","refresh_token":"new"}"#).token();
    assert_eq!((shown(code.refresh_token.as_ref()), code.rotated), ("new", false), "a first one is no rotation");
}

#[test]
fn every_other_member_is_kept_in_order() {
    let body = r#"{"s":"t\u00e9\"xt","access_token":"AT","n":1.50,"b":true,"o":{"a" : [1]},"z":null,"token_type":"Bearer",
        "l":[],"s":"again","nul":"a\u0000b","\u006eame":"x","id_token":"a.b.c","\u0000":1,"broken":"\ud800"}"#;
    let token = Given::json(body).token();
    assert_eq!(shown(token.id_token.as_ref()), "a.b.c");
    let members: Vec<_> = token
        .members
        .iter()
        .map(|one| (one.name.as_str(), shown(one.value.text()), one.value.raw().as_str()))
        .collect();
    assert_eq!(
        members,
        [
            ("s", "té\"xt", r#""t\u00e9\"xt""#),
            ("n", "1.50", "1.50"),
            ("b", "true", "true"),
            ("o", "-", r#"{"a" : [1]}"#),
            ("l", "-", "[]"),
            ("s", "again", "\"again\""),
            ("nul", "-", r#""a\u0000b""#),
            ("name", "x", "\"x\""),
            ("broken", "-", r#""\ud800""#),
        ]
    );
    assert_eq!(token.member("s").and_then(|one| one.text()).map(Secret::as_str), Some("té\"xt"), "the first");
    assert!(
        token.member("access_token").is_none() && token.member("id_token").is_none() && token.member("z").is_none()
    );
    assert_eq!(names(token.deviations), "nul");
}

#[test]
fn deep_nesting_does_not_panic() {
    let deep = format!(r#"{{"access_token":"AT","x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let token = Given::json(&deep).token();
    assert_eq!(token.member("x").map(|one| one.raw().as_str().len()), Some(200_000));
}

/// Body, content type, then token, type, seconds, scope, refresh token, deviations.
#[test]
fn a_form_encoded_answer_is_accepted() {
    for (body, content_type, expected) in [
        (
            "access_token=a%2Bb%20c&token_type=bearer&expires_in=60&scope=x+y&refresh_token=r",
            FORM,
            ["a+b c", "bearer", "60", "x y", "r", "form"],
        ),
        ("access_token=AT&token_type=bearer", "text/plain; charset=utf-8", ["AT", "bearer", "-", "-", "-", "form"]),
        ("token_type=bearer&access_token=AT", "", ["AT", "bearer", "-", "-", "-", "form"]),
        ("access_token=AT&expires=60\n", "text/plain", ["AT", "-", "60", "-", "-", "form type-missing lifetime-name"]),
        ("expires_in=60&access_token=AT&expires=70", FORM, ["AT", "-", "60", "-", "-", "form type-missing"]),
        ("expires=70&access_token=AT&expires_in=60", FORM, ["AT", "-", "60", "-", "-", "form type-missing"]),
        ("access_token=AT&expires_in=soon", FORM, ["AT", "-", "-", "-", "-", "form type-missing expires-invalid"]),
        ("\u{feff}access_token=AT&token_type=Bearer", FORM, ["AT", "Bearer", "-", "-", "-", "form bom"]),
        ("access_token=AT&error=&error_description=&scope=", FORM, ["AT", "-", "-", "-", "-", "form type-missing"]),
    ] {
        let token = Given::new(200, &[("Content-Type", content_type)], body).token();
        let seconds = token.expires_in_s.map_or("-".to_owned(), |seconds| seconds.to_string());
        let texts = [&token.access_token, &token.token_type, &token.scope, &token.refresh_token];
        let [access_token, kind, scope, refresh] = texts.map(|text| shown(text.as_ref()));
        assert_eq!([access_token, kind, &seconds, scope, refresh, &names(token.deviations)], expected, "{body}");
        assert!(token.response_json().is_none(), "a form is no JSON");
    }
    let token = Given::form("access_token=AT&x=a%22b&y&x=2").token();
    let members: Vec<_> = token
        .members
        .iter()
        .map(|one| (one.name.as_str(), shown(one.value.text()), one.value.raw().as_str()))
        .collect();
    assert_eq!(members, [("x", "a\"b", r#""a\"b""#), ("y", "", "\"\""), ("x", "2", "\"2\"")]);
}
