//! The certificate authorities that TLS trusts: the system's, the program's, or both. Read once for each client.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

/// The files of systems that keep all certificates in one file, not in a hashed directory.
const BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Parses certificates in PEM, and checks that they can be used as certificate authorities.
pub fn parse_pem(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, &'static str> {
    let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match parsed {
        Ok(found) if found.is_empty() => Err("holds no PEM certificate"),
        Ok(found) => {
            let mut store = RootCertStore::empty();
            match found.iter().try_for_each(|certificate| store.add(certificate.clone())) {
                Ok(()) => Ok(found),
                Err(_) => Err("holds a certificate that cannot be used as a certificate authority"),
            }
        }
        Err(_) => Err("is damaged PEM"),
    }
}

/// The TLS configuration of a client. It names its crypto provider: none is installed for the process.
pub fn client_config(
    extra: Vec<CertificateDer<'static>>,
    use_system: bool,
    use_environment: bool,
) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = verifier(extra, use_system, use_environment, provider.clone())?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

fn verifier(
    extra: Vec<CertificateDer<'static>>,
    use_system: bool,
    use_environment: bool,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let has_extra = !extra.is_empty();
    if use_system && (use_environment || !cfg!(target_os = "linux")) {
        return match rustls_platform_verifier::Verifier::new_with_extra_roots(extra, provider.clone()) {
            Ok(verifier) => Ok(Arc::new(verifier)),
            // A machine without certificates may still use plain http to itself.
            Err(_) if !has_extra => Ok(Arc::new(NobodyTrusted(provider))),
            Err(error) => Err(error.to_string()),
        };
    }
    let mut roots = RootCertStore::empty();
    for certificate in extra {
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    if use_system {
        for directory in openssl_probe::candidate_cert_dirs() {
            roots.add_parsable_certificates(rustls_native_certs::load_certs_from_paths(None, Some(directory)).certs);
        }
        if let Some(bundle) = BUNDLES.iter().map(Path::new).find(|bundle| bundle.exists()) {
            roots.add_parsable_certificates(rustls_native_certs::load_certs_from_paths(Some(bundle), None).certs);
        }
    }
    if roots.is_empty() {
        return Ok(Arc::new(NobodyTrusted(provider)));
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
    verifier.map(|verifier| verifier as Arc<dyn ServerCertVerifier>).map_err(|error| error.to_string())
}

/// Refuses every server, with an error that says why: there are no CA certificates.
#[derive(Debug)]
struct NobodyTrusted(Arc<CryptoProvider>);

fn nobody_trusted() -> rustls::Error {
    let why = "no certificate authorities were found on this system, and none were given";
    rustls::Error::General(why.to_owned())
}

impl ServerCertVerifier for NobodyTrusted {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Err(nobody_trusted())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(nobody_trusted())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(nobody_trusted())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
