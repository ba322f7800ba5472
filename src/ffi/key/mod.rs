//! Keys
//!
//! A key proves who the client is without telling a secret: it signs, and the server has its public
//! half. It serves as client authentication (oauth_config_set_client_key), and for what else a
//! client signs.
//!
//! A private key is read from PEM or from a JWK, or generated, or it never leaves its place: a
//! signer is a function of the program that has a signature made by an HSM, a TPM, PKCS#11 or an
//! agent. Algorithms: ES256, ES384, RS256, PS256 (RFC 7518) and EdDSA with Ed25519 (RFC 8037); RSA
//! keys of 2,048 to 4,096 bits.
//!
//! @code
//! oauth_key *key = NULL;
//!
//! if (oauth_key_from_pem(pem, pem_length, NULL, &key, &error) == OAUTH_OK) {
//!     printf("register at the server: %s\n", oauth_key_public_jwk(key));
//! }
//! oauth_key_free(key);
//! @endcode

pub mod signer;

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::error::{Error, Result, Status};
use crate::ffi::boundary::guard;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::protocol::jose::key::Key;
use crate::text::Text;

/// A key pair, of which the private half never shows. Immutable: many threads may use it at once;
/// free it with oauth_key_free. The last handle wipes it, but for the working numbers of an RSA key.
pub struct oauth_key(pub(crate) Arc<Key>);

/// Reads a private key in PEM: PKCS#8 ("PRIVATE KEY"), SEC1 ("EC PRIVATE KEY") or PKCS#1 ("RSA
/// PRIVATE KEY"). The first one of the text counts; certificates beside it are passed over.
///
/// An encrypted key is refused: the program decrypts it first.
///
/// @param[in]  pem       not NULL; not read beyond length; copied.
/// @param[in]  length    of pem in bytes.
/// @param[in]  algorithm such as "PS256"; NULL: ES256, ES384, EdDSA or RS256, as the key is.
/// @param[out] key       free it with oauth_key_free.
/// @param[out] error     NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT: the error says what is wrong with the key, or
///         that it does not fit the algorithm; OAUTH_ERROR_INTERNAL.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_key_from_pem(
    pem: *const u8,
    length: usize,
    algorithm: *const c_char,
    key: Option<&mut MaybeUninit<*mut oauth_key>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(key, "key");
    report::status(error, || {
        out.check()?;
        // SAFETY: NULL or `length` bytes (header: Bytes).
        let pem = unsafe { pointer::bytes(pem, length) }.map_err(|why| Error::argument("pem", why))?;
        let pem = std::str::from_utf8(pem).map_err(|_| Error::argument("pem", "is no text"))?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let algorithm = unsafe { pointer::optional_text(algorithm, "algorithm") }?;
        fill(out, Key::from_pem(pem, algorithm))
    })
}

/// Reads a private JWK (RFC 7517), with its "alg" and "kid" if it has them.
///
/// @param[in]  jwk   not NULL; copied. An RSA key needs its primes and exponents (p, q, dp, dq,
///                   qi).
/// @param[out] key   free it with oauth_key_free.
/// @param[out] error NULL: not wanted; free it with oauth_error_free.
/// @return as for oauth_key_from_pem.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_key_from_jwk(
    jwk: *const c_char,
    key: Option<&mut MaybeUninit<*mut oauth_key>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(key, "key");
    report::status(error, || {
        out.check()?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        fill(out, Key::from_jwk(unsafe { pointer::text(jwk, "jwk") }?))
    })
}

/// Generates a key. Its "kid" is its thumbprint; oauth_key_to_pem gives it out, to be kept.
///
/// @param[in]  algorithm "ES256", "ES384" or "EdDSA"; NULL: ES256. RSA keys are not generated.
/// @param[out] key       free it with oauth_key_free.
/// @param[out] error     NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL: the system gave no
///         randomness.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_key_generate(
    algorithm: *const c_char,
    key: Option<&mut MaybeUninit<*mut oauth_key>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(key, "key");
    report::status(error, || {
        out.check()?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        fill(out, Key::generate(unsafe { pointer::optional_text(algorithm, "algorithm") }?))
    })
}

/// The same key under the name by which the server knows it ("kid", RFC 7515 section 4.1.4): it
/// goes into the header of each signature.
///
/// A key from PEM has none, and a server that has several keys of the client tries those that fit.
///
/// @param[in]  key     not NULL.
/// @param[in]  kid     not empty; NULL: without a name.
/// @param[out] renamed another key, to be freed with oauth_key_free.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_key_with_kid(
    key: Option<&oauth_key>,
    kid: *const c_char,
    renamed: Option<&mut MaybeUninit<*mut oauth_key>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(renamed, "renamed");
    report::status(error, || {
        out.check()?;
        let key = pointer::handle(key, "key")?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        fill(out, key.0.with_kid(unsafe { pointer::optional_text(kid, "kid") }?))
    })
}

fn fill(out: Out<'_, oauth_key>, key: Result<Key>) -> Result<()> {
    out.fill(Box::into_raw(Box::new(oauth_key(Arc::new(key?)))));
    Ok(())
}

/// Another handle to the same key.
///
/// @param[in] key may be NULL.
/// @return free it with oauth_key_free; NULL if key is NULL.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_key_ref(key: Option<&oauth_key>) -> Option<Box<oauth_key>> {
    guard::value(None, || key.map(|key| Box::new(oauth_key(key.0.clone()))))
}

/// Frees a key handle. What was made with the key keeps it.
///
/// @param[in] key may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_key_free(key: Option<Box<oauth_key>>) {
    guard::value((), || drop(key));
}

/// The public half as a JWK with "alg", "use" and, if the key has one, "kid": what is registered at
/// the server.
///
/// @param[in] key may be NULL.
/// @return valid until the key is freed; NULL if key is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_key_public_jwk(key: Option<&oauth_key>) -> *const c_char {
    text_of(key, |key| Some(key.public_jwk()))
}

/// The algorithm of its signatures, such as "ES256".
///
/// @param[in] key may be NULL.
/// @return valid until the key is freed; NULL if key is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_key_algorithm(key: Option<&oauth_key>) -> *const c_char {
    guard::value(std::ptr::null(), || key.map_or(std::ptr::null(), |key| key.0.algorithm().c_name().as_ptr()))
}

/// The SHA-256 thumbprint of the public key (RFC 7638), in base64url.
///
/// @param[in] key may be NULL.
/// @return valid until the key is freed; NULL if key is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_key_thumbprint(key: Option<&oauth_key>) -> *const c_char {
    text_of(key, |key| Some(key.thumbprint()))
}

/// The name of the key at the server ("kid").
///
/// @param[in] key may be NULL.
/// @return valid until the key is freed; NULL if it has none, or if key is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_key_kid(key: Option<&oauth_key>) -> *const c_char {
    text_of(key, Key::kid)
}

fn text_of(key: Option<&oauth_key>, text: impl FnOnce(&Key) -> Option<&Text>) -> *const c_char {
    guard::value(std::ptr::null(), || key.and_then(|key| text(&key.0)).map_or(std::ptr::null(), Text::as_ptr))
}

/// The public key in a JWKS (RFC 7517 section 5), for a server that wants a set or fetches one.
///
/// @param[in] key may be NULL.
/// @return valid until the key is freed; NULL if key is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_key_public_jwks(key: Option<&oauth_key>) -> *const c_char {
    text_of(key, |key| Some(key.public_jwks()))
}

/// The private key of oauth_key_generate as PKCS#8 in PEM, to be kept where nobody else reads it.
///
/// No other key is given out: the program has it already.
///
/// @param[in]  key   not NULL; of oauth_key_generate.
/// @param[out] pem   free it with oauth_string_free, which wipes it.
/// @param[out] error NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INVALID_STATE: the key was not
///         generated; OAUTH_ERROR_INTERNAL.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_key_to_pem(
    key: Option<&oauth_key>,
    pem: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(pem, "pem");
    report::status(error, || {
        out.check()?;
        let key = pointer::handle(key, "key")?;
        const WHY: &str = "only a key that was generated is given out";
        let pem = key.0.to_pem().ok_or_else(|| Error::new(Status::InvalidState, WHY))?;
        pointer::fill_string(out, pem.as_str().unwrap_or_default())
    })
}
