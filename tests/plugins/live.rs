//! Whether the authorization server of a test takes a token.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// Asks the server's own resource.
pub fn is_live(server: SocketAddr, token: &str) -> bool {
    let mut stream = TcpStream::connect(server).expect("the server is there");
    let request = format!("GET /api/me HTTP/1.1\r\nHost: {server}\r\nAuthorization: Bearer {token}\r\n");
    stream.write_all(format!("{request}Connection: close\r\n\r\n").as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer.starts_with("HTTP/1.1 200 ")
}
