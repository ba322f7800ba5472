//! The certificate authorities that TLS trusts: the system's, the program's, or both.

use std::sync::Arc;

use rustls::client::ResolvesClientCert;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::{CipherSuite, ClientConfig, RootCertStore};

use crate::transport::authorities::{NobodyTrusted, trusting};
use crate::transport::certificate::{Certificate, first_sequence};
use crate::transport::pem;
use crate::transport::pinned::Pinned;
#[cfg(not(any(target_os = "macos", windows)))]
use crate::transport::system_authorities::System;

/// Certificates that the program gave.
#[derive(Debug, Default)]
pub struct Given {
    pub good: Vec<CertificateDer<'static>>,
    /// Which ones, counted from 1, are of no use, and why.
    pub passed_over: Vec<(usize, &'static str)>,
}

/// Reads certificates in PEM. Bad ones among good ones are passed over; none that is good is an error.
pub fn parse_pem(pem: &[u8]) -> Result<Given, &'static str> {
    let mut given = Given::default();
    for (index, block) in pem::certificates(&String::from_utf8_lossy(pem)).enumerate() {
        match block.and_then(parse_block) {
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

fn parse_block(der: Vec<u8>) -> Result<CertificateDer<'static>, &'static str> {
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

/// The TLS configuration of a client, which shows its `own` certificate to servers that ask for one. It names its crypto
/// provider: none is installed for the process.
pub fn client_config(
    extra: Vec<CertificateDer<'static>>,
    use_system: bool,
    use_environment: bool,
    own: Option<Arc<dyn ResolvesClientCert>>,
) -> Result<ClientConfig, String> {
    let mut provider = rustls::crypto::ring::default_provider();
    // As browsers have it: a handshake costs a fifth less than with SHA-384 (tests/bench).
    provider.cipher_suites.sort_by_key(|suite| match suite.suite() {
        CipherSuite::TLS13_AES_256_GCM_SHA384
        | CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
        | CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => 1,
        _ => 0,
    });
    let provider = Arc::new(provider);
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
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    Ok(match own {
        Some(own) => builder.with_client_cert_resolver(own),
        None => builder.with_no_client_auth(),
    })
}

#[cfg(any(target_os = "macos", windows))]
fn verifier(
    extra: Vec<CertificateDer<'static>>,
    use_system: bool,
    _use_environment: bool,
    provider: Arc<CryptoProvider>,
    nobody: Arc<NobodyTrusted>,
) -> Result<Arc<dyn ServerCertVerifier>, String> {
    use rustls_platform_verifier::Verifier;
    if !use_system {
        return trusting(extra, provider, nobody);
    }
    // Only certificates of one's own need an engine of their own, which wine does not have.
    let verifier =
        if extra.is_empty() { Verifier::new(provider) } else { Verifier::new_with_extra_roots(extra, provider) };
    verifier.map(|verifier| Arc::new(verifier) as Arc<dyn ServerCertVerifier>).map_err(|error| error.to_string())
}

#[cfg(not(any(target_os = "macos", windows)))]
fn verifier(
    extra: Vec<CertificateDer<'static>>,
    use_system: bool,
    use_environment: bool,
    provider: Arc<CryptoProvider>,
    nobody: Arc<NobodyTrusted>,
) -> Result<Arc<dyn ServerCertVerifier>, String> {
    match use_system {
        true => Ok(Arc::new(System::new(use_environment, extra, provider, nobody))),
        false => trusting(extra, provider, nobody),
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
