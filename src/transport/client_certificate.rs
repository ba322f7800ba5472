//! A TLS client certificate in a file that is replaced before the certificate expires, and its private key: in a file
//! too, or the program's own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ring::digest::{Context, Digest, SHA256};
use rustls::pki_types::CertificateDer;
use rustls::sign::{CertifiedKey, SigningKey};

use crate::secret::SecretBytes;
use crate::transport::certificate::{Certificate, first_sequence};
use crate::transport::{pem, refusal, small_file};

/// A certificate with its chain, and its key.
#[derive(Clone)]
pub struct ClientCertificate {
    place: PathBuf,
    key: Key,
    /// What was read last and was good: while the files are being replaced, they may not fit.
    pair: Arc<CertifiedKey>,
    /// When that certificate is valid, in seconds since 1970.
    validity: (i64, i64),
    /// Of the files as they were then.
    digest: Digest,
}

/// The private key.
#[derive(Clone)]
pub enum Key {
    /// In a file; `None`: in that of the certificate.
    File(Option<PathBuf>, Read),
    Own(Arc<dyn SigningKey>),
}

/// Reads the first private key of a PEM text. The error is the end of a sentence.
pub type Read = fn(&str) -> Result<Arc<dyn SigningKey>, String>;

impl ClientCertificate {
    /// Reads the files. Fails with the file and the reason.
    pub fn new(place: PathBuf, key: Key) -> Result<Self, String> {
        let files = Files::read(&place, &key)?;
        let (pair, validity) = files.pair(&place, &key)?;
        Ok(Self { place, key, pair: Arc::new(pair), validity, digest: files.digest() })
    }

    /// Reads the files again: whether there is another pair now. If they are not good, the pair stays as it was.
    pub fn renew(&mut self) -> Result<bool, String> {
        let files = Files::read(&self.place, &self.key)?;
        let digest = files.digest();
        if digest.as_ref() == self.digest.as_ref() {
            return Ok(false);
        }
        let (pair, validity) = files.pair(&self.place, &self.key)?;
        (self.pair, self.validity, self.digest) = (Arc::new(pair), validity, digest);
        Ok(true)
    }

    pub fn pair(&self) -> &Arc<CertifiedKey> {
        &self.pair
    }

    /// What is wrong with the dates of the certificate at a moment, in seconds since 1970.
    pub fn date_trouble(&self, now_s: i64) -> Option<String> {
        let (from, until) = self.validity;
        let (what, when) = match () {
            () if now_s > until => ("expired on", until),
            () if now_s < from => ("is not valid before", from),
            () => return None,
        };
        Some(format!("{}: the certificate {what} {}", self.place.display(), refusal::shown_s(when)))
    }
}

const UNREADABLE: &str = "holds a certificate that cannot be read";

/// The contents of the files.
struct Files {
    certificate: SecretBytes,
    /// `None`: the key is in the other one, or in no file.
    key: Option<SecretBytes>,
}

impl Files {
    fn read(place: &Path, key: &Key) -> Result<Self, String> {
        let bytes =
            |path: &Path| small_file::read(path).map_err(|why| format!("{} cannot be read: {why}", path.display()));
        let certificate = bytes(place)?;
        let key = match key {
            Key::File(Some(path), _) if path != place => Some(bytes(path)?),
            _ => None,
        };
        Ok(Self { certificate, key })
    }

    fn digest(&self) -> Digest {
        let mut context = Context::new(&SHA256);
        context.update(&self.certificate);
        context.update(self.key.as_deref().unwrap_or_default());
        context.finish()
    }

    /// The chain and the key, which fit each other, and when the certificate is valid.
    fn pair(&self, place: &Path, key: &Key) -> Result<(CertifiedKey, (i64, i64)), String> {
        let bad = |path: &Path, why: &str| format!("{} {why}", path.display());
        let mut chain = Vec::new();
        for certificate in pem::certificates(text_of(&self.certificate)) {
            let der = certificate.map_err(|why| bad(place, why))?;
            let der = first_sequence(&der).ok_or_else(|| bad(place, UNREADABLE))?;
            chain.push(CertificateDer::from(der.to_vec()));
        }
        let first = chain.first().ok_or_else(|| bad(place, "holds no PEM certificate"))?;
        // Not by rustls, which reads no certificate of X.509 version 1.
        let own = Certificate::read(first).ok_or_else(|| bad(place, UNREADABLE))?;
        let validity = (own.not_before, own.not_after);
        let (signer, key_name) = match key {
            Key::Own(signer) => (signer.clone(), "the key that was set beside it".to_owned()),
            Key::File(path, read) => {
                let (path, name) = match path {
                    Some(path) => (&**path, path.display().to_string()),
                    None => (place, "the private key in the file".to_owned()),
                };
                let read = read(text_of(self.key.as_ref().unwrap_or(&self.certificate)));
                (read.map_err(|why| format!("{}, read as a private key, {why}", path.display()))?, name)
            }
        };
        match signer.public_key() {
            Some(key) if key != own.public_key => {
                Err(bad(place, &format!("has a first certificate that is not of {key_name}")))
            }
            _ => Ok((CertifiedKey::new(chain, signer), validity)),
        }
    }
}

/// PEM is ASCII, but a comment in it may be in another encoding: what comes before that is read.
fn text_of(bytes: &[u8]) -> &str {
    bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid())
}
