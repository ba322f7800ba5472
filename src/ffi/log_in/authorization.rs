//! The authorization code grant: begin, send the user away, finish with what they come back with.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::blocking::Client;
use crate::client::authorization::{Authorization, AuthorizationArguments};
use crate::ffi::boundary::guard;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::call::options::{self, oauth_request_options};
use crate::ffi::call::params::{self, oauth_params};
use crate::ffi::client::oauth_client;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::token::{self, oauth_token};
use crate::protocol::saved_authorization;
use crate::secret::Secret;

/// A log-in that was begun: a URL to send the user to, and what the answer is checked against. It takes one answer. By one
/// thread at a time; free it with oauth_authorization_free.
pub struct oauth_authorization {
    pub(crate) client: Arc<Client>,
    pub(crate) authorization: Authorization,
}

/// Begins a log-in (RFC 6749 section 4.1.1). State, code verifier (RFC 7636, S256) and, with the scope openid, nonce are
/// made here, from the operating system's randomness. Asks the server only for metadata that are needed and not yet known.
///
/// @param[in]  client        not NULL, with a client_id; many threads may call at once.
/// @param[in]  redirect_uri  where the user comes back to, as registered; not NULL, absolute, without fragment.
/// @param[in]  scope         space-separated; NULL: left out. With openid the token's ID token is checked.
/// @param[in]  parameters    more parameters: prompt, login_hint, resource (RFC 8707), authorization_details (RFC 9396),
///                           response_mode (query or form_post) ...; NULL: none. With max_age it is the program that
///                           looks at the claim auth_time.
/// @param[in]  options       NULL: those of the client.
/// @param[out] authorization free it with oauth_authorization_free.
/// @param[out] error         NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT, _INVALID_CONFIG (also for a server that lists no S256); when metadata
///         are needed, as oauth_request_metadata.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_authorization_begin(
    client: Option<&oauth_client>,
    redirect_uri: *const c_char,
    scope: *const c_char,
    parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    authorization: Option<&mut MaybeUninit<*mut oauth_authorization>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(authorization, "authorization");
    report::status(error, || {
        out.check()?;
        let client = &pointer::handle(client, "client")?.0;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let redirect_uri = unsafe { pointer::text(redirect_uri, "redirect_uri") }?;
        // SAFETY: as above.
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        let parameters = params::of(parameters);
        let arguments = AuthorizationArguments { redirect_uri, scope, parameters };
        let begun = client.authorization(arguments, options::of(options))?;
        fill(out, client, begun);
        Ok(())
    })
}

/// Takes up an authorization that oauth_authorization_to_json wrote, in this release or an earlier one. Use it once: the
/// library cannot know whether another process has finished it already.
///
/// @param[in]  client        not NULL; of the same client_id and issuer as the one that began.
/// @param[in]  json          not NULL.
/// @param[out] authorization free it with oauth_authorization_free.
/// @param[out] error         NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT for text that is damaged, of another client, or of a newer version;
///         OAUTH_ERROR_INVALID_CONFIG; OAUTH_ERROR_INTERNAL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_authorization_from_json(
    client: Option<&oauth_client>,
    json: *const c_char,
    authorization: Option<&mut MaybeUninit<*mut oauth_authorization>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(authorization, "authorization");
    report::status(error, || {
        out.check()?;
        let client = &pointer::handle(client, "client")?.0;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let request = saved_authorization::read(unsafe { pointer::text(json, "json") }?)?;
        fill(out, client, client.resume(request)?);
        Ok(())
    })
}

/// Frees an authorization; its secrets are wiped.
///
/// @param[in] authorization may be NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_authorization_free(authorization: Option<Box<oauth_authorization>>) {
    guard::value((), || drop(authorization));
}

/// Finishes a log-in: checks that the redirect answers it (state, then RFC 9207's iss, then error), exchanges the code
/// with verifier and redirect URI, and checks the ID token. What does not belong here (a wrong state, a foreign URI)
/// leaves the authorization as it was; so does a code that never left.
///
/// @param[in]  authorization    not NULL.
/// @param[in]  redirect         not NULL: the whole URL that the user came back to, or its query, or a form_post body.
/// @param[in]  field_parameters more fields of the token request; NULL: none.
/// @param[in]  options          NULL: those of the client.
/// @param[out] token            free it with oauth_token_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return as oauth_request_token; nothing sent: OAUTH_ERROR_STATE_MISMATCH, _ISSUER_MISMATCH, _INVALID_RESPONSE (no
///         answer at all), _PROVIDER (the user or the server said no), _EXPIRED, _INVALID_STATE (a second use);
///         OAUTH_ERROR_ID_TOKEN.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_authorization_finish(
    authorization: Option<&mut oauth_authorization>,
    redirect: *const c_char,
    field_parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    token: Option<&mut MaybeUninit<*mut oauth_token>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(token, "token");
    report::status(error, || {
        out.check()?;
        let oauth_authorization { client, authorization } = pointer::handle_mut(authorization, "authorization")?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let redirect = unsafe { pointer::text(redirect, "redirect") }?;
        token::fill(out, client.finish(authorization, redirect, params::of(field_parameters), options::of(options)))
    })
}

/// The authorization as text, to be finished by another process: a web back end keeps it with the user's session. It holds
/// secrets (code verifier, state, nonce), and whoever has it can finish the log-in: keep it where the user cannot read it.
///
/// @param[in]  authorization not NULL.
/// @param[out] json          versioned JSON of this library; free it with oauth_string_free, which wipes it.
/// @param[out] error         NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_STATE: it has taken its answer; OAUTH_ERROR_INVALID_ARGUMENT;
///         OAUTH_ERROR_INTERNAL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_authorization_to_json(
    authorization: Option<&oauth_authorization>,
    json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(json, "json");
    report::status(error, || {
        out.check()?;
        let request = pointer::handle(authorization, "authorization")?.authorization.to_save()?;
        pointer::fill_string(out, saved_authorization::write(request).as_str().unwrap_or_default())
    })
}

/// The URL to send the user's browser to. It holds no secret but the state.
///
/// @param[in] authorization may be NULL.
/// @return valid until this handle is freed; NULL only for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_authorization_url(authorization: Option<&oauth_authorization>) -> *const c_char {
    guard::text(|| Some(authorization?.authorization.request.url.as_ptr()))
}

/// The state: what a web back end finds the user's authorization by, when the redirect comes in.
///
/// @param[in] authorization may be NULL.
/// @return valid until this handle is freed; NULL only for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_authorization_state(authorization: Option<&oauth_authorization>) -> *const c_char {
    guard::text(|| Some(authorization?.authorization.request.state.as_ptr()))
}

/// The nonce of the ID token (OpenID Connect Core 3.1.2.1).
///
/// @param[in] authorization may be NULL.
/// @return valid until this handle is freed; NULL without the scope openid.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_authorization_nonce(authorization: Option<&oauth_authorization>) -> *const c_char {
    guard::text(|| authorization?.authorization.request.nonce.as_ref().map(Secret::as_ptr))
}

fn fill(out: Out<'_, oauth_authorization>, client: &Arc<Client>, authorization: Authorization) {
    out.fill(Box::into_raw(Box::new(oauth_authorization { client: client.clone(), authorization })));
}
