//! Answers as a token endpoint sends them, each written in one piece.

use std::io::Write;

use super::grant;

const JSON: &str = "application/json; charset=utf-8";

/// About 300 bytes of JSON, the size that real servers send without an ID token, unless it is said how long the access token is.
pub fn write_token(out: &mut Vec<u8>, number: u64, access_bytes: Option<usize>, close: bool) {
    let refresh_token = grant::refresh_token(number);
    let access_token = match access_bytes {
        Some(bytes) => format!("{number:0bytes$}"),
        None => {
            format!("ya29.a0AfB_byC3k9-{number:024}-QmVuY2hNYXJrQWNjZXNzVG9rZW5UaGF0SXNMb25nRW5vdWdoVG9CZVJlYWxpc3RpYw")
        }
    };
    let body = format!(
        "{{\"access_token\":\"{access_token}\",\
         \"token_type\":\"Bearer\",\"expires_in\":3599,\"refresh_token\":\"{refresh_token}\",\
         \"scope\":\"openid profile email offline_access\"}}"
    );
    write(out, "200 OK", JSON, close, &body);
}

pub fn write_error(out: &mut Vec<u8>, error: &str, close: bool) {
    write(out, "400 Bad Request", JSON, close, &format!("{{\"error\":\"{error}\"}}"));
}

pub fn write_text(out: &mut Vec<u8>, text: &str) {
    write(out, "200 OK", "text/plain", true, text);
}

fn write(out: &mut Vec<u8>, status: &str, content_type: &str, close: bool, body: &str) {
    let connection = if close { "close" } else { "keep-alive" };
    let length = body.len();
    // Writing to a Vec cannot fail.
    let _ = write!(
        out,
        "HTTP/1.1 {status}\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nServer: bench\r\nContent-Type: {content_type}\r\n\
         Cache-Control: no-store\r\nPragma: no-cache\r\nConnection: {connection}\r\nContent-Length: {length}\r\n\r\n{body}"
    );
}
