//! The headers of a request with a session's token.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::call::options::{self as call_options, oauth_request_options};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::session::oauth_session;
use crate::ffi::token::proof::{answered, fill, oauth_proof};

/// Gives the headers for one request to a resource, with a token that is valid: as
/// oauth_session_token, then oauth_proof_new.
///
/// @code
/// const char *url = "https://api.example/me";
/// oauth_proof *proof = NULL;
/// bool again = true; // once more, if the resource wants a nonce
///
/// while (oauth_session_proof(session, "GET", url, NULL, &proof, &error) == OAUTH_OK) {
///     const char *www_authenticate = NULL, *dpop_nonce = NULL;
///     int32_t http_status = call_api_with(oauth_proof_authorization(proof),
///         oauth_proof_dpop(proof), &www_authenticate, &dpop_nonce);
///     oauth_proof_free(proof);
///     if (!oauth_session_proof_answer(session, url, http_status, www_authenticate, dpop_nonce)
///         || !again)
///         break;
///     again = false;
/// }
/// @endcode
///
/// @param[in]  session not NULL; many threads may call at once.
/// @param[in]  method  as for oauth_proof_new.
/// @param[in]  url     as for oauth_proof_new.
/// @param[in]  options as for oauth_session_token.
/// @param[out] proof   free it with oauth_proof_free.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token and of oauth_proof_new.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_session_proof(
    session: Option<&oauth_session>,
    method: *const c_char,
    url: *const c_char,
    options: Option<&oauth_request_options>,
    proof: Option<&mut MaybeUninit<*mut oauth_proof>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(proof, "proof");
    report::status(error, || {
        out.check()?;
        let session = &pointer::handle(session, "session")?.0;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let method = unsafe { pointer::text(method, "method") }?;
        // SAFETY: as above.
        let url = unsafe { pointer::text(url, "url") }?;
        fill(out, session.proof(method, url, call_options::of(options)))
    })
}

/// The same as oauth_proof_answer, for a request with the headers of oauth_session_proof.
///
/// @param[in] session          not NULL.
/// @param[in] url              as for oauth_proof_answer.
/// @param[in] http_status      of the answer.
/// @param[in] www_authenticate as for oauth_proof_answer.
/// @param[in] dpop_nonce       as for oauth_proof_answer.
/// @return as oauth_proof_answer. After another 401, oauth_session_invalidate_text takes the value
///         of the Authorization header, and the next proof has another token.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_session_proof_answer(
    session: Option<&oauth_session>,
    url: *const c_char,
    http_status: i32,
    www_authenticate: *const c_char,
    dpop_nonce: *const c_char,
) -> bool {
    // SAFETY: NULL or NUL-terminated strings (header: Strings).
    unsafe { answered(session.map(|session| session.0.client()), url, http_status, www_authenticate, dpop_nonce) }
}
