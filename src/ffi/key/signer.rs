//! A key whose private half stays with the program: in an HSM, a TPM, a token of PKCS#11, an agent.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::error::{Advice, Error, Result, Status};
use crate::ffi::boundary::guard;
use crate::ffi::boundary::pointer::{self, IS_NULL, Out};
use crate::ffi::boundary::user_data::{UserData, oauth_destroy_fn};
use crate::ffi::key::oauth_key;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::{OAUTH_OK, oauth_status};
use crate::protocol::jose::algorithm::Algorithm;
use crate::protocol::jose::key::Key;

/// The result of a signer's function. Valid only during that call.
pub struct oauth_signature(Option<Vec<u8>>);

/// Makes a signature, and gives it by oauth_signature_set.
///
/// It runs on the thread of the call that needs the signature, or on a thread of the library, and
/// may be called by several at once. It may block, and nothing ends it; if the deadline of its call
/// has passed when it returns, or the call was cancelled, nothing is sent. Operations of the same
/// client wait meanwhile, and so does their cancel: a program whose signer asks a person, or is far
/// away, makes blocking calls on threads of its own. It may use the library, but not the client that
/// needs the signature.
///
/// @param[in] user_data as passed to oauth_key_from_signer.
/// @param[in] algorithm the key's, such as "ES256": with it goes the hash that the signer makes.
/// @param[in] message   what is signed; not NULL, not hashed yet.
/// @param[in] length    of message in bytes.
/// @param[in] signature not NULL.
/// @return OAUTH_OK; any other status is an error, and so is OAUTH_OK without a signature.
pub type oauth_sign_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        algorithm: *const c_char,
        message: *const u8,
        length: usize,
        signature: *mut oauth_signature,
    ) -> oauth_status,
>;

type Sign = unsafe extern "C" fn(*mut c_void, *const c_char, *const u8, usize, *mut oauth_signature) -> oauth_status;

fn sign(sign: Sign, user_data: &UserData, algorithm: Algorithm, message: &[u8]) -> Result<Vec<u8>> {
    let failed = |how: &str| {
        Error::new(Status::Callback, &format!("the signer's function {how}")).with_advice(Advice::RetryLater)
    };
    let mut signature = oauth_signature(None);
    let (name, data) = (algorithm.c_name().as_ptr(), user_data.pointer());
    // SAFETY: a function of the program, called with its user_data (header: Callbacks); the rest lives during the call.
    match unsafe { sign(data, name, message.as_ptr(), message.len(), &raw mut signature) } {
        OAUTH_OK => signature.0.ok_or_else(|| failed("set no signature")),
        status => Err(failed(&format!("returned {status}"))),
    }
}

/// Makes a key of its public half and a function of the program that signs.
///
/// Each signature is checked by the public key before it is used: a signer with another key is
/// found at once, by OAUTH_ERROR_CALLBACK.
///
/// @code
/// oauth_status sign(void *user_data, const char *algorithm, const uint8_t *message, size_t length,
///                   oauth_signature *signature)
/// {
///     uint8_t bytes[512];
///     size_t size = sign_in_hsm(user_data, algorithm, message, length, bytes); // the program's
///     if (size == 0)
///         return OAUTH_ERROR_CALLBACK;
///     oauth_signature_set(signature, bytes, size);
///     return OAUTH_OK;
/// }
/// @endcode
///
/// @param[in]  public_key not NULL; a JWK without a private part, whose "kid" goes into signatures;
///                        or PEM ("PUBLIC KEY"), as openssl pkey -pubout writes it.
/// @param[in]  algorithm  such as "PS256"; NULL: the JWK's "alg", or else as for oauth_key_from_pem.
/// @param[in]  sign       not NULL.
/// @param[in]  user_data  passed to sign; may be NULL.
/// @param[in]  destroy    frees user_data when the key is no longer used; NULL: nothing does.
/// @param[out] key        free it with oauth_key_free.
/// @param[out] error      NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT, also for a JWK with its private part;
///         OAUTH_ERROR_INTERNAL.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_key_from_signer(
    public_key: *const c_char,
    algorithm: *const c_char,
    sign: oauth_sign_fn,
    user_data: *mut c_void,
    destroy: oauth_destroy_fn,
    key: Option<&mut MaybeUninit<*mut oauth_key>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let user_data = UserData::new(user_data, destroy);
    let out = Out::new(key, "key");
    report::status(error, || {
        out.check()?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let public_key = unsafe { pointer::text(public_key, "public_key") }?;
        // SAFETY: as above.
        let algorithm = unsafe { pointer::optional_text(algorithm, "algorithm") }?;
        let sign = sign.ok_or_else(|| Error::argument("sign", IS_NULL))?;
        let sign = move |algorithm, message: &[u8]| self::sign(sign, &user_data, algorithm, message);
        let key = Key::from_signer(public_key, algorithm, Box::new(sign))?;
        out.fill(Box::into_raw(Box::new(oauth_key(Arc::new(key)))));
        Ok(())
    })
}

/// Sets the signature, in a signer's function. The last call counts.
///
/// @param[in] signature NULL: nothing is done.
/// @param[in] bytes     copied; NULL: no signature. Of ECDSA: r and s joined (RFC 7518 section
///                      3.4), as PKCS#11 gives them, or DER, as OpenSSL does.
/// @param[in] length    of bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_signature_set(signature: Option<&mut oauth_signature>, bytes: *const u8, length: usize) {
    guard::value((), || {
        // SAFETY: NULL or `length` bytes (header: Bytes).
        let bytes = unsafe { pointer::bytes(bytes, length) };
        if let Some(signature) = signature {
            signature.0 = bytes.ok().map(<[u8]>::to_vec);
        }
    });
}
