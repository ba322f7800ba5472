//! A SOCKS 5 proxy: CONNECT (RFC 1928), without authentication or with user name and password (RFC 1929).

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::ops::Deref;
use std::sync::{Arc, Mutex};

use super::Credentials;
use crate::scripted::{Exchange, Scripted};

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const NO_ACCEPTABLE_METHOD: u8 = 0xff;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const DOMAIN: u8 = 3;
const IPV6: u8 = 4;
const SUCCEEDED: u8 = 0;
const HOST_UNREACHABLE: u8 = 4;
const COMMAND_NOT_SUPPORTED: u8 = 7;

/// What a client asked a SOCKS proxy for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenTarget {
    /// A domain name, or an IP address as text.
    pub host: String,
    /// The client left the look-up of the name to the proxy.
    pub by_name: bool,
    pub port: u16,
}

/// A running SOCKS 5 proxy. It is a [`Scripted`] server too: where it listens is read there.
pub struct Socks5 {
    server: Scripted,
    targets: Arc<Mutex<Vec<SeenTarget>>>,
}

impl Socks5 {
    /// Starts a proxy that connects to `target` whatever host and port it is asked for. With credentials, it refuses
    /// clients that do not give them.
    pub fn start(target: SocketAddr, credentials: Option<Credentials>) -> Self {
        let targets = Arc::new(Mutex::new(Vec::new()));
        let seen = targets.clone();
        let server = Scripted::start(move |mut exchange: Exchange| {
            if !authenticate(&mut exchange, credentials.as_ref())? {
                return Ok(());
            }
            let Some(asked) = read_target(&mut exchange)? else {
                return reply(&mut exchange, COMMAND_NOT_SUPPORTED);
            };
            seen.lock().expect("no panic holds it").push(asked);
            let Ok(upstream) = TcpStream::connect(target) else {
                return reply(&mut exchange, HOST_UNREACHABLE);
            };
            let _ = upstream.set_nodelay(true);
            reply(&mut exchange, SUCCEEDED)?;
            exchange.join(upstream, Exchange::read_some)
        });
        Self { server, targets }
    }

    /// What clients asked for so far.
    pub fn targets(&self) -> Vec<SeenTarget> {
        self.targets.lock().expect("no panic holds it").clone()
    }
}

impl Deref for Socks5 {
    type Target = Scripted;

    fn deref(&self) -> &Scripted {
        &self.server
    }
}

fn authenticate(exchange: &mut Exchange, credentials: Option<&Credentials>) -> io::Result<bool> {
    let greeting = exchange.read_bytes(2)?;
    let offered = exchange.read_bytes(greeting[1].into())?;
    let wanted = match credentials {
        Some(_) => USER_AND_PASSWORD,
        None => NO_AUTHENTICATION,
    };
    if greeting[0] != VERSION || !offered.contains(&wanted) {
        exchange.write(&[VERSION, NO_ACCEPTABLE_METHOD])?;
        return Ok(false);
    }
    exchange.write(&[VERSION, wanted])?;
    let Some(credentials) = credentials else {
        return Ok(true);
    };
    exchange.read_bytes(1)?;
    let user = read_text(exchange)?;
    let password = read_text(exchange)?;
    let good = *credentials == Credentials { user, password };
    exchange.write(&[1, u8::from(!good)])?;
    Ok(good)
}

fn read_target(exchange: &mut Exchange) -> io::Result<Option<SeenTarget>> {
    let request = exchange.read_bytes(4)?;
    let host = match request[3] {
        IPV4 => {
            let bytes: [u8; 4] = exchange.read_bytes(4)?.try_into().expect("4 bytes");
            Ipv4Addr::from(bytes).to_string()
        }
        IPV6 => {
            let bytes: [u8; 16] = exchange.read_bytes(16)?.try_into().expect("16 bytes");
            Ipv6Addr::from(bytes).to_string()
        }
        DOMAIN => read_text(exchange)?,
        _ => return Err(io::ErrorKind::InvalidData.into()),
    };
    let port = exchange.read_bytes(2)?;
    Ok((request[1] == CONNECT).then(|| SeenTarget {
        host,
        by_name: request[3] == DOMAIN,
        port: u16::from_be_bytes([port[0], port[1]]),
    }))
}

fn read_text(exchange: &mut Exchange) -> io::Result<String> {
    let length = exchange.read_bytes(1)?[0];
    let bytes = exchange.read_bytes(length.into())?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

fn reply(exchange: &mut Exchange, code: u8) -> io::Result<()> {
    exchange.write(&[VERSION, code, 0, IPV4, 0, 0, 0, 0, 0, 0])
}
