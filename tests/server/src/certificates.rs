//! A certificate authority made for one test run, and server identities good and bad.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// The names in a good certificate.
const LOOPBACK_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A certificate authority that only tests trust.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    /// Makes a new authority with a new P-256 key.
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        // each has a name of its own, so that a stranger is unknown and not a forger
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("oauthclient test authority {}", MADE.fetch_add(1, Ordering::Relaxed));
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, new_key()).expect("a CA signs itself");
        Self { issuer }
    }

    /// The authority's certificate as PEM text.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// The authority's certificate in a file that is removed when the value is dropped.
    pub fn pem_file(&self) -> tempfile::NamedTempFile {
        let mut file = tempfile::Builder::new().suffix(".pem").tempfile().expect("a temporary file");
        file.write_all(self.pem().as_bytes()).and_then(|()| file.flush()).expect("write the certificate");
        file
    }

    /// The authority's certificate as DER, for a root store.
    pub fn der(&self) -> CertificateDer<'static> {
        self.issuer.der().clone()
    }

    /// Valid now, for `localhost`, `127.0.0.1` and `::1`.
    pub fn good(&self) -> Identity {
        self.sign(server_params(&LOOPBACK_NAMES))
    }

    /// Certificate and key of a good identity as PEM text, for servers that read files.
    pub fn good_pem(&self) -> (String, String) {
        let key = new_key();
        let certificate = server_params(&LOOPBACK_NAMES).signed_by(&key, &self.issuer).expect("sign a certificate");
        (certificate.pem(), key.serialize_pem())
    }

    /// For the right names, but valid in the year 2001 only.
    pub fn expired(&self) -> Identity {
        let mut params = server_params(&LOOPBACK_NAMES);
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2001, 12, 31);
        self.sign(params)
    }

    /// Valid now, but for `other.example` only.
    pub fn wrong_host(&self) -> Identity {
        self.for_names(&["other.example"])
    }

    /// Valid now, for names of the caller's choice (DNS names or IP addresses).
    pub fn for_names(&self, names: &[&str]) -> Identity {
        self.sign(server_params(names))
    }

    fn sign(&self, params: CertificateParams) -> Identity {
        let key = new_key();
        let certificate = params.signed_by(&key, &self.issuer).expect("sign a server certificate");
        Identity::new(certificate.der().clone(), &key)
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

/// A server's certificate and key, ready for TLS. Cheap to clone.
///
/// Clones share one session cache, so a client can resume a session on another server with the same identity.
#[derive(Clone)]
pub struct Identity {
    config: Arc<ServerConfig>,
}

impl Identity {
    /// Good in everything but that nobody trusts its authority.
    pub fn untrusted() -> Self {
        Authority::new().good()
    }

    fn new(certificate: CertificateDer<'static>, key: &KeyPair) -> Self {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        // The provider is named here, because a process-wide one would hide that the library under test needs none.
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring knows TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("a key that fits its certificate");
        Self { config: Arc::new(config) }
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        self.config.clone()
    }
}

fn server_params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
    let mut params = CertificateParams::new(names).expect("valid names");
    params.distinguished_name.push(DnType::CommonName, "oauthclient test server");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params
}

fn new_key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a P-256 key")
}
