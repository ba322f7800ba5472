//! Proofs of possession (DPoP)
//!
//! A token of type DPoP is bound to a key (oauth_config_set_dpop). Each request with it to a
//! resource carries two headers: Authorization, and DPoP, a proof that is signed by the key for this
//! request alone (RFC 9449 section 7). A proof is used once, at once: resources take it for a minute
//! or so.
//!
//! A resource may want a nonce of its own in proofs: it refuses a request with 401 and gives one in
//! the header DPoP-Nonce, and the request is sent once more. The client remembers the last nonce of
//! each server; the library does the same by itself for its own requests.
//!
//! For a bearer token the same functions work, and there is no DPoP header: a program that uses them
//! need not know which kind of token it has.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::client::Client;
use crate::client::dpop::Proof;
use crate::error::Result;
use crate::ffi::boundary::guard;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::client::oauth_client;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::token::oauth_token;
use crate::secret::Secret;

/// The headers for one request to a resource. Immutable; free it with oauth_proof_free.
pub struct oauth_proof(pub(crate) Arc<Proof>);

/// Makes the headers for one request with a token. Sends nothing; does not block, unless the key is
/// that of a signer.
///
/// @code
/// const char *url = "https://api.example/me";
/// oauth_proof *proof = NULL;
///
/// if (oauth_proof_new(client, token, "GET", url, &proof, &error) == OAUTH_OK) {
///     use(oauth_proof_authorization(proof));
///     use(oauth_proof_dpop(proof)); // NULL for a bearer token: no such header
/// }
/// oauth_proof_free(proof);
/// @endcode
///
/// @param[in]  client not NULL; the one that got the token, or one with the same settings.
/// @param[in]  token  not NULL.
/// @param[in]  method of the request, such as "GET"; not NULL, not empty.
/// @param[in]  url    of the request; not NULL, http or https; its query and fragment do not
///                    count.
/// @param[out] proof  free it with oauth_proof_free.
/// @param[out] error  NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT, also if the token is bound to a key that is not
///         known; OAUTH_ERROR_INVALID_CONFIG: dpop_key is not the key of this token;
///         OAUTH_ERROR_CALLBACK: the signer failed; OAUTH_ERROR_INTERNAL.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_proof_new(
    client: Option<&oauth_client>,
    token: Option<&oauth_token>,
    method: *const c_char,
    url: *const c_char,
    proof: Option<&mut MaybeUninit<*mut oauth_proof>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(proof, "proof");
    report::status(error, || {
        out.check()?;
        let client = pointer::handle(client, "client")?;
        let token = pointer::handle(token, "token")?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let method = unsafe { pointer::text(method, "method") }?;
        // SAFETY: as above.
        let url = unsafe { pointer::text(url, "url") }?;
        fill(out, client.0.client.proof(&token.0, method, url))
    })
}

pub(crate) fn fill(out: Out<'_, oauth_proof>, proof: Result<Proof>) -> Result<()> {
    out.fill(Box::into_raw(Box::new(oauth_proof(Arc::new(proof?)))));
    Ok(())
}

/// Another handle to the same headers.
///
/// @param[in] proof may be NULL.
/// @return free it with oauth_proof_free; NULL if proof is NULL.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_proof_ref(proof: Option<&oauth_proof>) -> Option<Box<oauth_proof>> {
    guard::value(None, || proof.map(|proof| Box::new(oauth_proof(proof.0.clone()))))
}

/// Wipes and frees the headers.
///
/// @param[in] proof may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_proof_free(proof: Option<Box<oauth_proof>>) {
    guard::value((), || drop(proof));
}

/// The value of the Authorization header: "DPoP ...", or "Bearer ...".
///
/// @param[in] proof may be NULL.
/// @return valid until the proof is freed; NULL if proof is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_proof_authorization(proof: Option<&oauth_proof>) -> *const c_char {
    guard::text(|| Some(proof?.0.authorization.as_ptr()))
}

/// The value of the DPoP header.
///
/// @param[in] proof may be NULL.
/// @return valid until the proof is freed; NULL if the token is not bound to a key, or if proof is
///         NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_proof_dpop(proof: Option<&oauth_proof>) -> *const c_char {
    guard::text(|| proof?.0.dpop.as_ref().map(Secret::as_ptr))
}

/// Takes a resource's answer to a request that had a proof: remembers its nonce, and says whether to
/// send the request once more, with a new proof.
///
/// @param[in] client           not NULL.
/// @param[in] url              of the request; NULL, or what is no URL: nothing is done.
/// @param[in] http_status      of the answer.
/// @param[in] www_authenticate the header of that name; NULL: there is none; need not be UTF-8.
/// @param[in] dpop_nonce       the header DPoP-Nonce; NULL: there is none.
/// @return true: the status is 401, and the resource wants a nonce (use_dpop_nonce) and gave one; or
///         there is no WWW-Authenticate, and the nonce is a new one. Repeat once: a resource that
///         wants another one each time would go on for ever.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_proof_answer(
    client: Option<&oauth_client>,
    url: *const c_char,
    http_status: i32,
    www_authenticate: *const c_char,
    dpop_nonce: *const c_char,
) -> bool {
    // SAFETY: NULL or NUL-terminated strings (header: Strings).
    unsafe { answered(client.map(|client| &client.0.client), url, http_status, www_authenticate, dpop_nonce) }
}

/// # Safety
/// The strings are NULL or NUL-terminated.
pub(crate) unsafe fn answered(
    client: Option<&Client>,
    url: *const c_char,
    http_status: i32,
    www_authenticate: *const c_char,
    dpop_nonce: *const c_char,
) -> bool {
    guard::value(false, || {
        let Some(client) = client else { return false };
        // SAFETY: the same promise.
        let Ok(Some(url)) = (unsafe { pointer::optional_text(url, "url") }) else { return false };
        // SAFETY: the same promise.
        let challenges = unsafe { pointer::optional_bytes(www_authenticate) };
        // SAFETY: the same promise.
        let nonce = unsafe { pointer::optional_bytes(dpop_nonce) };
        client.learns(url, http_status, challenges, nonce)
    })
}
