//! Whether the authorization server of a test takes a token.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// What the server's own resource says to this value of an Authorization header: the whole answer.
pub fn ask(server: SocketAddr, authorization: &str) -> String {
    let mut stream = TcpStream::connect(server).expect("the server is there");
    let request = format!("GET /api/me HTTP/1.1\r\nHost: {server}\r\nAuthorization: {authorization}\r\n");
    stream.write_all(format!("{request}Connection: close\r\n\r\n").as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

pub fn is_live(server: SocketAddr, token: &str) -> bool {
    ask(server, &format!("Bearer {token}")).starts_with("HTTP/1.1 200 ")
}
