//! Servers that show a certificate that the program itself gave, byte for byte: it needs no authority, may be one, and
//! may be of any X.509 version. Its name, its dates and the server's possession of its key are checked all the same.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::CertificateError::{BadEncoding, BadSignature, ExpiredContext, NotValidForNameContext, NotValidYetContext};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{DigitallySignedStruct, Error, SignatureScheme};
use webpki::RawPublicKeyEntity;

use crate::transport::certificate::Certificate;

/// Accepts the given certificates; leaves all others to another verifier.
#[derive(Debug)]
pub struct Pinned {
    given: Vec<CertificateDer<'static>>,
    others: Arc<dyn ServerCertVerifier>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Pinned {
    pub fn new(
        given: Vec<CertificateDer<'static>>,
        others: Arc<dyn ServerCertVerifier>,
        provider: &CryptoProvider,
    ) -> Self {
        Self { given, others, algorithms: provider.signature_verification_algorithms }
    }

    /// `None` if the certificate is not a given one.
    fn find<'a>(&self, certificate: &'a CertificateDer<'_>) -> Option<Certificate<'a>> {
        let is_given = self.given.iter().any(|given| given.as_ref() == certificate.as_ref());
        Certificate::read(certificate).filter(|_| is_given)
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(certificate) = self.find(end_entity) else {
            return self.others.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        };
        check_dates(&certificate, now)?;
        if certificate.has_alternative_names {
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
        } else {
            check_common_name(&certificate, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let Some(found) = self.find(certificate) else {
            return self.others.verify_tls12_signature(message, certificate, signed);
        };
        let key = RawPublicKeyEntity::try_from(&found.public_key).map_err(|_| BadEncoding)?;
        // In TLS 1.2 a scheme leaves the curve open.
        let mapping = self.algorithms.mapping.iter().filter(|(scheme, _)| *scheme == signed.scheme);
        let mut algorithms = mapping.flat_map(|(_, algorithms)| *algorithms);
        match algorithms.any(|algorithm| key.verify_signature(*algorithm, message, signed.signature()).is_ok()) {
            true => Ok(HandshakeSignatureValid::assertion()),
            false => Err(BadSignature.into()),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match self.find(certificate) {
            Some(found) => verify_tls13_signature_with_raw_key(message, &found.public_key, signed, &self.algorithms),
            None => self.others.verify_tls13_signature(message, certificate, signed),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.others.supported_verify_schemes()
    }
}

fn check_dates(certificate: &Certificate<'_>, now: UnixTime) -> Result<(), Error> {
    let moment = |seconds: i64| UnixTime::since_unix_epoch(Duration::from_secs(seconds.try_into().unwrap_or(0)));
    let (not_before, not_after) = (certificate.not_before, certificate.not_after);
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if seconds < not_before {
        return Err(NotValidYetContext { time: now, not_before: moment(not_before) }.into());
    }
    if seconds > not_after {
        return Err(ExpiredContext { time: now, not_after: moment(not_after) }.into());
    }
    Ok(())
}

/// A common name is taken as it is: no wildcards.
fn check_common_name(certificate: &Certificate<'_>, wanted: &ServerName<'_>) -> Result<(), Error> {
    let names = certificate.common_names();
    let is_wanted = |name: &&str| match wanted {
        ServerName::DnsName(wanted) => {
            let wanted = wanted.as_ref();
            name.eq_ignore_ascii_case(wanted.strip_suffix('.').unwrap_or(wanted))
        }
        ServerName::IpAddress(wanted) => name.parse() == Ok(IpAddr::from(*wanted)),
        _ => false,
    };
    if names.iter().any(is_wanted) {
        return Ok(());
    }
    let presented = names.into_iter().map(str::to_owned).collect();
    Err(NotValidForNameContext { expected: wanted.to_owned(), presented }.into())
}
