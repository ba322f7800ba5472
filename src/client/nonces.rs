//! The nonces that servers gave for proofs (RFC 9449 sections 8 and 9): the last one of each origin.

use std::sync::{Mutex, PoisonError};

use url::Url;

use crate::secret::Secret;

/// Of more origins, the ones longest unused are forgotten: each costs one request that is repeated.
const MOST: usize = 64;

/// A longer one is no nonce: it would go into each request.
const LONGEST: usize = 1024;

#[derive(Default)]
pub(super) struct Nonces(Mutex<Vec<(String, Secret)>>);

impl Nonces {
    pub fn of(&self, url: &Url) -> Option<Secret> {
        let origin = origin(url);
        let nonces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        nonces.iter().find(|(of, _)| *of == origin).map(|(_, nonce)| nonce.clone())
    }

    /// Remembers what a server's header says; what cannot be a nonce is left out.
    pub fn note(&self, url: &Url, nonce: &[u8]) {
        let is_nonce = |nonce: &&str| {
            !nonce.is_empty() && nonce.len() <= LONGEST && nonce.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let nonce = std::str::from_utf8(nonce).ok().filter(is_nonce).and_then(Secret::new);
        let (Some(nonce), origin) = (nonce, origin(url)) else { return };
        let mut nonces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        nonces.retain(|(of, _)| *of != origin);
        if nonces.len() == MOST {
            nonces.remove(0);
        }
        nonces.push((origin, nonce));
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}
