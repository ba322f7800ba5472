//! Texts that nobody can guess, from the operating system at each call, so that two forked children never share any.

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::protocol::pkce;
use crate::secret::Secret;

/// As many random bytes as are asked for.
pub(super) fn bytes<const N: usize>() -> Result<Zeroizing<[[u8; 32]; N]>> {
    let mut random = Zeroizing::new([[0; 32]; N]);
    for bytes in random.iter_mut() {
        getrandom::fill(bytes).map_err(Error::no_randomness)?;
    }
    Ok(random)
}

/// The name of something that is signed (`jti`), which was never used before.
pub(super) fn jti() -> Result<Secret> {
    bytes::<1>().map(|random| pkce::unguessable(&random[0]))
}
