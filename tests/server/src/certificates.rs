//! A certificate authority made for one test run, and server identities good and bad.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SigningKey, date_time_ymd,
};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme, SupportedProtocolVersion};

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

    /// Certificate and key of a client as PEM text.
    pub fn client_pem(&self) -> (String, String) {
        let key = new_key();
        (self.client_certificate(&key, None), key.serialize_pem())
    }

    /// The same for a year, which may be over.
    pub fn client_pem_of(&self, year: i32) -> (String, String) {
        let key = new_key();
        (self.client_certificate(&key, Some(year)), key.serialize_pem())
    }

    /// The certificate of a client with this key, PKCS#8 in PEM.
    pub fn client_certificate_of(&self, key_pem: &str) -> String {
        self.client_certificate(&KeyPair::from_pem(key_pem).expect("a key"), None)
    }

    fn client_certificate(&self, key: &KeyPair, year: Option<i32>) -> String {
        let mut params = server_params(&LOOPBACK_NAMES);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        if let Some(year) = year {
            params.not_before = date_time_ymd(year, 1, 1);
            params.not_after = date_time_ymd(year, 12, 31);
        }
        params.signed_by(key, &self.issuer).expect("sign a certificate").pem()
    }

    /// For the right names, but valid in the year 2001 only.
    pub fn expired(&self) -> Identity {
        let mut params = server_params(&LOOPBACK_NAMES);
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2001, 12, 31);
        self.sign(params)
    }

    /// For the right names, but valid from the year 2999 on.
    pub fn not_yet_valid(&self) -> Identity {
        let mut params = server_params(&LOOPBACK_NAMES);
        params.not_before = date_time_ymd(2999, 1, 1);
        params.not_after = date_time_ymd(2999, 12, 31);
        self.sign(params)
    }

    /// Good, but itself a certificate authority.
    pub fn lower_authority(&self) -> Identity {
        let mut params = server_params(&LOOPBACK_NAMES);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        self.sign(params)
    }

    /// Good, but for other uses than a server's.
    pub fn not_for_servers(&self) -> Identity {
        let mut params = server_params(&LOOPBACK_NAMES);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
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
        Self::with_versions(certificate, key, rustls::ALL_VERSIONS)
    }

    /// Whatever the certificate is, and whether the key is its own or not.
    fn with_versions(
        certificate: CertificateDer<'static>,
        key: &KeyPair,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Self {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        // The provider is named here, because a process-wide one would hide that the library under test needs none.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = provider.key_provider.load_private_key(key).expect("a key that ring knows");
        let certified = CertifiedKey::new(vec![certificate], key);
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .expect("ring knows TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        Self { config: Arc::new(config) }
    }

    /// The same, which asks for a certificate of this authority, or for any certificate at all; a client without one is
    /// refused.
    pub fn asking(&self, authority: Option<&Authority>, version: &'static SupportedProtocolVersion) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier: Arc<dyn ClientCertVerifier> = match authority {
            Some(authority) => {
                let mut roots = rustls::RootCertStore::empty();
                roots.add(authority.der()).expect("an authority");
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().expect("roots")
            }
            None => Arc::new(AnyCertificate(provider.signature_verification_algorithms)),
        };
        let config = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[version]);
        let config = config.expect("ring knows TLS 1.2 and 1.3").with_client_cert_verifier(verifier);
        Self { config: Arc::new(config.with_cert_resolver(self.config.cert_resolver.clone())) }
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        self.config.clone()
    }
}

/// Takes the certificate of any client that has its key, as for `self_signed_tls_client_auth`.
#[derive(Debug)]
struct AnyCertificate(WebPkiSupportedAlgorithms);

impl ClientCertVerifier for AnyCertificate {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

/// What a self-signed certificate says.
#[derive(Clone, Copy)]
pub struct SelfSigned {
    pub common_name: &'static str,
    /// Alternative names.
    pub names: &'static [&'static str],
    /// CA:TRUE, as plain `openssl req -x509` has it.
    pub authority: bool,
    /// X.509 v1: the alternative names and CA:TRUE have no place in it.
    pub version_1: bool,
    /// The year in which it is valid; `None`: it is valid now.
    pub year: Option<i32>,
}

/// A self-signed certificate and its key.
pub struct OwnCertificate {
    params: CertificateParams,
    der: CertificateDer<'static>,
    key: KeyPair,
}

impl SelfSigned {
    pub fn make(self) -> OwnCertificate {
        let names: Vec<String> = self.names.iter().map(|name| name.to_string()).collect();
        let mut params = CertificateParams::new(names).expect("valid names");
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "oauthclient tests");
        params.distinguished_name.push(DnType::CommonName, self.common_name);
        if self.authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        if let Some(year) = self.year {
            params.not_before = date_time_ymd(year, 1, 1);
            params.not_after = date_time_ymd(year, 12, 31);
        }
        let key = new_key();
        let der = params.self_signed(&key).expect("a certificate signs itself").der().clone();
        let der = if self.version_1 { version_1(&der, &key) } else { der };
        OwnCertificate { params, der, key }
    }
}

impl OwnCertificate {
    /// Shows it, and holds its key.
    pub fn identity(&self) -> Identity {
        Identity::new(self.der.clone(), &self.key)
    }

    /// The same with one version of TLS only.
    pub fn identity_with(&self, version: &'static SupportedProtocolVersion) -> Identity {
        Identity::with_versions(self.der.clone(), &self.key, &[version])
    }

    /// Shows it, but holds another key.
    pub fn impostor(&self, version: &'static SupportedProtocolVersion) -> Identity {
        Identity::with_versions(self.der.clone(), &new_key(), &[version])
    }

    /// A good identity that this certificate vouches for, whether it may or not.
    pub fn issue(&self) -> Identity {
        let key = new_key();
        let issuer = rcgen::Issuer::from_params(&self.params, &self.key);
        let certificate = server_params(&LOOPBACK_NAMES).signed_by(&key, &issuer).expect("sign a certificate");
        Identity::new(certificate.der().clone(), &key)
    }

    pub fn pem(&self) -> String {
        pem("CERTIFICATE", &self.der)
    }

    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// As `openssl x509 -trustout` writes it: with an alias behind it.
    pub fn trusted_pem(&self) -> String {
        let trust = element(0x30, &[&element(0x0c, &[b"alias"])]);
        pem("TRUSTED CERTIFICATE", &[&self.der[..], &trust].concat())
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// The same certificate without its version and its extensions (RFC 5280 section 4.1.2.1).
fn version_1(der: &[u8], key: &KeyPair) -> CertificateDer<'static> {
    let certificate = elements(contents(der));
    let fields: Vec<&[u8]> =
        elements(contents(certificate[0])).into_iter().filter(|field| ![0xa0, 0xa3].contains(&field[0])).collect();
    let signed = element(0x30, &fields);
    let signature = key.sign(&signed).expect("a key that signs");
    let signature = element(0x03, &[&[0], &signature]);
    element(0x30, &[&signed, certificate[1], &signature]).into()
}

fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let contents = parts.concat();
    let length = u16::try_from(contents.len()).expect("a small certificate").to_be_bytes();
    let head = match contents.len() {
        0..=0x7f => vec![tag, length[1]],
        _ => vec![tag, 0x82, length[0], length[1]],
    };
    [head, contents].concat()
}

/// Where the contents of an element begin, and where they end.
fn bounds(der: &[u8]) -> (usize, usize) {
    let (at, length) = match der[1] {
        0x81 => (3, usize::from(der[2])),
        0x82 => (4, usize::from(u16::from_be_bytes([der[2], der[3]]))),
        short => (2, usize::from(short)),
    };
    (at, at + length)
}

fn contents(der: &[u8]) -> &[u8] {
    let (begin, end) = bounds(der);
    &der[begin..end]
}

fn elements(mut der: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while !der.is_empty() {
        let (element, rest) = der.split_at(bounds(der).1);
        found.push(element);
        der = rest;
    }
    found
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
