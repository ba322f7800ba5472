//! Everything that is not waited for gets its 400, and the wait goes on.

use std::io::Write;
use std::net::Shutdown;
use std::time::Instant;

use crate::loopback::{PATIENCE, RIGHT, address, answer, connect, during_wait, get, listener, right, send};

fn post(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("POST /cb HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

fn form(length: &str, body: &[u8]) -> Vec<u8> {
    post(&format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n"), body)
}

/// Named requests; each would be the right one but for one thing.
fn wrong() -> Vec<(&'static str, Vec<u8>)> {
    let target = format!("/cb?{RIGHT}");
    let with = |method: &str, headers: &str| format!("{method} {target} HTTP/1.1\r\n{headers}\r\n").into_bytes();
    let length = RIGHT.len().to_string();
    let body = RIGHT.as_bytes();
    vec![
        ("favicon", get("/favicon.ico")),
        ("another path", get(&format!("/?{RIGHT}"))),
        ("a longer path", get(&format!("/cb/?{RIGHT}"))),
        ("a shorter path", get(&format!("/c?{RIGHT}"))),
        ("another case", get(&format!("/CB?{RIGHT}"))),
        ("a wrong state", get("/cb?code=s3cret&state=wrong")),
        ("no parameters", get("/cb")),
        ("a whole URL", get(&format!("http://127.0.0.1{target}"))),
        ("no text", [b"GET /cb?\xff", body, b" HTTP/1.1\r\n\r\n"].concat()),
        ("NUL", [b"GET /cb?\0", body, b" HTTP/1.1\r\n\r\n"].concat()),
        ("HEAD", with("HEAD", "")),
        ("OPTIONS", with("OPTIONS", "Origin: null\r\n")),
        ("PUT", with("PUT", "Content-Length: 0\r\n")),
        ("a lower-case method", with("get", "")),
        ("HTTP/0.9", format!("GET {target}\r\n").into_bytes()),
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()),
        ("a TLS handshake", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
        ("an empty line first", [b"\r\n", &*right()].concat()),
        ("a chunked GET", with("GET", "Transfer-Encoding: chunked\r\n")),
        ("a broken header", with("GET", "no colon\r\n")),
        ("a huge head", with("GET", &format!("X: {}\r\n", "s3cret".repeat(20_000)))),
        ("a huge request line", format!("GET /cb?{}", "s3cret".repeat(20_000)).into_bytes()),
        ("many headers", with("GET", &"X: s3cret\r\n".repeat(500))),
        ("another request first", [get("/favicon.ico"), right()].concat()),
        ("a form without its length", post("Content-Type: application/x-www-form-urlencoded\r\n", body)),
        ("a form of two lengths", form(&format!("{length}\r\nContent-Length: {length}"), body)),
        ("a form with a sign", form(&format!("+{length}"), body)),
        ("a form of a huge length", form("99999999999999999999999", body)),
        ("a form that is too large", form(&(64 * 1024 + RIGHT.len()).to_string(), &[b'x'; 64 * 1024])),
        ("a form in chunks", form(&format!("{length}\r\nTransfer-Encoding: chunked"), body)),
        ("a form with a wrong state", form("11", b"state=wrong")),
        ("a form with NUL", form(&(length.len() + RIGHT.len() + 1).to_string(), &[b"12\0", body].concat())),
        ("a form that is no text", form(&(RIGHT.len() + 1).to_string(), &[b"\xff", body].concat())),
        ("a body that is no form", post(&format!("Content-Type: text/plain\r\nContent-Length: {length}\r\n"), body)),
        ("a body of no type", post(&format!("Content-Length: {length}\r\n"), body)),
    ]
}

/// Complete and properly ended, and nothing in it comes from the request.
fn is_refusal(name: &str, answer: &str) {
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{name}: {answer:?}");
    let answer = answer.to_lowercase();
    let (head, text) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.contains("\r\nconnection: close") && head.contains("\r\ncache-control: no-store"), "{name}: {head}");
    assert!(head.contains("\r\ncontent-type: text/plain; charset=utf-8"), "{name}: {head}");
    assert!(!text.is_empty() && !answer.contains("s3cret") && !answer.contains("state"), "{name}: {text}");
}

#[test]
fn every_other_request_gets_400_and_the_wait_goes_on() {
    let mut listener = listener();
    during_wait(&mut listener, |address| {
        for (name, request) in wrong() {
            is_refusal(name, &answer(send(address, &request)));
        }
        drop(send(address, &right()));
    });
}

#[test]
fn a_request_that_ends_early_is_refused() {
    let mut listener = listener();
    let whole = right();
    during_wait(&mut listener, |address| {
        for length in [0, 1, whole.len() - 1] {
            let socket = send(address, &whole[..length]);
            socket.shutdown(Shutdown::Write).expect("connected");
            is_refusal("half a request", &answer(socket));
        }
        drop(send(address, &whole));
    });
}

#[test]
fn a_request_that_is_slow_is_refused() {
    let mut listener = listener();
    let started = Instant::now();
    during_wait(&mut listener, |address| {
        let silent = connect(address);
        let slow = send(address, b"GET /cb?code=");
        is_refusal("silent", &answer(silent));
        is_refusal("slow", &answer(slow));
        drop(send(address, &right()));
    });
    assert!(started.elapsed() < PATIENCE);
}

/// Whoever does not read its answer, and goes on sending, is let go.
#[test]
fn a_client_that_never_stops_is_cut_off() {
    let mut listener = listener();
    during_wait(&mut listener, |address| {
        let mut endless = send(address, &get("/favicon.ico"));
        let piece = [b'x'; 16 * 1024];
        let sent = (0..).take_while(|_| endless.write_all(&piece).is_ok()).count();
        assert!(sent < 16 * 1024, "{sent} pieces");
        drop(send(address, &right()));
    });
}

#[test]
fn after_the_redirect_no_connection_is_accepted() {
    let mut listener = listener();
    let address = address(&listener);
    let idle = connect(&address);
    let _browser = crate::loopback::accepted(&mut listener);
    assert!(std::net::TcpStream::connect(&address).is_err(), "the port is closed");
    is_refusal("idle until then", &answer(idle));
}
