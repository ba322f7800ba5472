//! Hostile and odd answers, ready-made.
//!
//! Each is one call in a handler, after the request was read: `exchange.read_request()?; answers::drip(&mut exchange, …)`.
//! Those that never end stop with an error when the client goes away or the server is dropped.

use std::io;
use std::time::Duration;

use crate::scripted::{Answer, Exchange};

const CHUNK: usize = 64 * 1024;

/// A page of HTML with the status given, as a load balancer or a captive portal sends it.
pub fn html(status: u16) -> Answer {
    Answer::new(
        status,
        &[("Content-Type", "text/html; charset=utf-8")],
        "<!DOCTYPE html><html><head><title>Error</title></head>\
         <body><h1>The page cannot be shown</h1><p>error=invalid_grant&amp;x=1</p></body></html>\n",
    )
}

/// 204 without content.
pub fn no_content() -> Answer {
    Answer::new(204, &[], "")
}

/// Sends an answer one byte at a time.
pub fn drip(exchange: &mut Exchange, answer: &Answer, every: Duration) -> io::Result<()> {
    for byte in answer.bytes() {
        exchange.write(&[byte])?;
        exchange.pause(every)?;
    }
    Ok(())
}

/// Sends spaces, which JSON allows before a value, one at a time and for ever.
pub fn endless_drip(exchange: &mut Exchange, every: Duration) -> io::Result<()> {
    exchange.write(&chunked_head())?;
    loop {
        exchange.write(b"1\r\n \r\n")?;
        exchange.pause(every)?;
    }
}

/// Sends `103 Early Hints` for ever.
pub fn endless_informational(exchange: &mut Exchange, every: Duration) -> io::Result<()> {
    loop {
        exchange.write(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n")?;
        exchange.pause(every)?;
    }
}

/// Sends so many header lines before the rest of the answer.
pub fn many_headers(exchange: &mut Exchange, answer: &Answer, count: usize) -> io::Result<()> {
    let mut answer = answer.clone();
    answer.headers.extend((0..count).map(|number| (format!("X-Flood-{number}"), "x".to_string())));
    exchange.answer(&answer)
}

/// Sends one header with so many bytes of value before the rest of the answer.
pub fn huge_header(exchange: &mut Exchange, answer: &Answer, size: usize) -> io::Result<()> {
    let mut answer = answer.clone();
    answer.headers.push(("X-Flood".to_string(), "x".repeat(size)));
    exchange.answer(&answer)
}

/// Sends a body of so many spaces, announced by Content-Length.
pub fn large_body(exchange: &mut Exchange, size: u64) -> io::Result<()> {
    exchange.write(&head_with_length(size))?;
    let spaces = [b' '; CHUNK];
    let mut left = size;
    while left > 0 {
        let now = left.min(CHUNK as u64) as usize;
        exchange.write(&spaces[..now])?;
        left -= now as u64;
    }
    Ok(())
}

/// Sends a body of at least so many spaces in chunks, so that nothing announces its size.
pub fn large_chunked_body(exchange: &mut Exchange, size: u64) -> io::Result<()> {
    exchange.write(&chunked_head())?;
    let mut chunk = format!("{CHUNK:x}\r\n").into_bytes();
    chunk.resize(chunk.len() + CHUNK, b' ');
    chunk.extend_from_slice(b"\r\n");
    for _ in 0..size.div_ceil(CHUNK as u64) {
        exchange.write(&chunk)?;
    }
    exchange.write(b"0\r\n\r\n")
}

/// Sends the body under a Content-Length that is so many bytes too long, and closes: a truncated answer.
pub fn truncated_body(mut exchange: Exchange, body: &[u8], missing: u64) -> io::Result<()> {
    exchange.write(&head_with_length(body.len() as u64 + missing))?;
    exchange.write(body)?;
    exchange.close();
    Ok(())
}

/// As [`truncated_body`], but keeps the connection open, so that the client waits for the rest.
pub fn too_long_length(exchange: &mut Exchange, body: &[u8], missing: u64) -> io::Result<()> {
    exchange.write(&head_with_length(body.len() as u64 + missing))?;
    exchange.write(body)?;
    exchange.wait_for_close();
    Ok(())
}

/// Sends the body under a Content-Length that is so many bytes too short; the surplus stays on the open connection.
pub fn too_short_length(exchange: &mut Exchange, body: &[u8], surplus: u64) -> io::Result<()> {
    let mut bytes = head_with_length(body.len() as u64 - surplus);
    bytes.extend_from_slice(body);
    exchange.write(&bytes)?;
    exchange.wait_for_close();
    Ok(())
}

/// Sends the body as one whole chunk and closes before the last, empty one.
pub fn truncated_chunked_body(mut exchange: Exchange, body: &[u8]) -> io::Result<()> {
    let mut bytes = chunked_head();
    bytes.extend_from_slice(format!("{:x}\r\n", body.len()).as_bytes());
    bytes.extend_from_slice(body);
    bytes.extend_from_slice(b"\r\n");
    exchange.write(&bytes)?;
    exchange.close();
    Ok(())
}

/// Resets before a byte of the answer.
pub fn reset_before_headers(exchange: Exchange) -> io::Result<()> {
    exchange.reset();
    Ok(())
}

/// Sends half a header line, then resets.
pub fn reset_in_headers(mut exchange: Exchange) -> io::Result<()> {
    exchange.write(b"HTTP/1.1 200 OK\r\nContent-Ty")?;
    exchange.reset();
    Ok(())
}

/// Sends all headers and half of the body, then resets.
pub fn reset_in_body(mut exchange: Exchange, body: &[u8]) -> io::Result<()> {
    exchange.write(&head_with_length(body.len() as u64))?;
    exchange.write(&body[..body.len() / 2])?;
    exchange.reset();
    Ok(())
}

/// Sends all headers, then resets.
pub fn reset_after_headers(exchange: Exchange) -> io::Result<()> {
    reset_in_body(exchange, b" ")
}

fn head_with_length(length: u64) -> Vec<u8> {
    head(&format!("Content-Length: {length}"))
}

fn chunked_head() -> Vec<u8> {
    head("Transfer-Encoding: chunked")
}

fn head(framing: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{framing}\r\n\r\n").into_bytes()
}
