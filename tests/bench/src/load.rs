//! What a driver is asked to do, and the words both sides of the connection agree on.

use crate::case::{Connection, Scheme};
use crate::server_process::ServerProcess;

const CLIENT_ID: &str = "bench-client";
const CLIENT_SECRET: &str = "p/4:s+s=w%rd"; // has what RFC 6749 §2.3.1 wants encoded
/// `Basic` of `bench-client:p%2F4%3As%2Bs%3Dw%25rd`, as other clients encode it, and of
/// `bench-client:p/4:s%2Bs=w%25rd`.
pub const AUTHORIZATIONS: [&str; 2] =
    ["Basic YmVuY2gtY2xpZW50OnAlMkY0JTNBcyUyQnMlM0R3JTI1cmQ=", "Basic YmVuY2gtY2xpZW50OnAvNDpzJTJCcz13JTI1cmQ="];
pub const FIRST_REFRESH_TOKEN: &str = "1//0gfirst+bench/refresh==";

const KEEP_PATH: &str = "/token";
pub const CLOSE_PATH: &str = "/close";
/// The answer comes late: by the milliseconds that follow, or by a few.
pub const LATE_SUFFIX: &str = "/late";
/// The access token has as many bytes as follow.
pub const ACCESS_SUFFIX: &str = "/access";
pub const COUNTERS_PATH: &str = "/counters";

pub struct Load {
    pub scheme: Scheme,
    pub connection: Connection,
    pub threads: u32,
    pub calls: u32,
    /// Of each thread, before anything is measured.
    pub warm_up: u32,
    /// The server answers late: see [`LATE_SUFFIX`].
    pub late: bool,
    /// The system's certificates, and the run's among them.
    pub system_ca: bool,
    /// The host by name, which the system's resolver then looks up.
    pub by_name: bool,
    pub settle_ms: u32,
    /// Memory half-way and at the end.
    pub resident: bool,
    /// The client proves itself by a key (private_key_jwt, ES256), in place of its secret.
    pub by_key: bool,
}

/// Who the client is, for a C driver.
pub fn client_arguments() -> [String; 2] {
    [format!("client_id={CLIENT_ID}"), format!("client_secret={CLIENT_SECRET}")]
}

/// The plain endpoint, whose connections are kept.
pub fn endpoint(server: &ServerProcess, suffix: &str) -> String {
    format!("http://127.0.0.1:{}{KEEP_PATH}{suffix}", server.plain_port)
}

impl Load {
    pub fn new(scheme: Scheme, connection: Connection, threads: u32, calls: u32) -> Self {
        Self {
            scheme,
            connection,
            threads,
            calls,
            warm_up: 20,
            late: false,
            system_ca: false,
            // As in real life, where endpoints have names; a kept connection looks its name up once.
            by_name: connection == Connection::Kept,
            settle_ms: 0,
            resident: false,
            by_key: false,
        }
    }

    pub fn arguments(&self, server: &ServerProcess) -> Vec<String> {
        let mut arguments = vec![
            format!("url={}", self.url(server)),
            format!("refresh_token={FIRST_REFRESH_TOKEN}"),
            format!("threads={}", self.threads),
            format!("calls={}", self.calls),
            format!("warm_up={}", self.warm_up),
            format!("settle_ms={}", self.settle_ms),
            format!("resident={}", u8::from(self.resident)),
            format!("by_key={}", u8::from(self.by_key)),
        ];
        arguments.extend(client_arguments());
        if self.scheme == Scheme::Tls {
            let ca_file = if self.system_ca { &server.system_ca_file } else { &server.ca_file };
            arguments.push(format!("ca_file={}", ca_file.display()));
            arguments.push(format!("system_ca={}", u8::from(self.system_ca)));
        }
        arguments
    }

    fn url(&self, server: &ServerProcess) -> String {
        let (scheme, port) = match self.scheme {
            Scheme::Http => ("http", server.plain_port),
            Scheme::Tls => ("https", server.tls_port),
        };
        let host = if self.by_name { "localhost" } else { "127.0.0.1" };
        let path = match self.connection {
            Connection::Kept => KEEP_PATH,
            Connection::New => CLOSE_PATH,
        };
        let late = if self.late { LATE_SUFFIX } else { "" };
        format!("{scheme}://{host}:{port}{path}{late}")
    }
}
