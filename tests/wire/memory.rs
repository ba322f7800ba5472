//! However much a server sends, the program keeps little of it.

use oauthclient::error::Status;
use oauthclient::protocol::json_value::Value;
use oauthclient_test_server::answers;
use oauthclient_test_server::scripted::{Answer, Exchange, Scripted};

use crate::counting::peak;
use crate::support::c::{Linkage, Program};
use crate::support::calls::{access_token, client_of, config, failure, refresh, refreshed, token};

const FORM: &str = "application/x-www-form-urlencoded";
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

/// The largest answers that are allowed, each as costly to read as it can be.
#[test]
fn the_worst_answer_costs_four_times_its_size() {
    const SIZE: usize = 1 << 20;
    let fill = |begin: &str, piece: &dyn Fn(usize) -> String, end: &str| {
        let mut body = begin.to_owned();
        for number in 0.. {
            let next = piece(number);
            if body.len() + next.len() + end.len() > SIZE {
                break;
            }
            body.push_str(&next);
        }
        body + end
    };
    let begin = r#"{"access_token":"at","token_type":"Bearer","x":"#;
    let with_type = |kind: &str, body: String| Answer::new(200, &[("Content-Type", kind)], body);
    let json = |body: String| with_type("application/json", body);
    let rows = [
        ("members", json(fill(&format!("{begin}0"), &|number| format!(r#","{number:x}":0"#), "}"))),
        ("a thousand members", json(fill(&format!("{begin}0"), &|n| format!(r#","{n}":"{}""#, "y".repeat(1060)), "}"))),
        ("one name", json(fill(&format!("{begin}0"), &|_| r#","m":0"#.to_owned(), "}"))),
        ("items", json(fill(&format!("{begin}[0"), &|_| ",0".to_owned(), "]}"))),
        ("scopes", json(fill(r#"{"access_token":"at","scope":["a""#, &|_| r#","a""#.to_owned(), "]}"))),
        ("a string", json(fill(&format!("{begin}\""), &|_| "y".repeat(16), "\"}"))),
        ("escapes", json(fill(&format!("{begin}\""), &|_| r"\u00e9".to_owned(), "\"}"))),
        ("escaped names", json(fill(&format!("{begin}0"), &|n| format!(r#","\u00e9{n:x}":0"#), "}"))),
        ("a token", json(fill(r#"{"access_token":""#, &|_| "y".repeat(16), "\"}"))),
        ("an escaped token", json(fill(r#"{"access_token":""#, &|_| r"\u00e9".to_owned(), "\"}"))),
        ("an error", json(fill(r#"{"error":"e","error_description":""#, &|_| r"\u00e9".to_owned(), "\"}"))),
        ("levels", json(format!("{begin}{}{}}}", "[".repeat(SIZE / 2 - 50), "]".repeat(SIZE / 2 - 50)))),
        ("a form", with_type(FORM, fill("access_token=at", &|_| "&a=".to_owned(), ""))),
        ("an encoded form", with_type(FORM, fill("access_token=", &|_| "%41".to_owned(), ""))),
        ("a page", with_type("text/html", fill("<", &|_| "page".to_owned(), ">"))),
        ("no access token", json(fill(r#"{"refresh_token":""#, &|_| r"\u00e9".to_owned(), "\"}"))),
        ("Latin-1", Answer::new(200, &[], b"refresh_token=caf\xe9 caf\xe9 ".repeat(SIZE / 24))),
        ("not UTF-8", Answer::new(200, &[], vec![0xe9; SIZE])),
    ];
    let (mut costs, mut most) = (String::new(), 0.0);
    for (what, answer) in rows {
        assert!(answer.body.len() > SIZE / 8 * 7, "{what}: {}", answer.body.len());
        let server = Scripted::sequence(vec![token(), answer]);
        let mut settings = config(&server.url("/token"));
        settings.max_response_bytes = SIZE;
        let client = client_of(&settings);
        drop(refreshed(&client)); // what the client keeps is there
        let (bytes, outcome) = peak(|| refresh(&client));
        let mib = bytes as f64 / SIZE as f64;
        let outcome = outcome.map_or_else(|error| error.to_string(), |_| "a token".to_owned());
        costs.push_str(&format!("{what}: {mib:.2} MiB, {outcome}\n"));
        most = mib.max(most);
    }
    assert!(most <= 4.1, "{costs}"); // with the connection's buffer
}

/// Each item is larger than its text; those beyond the ten thousandth are not even read.
#[test]
fn walking_an_array_costs_no_more_than_its_first_ten_thousand_items() {
    let array = format!("[0{}]", ",0".repeat(1 << 19));
    let value = Value::new(&array).expect("a value");
    let (bytes, items) = peak(|| value.len());
    assert_eq!(items, 10_000);
    assert!(bytes < 3 << 20, "{bytes}");
}
