//! An HTTP proxy: CONNECT tunnels (RFC 9110 §9.3.6) and absolute-form requests (RFC 9112 §3.2.2).

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::ops::Deref;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Credentials;
use crate::scripted::{Answer, Exchange, Scripted, SeenRequest};

/// A running HTTP proxy. It is a [`Scripted`] server too: what it saw and where it listens is read there.
///
/// What went through a CONNECT tunnel is not recorded by the proxy, what it forwarded is.
pub struct HttpProxy {
    server: Scripted,
}

impl HttpProxy {
    /// Starts a proxy that connects to `target` whatever host and port it is asked for. With credentials, it answers
    /// 407 to requests that do not carry them.
    pub fn start(target: SocketAddr, credentials: Option<Credentials>) -> Self {
        let expected = credentials.map(|known| {
            let pair = format!("{}:{}", known.user, known.password);
            format!("Basic {}", STANDARD.encode(pair))
        });
        let server = Scripted::start(move |exchange| serve(exchange, target, expected.as_deref()));
        Self { server }
    }
}

impl Deref for HttpProxy {
    type Target = Scripted;

    fn deref(&self) -> &Scripted {
        &self.server
    }
}

fn serve(mut exchange: Exchange, target: SocketAddr, expected: Option<&str>) -> io::Result<()> {
    let Some(request) = read_allowed(&mut exchange, expected)? else {
        return Ok(());
    };
    let Ok(upstream) = TcpStream::connect(target) else {
        return exchange.answer(&Answer::new(502, &[], ""));
    };
    let _ = upstream.set_nodelay(true);
    if request.method == "CONNECT" {
        exchange.write(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
        return exchange.join(upstream, Exchange::read_some);
    }
    // Every host is the same target here, so all requests of one connection may share one upstream connection.
    let mut first = Some(request);
    let expected = expected.map(str::to_string);
    exchange.join(upstream, move |exchange| {
        let request = match first.take() {
            Some(request) => Some(request),
            None => read_allowed(exchange, expected.as_deref())?,
        };
        request.map(|request| origin_form(&request)).transpose()
    })
}

/// Reads requests, answering 407, until one is allowed; nothing if the client leaves.
fn read_allowed(exchange: &mut Exchange, expected: Option<&str>) -> io::Result<Option<SeenRequest>> {
    while let Some(request) = exchange.read_request()? {
        if expected.is_none() || request.header("proxy-authorization") == expected {
            return Ok(Some(request));
        }
        exchange.answer(&Answer::new(407, &[("Proxy-Authenticate", "Basic realm=\"test proxy\"")], ""))?;
    }
    Ok(None)
}

/// The request as the origin server gets it.
fn origin_form(request: &SeenRequest) -> io::Result<Vec<u8>> {
    let (_, rest) = request.target.split_once("://").ok_or(io::ErrorKind::InvalidData)?;
    let path = rest.find('/').map_or("/", |start| &rest[start..]);
    let mut bytes = format!("{} {path} HTTP/1.1\r\n", request.method).into_bytes();
    for (name, value) in &request.headers {
        if !name.to_ascii_lowercase().starts_with("proxy-") {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&request.body);
    Ok(bytes)
}
