//! The algorithms of signatures that keys make (RFC 7518 section 3, RFC 8037 section 3.1).

use std::ffi::CStr;

/// A registered algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    Rs256,
    Ps256,
    Es256,
    Es384,
    EdDsa,
}

impl Algorithm {
    pub const ALL: [Self; 5] = [Self::Rs256, Self::Ps256, Self::Es256, Self::Es384, Self::EdDsa];

    /// Its registered name.
    pub fn name(self) -> &'static str {
        self.c_name().to_str().unwrap_or_default() // ASCII
    }

    /// The same as a C string.
    pub fn c_name(self) -> &'static CStr {
        match self {
            Self::Rs256 => c"RS256",
            Self::Ps256 => c"PS256",
            Self::Es256 => c"ES256",
            Self::Es384 => c"ES384",
            Self::EdDsa => c"EdDSA",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}
