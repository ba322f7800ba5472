//! The TLS configuration of a client's connections. It changes with the certificate that the client shows.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::sign::SingleCertAndKey;

use crate::transport::client_certificate::ClientCertificate;
use crate::transport::settings::Settings;
use crate::transport::{Failure, FailureKind};

/// TLS sessions kept for resumption, for all servers of a client.
const SESSIONS: usize = 32;

/// Belongs to one process: it keeps the sessions for resumption.
pub struct Tls {
    base: Arc<ClientConfig>,
    own: Option<Mutex<Own>>,
}

/// What shows the client's certificate.
struct Own {
    certificate: ClientCertificate,
    config: Arc<ClientConfig>,
    /// Why the files are not used as they are now.
    trouble: Option<String>,
}

impl Tls {
    pub fn new(settings: &Settings) -> Self {
        let mut base = settings.tls.clone();
        base.resumption = Resumption::in_memory_sessions(SESSIONS);
        base.alpn_protocols = vec![b"http/1.1".to_vec()];
        let base = Arc::new(base);
        let own = settings.client_certificate.clone().map(|certificate| {
            let config = showing(&base, &certificate);
            Mutex::new(Own { certificate, config, trouble: None })
        });
        Self { base, own }
    }

    /// The configuration of new connections. It is another one as soon as the certificate has changed: then neither
    /// connections nor sessions of the one before are to be used.
    pub fn current(&self) -> Arc<ClientConfig> {
        let Some(own) = &self.own else { return self.base.clone() };
        let mut own = own.lock().unwrap_or_else(PoisonError::into_inner);
        let renewed = own.certificate.renew();
        if let Ok(true) = renewed {
            own.config = showing(&self.base, &own.certificate);
        }
        own.trouble = renewed.err();
        own.config.clone()
    }

    /// A failure before an answer, with what it may have to do with the client's certificate.
    #[cold]
    pub fn explain(&self, mut failure: Failure) -> Failure {
        let Some(own) = &self.own else { return failure };
        match failure.kind {
            FailureKind::Lost => failure.cause.push_str("; it may be that the server refused the client certificate"),
            FailureKind::Tls => {
                if let Some(why) = &own.lock().unwrap_or_else(PoisonError::into_inner).trouble {
                    failure.cause.push_str("; an earlier client certificate was used, because ");
                    failure.cause.push_str(why);
                }
            }
            _ => {}
        }
        failure
    }
}

fn showing(base: &ClientConfig, certificate: &ClientCertificate) -> Arc<ClientConfig> {
    let mut config = base.clone();
    config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(certificate.pair().clone()));
    config.resumption = Resumption::in_memory_sessions(SESSIONS); // a server resumes without another look at the certificate
    Arc::new(config)
}
