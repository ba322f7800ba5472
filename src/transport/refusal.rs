//! Why a TLS handshake failed, in sentences that say what can be done.

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, OtherError, PeerIncompatible};
use time::OffsetDateTime;

/// Names of the certificate that are shown.
const SHOWN_NAMES: usize = 5;

/// What was refused, in one sentence; `None` for what has better words elsewhere, or passes.
pub fn words(error: &Error) -> Option<String> {
    match error {
        Error::InvalidCertificate(why) => Some(certificate_words(why)),
        Error::AlertReceived(AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity) => Some(
            "the server refused it: the two have no cipher suite in common, or it wants a client certificate"
                .to_owned(),
        ),
        Error::AlertReceived(AlertDescription::ProtocolVersion)
        | Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::Tls12NotOffered,
        ) => Some("the server speaks neither TLS 1.2 nor TLS 1.3".to_owned()),
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            Some("the server does not speak TLS at this port: is it that of http?".to_owned())
        }
        Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            Some("the server has no certificate for the name in the URL".to_owned())
        }
        Error::AlertReceived(AlertDescription::InternalError) => {
            Some("the server failed during the TLS handshake".to_owned())
        }
        Error::General(why) => Some(why.clone()),
        _ => about_client(error).map(str::to_owned),
    }
}

/// Whether the server refused the client's certificate, or wants one. TLS 1.3 says so only after the handshake.
pub fn is_about_client(error: &Error) -> bool {
    about_client(error).is_some()
}

/// What the alerts about the client's certificate mean (RFC 8446 section 6.2).
fn about_client(error: &Error) -> Option<&'static str> {
    let Error::AlertReceived(alert) = error else { return None };
    Some(match alert {
        AlertDescription::CertificateRequired => {
            "the server wants a client certificate, and got none: none is set (see \
             oauth_config_set_client_certificate), or it takes no signature of its key (alert certificate_required)"
        }
        AlertDescription::BadCertificate => "the server refused the client certificate (alert bad_certificate)",
        AlertDescription::UnsupportedCertificate => {
            "the server refused the client certificate: it does not support its kind (alert unsupported_certificate)"
        }
        AlertDescription::CertificateRevoked => {
            "the server refused the client certificate: it was revoked (alert certificate_revoked)"
        }
        AlertDescription::CertificateExpired => {
            "the server refused the client certificate: it has expired (alert certificate_expired)"
        }
        AlertDescription::CertificateUnknown => {
            "the server refused the client certificate, without a reason (alert certificate_unknown)"
        }
        AlertDescription::UnknownCA => {
            "the server refused the client certificate: it does not trust its issuer, or the file lacks the \
             certificates between them (alert unknown_ca)"
        }
        AlertDescription::AccessDenied => {
            "the server refused the client certificate: it gives no access (alert access_denied)"
        }
        AlertDescription::DecryptError => {
            "the server refused the signature of the client certificate's key (alert decrypt_error)"
        }
        _ => return None,
    })
}

/// The same for an error below TLS, by its text: its type says nothing.
pub fn io_words(text: &str) -> Option<&'static str> {
    match text {
        "tls handshake eof" => Some("the server ended the connection during the TLS handshake"),
        text if text.contains("close_notify") => Some("TLS ended without close_notify"),
        _ => None,
    }
}

/// Whether another try cannot help: a certificate or a way of talking was refused.
pub fn is_lasting(error: &Error) -> bool {
    let passes = matches!(error, Error::AlertReceived(AlertDescription::InternalError));
    matches!(error, Error::General(_)) || (words(error).is_some() && !passes)
}

fn certificate_words(error: &CertificateError) -> String {
    match error {
        // The second: an authority has the issuer's name, and a key of another kind.
        CertificateError::UnknownIssuer | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "the server's certificate was issued by nobody who is trusted: give its authority's certificate with \
             oauth_config_add_ca_file, or let the server send its intermediate certificates"
                .to_owned()
        }
        CertificateError::ExpiredContext { time, not_after } => {
            format!("the server's certificate expired on {}; the clock here says {}", shown(*not_after), shown(*time))
        }
        CertificateError::Expired => "the server's certificate has expired".to_owned(),
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "the server's certificate is not yet valid, only from {} on; the clock here says {}",
            shown(*not_before),
            shown(*time)
        ),
        CertificateError::NotValidYet => "the server's certificate is not yet valid".to_owned(),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names = shown_names(presented);
            format!("the server's certificate is not valid for the name \"{}\", {names}", expected.to_str())
        }
        CertificateError::NotValidForName => "the server's certificate is not valid for the name in the URL".to_owned(),
        CertificateError::BadSignature => {
            "a signature is wrong: a certificate was not signed by its issuer, or the server does not hold the key of \
             its certificate"
                .to_owned()
        }
        CertificateError::Revoked => "the server's certificate has been revoked".to_owned(),
        CertificateError::UnsupportedSignatureAlgorithmContext { .. } => unsupported(),
        #[allow(deprecated)] // verifiers may still say it
        CertificateError::UnsupportedSignatureAlgorithm => unsupported(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "the server's certificate is not for servers: its extended key usage lacks serverAuth".to_owned()
        }
        CertificateError::BadEncoding => "the server's certificate is no well-formed X.509 certificate".to_owned(),
        CertificateError::Other(OtherError(inner)) => match inner.downcast_ref() {
            Some(webpki::Error::CaUsedAsEndEntity) => {
                "the server's certificate is that of an authority (basicConstraints CA:TRUE): to trust it all the \
                 same, give this very certificate with oauth_config_add_ca_file"
                    .to_owned()
            }
            Some(webpki::Error::UnsupportedCertVersion) => {
                "the server's certificate is not X.509 version 3: to trust it all the same, give this very certificate \
                 with oauth_config_add_ca_file"
                    .to_owned()
            }
            _ => format!("the server's certificate was refused: {inner}"),
        },
        other => format!("the server's certificate was refused: {other}"),
    }
}

fn unsupported() -> String {
    "the server's certificate, or one above it, is signed with an algorithm that is not supported, such as SHA-1".into()
}

fn shown(moment: UnixTime) -> String {
    shown_s(i64::try_from(moment.as_secs()).unwrap_or(i64::MAX))
}

/// A moment in seconds since 1970.
pub fn shown_s(seconds: i64) -> String {
    match OffsetDateTime::from_unix_timestamp(seconds) {
        Ok(moment) => format!("{} {:02}:{:02} UTC", moment.date(), moment.hour(), moment.minute()),
        Err(_) => "a date after the year 9999".to_owned(),
    }
}

/// webpki writes `DnsName("as.example")` and `IpAddress(10.0.0.1)`; a common name comes bare.
fn shown_names(presented: &[String]) -> String {
    let bare = |name: &String| {
        let inside = name.strip_prefix("DnsName(").or_else(|| name.strip_prefix("IpAddress("));
        inside.and_then(|inside| inside.strip_suffix(')')).unwrap_or(name).trim_matches('"').to_owned()
    };
    let names: Vec<String> = presented.iter().take(SHOWN_NAMES).map(bare).collect();
    match presented.len() {
        0 => "nor for any other".to_owned(),
        1..=SHOWN_NAMES => format!("only for {}", names.join(", ")),
        _ => format!("only for {} and others", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use rustls::pki_types::ServerName;

    use super::*;

    #[test]
    fn each_refusal_is_a_sentence() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let expected = || ServerName::try_from("as.example").expect("a name");
        let names = |count: usize| (0..count).map(|number| format!("DnsName(\"{number}.example\")")).collect();
        for (error, part) in [
            (CertificateError::UnknownIssuer, "oauth_config_add_ca_file"),
            (
                CertificateError::ExpiredContext { time: at(86_400), not_after: at(60) },
                "expired on 1970-01-01 00:01 UTC; the clock here says 1970-01-02 00:00 UTC",
            ),
            (CertificateError::ExpiredContext { time: at(u64::MAX), not_after: at(0) }, "after the year 9999"),
            (CertificateError::Expired, "has expired"),
            (
                CertificateError::NotValidYetContext { time: at(0), not_before: at(60) },
                "only from 1970-01-01 00:01 UTC",
            ),
            (CertificateError::NotValidYet, "not yet valid"),
            (
                CertificateError::NotValidForNameContext { expected: expected(), presented: names(2) },
                "not valid for the name \"as.example\", only for 0.example, 1.example",
            ),
            (
                CertificateError::NotValidForNameContext { expected: expected(), presented: names(6) },
                "4.example and others",
            ),
            (
                CertificateError::NotValidForNameContext { expected: expected(), presented: names(0) },
                "nor for any other",
            ),
            (CertificateError::NotValidForName, "the name in the URL"),
            (CertificateError::BadSignature, "a signature is wrong"),
            (CertificateError::Revoked, "revoked"),
            (
                CertificateError::UnsupportedSignatureAlgorithmContext {
                    signature_algorithm_id: Vec::new(),
                    supported_algorithms: Vec::new(),
                },
                "an algorithm that is not supported",
            ),
            (
                CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext {
                    signature_algorithm_id: Vec::new(),
                    public_key_algorithm_id: Vec::new(),
                },
                "issued by nobody who is trusted",
            ),
            (CertificateError::InvalidPurpose, "serverAuth"),
            (CertificateError::BadEncoding, "no well-formed"),
            (CertificateError::Other(OtherError(Arc::new(webpki::Error::CaUsedAsEndEntity))), "CA:TRUE"),
            (CertificateError::Other(OtherError(Arc::new(webpki::Error::UnsupportedCertVersion))), "version 3"),
            (CertificateError::Other(OtherError(Arc::new(std::fmt::Error))), "was refused: an error occurred"),
            (CertificateError::UnhandledCriticalExtension, "was refused: Unhandled"),
        ] {
            let error = Error::InvalidCertificate(error);
            let said = words(&error).unwrap_or_default();
            assert!(said.contains(part) && said.len() < 300 && is_lasting(&error), "{error}: {said}");
        }
    }

    #[test]
    fn what_a_server_says_about_the_client_s_certificate_is_lasting() {
        for (alert, part) in [
            (AlertDescription::CertificateRequired, "wants a client certificate"),
            (AlertDescription::BadCertificate, "refused the client certificate (alert"),
            (AlertDescription::UnsupportedCertificate, "does not support its kind"),
            (AlertDescription::CertificateRevoked, "was revoked"),
            (AlertDescription::CertificateExpired, "has expired"),
            (AlertDescription::CertificateUnknown, "without a reason"),
            (AlertDescription::UnknownCA, "does not trust its issuer"),
            (AlertDescription::AccessDenied, "gives no access"),
            (AlertDescription::DecryptError, "refused the signature"),
        ] {
            let error = Error::AlertReceived(alert);
            assert!(words(&error).is_some_and(|said| said.contains(part)), "{error}");
            assert!(is_about_client(&error) && is_lasting(&error), "{error}");
        }
        assert!(!is_about_client(&Error::AlertReceived(AlertDescription::HandshakeFailure)));
    }

    #[test]
    fn a_handshake_without_common_ground_is_lasting() {
        for (error, part) in [
            (Error::AlertReceived(AlertDescription::HandshakeFailure), "no cipher suite in common"),
            (Error::AlertReceived(AlertDescription::ProtocolVersion), "neither TLS 1.2"),
            (Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13), "neither TLS 1.2"),
            (Error::InvalidMessage(InvalidMessage::InvalidContentType), "does not speak TLS"),
            (Error::AlertReceived(AlertDescription::UnrecognisedName), "no certificate for the name"),
        ] {
            assert!(words(&error).is_some_and(|said| said.contains(part)) && is_lasting(&error), "{error}");
        }
        let passing = Error::AlertReceived(AlertDescription::InternalError);
        assert!(words(&passing).is_some() && !is_lasting(&passing));
        assert!(words(&Error::DecryptError).is_none() && !is_lasting(&Error::DecryptError));
        assert!(is_lasting(&Error::General("no authorities".to_owned())));
    }
}
