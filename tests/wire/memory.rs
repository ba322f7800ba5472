//! However much a server sends, the program keeps little of it.

use oauthclient::error::Status;
use oauthclient_test_server::answers;
use oauthclient_test_server::scripted::{Answer, Exchange, Scripted};

use crate::support::c::{Linkage, Program};
use crate::support::calls::{access_token, client_of, config, failure, refresh, refreshed, token};

const MUCH: u64 = 256 << 20;

type Flood = fn(&mut Exchange) -> std::io::Result<()>;

#[test]
fn what_is_too_large_is_not_kept() {
    let floods: [(&str, Flood); 4] = [
        ("a body that announces its length", |exchange| answers::large_body(exchange, MUCH)),
        ("a chunked body", |exchange| answers::large_chunked_body(exchange, MUCH)),
        ("a million headers", |exchange| answers::many_headers(exchange, &token(), 1_000_000)),
        ("a huge header", |exchange| answers::huge_header(exchange, &token(), 64 << 20)),
    ];
    let program = Program::build("engine_memory", Linkage::Shared);
    for (what, flood) in floods {
        let server = Scripted::start(move |mut exchange| {
            while let Some(request) = exchange.read_request()? {
                match request.form_value("refresh_token").as_deref() {
                    Some("much") => flood(&mut exchange)?,
                    _ => exchange.answer(&token())?,
                }
            }
            Ok(())
        });
        assert_eq!(program.run(&[("ENDPOINT", &server.url("/token"))]), "", "{what}");
        assert_eq!(server.requests().len(), 4, "{what}: each call was sent once");
    }
}

#[test]
fn a_body_may_be_as_large_as_was_allowed_and_no_larger() {
    const LIMIT: usize = 100_000;
    for (size, chunked, fits) in
        [(LIMIT, false, true), (LIMIT + 1, false, false), (LIMIT, true, true), (LIMIT + 1, true, false)]
    {
        let server = Scripted::start(move |mut exchange| {
            while exchange.read_request()?.is_some() {
                let mut body = token().body;
                body.resize(size, b' ');
                if chunked {
                    exchange.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
                    exchange.write(format!("{size:x}\r\n").as_bytes())?;
                    exchange.write(&body)?;
                    exchange.write(b"\r\n0\r\n\r\n")?;
                } else {
                    exchange.answer(&Answer::json(200, body))?;
                }
            }
            Ok(())
        });
        let mut settings = config(&server.url("/token"));
        settings.max_response_bytes = LIMIT;
        let client = client_of(&settings);
        if fits {
            assert_eq!(access_token(&refreshed(&client)), "at");
        } else {
            assert_eq!(failure(refresh(&client)).status, Status::ResponseTooLarge);
        }
    }
}

#[test]
fn an_announced_length_allocates_nothing() {
    for promised in ["1000000000000000", "9223372036854775809"] {
        let server = Scripted::start(move |mut exchange| {
            exchange.read_request()?;
            exchange.write(format!("HTTP/1.1 200 OK\r\nContent-Length: {promised}\r\n\r\n{{").as_bytes())
        });
        let mut settings = config(&server.url("/token"));
        settings.max_response_bytes = usize::MAX;
        let error = failure(refresh(&client_of(&settings)));
        assert_eq!(error.status, Status::ConnectionLost, "{promised}: {error}");
    }
}
