//! Memory that the library gives back holds no secret: not of the program, not of the server, in no form.
//!
//! The program's own transport does the HTTP here. Through the library's own one the crates for HTTP and TLS hold the
//! bytes that go over the wire, and give their buffers back as they are.

#[path = "../fuzz/bodies/abi.rs"]
mod abi;
mod exchange;
mod first_token;
mod keys;
mod planted;
mod watch;

use abi::*;
use exchange::{Credentials, Grant, Server};
use oauthclient as _; // the library behind the C ABI

#[global_allocator]
static WATCHED: watch::Watched = watch::Watched;

const JSON: &std::ffi::CStr = c"application/json";
/// Each of these bytes becomes three.
const NO_TEXT: &[u8] = &[0xe9; 64];
const FORM: &std::ffi::CStr = c"application/x-www-form-urlencoded";

#[track_caller]
fn leaves_nothing(name: &str, work: impl FnOnce()) {
    let found = watch::watch(planted::marks, work);
    assert!(found.is_empty(), "{name}: {} blocks\n{}", found.len(), found[..found.len().min(3)].join("\n"));
}

#[track_caller]
fn every_exchange_leaves_nothing(name: &str, server: &'static Server, expected: i32) {
    for grant in [Grant::Code, Grant::Refresh] {
        for credentials in [
            Credentials::Header,
            Credentials::Configured(1), // Basic
            Credentials::Configured(2), // Basic, raw
            Credentials::Configured(3), // in the body
            Credentials::Configured(4), // none
        ] {
            leaves_nothing(name, || exchange::run(server, grant, credentials, expected));
        }
    }
    assert!(server.asked.load(std::sync::atomic::Ordering::Relaxed) >= 10, "{name}: the transport was used");
}

/// Declares a server for each row and runs every exchange against it.
macro_rules! exchanges {
    ($($name:literal => $expected:expr, $server:expr;)*) => {
        $({
            static SERVER: Server = $server;
            every_exchange_leaves_nothing($name, &SERVER, $expected);
        })*
    };
}

#[test]
fn token_answers_leave_no_secret() {
    exchanges! {
        "plain JSON" => OAUTH_OK, Server::answers(200, JSON, &[
            br#"{"access_token":"aT2kWf7pBm3X+aT2kWf7pBm3X","token_type":"Bearer","expires_in":60,"scope":"a","#,
            br#""refresh_token":"nR5dJq1hZu8E+nR5dJq1hZu8E","id_token":"iD9vOx6rKy4T.iD9vOx6rKy4T","x":["aT2kWf7pBm3X"]}"#,
        ]);
        "no new refresh token" => OAUTH_OK, Server::answers(200, JSON, &[br#"{"access_token":"aT2kWf7pBm3X+aT2kWf7pBm3X"}"#]);
        "escapes and a mark" => OAUTH_OK, Server::answers(200, c"text/plain", &[
            b"\xef\xbb\xbf", br#"{"access\u005ftoken":"\u0061T2kWf7pBm3X\/\u002baT2kWf7pBm3X\/\u0061","#,
            br#""refresh_token":"nR5dJq1hZu8E\\nR5dJq1hZu8E\"","id_token":"\u00e9iD9vOx6rKy4T","sc\u0061le":"\u00e9aT2kWf7pBm3X","#,
            br#""scope":["aT2kWf7pBm3X","\u0061aT2kWf7pBm3X"],"m":"a\u0000aT2kWf7pBm3X","expires_in":"aT2kWf7pBm3X"}"#,
        ]);
        "a form" => OAUTH_OK, Server::answers(200, FORM, &[
            b"access_token=aT2kWf7pBm3X%2B+%25aT2kWf7pBm3X&refresh_token=nR5dJq1hZu8E+%2bnR5dJq1hZu8E&id_token=",
            b"iD9vOx6rKy4T&x=%c3%a9+aT2kWf7pBm3X&y=aT2kWf7pBm3X",
        ]);
    }
}

#[test]
fn error_answers_leave_no_secret() {
    exchanges! {
        "an echo" => OAUTH_ERROR_PROVIDER, Server::answers(400, JSON, &[
            br#"{"error":"invalid_grant pW7gAi2qTc9K+/%=&pW7gAi2qTc9K","error_description":"#,
            br#""hX3nEo8zDl4B+/%=&hX3nEo8zDl4B \u0070W7gAi2qTc9K+/%=&pW7gAi2qTc9K pW7gAi2qTc9K%2B%2F%25%3D%26pW7gAi2qTc9K","#,
            br#""error_uri":"https://a.example/?pW7gAi2qTc9K\u002b/%=&pW7gAi2qTc9K"}"#,
        ]);
        "tokens beside it" => OAUTH_ERROR_PROVIDER, Server::answers(200, JSON, &[
            br#"{"error":"e aT2kWf7pBm3X","access_token":"aT2kWf7pBm3X","refresh_token":"\u006eR5dJq1hZu8E.nR5dJq1hZu8E"}"#,
        ]);
        "an object" => OAUTH_ERROR_PROVIDER, Server::answers(400, JSON, &[
            br#"{"error":{"type":"T\u00e9pW7gAi2qTc9K+/%=&pW7gAi2qTc9K","message":"\u0070W7gAi2qTc9K+/%=&pW7gAi2qTc9K"}}"#,
        ]);
        "a form" => OAUTH_ERROR_PROVIDER, Server::answers(400, FORM, &[
            b"error=e+aT2kWf7pBm3X&access_token=aT2kWf7pBm3X&error_description=pW7gAi2qTc9K%2B%2F%25%3D%26pW7gAi2qTc9K",
        ]);
        "a form that is no text" => OAUTH_ERROR_PROVIDER, Server::answers(400, FORM, &[
            b"error=e&error_description=pW7gAi2qTc9K%2b/%25=%26pW7gAi2qTc9K%e9%e9%e9%e9%e9%e9%e9%e9&access_token=aT2kWf7pBm3X",
        ]);
        "U+0000" => OAUTH_ERROR_PROVIDER, Server::answers(400, JSON, &[br#"{"error":"e aT2kWf7pBm3X\u0000"}"#]);
    }
}

#[test]
fn unusable_answers_leave_no_secret() {
    exchanges! {
        "a page" => OAUTH_ERROR_HTTP, Server::answers(500, c"text/html", &[b"<html>kD4wNz8yHj1P aT2kWf7pBm3X</html>"]);
        "a string" => OAUTH_ERROR_INVALID_RESPONSE, Server::answers(200, JSON, &[br#""aT2kWf7pBm3X""#]);
        "a string with escapes" => OAUTH_ERROR_HTTP, Server::answers(400, JSON, &[br#""\u0061 aT2kWf7pBm3X""#]);
        "an object that breaks off" => OAUTH_ERROR_INVALID_RESPONSE, Server::answers(200, JSON, &[
            br#"{"access_token":"aT2kWf7pBm3X","re\u0066resh_token":"nR5dJq1hZu8E"#,
        ]);
        "the same in a form's clothes" => OAUTH_ERROR_INVALID_RESPONSE, Server::answers(200, FORM, &[
            br#"{"x":"aT2kWf7pBm3X&access_token=aT2kWf7pBm3X"#,
        ]);
        "a control character" => OAUTH_ERROR_INVALID_RESPONSE, Server::answers(200, JSON, &[
            br#"{"refresh_token":"nR5dJq1hZu8E","access_token":"aT2kWf7pBm3X\n"}"#,
        ]);
        "twice" => OAUTH_ERROR_INVALID_RESPONSE, Server::answers(200, JSON, &[
            br#"{"access_token":"aT2kWf7pBm3X","access_token":"aT2kWf7pBm3X"}"#,
        ]);
        "twice in a form" => OAUTH_ERROR_INVALID_RESPONSE, Server::answers(200, FORM, &[
            b"access_token=aT2kWf7pBm3X&access_token=aT2kWf7pBm3X",
        ]);
        "a form with U+0000" => OAUTH_ERROR_INVALID_RESPONSE, Server::answers(200, FORM, &[
            b"access_token=aT2kWf7pBm3X&refresh_token=aT2kWf7pBm3X%00",
        ]);
        "a redirect" => OAUTH_ERROR_REDIRECT, Server::answers(302, JSON, &[b"aT2kWf7pBm3X"]);
        "no HTTP status" => OAUTH_ERROR_CALLBACK, Server::answers(7, JSON, &[br#"{"access_token":"aT2kWf7pBm3X"}"#]);
        "too much" => OAUTH_ERROR_RESPONSE_TOO_LARGE, Server::answers(200, JSON, &[b"aT2kWf7pBm3X" as &[u8]; 400]);
        "could not connect" => OAUTH_ERROR_CONNECT, Server::fails(OAUTH_ERROR_CONNECT);
        "connection lost" => OAUTH_ERROR_CONNECTION_LOST, Server::fails(OAUTH_ERROR_CONNECTION_LOST);
        "the program's own failure" => OAUTH_ERROR_CALLBACK, Server::fails(99);
    }
}

/// Bytes that are no UTF-8 are replaced by longer ones: the text is put together anew.
#[test]
fn bytes_that_are_no_text() {
    exchanges! {
        "an error" => OAUTH_ERROR_PROVIDER, Server::answers(400, JSON, &[
            br#"{"error":"e","error_description":"pW7gAi2qTc9K+/%=&pW7gAi2qTc9K"#, NO_TEXT,
            br#"","access_token":"aT2kWf7pBm3X","refresh_token":"nR5dJq1hZu8E"}"#,
        ]);
        "no token" => OAUTH_ERROR_INVALID_RESPONSE, Server::answers(200, JSON, &[
            br#"{"access_token":"aT2kWf7pBm3X","x":""#, NO_TEXT, br#""}"#,
        ]);
    }
}

#[test]
fn log_ins_leave_no_secret() {
    static GOOD: Server = Server::answers(200, JSON, &[br#"{"access_token":"aT2kWf7pBm3X+aT2kWf7pBm3X"}"#]);
    static BAD: Server = Server::answers(400, JSON, &[
        br#"{"error":"invalid_grant","error_description":"kD4wNz8yHj1P+/%=&kD4wNz8yHj1P vF6bRu3eXs5M~.-_vF6bRu3eXs5M"}"#,
    ]);
    static DEVICE: Server = Server::answers(200, JSON, &[
        br#"{"device_code":"dV3kXp7oWb9M+dV3kXp7oWb9M","user_code":"A-B","verification_uri":"https://as.example/d","#,
        br#""interval":1,"expires_in":60,"access_token":"\u0061T2kWf7pBm3X+aT2kWf7pBm3X"}"#,
    ]);
    leaves_nothing("a redirect", || first_token::finish_authorization(&GOOD, OAUTH_OK));
    leaves_nothing("a refusal", || first_token::finish_authorization(&BAD, OAUTH_ERROR_PROVIDER));
    leaves_nothing("a signed redirect", || first_token::refuse_signed_redirect(&GOOD));
    leaves_nothing("a device", || first_token::wait_for_device(&DEVICE));
}

#[test]
fn values_of_the_program_leave_no_secret() {
    leaves_nothing("values", exchange::make_values);
    static UNASKED: Server = Server::fails(OAUTH_ERROR_CALLBACK);
    leaves_nothing("mistakes", || exchange::make_mistakes(&UNASKED));
    assert_eq!(UNASKED.asked.load(std::sync::atomic::Ordering::Relaxed), 0);
}

/// What a source gives, and what it cannot give, from where it is read on.
#[test]
fn sources_leave_no_secret() {
    use oauthclient::source::{Source, command, file};
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("token");
    let path = path.to_str().expect("UTF-8");
    let texts: [&[u8]; 5] = [
        b" aT2kWf7pBm3X+aT2kWf7pBm3X\n",
        br#"{"m":[{"a/b":"\u0061T2kWf7pBm3X\/\u002baT2kWf7pBm3X"}],"x":"nR5dJq1hZu8E"}"#,
        br#"{"m":{"aT2kWf7pBm3X":["aT2kWf7pBm3X"#,
        b"aT2kWf7pBm3X\xff",
        b"aT2kWf7pBm3X\0",
    ];
    for (text, pointer) in texts.iter().flat_map(|text| [(text, None), (text, Some("/m/0/a~1b"))]) {
        std::fs::write(path, text).expect("written");
        let arguments = ["cat", path].map(str::to_owned).to_vec();
        let sources: [Box<dyn Source>; 2] = [
            Box::new(file::File::new(path, pointer).expect("a good source")),
            Box::new(command::Command::new(arguments, pointer).expect("a good source")),
        ];
        for source in sources {
            leaves_nothing(source.name(), || drop(source.read()));
        }
    }
}

/// The watch itself: a value that is given back as it is must be found.
#[test]
fn the_watch_finds_a_secret_in_freed_memory() {
    for planted in [planted::ACCESS, "cS9xQ2mVt7Lr", "kD4wNz8yHj1P"] {
        let text = format!("x{planted}y");
        let found = watch::watch(planted::marks, || drop(text));
        assert_eq!(found.len(), 1, "{planted}: {found:?}");
    }
    let mut grown = b"kD4wNz8yHj1P".to_vec();
    let found = watch::watch(planted::marks, || grown.resize(1000, b' '));
    assert_eq!(found.len(), 1, "a block that moves leaves its old place behind: {found:?}");
    assert!(watch::watch(planted::marks, || drop(std::hint::black_box(vec![7; 100]))).is_empty());
}
