//! The settings of all connections of a client.

use std::time::Duration;

use crate::transport::client_certificate::ClientCertificate;
use crate::transport::proxy::Proxies;

/// Read and checked once, when the client is made.
pub struct Settings {
    pub tls: rustls::ClientConfig,
    /// As it was when the client was made.
    pub client_certificate: Option<ClientCertificate>,
    pub proxies: Proxies,
    pub connect_timeout: Duration,
    /// A connection that was idle for longer is not reused.
    pub idle_timeout: Duration,
}

impl Settings {
    /// Whether connections are the library's own; otherwise those of a crate that knows proxies.
    pub fn is_direct(&self) -> bool {
        self.proxies.all.is_empty()
    }
}
