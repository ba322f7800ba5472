//! The public keys of a server (RFC 7517 section 5).

use crate::protocol::jose::algorithm::Algorithm;
use crate::protocol::jose::public::{Public, text};
use crate::protocol::json::{Object, each_item};
use crate::secret::Secret;

/// Most keys that are read. Servers have a handful: two or three of each kind.
const MOST_KEYS: usize = 100;

/// The keys of a set that can verify signatures.
#[derive(Debug, Default)]
pub struct Jwks(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    key: Public,
    kid: Option<Secret>,
    /// The only algorithm that the key is for, if it says so.
    algorithm: Option<Algorithm>,
}

impl Jwks {
    /// Reads a set; keys that are not for signatures, or of an unknown kind, are passed over (section 5).
    pub fn parse(json: &str) -> Result<Self, &'static str> {
        let object = Object::try_parse(json.strip_prefix('\u{feff}').unwrap_or(json))?;
        if object.has_twice(|name| name == "keys") {
            return Err("the answer had its member keys twice");
        }
        let keys = object.get("keys").filter(|keys| keys.trim_ascii_start().starts_with('['));
        let (mut set, mut seen) = (Vec::new(), 0);
        each_item(keys.ok_or("the answer had no array of keys")?, |item| {
            seen += 1;
            set.extend(Object::parse(item.get()).and_then(|jwk| entry(&jwk)));
            seen < MOST_KEYS
        });
        Ok(Self(set))
    }

    /// The keys for this algorithm: with this key id, or all of them if the signature names none.
    pub fn matching<'a>(&'a self, algorithm: Algorithm, kid: Option<&'a str>) -> impl Iterator<Item = &'a Public> {
        let matches = move |entry: &&Entry| {
            let is_named = kid.is_none_or(|kid| entry.kid.as_ref().is_some_and(|own| own.as_str() == kid));
            is_named && entry.algorithm.is_none_or(|own| own == algorithm) && entry.key.fits(algorithm)
        };
        self.0.iter().filter(matches).map(|entry| &entry.key)
    }
}

/// An algorithm by its name in a header or a JWK; EdDSA also by its newer one (RFC 9864).
pub(super) fn algorithm(name: &str) -> Option<Algorithm> {
    if name == "Ed25519" { Some(Algorithm::EdDsa) } else { Algorithm::from_name(name) }
}

/// A key that can verify signatures.
fn entry(jwk: &Object<'_>) -> Option<Entry> {
    if jwk.has_twice(|_| true) || text(jwk, "use").is_some_and(|used| used.as_str() != "sig") {
        return None;
    }
    let mut verifies = jwk.get("key_ops").is_none();
    each_item(jwk.get("key_ops").unwrap_or_default(), |item| {
        verifies |= item.get() == r#""verify""#;
        !verifies
    });
    let only = match jwk.get("alg") {
        Some(_) => Some(algorithm(text(jwk, "alg")?.as_str())?), // another one: not for us
        None => None,
    };
    let kid = text(jwk, "kid").and_then(|kid| Secret::new(kid.as_str()));
    verifies.then(|| Some(Entry { key: Public::from_jwk(jwk).ok()?, kid, algorithm: only }))?
}
