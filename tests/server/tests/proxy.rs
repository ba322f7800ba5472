//! The proxies lead made-up names to a real server, and ask for credentials.

use std::io::{Read, Write};
use std::net::TcpStream;

use oauthclient_test_server::proxy::{Credentials, HttpProxy, SeenTarget, Socks5};
use oauthclient_test_server::scripted::Scripted;

fn origin() -> Scripted {
    Scripted::always(200, &[], "ok")
}

/// Sends each part when the answer to the one before has come, and gives all answers.
fn talk(proxy: &Scripted, steps: &[(&[u8], usize)]) -> Vec<u8> {
    let mut stream = TcpStream::connect(proxy.address()).unwrap();
    let mut answers = Vec::new();
    for (bytes, length) in steps {
        stream.write_all(bytes).unwrap();
        let mut answer = vec![0; *length];
        stream.read_exact(&mut answer).unwrap();
        answers.extend_from_slice(&answer);
    }
    answers
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const GET: &[u8] = b"GET /in HTTP/1.1\r\nHost: made.up\r\n\r\n";

#[test]
fn forwards_absolute_form_and_keeps_the_connection() {
    let origin = origin();
    let proxy = HttpProxy::start(origin.address(), None);
    let request = b"GET http://made.up:81/in HTTP/1.1\r\nHost: made.up\r\nProxy-Connection: x\r\n\r\n";
    let step: (&[u8], usize) = (request, OK.len());
    assert_eq!(talk(&proxy, &[step, step]), [OK, OK].concat());
    assert_eq!(proxy.requests()[0].target, "http://made.up:81/in");
    let seen = origin.requests();
    assert_eq!((seen.len(), seen[1].head.as_slice()), (2, GET));
}

#[test]
fn tunnels_with_credentials() {
    let origin = origin();
    let proxy = HttpProxy::start(origin.address(), Some(Credentials::new("alice", "secret")));
    let refused = b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"test proxy\"\r\n\
                    Content-Length: 0\r\n\r\n";
    let connect = b"CONNECT made.up:443 HTTP/1.1\r\nHost: made.up:443\r\n\r\n";
    let allowed = b"CONNECT made.up:443 HTTP/1.1\r\nProxy-Authorization: Basic YWxpY2U6c2VjcmV0\r\n\r\n";
    let established = "HTTP/1.1 200 Connection established\r\n\r\n".len();
    let answers = talk(&proxy, &[(connect, refused.len()), (allowed, established), (GET, OK.len())]);
    assert!(answers.starts_with(refused) && answers.ends_with(OK));
    assert_eq!(proxy.requests()[1].target, "made.up:443");
    assert_eq!(origin.requests()[0].head, GET);
}

#[test]
fn speaks_socks_with_and_without_a_password() {
    let origin = origin();
    let target = [b"\x05\x01\x00\x03\x07made.up".as_slice(), &443u16.to_be_bytes()].concat();
    let open = Socks5::start(origin.address(), None);
    let answers = talk(&open, &[(b"\x05\x01\x00", 2), (&target, 10), (GET, OK.len())]);
    assert!(answers.starts_with(b"\x05\x00\x05\x00") && answers.ends_with(OK));
    let expected = SeenTarget { host: "made.up".to_string(), by_name: true, port: 443 };
    assert_eq!(open.targets(), [expected]);

    let closed = Socks5::start(origin.address(), Some(Credentials::new("alice", "secret")));
    assert_eq!(talk(&closed, &[(b"\x05\x01\x00", 2)]), b"\x05\xff");
    let greeting: (&[u8], usize) = (b"\x05\x01\x02", 2);
    assert_eq!(talk(&closed, &[greeting, (b"\x01\x05alice\x05wrong", 2)]), b"\x05\x02\x01\x01");
    let answers = talk(&closed, &[greeting, (b"\x01\x05alice\x06secret", 2), (&target, 10), (GET, OK.len())]);
    assert!(answers.ends_with(OK));
}
