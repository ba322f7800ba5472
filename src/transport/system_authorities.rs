//! The certificate authorities of a system that keeps them in files: read when the first server has to be verified.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use once_cell::race::OnceBox;
use rustls::CertificateError::UnknownIssuer;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};

use crate::transport::authorities::{NobodyTrusted, trusting};
use crate::transport::pem;

/// The files with all certificates of a system. What its directory has besides is nearly always the same, one by one.
const BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Trusts the authorities of the system, and some more.
#[derive(Debug)]
pub struct System {
    files: Vec<PathBuf>,
    directories: Vec<PathBuf>,
    more: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
    nobody: Arc<NobodyTrusted>,
    /// Of the files; a forked child never waits for one that its parent was reading.
    first: OnceBox<Arc<dyn ServerCertVerifier>>,
    /// With the directories, for a server that the first does not trust.
    all: OnceBox<Arc<dyn ServerCertVerifier>>,
}

impl System {
    /// With `use_environment`, `SSL_CERT_FILE` and `SSL_CERT_DIR` stand for the system's places.
    pub fn new(
        use_environment: bool,
        more: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
        nobody: Arc<NobodyTrusted>,
    ) -> Self {
        let variable = |name| env::var_os(name).filter(|value| use_environment && !value.is_empty());
        let (file, directories) = (variable("SSL_CERT_FILE"), variable("SSL_CERT_DIR"));
        let (files, directories) = match (&file, &directories) {
            (None, None) => {
                (bundle().into_iter().collect(), openssl_probe::candidate_cert_dirs().map(PathBuf::from).collect())
            }
            _ => {
                (file.map(PathBuf::from).into_iter().collect(), directories.iter().flat_map(env::split_paths).collect())
            }
        };
        Self { files, directories, more, provider, nobody, first: OnceBox::new(), all: OnceBox::new() }
    }

    fn first(&self) -> &dyn ServerCertVerifier {
        &**self.first.get_or_init(|| Box::new(self.read(&[])))
    }

    fn all(&self) -> &dyn ServerCertVerifier {
        &**self.all.get_or_init(|| Box::new(self.read(&self.directories)))
    }

    /// A file that cannot be read has no certificates.
    fn read(&self, directories: &[PathBuf]) -> Arc<dyn ServerCertVerifier> {
        let texts = self.files.iter().filter_map(|file| fs::read(file).ok());
        let of_text = |text: Vec<u8>| -> Vec<_> {
            pem::certificates(&String::from_utf8_lossy(&text))
                .filter_map(Result::ok)
                .map(CertificateDer::from)
                .collect()
        };
        let mut authorities = self.more.clone();
        authorities.extend(texts.flat_map(of_text));
        for directory in directories {
            authorities.extend(rustls_native_certs::load_certs_from_paths(None, Some(directory)).certs);
        }
        trusting(authorities, self.provider.clone(), self.nobody.clone()).unwrap_or_else(|_| self.nobody.clone())
    }
}

fn bundle() -> Option<PathBuf> {
    BUNDLES.iter().map(Path::new).find(|bundle| bundle.exists()).map(Path::to_owned)
}

impl ServerCertVerifier for System {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let by = |verifier: &dyn ServerCertVerifier| {
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        match by(self.first()) {
            Err(Error::InvalidCertificate(UnknownIssuer) | Error::General(_)) => by(self.all()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
