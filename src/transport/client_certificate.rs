//! A TLS client certificate and its private key, in files that are replaced before the certificate expires.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::transport::certificate::Certificate;
use crate::transport::small_file;

/// Read again for each handshake in which a server asks for it.
pub struct ClientCertificate {
    certificate: PathBuf,
    key: PathBuf,
    /// What was read last and was good: while the files are being replaced, they may not fit.
    last: Mutex<Arc<CertifiedKey>>,
}

impl ClientCertificate {
    /// Fails with the file and the reason.
    pub fn from_files(certificate: PathBuf, key: PathBuf) -> Result<Self, String> {
        let last = Mutex::new(Arc::new(read(&certificate, &key)?));
        Ok(Self { certificate, key, last })
    }
}

fn read(certificate: &Path, key: &Path) -> Result<CertifiedKey, String> {
    let bytes = |path: &Path| small_file::read(path).map_err(|why| format!("{} cannot be read: {why}", path.display()));
    let bad = |path: &Path, why: &str| format!("{} {why}", path.display());
    let pem = bytes(certificate)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let chain = chain.map_err(|_| bad(certificate, "is damaged PEM"))?;
    if chain.is_empty() {
        return Err(bad(certificate, "holds no PEM certificate"));
    }
    let pem = bytes(key)?;
    let read = PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|_| bad(key, "holds no private key in PEM that is not encrypted"))?;
    let signer =
        any_supported_type(&read).map_err(|_| bad(key, "holds a private key of a kind that is not supported"))?;
    let pair = CertifiedKey::new(chain, signer);
    // Not by rustls, which reads no certificate of X.509 version 1.
    let own = Certificate::read(pair.end_entity_cert().map_err(|_| bad(certificate, "holds no PEM certificate"))?)
        .ok_or_else(|| bad(certificate, "holds a certificate that cannot be read"))?;
    match pair.key.public_key() {
        Some(public_key) if public_key != own.public_key => {
            Err(format!("{} is not the key of {}", key.display(), certificate.display()))
        }
        _ => Ok(pair),
    }
}

impl ResolvesClientCert for ClientCertificate {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let read = read(&self.certificate, &self.key);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(read) = read {
            *last = Arc::new(read);
        }
        Some(last.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}
