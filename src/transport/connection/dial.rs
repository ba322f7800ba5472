//! A new connection: the name looked up, TCP, and TLS.

use std::future::{Ready, ready};
use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper_util::client::legacy::connect::{HttpConnector, dns};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tower_service::Service;
use url::{Host, Position, Url};

use super::socket::Socket;
use super::wire::Wire;
use crate::transport::Failure;
use crate::transport::cause::{self, chain};
use crate::transport::resolver::Lookups;

/// Connects to servers.
pub struct Dialer {
    patience: Duration,
    lookups: Lookups,
}

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

impl Dialer {
    pub fn new(patience: Duration) -> Self {
        Self { patience, lookups: Lookups::default() }
    }

    pub async fn dial(&self, url: &Url, tls: &Arc<ClientConfig>) -> Result<Wire, Failure> {
        let outcome = timeout(self.patience, self.connect(url, tls)).await;
        outcome.unwrap_or_else(|_| Err(Error::from(ErrorKind::TimedOut).into())).map_err(|error| {
            let mut inside = chain(&*error).filter_map(|link| link.downcast_ref::<Error>());
            cause::not_connected(&*error, inside.any(|link| link.kind() == ErrorKind::TimedOut))
        })
    }

    async fn connect(&self, url: &Url, tls: &Arc<ClientConfig>) -> Outcome<Wire> {
        let tcp = self.tcp(url).await?;
        tcp.set_nodelay(true)?;
        if url.scheme() != "https" {
            return Ok(Wire::plain(Socket::new(tcp, false)));
        }
        let socket = Socket::new(tcp, true);
        let name = match url.host() {
            Some(Host::Ipv4(address)) => std::net::IpAddr::from(address).into(),
            Some(Host::Ipv6(address)) => std::net::IpAddr::from(address).into(),
            name => ServerName::try_from(name.map(|name| name.to_string()).unwrap_or_default())?,
        };
        let signals = socket.signals.clone();
        Ok(Wire::tls(signals.in_turns(TlsConnector::from(tls.clone()).connect(name, socket)).await?))
    }

    async fn tcp(&self, url: &Url) -> Outcome<TcpStream> {
        let port = url.port_or_known_default().unwrap_or_default();
        let addresses = match url.host() {
            Some(Host::Ipv4(address)) => vec![SocketAddr::from((address, port))],
            Some(Host::Ipv6(address)) => vec![SocketAddr::from((address, port))],
            name => {
                let found = self.lookups.addresses(&name.map(|name| name.to_string()).unwrap_or_default()).await?;
                found.into_iter().map(|address| SocketAddr::new(address, port)).collect()
            }
        };
        if let [only] = *addresses {
            return Ok(TcpStream::connect(only).await?);
        }
        // Of several, one after the other has its share of the time, those of both families side by side (RFC 8305).
        let mut connector = HttpConnector::new_with_resolver(Resolved(addresses));
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(self.patience));
        Ok(connector.call(Uri::try_from(&url[..Position::BeforePath])?).await?.into_inner())
    }
}

/// Addresses that are known already.
#[derive(Clone)]
struct Resolved(Vec<SocketAddr>);

impl Service<dns::Name> for Resolved {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Error;
    type Future = Ready<Result<Self::Response, Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: dns::Name) -> Self::Future {
        ready(Ok(std::mem::take(&mut self.0).into_iter()))
    }
}
