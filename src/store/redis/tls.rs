//! TLS to Redis servers, as the options say.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::{ResolvesClientCert, Resumption};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, SignatureScheme};

use crate::error::{Error, Result, Status};
use crate::host;
use crate::store::options::redis::TlsOptions;
use crate::transport::certificates::{self, parse_pem};
use crate::transport::client_certificate::{ClientCertificate, Key};
use crate::transport::{pem, small_file};

pub fn config(options: &TlsOptions) -> Result<Arc<ClientConfig>> {
    let bad = Error::config;
    let mut extra = Vec::new();
    for path in &options.ca_files {
        let pem = small_file::read(path.as_ref())
            .map_err(|why| bad("redis_ca_file", &format!("{path} cannot be read: {why}")))?;
        let given = parse_pem(&pem).map_err(|why| bad("redis_ca_file", &format!("{path} {why}")))?;
        extra.extend(given.good);
    }
    for pem in &options.ca_pem {
        extra.extend(parse_pem(pem).map_err(|why| bad("redis_ca_pem", why))?.good);
    }
    if extra.is_empty() && options.without_system_ca {
        return Err(bad("redis_use_system_ca", "is off, and no other certificates were given"));
    }
    let own = match &options.client_certificate {
        Some((certificate, key)) => {
            let own = ClientCertificate::new(certificate.clone(), Key::File(Some(key.clone()), pem::private_key));
            let own = own.map_err(|why| bad("redis_client_certificate", &why))?;
            Some(Arc::new(Reread(Mutex::new(own))) as Arc<dyn ResolvesClientCert>)
        }
        None => None,
    };
    let is_known = own.is_some();
    let config = certificates::client_config(extra, !options.without_system_ca, !host::is_privileged(), own);
    let mut config = config.map_err(|why| Error::new(Status::Tls, &why))?;
    if is_known {
        config.resumption = Resumption::disabled(); // a server resumes without another look at the certificate
    }
    Ok(Arc::new(config))
}

/// Shows the certificate to servers that ask for it, read again for each handshake.
struct Reread(Mutex<ClientCertificate>);

impl ResolvesClientCert for Reread {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let mut certificate = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = certificate.renew();
        Some(certificate.pair().clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl fmt::Debug for Reread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reread")
    }
}
