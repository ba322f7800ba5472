//! What stands around an answer decides nothing: odd header lines, a coding that nobody asked for, a careless end of TLS.

use std::io::Write;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use oauthclient::error::{Advice, Status};
use oauthclient::protocol::deviation;
use oauthclient_test_server::scripted::{Answer, Scripted};

use crate::support::calls::{authority, call, client, client_of, config, failure, grants};

const BODY: &str = r#"{"access_token":"A2","refresh_token":"R2","token_type":"bearer"}"#;
const USUAL: &[u8] = b"Content-Type: application/json\r\n";

/// An answer with these lines in its head.
fn answer(lines: &[u8], body: &[u8]) -> Vec<u8> {
    let mut bytes = b"HTTP/1.1 200 OK\r\n".to_vec();
    bytes.extend_from_slice(USUAL);
    bytes.extend_from_slice(lines);
    bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    bytes.extend_from_slice(body);
    bytes
}

fn server_of(bytes: Vec<u8>) -> Scripted {
    Scripted::start(move |mut exchange| {
        while exchange.read_request()?.is_some() {
            exchange.write(&bytes)?;
        }
        Ok(())
    })
}

/// Both grants get the token, with these deviations.
fn works(what: &str, bytes: Vec<u8>, deviations: u32) {
    let server = server_of(bytes);
    let client = client(&server.url("/token"));
    for grant in grants() {
        let token = call(&client, grant, None).unwrap_or_else(|error| panic!("{what}: {error:?}"));
        assert_eq!(token.access_token.as_ref().map(|token| token.as_str()), Some("A2"), "{what}");
        assert_eq!(token.refresh_token.as_ref().map(|token| token.as_str()), Some("R2"), "{what}");
        assert_eq!(token.deviations, deviations, "{what}");
    }
}

#[test]
fn header_lines_that_have_nothing_to_do_with_oauth_are_taken_or_passed_over() {
    let odd: [&[u8]; 5] = [
        b"X-Folded: one\r\n two\r\n",
        b"X-Space : before the colon\r\n",
        b"PHP Warning in the head\r\n",
        b"Set-Cookie: a=\x01b\r\n",
        b"X-Latin: caf\xe9\r\n",
    ];
    for line in odd {
        works(&String::from_utf8_lossy(line), answer(line, BODY.as_bytes()), 0);
    }
    works("all of them", answer(&odd.concat(), BODY.as_bytes()), 0);
    let many: Vec<u8> = (0..990).flat_map(|number| format!("X-{number}: {number}\r\n").into_bytes()).collect();
    works("a thousand lines", answer(&many, BODY.as_bytes()), 0);
    let long = format!("X-Long: {}\r\n", "x".repeat(300 << 10));
    works("300 KiB", answer(long.as_bytes(), BODY.as_bytes()), 0);
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text).expect("memory");
    packed.finish().expect("memory")
}

fn zlib(text: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text).expect("memory");
    packed.finish().expect("memory")
}

#[test]
fn a_compressed_answer_is_unpacked_and_flagged() {
    let coding = deviation::CONTENT_CODING;
    works("gzip", answer(b"Content-Encoding: gzip\r\n", &gzip(BODY.as_bytes())), coding);
    works("deflate", answer(b"Content-Encoding: deflate\r\n", &zlib(BODY.as_bytes())), coding);
    works("without the header", answer(b"", &gzip(BODY.as_bytes())), coding);
    // an error too; and the program sees what was unpacked
    let packed = gzip(br#"{"error":"invalid_grant"}"#);
    let headers = [("Content-Type", "application/json"), ("Content-Encoding", "gzip")];
    let server = Scripted::sequence(vec![Answer::new(400, &headers, packed)]);
    let error = failure(call(&client(&server.url("/token")), grants()[1], None));
    assert_eq!((error.status, error.deviations), (Status::Provider, coding), "{error}");
    let body = error.response.as_ref().and_then(|response| response.body.as_str());
    assert_eq!(body, Some(r#"{"error":"invalid_grant"}"#));
    assert_eq!(server.requests()[0].header("accept-encoding"), Some("identity"), "nobody asked for it");
}

#[test]
fn a_body_that_cannot_be_unpacked_says_why() {
    let bomb = gzip(&vec![b' '; 4 << 20]);
    for (coding, body, status, said) in [
        ("br", b"\x8b\x02".to_vec(), Status::InvalidResponse, "content coding br"),
        ("gzip", b"\x1f\x8b\x08\x00".to_vec(), Status::InvalidResponse, "damaged"),
        ("gzip", bomb, Status::ResponseTooLarge, "too large"),
    ] {
        let server = server_of(answer(format!("Content-Encoding: {coding}\r\n").as_bytes(), &body));
        let error = failure(call(&client(&server.url("/token")), grants()[1], None));
        assert_eq!((error.status, error.advice), (status, Advice::OutcomeUnknown), "{error}");
        assert!(error.message.as_str().contains(said), "{error}");
        assert_eq!(error.response.as_ref().map(|response| response.body.len()), Some(body.len()), "it is there to see");
    }
}

#[test]
fn an_error_without_a_body_needs_no_close_notify() {
    let server = Scripted::start_tls(
        |mut exchange| {
            exchange.read_request()?;
            exchange.write(b"HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n")?;
            exchange.close_tcp();
            Ok(())
        },
        &authority().good(),
    );
    let error = failure(call(&client(&server.url("/token")), grants()[0], None));
    assert_eq!((error.status, error.advice), (Status::Http, Advice::FixConfig), "{error}");
}

/// The body has no length: the end of the connection is its end.
#[test]
fn tls_that_ends_without_close_notify_after_a_complete_object_is_no_loss() {
    let marked = format!("\u{feff}{BODY}");
    for (body, is_whole) in [(BODY, true), (&*marked, true), (&BODY[..BODY.len() - 1], false), ("", false)] {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n";
        let bytes = format!("{head}{body}").into_bytes();
        let server = Scripted::start_tls(
            move |mut exchange| {
                exchange.read_request()?;
                exchange.write(&bytes)?;
                exchange.close_tcp();
                Ok(())
            },
            &authority().good(),
        );
        let client = client_of(&config(&server.url("/token")));
        for grant in grants() {
            match call(&client, grant, None) {
                Ok(token) => {
                    let deviations = token.deviations & !deviation::BYTE_ORDER_MARK;
                    assert_eq!((is_whole, deviations), (true, deviation::NO_CLOSE_NOTIFY));
                }
                Err(error) => {
                    assert_eq!((is_whole, error.status), (false, Status::ConnectionLost), "{error}");
                    assert_eq!(error.advice, Advice::OutcomeUnknown);
                }
            }
        }
    }
}
