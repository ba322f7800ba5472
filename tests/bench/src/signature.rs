//! The signature of ES256 alone, as the cryptography library makes it: what a client with a key pays at the least.

use std::hint::black_box;

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, SigningKey as _};

use crate::Result;

/// The hidden first argument that makes this program sign.
pub const COMMAND: &str = "sign";

pub fn sign(times: &str) -> Result<()> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let message = [b'a'; 400]; // as long as what is signed of an assertion
    for _ in 0..times.parse::<u32>()? {
        black_box(key.sign(black_box(&message))?);
    }
    Ok(())
}
