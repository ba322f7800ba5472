//! The certificate authorities that TLS trusts: the system's, the program's, or both. Read once for each client.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::transport::certificate::{Certificate, first_sequence};
use crate::transport::pinned::Pinned;

/// The files of systems that keep all certificates in one file, not in a hashed directory.
const BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Certificates that the program gave.
#[derive(Debug, Default)]
pub struct Given {
    pub good: Vec<CertificateDer<'static>>,
    /// Which ones, counted from 1, are of no use, and why.
    pub passed_over: Vec<(usize, &'static str)>,
}

/// Reads certificates in PEM. Bad ones among good ones are passed over; none that is good is an error.
pub fn parse_pem(pem: &[u8]) -> Result<Given, &'static str> {
    const LABELS: [&str; 2] = ["CERTIFICATE-", "TRUSTED CERTIFICATE-"];
    let text = String::from_utf8_lossy(pem);
    // Each block by itself, so that one without an end does not spoil the next.
    let blocks = text.split("-----BEGIN ").skip(1).filter(|block| LABELS.iter().any(|label| block.starts_with(label)));
    let mut given = Given::default();
    for (index, block) in blocks.enumerate() {
        match parse_block(block) {
            Ok(certificate) => given.good.push(certificate),
            Err(why) => given.passed_over.push((index + 1, why)),
        }
    }
    match given.passed_over.first() {
        _ if !given.good.is_empty() => Ok(given),
        Some((_, why)) => Err(why),
        None => Err("holds no PEM certificate"),
    }
}

fn parse_block(block: &str) -> Result<CertificateDer<'static>, &'static str> {
    let block = format!("-----BEGIN {block}").replace(" TRUSTED CERTIFICATE-----", " CERTIFICATE-----");
    let der = CertificateDer::from_pem_slice(block.as_bytes()).map_err(|_| "is damaged PEM")?;
    let certificate = first_sequence(&der).map(|der| CertificateDer::from(der.to_vec()));
    let is_good = |der: &CertificateDer<'static>| is_authority(der) || Certificate::read(der).is_some();
    certificate.filter(is_good).ok_or("holds a certificate that cannot be read")
}

/// Whether it may vouch for others. webpki takes any certificate for that; one that is a server's own vouches for itself
/// alone, or whoever holds the key of that server could be any other.
fn is_authority(certificate: &CertificateDer<'static>) -> bool {
    let may_issue = |read: Certificate<'_>| read.is_authority.unwrap_or(!read.has_alternative_names);
    RootCertStore::empty().add(certificate.clone()).is_ok() && Certificate::read(certificate).is_none_or(may_issue)
}

/// The TLS configuration of a client. It names its crypto provider: none is installed for the process.
pub fn client_config(
    extra: Vec<CertificateDer<'static>>,
    use_system: bool,
    use_environment: bool,
) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let authorities = extra.iter().filter(|certificate| is_authority(certificate)).cloned().collect();
    let nobody = Arc::new(NobodyTrusted { provider: provider.clone(), others_given: !extra.is_empty() });
    let verifier = verifier(authorities, use_system, use_environment, provider.clone(), nobody)?;
    let verifier = match extra.is_empty() {
        true => verifier,
        false => Arc::new(Pinned::new(extra, verifier, &provider)),
    };
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
    nobody: Arc<NobodyTrusted>,
) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let has_extra = !extra.is_empty();
    if use_system && (use_environment || !cfg!(target_os = "linux")) {
        return match rustls_platform_verifier::Verifier::new_with_extra_roots(extra, provider.clone()) {
            Ok(verifier) => Ok(Arc::new(verifier)),
            // A machine without certificates may still use plain http to itself.
            Err(_) if !has_extra => Ok(nobody),
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
        return Ok(nobody);
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
    verifier.map(|verifier| verifier as Arc<dyn ServerCertVerifier>).map_err(|error| error.to_string())
}

/// Refuses every server, with an error that says why: there are no CA certificates.
#[derive(Debug)]
struct NobodyTrusted {
    provider: Arc<CryptoProvider>,
    /// Certificates were given, but only servers' own.
    others_given: bool,
}

impl NobodyTrusted {
    fn error(&self) -> rustls::Error {
        if self.others_given {
            return rustls::CertificateError::UnknownIssuer.into();
        }
        let why = "no certificate authorities were found on this system, and none were given";
        rustls::Error::General(why.to_owned())
    }
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
        Err(self.error())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(self.error())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(self.error())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use oauthclient_test_server::certificates::Authority;

    use super::*;

    #[test]
    fn bad_certificates_are_passed_over() {
        let (one, other) = (Authority::new().pem(), Authority::new().pem());
        let without_end = one.split("-----END").next().unwrap_or_default();
        let damaged = one.replace("MII", "*II");
        let empty = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        let key = "-----BEGIN PRIVATE KEY-----\n*\n-----END PRIVATE KEY-----\n";
        for (pem, good, passed_over) in [
            (format!("# caf\u{e9}\n{one}{other}"), 2, &[][..]),
            (format!("{one}{damaged}{other}"), 2, &[2]),
            (format!("{without_end}{other}"), 1, &[1]),
            (format!("{key}{empty}{one}{without_end}"), 1, &[1, 3]),
            (one.replace('\n', "\r\n"), 1, &[]),
        ] {
            let given = parse_pem(pem.as_bytes()).expect("one that is good");
            let numbers: Vec<_> = given.passed_over.iter().map(|(number, _)| *number).collect();
            assert_eq!((given.good.len(), &numbers[..]), (good, passed_over), "{pem}");
        }
        for (pem, why) in [
            ("", "holds no PEM certificate"),
            (key, "holds no PEM certificate"),
            (without_end, "is damaged PEM"),
            (&damaged, "is damaged PEM"),
            (empty, "holds a certificate that cannot be read"),
        ] {
            assert_eq!(parse_pem(pem.as_bytes()).map(|given| given.good.len()), Err(why), "{pem}");
        }
    }
}
