//! The tokens of a test: whether the authorization server takes one, and which the store has.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::home::Home;

/// Asks the server's own resource.
pub fn is_live(server: SocketAddr, token: &str) -> bool {
    let mut stream = TcpStream::connect(server).expect("the server is there");
    let request = format!("GET /api/me HTTP/1.1\r\nHost: {server}\r\nAuthorization: Bearer {token}\r\n");
    stream.write_all(format!("{request}Connection: close\r\n\r\n").as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer.starts_with("HTTP/1.1 200 ")
}

/// The access tokens and refresh tokens of all logins in the store.
pub fn kept(home: &Home) -> Vec<String> {
    let entries = std::fs::read_dir(home.path("store")).into_iter().flatten();
    let records = entries.filter_map(|entry| std::fs::read_to_string(entry.ok()?.path()).ok());
    let tokens = records.flat_map(|record| {
        let members = ["\"access_token\":\"", "\"refresh_token\":\""]
            .map(|member| record.split_once(member).and_then(|(_, rest)| rest.split('"').next()).map(str::to_owned));
        members.into_iter().flatten()
    });
    tokens.collect()
}
