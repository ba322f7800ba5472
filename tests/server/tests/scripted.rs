//! The scripted server does what its script says, records it, and always stops.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use oauthclient_test_server::answers;
use oauthclient_test_server::certificates::{Authority, Identity};
use oauthclient_test_server::scripted::{Answer, Exchange, Scripted, handler};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

const GET: &[u8] = b"GET /a?b=c HTTP/1.1\r\nHost: test\r\nX-Odd:  1 \r\n\r\n";
const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

fn connect(server: &Scripted) -> TcpStream {
    TcpStream::connect(server.address()).unwrap()
}

fn read_answer(stream: &mut impl Read) -> String {
    let mut bytes = vec![0; ANSWER.len()];
    stream.read_exact(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn read_all(stream: &mut impl Read) -> (String, Option<ErrorKind>) {
    let mut bytes = Vec::new();
    let error = stream.read_to_end(&mut bytes).err().map(|error| error.kind());
    (String::from_utf8(bytes).unwrap(), error)
}

fn client_config(authority: &Authority) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_root_certificates(roots).with_no_client_auth())
}

fn connect_tls(server: &Scripted, config: &Arc<ClientConfig>) -> StreamOwned<ClientConnection, TcpStream> {
    let name = "localhost".try_into().unwrap();
    StreamOwned::new(ClientConnection::new(config.clone(), name).unwrap(), connect(server))
}

#[test]
fn records_requests_and_keeps_connections() {
    let server = Scripted::always(200, &[("Content-Type", "application/json")], "{}");
    let mut stream = connect(&server);
    let post = b"POST /token HTTP/1.1\r\nHost: test\r\nContent-Length: 7\r\n\r\na=1&b=%";
    for request in [GET, post] {
        stream.write_all(request).unwrap();
        assert_eq!(read_answer(&mut stream), ANSWER);
    }
    let seen = server.requests();
    assert_eq!((seen[0].method.as_str(), seen[0].target.as_str()), ("GET", "/a?b=c"));
    assert_eq!((seen[0].header("x-odd"), seen[0].head.as_slice()), (Some("1"), GET));
    assert_eq!((seen[1].connection, seen[1].number), (0, 1));
    assert_eq!(seen[1].form_value("b").as_deref(), Some("%"));
    assert_eq!(server.connections()[0].received, GET.len() + post.len());
    drop(stream);
    server.wait_for(|seen| seen.open() == 0);
}

#[test]
fn repeats_the_last_answer_of_a_sequence() {
    let server = Scripted::sequence(vec![Answer::json(503, "{}"), Answer::json(200, "{}")]);
    let mut stream = connect(&server);
    stream.write_all(&[GET, GET, GET].concat()).unwrap();
    let mut bytes = vec![0; ANSWER.len() * 3 + "Service Unavailable".len() - "OK".len()];
    stream.read_exact(&mut bytes).unwrap();
    assert!(bytes.starts_with(b"HTTP/1.1 503 "));
    assert!(bytes.ends_with([ANSWER, ANSWER].concat().as_bytes()));
}

#[test]
fn closes_an_idle_connection_and_says_when() {
    let server = Scripted::idle_close(Duration::from_millis(20), "{}");
    let mut stream = connect(&server);
    stream.write_all(GET).unwrap();
    assert_eq!(read_all(&mut stream), (ANSWER.to_string(), None));
    server.wait_for(|seen| seen.closes().len() == 1);
    let connection = &server.connections()[0];
    let idle = connection.closed.unwrap().at - connection.last_write_at.unwrap();
    assert!(idle >= Duration::from_millis(19), "{idle:?}");
}

#[test]
fn resets_without_close_notify() {
    let authority = Authority::new();
    let server = Scripted::start_tls(handler::reset_on_go(Answer::json(200, "{}")), &authority.good());
    let mut stream = connect_tls(&server, &client_config(&authority));
    stream.write_all(GET).unwrap();
    assert_eq!(read_answer(&mut stream), ANSWER);
    server.go();
    assert_eq!(read_all(&mut stream), (String::new(), Some(ErrorKind::ConnectionReset)));
    server.wait_for(|seen| seen.connections[0].closed.is_some_and(|close| close.reset));
}

#[test]
fn records_handshakes_and_resumption() {
    let authority = Authority::new();
    let server = Scripted::start_tls(handler::always(Answer::json(200, "{}")), &authority.good());
    let config = client_config(&authority);
    for _ in 0..2 {
        let mut stream = connect_tls(&server, &config);
        stream.write_all(GET).unwrap();
        assert_eq!(read_answer(&mut stream), ANSWER);
    }
    let resumed: Vec<bool> = server.connections().iter().map(|seen| seen.tls.as_ref().unwrap().resumed).collect();
    assert_eq!(resumed, [false, true]);
}

#[test]
fn makes_certificates_that_clients_refuse() {
    let authority = Authority::new();
    let config = client_config(&authority);
    for identity in [authority.expired(), authority.wrong_host(), Identity::untrusted()] {
        let server = Scripted::start_tls(handler::always(Answer::json(200, "{}")), &identity);
        connect_tls(&server, &config).write_all(GET).unwrap_err();
        server.wait_for(|seen| seen.connections[0].handshake_error.is_some());
        assert!(server.requests().is_empty());
    }
    let file = authority.pem_file();
    assert_eq!(std::fs::read_to_string(file.path()).unwrap(), authority.pem());
}

#[test]
fn gives_hostile_answers() {
    let reset = Some(ErrorKind::ConnectionReset);
    check(answers::reset_before_headers, |_| true, reset);
    check(answers::reset_in_headers, |_| true, reset);
    check(answers::reset_after_headers, |_| true, reset);
    check(|exchange| answers::truncated_body(exchange, b"{}", 5), |got| got.ends_with("Length: 7\r\n\r\n{}"), None);
    check(
        |exchange| answers::truncated_chunked_body(exchange, b"{}"),
        |got| got.ends_with("\r\n\r\n2\r\n{}\r\n"),
        None,
    );
    let answer = || Answer::json(200, "{}");
    check(
        move |mut exchange| answers::drip(&mut exchange, &answer(), Duration::from_micros(1)),
        |got| got == ANSWER,
        None,
    );
    check(
        move |mut exchange| answers::many_headers(&mut exchange, &answer(), 300),
        |got| got.lines().count() == 305,
        None,
    );
    check(move |mut exchange| answers::huge_header(&mut exchange, &answer(), 100_000), |got| got.len() > 100_000, None);
    check(|mut exchange| answers::large_body(&mut exchange, 200_000), |got| got.len() > 200_000, None);
    check(|mut exchange| answers::large_chunked_body(&mut exchange, 200_000), |got| got.len() > 200_000, None);
    check(|mut exchange| exchange.answer(&answers::no_content()), |got| !got.contains("Length"), None);
}

fn check(
    answer: impl Fn(Exchange) -> std::io::Result<()> + Send + Sync + 'static,
    expected: impl Fn(&str) -> bool,
    error: Option<ErrorKind>,
) {
    let server = Scripted::start(move |mut exchange| {
        exchange.read_request()?;
        answer(exchange)
    });
    let mut stream = connect(&server);
    stream.write_all(GET).unwrap();
    let (got, end) = read_all(&mut stream);
    assert!(expected(&got), "{got}");
    assert_eq!(end, error);
}

#[test]
fn stops_whatever_its_handlers_wait_for() {
    let handlers: [fn(Exchange) -> std::io::Result<()>; 5] = [
        |mut exchange| exchange.read_request().map(|_| ()),
        |exchange| exchange.wait_for_go(),
        |mut exchange| answers::endless_informational(&mut exchange, Duration::from_secs(100)),
        |mut exchange| answers::large_body(&mut exchange, u64::MAX),
        |mut exchange| {
            exchange.wait_for_close();
            Ok(())
        },
    ];
    for handler in handlers {
        let server = Scripted::start(handler);
        let stream = connect(&server);
        server.wait_for(|seen| seen.connections.len() == 1);
        drop(server);
        drop(stream);
    }
}

#[test]
#[should_panic(expected = "a handler panicked")]
fn repeats_the_panic_of_a_handler() {
    let server = Scripted::start(|_| panic!("in the handler"));
    connect(&server);
    server.wait_for(|seen| !seen.panics.is_empty());
}
