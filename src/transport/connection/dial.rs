//! A new connection: the name looked up, TCP, and TLS.

use std::sync::Arc;
use std::time::Duration;

use hyper::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::pki_types::ServerName;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tower_service::Service;
use url::{Position, Url};

use super::socket::{Signals, Socket};
use super::wire::Wire;
use crate::transport::Failure;
use crate::transport::cause::{self, chain};
use crate::transport::resolver::SystemResolver;

/// Connects to servers.
pub struct Dialer {
    tcp: HttpConnector<SystemResolver>,
    tls: TlsConnector,
    patience: Duration,
}

impl Dialer {
    pub fn new(tls: Arc<rustls::ClientConfig>, patience: Duration) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(SystemResolver);
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(patience)); // each address of a name has its share
        Self { tcp, tls: tls.into(), patience }
    }

    pub async fn dial(&self, url: &Url) -> Result<Wire, Failure> {
        match timeout(self.patience, self.connect(url)).await {
            Ok(outcome) => outcome,
            Err(elapsed) => Err(cause::not_connected(&elapsed, true)),
        }
    }

    async fn connect(&self, url: &Url) -> Result<Wire, Failure> {
        let failed = |error: &cause::Dyn| {
            let timed_out = chain(error).filter_map(|link| link.downcast_ref::<std::io::Error>());
            cause::not_connected(
                error,
                timed_out.map(std::io::Error::kind).any(|kind| kind == std::io::ErrorKind::TimedOut),
            )
        };
        let origin = Uri::try_from(&url[..Position::BeforePath]).map_err(|error| failed(&error))?;
        let tcp = self.tcp.clone().call(origin).await.map_err(|error| failed(&error))?.into_inner();
        let socket = Socket { tcp, signals: Arc::new(Signals::default()) };
        if url.scheme() != "https" {
            return Ok(Wire::plain(socket));
        }
        let host = url.host_str().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let name = ServerName::try_from(host.to_owned()).map_err(|error| failed(&error))?;
        let signals = socket.signals.clone();
        let stream = signals.in_turns(self.tls.connect(name, socket)).await.map_err(|error| failed(&error))?;
        Ok(Wire::tls(stream))
    }
}
