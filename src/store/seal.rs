//! Encrypts the texts of a store with ChaCha20-Poly1305 (RFC 8439). Each text has its own key, which HKDF-SHA256 (RFC
//! 5869) derives from the program's key and a random salt.
//!
//! The result is binary: mark, version, check of the key, salt, ciphertext, tag. The bytes before the ciphertext, and
//! the name under which the text is kept, are authenticated with it: a text moved to another name is damaged.

use std::fmt;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};

use crate::error::{Advice, Error, Result, Status};
use crate::secret::SecretBytes;
use crate::store::Key;

pub const KEY_LENGTH: usize = 32;

/// No UTF-8 text begins with its first byte.
const MARK: &[u8; 12] = b"\x89oauthclient";
const VERSION: u8 = 1;
const CHECK_LENGTH: usize = 8;
const SALT_LENGTH: usize = 16;
const TAG_LENGTH: usize = 16;

/// Encrypts and decrypts texts with the program's key.
pub struct Seal {
    key: SecretBytes,
    /// Tells a wrong key from damage, and reveals nothing else about the key.
    check: [u8; CHECK_LENGTH],
}

/// Why stored bytes could not be read. Damaged ones, and the next three, are of no use to anybody; the rest is of use with
/// another key or release, and stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsealed {
    Damaged,
    /// A symbolic link, a pipe, a device: its bytes come from elsewhere.
    Irregular,
    TooLarge,
    /// An earlier text than this process has seen.
    Older,
    WrongKey,
    Newer,
    /// Not encrypted, although a key is set: it may be forged.
    Plain,
    /// Encrypted, although no key is set.
    Sealed,
}

impl Seal {
    pub fn new(key: &[u8]) -> Result<Self> {
        if key.len() != KEY_LENGTH {
            return Err(Error::argument("encryption_key", &format!("has {} bytes, not {KEY_LENGTH}", key.len())));
        }
        let mut check = [0; KEY_LENGTH];
        let prk = Salt::new(HKDF_SHA256, &[]).extract(key);
        prk.expand(&[b"oauthclient key check"], HKDF_SHA256).and_then(|okm| okm.fill(&mut check)).map_err(failed)?;
        let mut seal = Self { key: SecretBytes::from(key.to_vec()), check: [0; CHECK_LENGTH] };
        seal.check.copy_from_slice(&check[..CHECK_LENGTH]);
        Ok(seal)
    }

    /// Encrypts a text to keep under the name.
    pub fn seal(&self, key: &Key, text: &[u8]) -> Result<SecretBytes> {
        let mut salt = [0; SALT_LENGTH];
        getrandom::fill(&mut salt).map_err(Error::no_randomness)?;
        let header = [&MARK[..], &[VERSION], &self.check, &salt].concat();
        let mut sealed = SecretBytes::with_capacity(header.len() + text.len() + TAG_LENGTH);
        sealed.extend_all([&header, text]);
        let tag = self
            .text_key(&salt)
            .and_then(|once| {
                once.seal_in_place_separate_tag(nonce(), aad(&header, &key.digest()), &mut sealed[header.len()..])
            })
            .map_err(failed)?;
        sealed.extend(tag.as_ref());
        Ok(sealed)
    }

    /// Decrypts the text that was kept under the name.
    pub fn open(&self, key: &Key, bytes: &[u8]) -> std::result::Result<SecretBytes, Unsealed> {
        self.open_by_digest(&key.digest(), bytes)
    }

    fn open_by_digest(&self, digest: &str, bytes: &[u8]) -> std::result::Result<SecretBytes, Unsealed> {
        let Some(rest) = bytes.strip_prefix(MARK) else {
            let plain = !bytes.is_empty() && std::str::from_utf8(bytes).is_ok();
            return Err(if plain { Unsealed::Plain } else { Unsealed::Damaged });
        };
        let (version, rest) = rest.split_first().ok_or(Unsealed::Damaged)?;
        if *version != VERSION {
            return Err(if *version > VERSION { Unsealed::Newer } else { Unsealed::Damaged });
        }
        let (check, rest) = rest.split_first_chunk::<CHECK_LENGTH>().ok_or(Unsealed::Damaged)?;
        if *check != self.check {
            return Err(Unsealed::WrongKey);
        }
        let (salt, sealed) = rest.split_first_chunk::<SALT_LENGTH>().ok_or(Unsealed::Damaged)?;
        let (text, tag) = sealed.split_last_chunk::<TAG_LENGTH>().ok_or(Unsealed::Damaged)?;
        let header = &bytes[..bytes.len() - sealed.len()];
        let mut text = SecretBytes::from(text.to_vec());
        self.text_key(salt)
            .and_then(|once| {
                once.open_in_place_separate_tag(nonce(), aad(header, digest), (*tag).into(), &mut text, 0..).map(drop)
            })
            .map_err(|_| Unsealed::Damaged)?;
        Ok(text)
    }

    fn text_key(&self, salt: &[u8; SALT_LENGTH]) -> std::result::Result<LessSafeKey, ring::error::Unspecified> {
        let prk = Salt::new(HKDF_SHA256, salt).extract(&self.key);
        let okm = prk.expand(&[b"oauthclient text"], &CHACHA20_POLY1305)?;
        Ok(LessSafeKey::new(UnboundKey::from(okm)))
    }
}

/// A constant will do: each key encrypts one text only.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

/// The digest of the name: a file shows no more of it.
fn aad(header: &[u8], digest: &str) -> Aad<Vec<u8>> {
    Aad::from([header, digest.as_bytes()].concat())
}

fn failed(_: ring::error::Unspecified) -> Error {
    Error::new(Status::Internal, "a text could not be encrypted")
}

/// What a store writes: encrypted, if it has a key.
pub fn sealed(seal: Option<&Seal>, key: &Key, text: &[u8]) -> Result<SecretBytes> {
    match seal {
        Some(seal) => seal.seal(key, text),
        None => Ok(SecretBytes::from(text.to_vec())),
    }
}

/// The text of the bytes that a store has read.
pub fn opened(seal: Option<&Seal>, key: &Key, bytes: SecretBytes) -> std::result::Result<SecretBytes, Unsealed> {
    opened_by_digest(seal, &key.digest(), bytes)
}

/// The same, where only the digest of the name is known.
pub fn opened_by_digest(
    seal: Option<&Seal>,
    digest: &str,
    bytes: SecretBytes,
) -> std::result::Result<SecretBytes, Unsealed> {
    match seal {
        Some(seal) => seal.open_by_digest(digest, &bytes),
        None if bytes.starts_with(MARK) => Err(Unsealed::Sealed),
        None => Ok(bytes),
    }
}

impl Unsealed {
    fn is_of_no_use(self) -> bool {
        matches!(self, Self::Damaged | Self::Irregular | Self::TooLarge | Self::Older)
    }

    /// The error of reading `what`, which stays as it is.
    pub fn error(self, what: &str) -> Error {
        let advice = if self.is_of_no_use() { Advice::LogInAgain } else { Advice::FixConfig };
        Error::store(&format!("{what} could not be read"), self).with_advice(advice)
    }

    /// The same under the lock, where what is of no use is set aside first.
    pub fn error_under_lock(self, what: &str, set_aside: impl FnOnce() -> Result<String>) -> Error {
        if !self.is_of_no_use() {
            return self.error(what);
        }
        match set_aside() {
            Ok(place) => Error::store(&format!("{what} was set aside"), format!("{self}; it is now {place}"))
                .with_advice(Advice::LogInAgain),
            Err(error) => error,
        }
    }
}

impl fmt::Display for Unsealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Damaged => "it is damaged",
            Self::Irregular => "it is no regular file",
            Self::TooLarge => "it is larger than 4 MiB",
            Self::Older => "it is older than what this process has seen",
            Self::WrongKey => "it was encrypted with another key",
            Self::Newer => "a newer version of the library wrote it",
            Self::Plain => "it is not encrypted, but an encryption key is set",
            Self::Sealed => "it is encrypted, but no encryption key is set",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        Key::new(name).expect("a key")
    }

    fn seal(byte: u8) -> Seal {
        Seal::new(&[byte; KEY_LENGTH]).expect("a seal")
    }

    fn sealed_text() -> Vec<u8> {
        seal(1).seal(&key("alice"), b"{\"secret\":1}").expect("sealed").to_vec()
    }

    #[test]
    fn a_text_opens_under_its_name_and_key_only() {
        let sealed = sealed_text();
        assert_eq!(&*seal(1).open(&key("alice"), &sealed).expect("the same key"), b"{\"secret\":1}");
        assert_eq!(seal(1).open(&key("bob"), &sealed).expect_err("another name"), Unsealed::Damaged);
        assert_eq!(seal(2).open(&key("alice"), &sealed).expect_err("another key"), Unsealed::WrongKey);
        let empty = seal(1).seal(&key("alice"), b"").expect("sealed");
        assert_eq!(seal(1).open(&key("alice"), &empty).expect("the same key").len(), 0);
    }

    #[test]
    fn sealed_texts_differ_and_show_nothing() {
        let (one, two) = (sealed_text(), sealed_text());
        assert!(!one.windows(6).any(|window| window == b"secret"));
        let salt = MARK.len() + 1 + CHECK_LENGTH;
        assert_ne!(one[salt..], two[salt..]);
    }

    /// No text comes of bytes with a flipped bit, or cut at any place. Only a flip in the check of the key is reported
    /// as another reason.
    #[test]
    fn a_changed_byte_is_detected() {
        let sealed = sealed_text();
        for at in 0..sealed.len() {
            let mut flipped = sealed.clone();
            flipped[at] ^= 1;
            let seen = seal(1).open(&key("alice"), &flipped).expect_err("damaged");
            let check = MARK.len() + 1..MARK.len() + 1 + CHECK_LENGTH;
            let expected = if check.contains(&at) { Unsealed::WrongKey } else { Unsealed::Damaged };
            assert_eq!(seen, expected, "byte {at}");
            assert_eq!(seal(1).open(&key("alice"), &sealed[..at]).expect_err("cut"), Unsealed::Damaged, "at {at}");
        }
        let longer = [&sealed[..], b"x"].concat();
        assert_eq!(seal(1).open(&key("alice"), &longer).expect_err("longer"), Unsealed::Damaged);
    }

    #[test]
    fn a_text_sealed_with_another_key_is_not_damage() {
        let mut newer = sealed_text();
        newer[MARK.len()] = VERSION + 1;
        assert_eq!(seal(1).open(&key("alice"), &newer).expect_err("newer"), Unsealed::Newer);
        assert_eq!(seal(1).open(&key("alice"), b"{}").expect_err("plain"), Unsealed::Plain);
        let open = |bytes: Vec<u8>| opened(None, &key("alice"), bytes.into());
        assert_eq!(open(sealed_text()).expect_err("sealed"), Unsealed::Sealed);
        assert_eq!(open(newer).expect_err("sealed"), Unsealed::Sealed);
        assert_eq!(&*open(b"{}".to_vec()).expect("plain"), b"{}");
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        for length in [0, 16, 31, 33] {
            let error = Seal::new(&vec![0; length]).err().expect("refused");
            assert!(error.message.as_str().contains(&length.to_string()), "{error:?}");
        }
    }
}
