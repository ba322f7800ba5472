//! Authorization code, step by step
//!
//! For a program that does each step of a log-in itself, such as a web back end (RFC 6749
//! section 4.1):
//!
//! - oauth_authorization_begin makes a URL. The program sends the user's browser there.
//! - The user logs in, and the server sends the browser to the redirect URI. The program receives
//!   that request: this is the redirect.
//! - oauth_authorization_finish checks the redirect, and exchanges its code for a token.
//!
//! The two requests of the browser may reach different processes: oauth_authorization_to_json saves
//! the authorization between them, oauth_authorization_from_json loads it. The library makes and
//! checks state, code verifier (PKCE) and nonce. An authorization accepts one redirect, within the
//! time set by oauth_config_set_authorization_lifetime_s.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::blocking::Client;
use crate::client::authorization::{Authorization, AuthorizationArguments};
use crate::client::changing::Changing;
use crate::ffi::boundary::guard;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::call::options::{self, oauth_request_options};
use crate::ffi::call::params::{self, oauth_params};
use crate::ffi::client::oauth_client;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::token::{self, oauth_token};
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::saved_authorization;
use crate::secret::Secret;

/// A log-in that has begun: a URL for the browser, and the secrets that check the redirect. One
/// thread at a time; free it with oauth_authorization_free.
pub struct oauth_authorization {
    pub(crate) client: Arc<Client>,
    pub(crate) request: Arc<AuthorizationRequest>,
    pub(crate) authorization: Arc<Changing<Authorization>>,
}

/// The name of a handle that is in use.
pub(crate) const NAME: &str = "authorization";

/// Begins a log-in: makes the URL to send the user's browser to (RFC 6749 section 4.1.1).
///
/// State, code verifier (RFC 7636, S256) and, with the scope openid, nonce come from the operating
/// system's random number generator. The server is asked only for metadata that is needed and not
/// yet known, unless the request is pushed (oauth_config_set_pushed_authorization): then it gets
/// the parameters now, and the URL is short. Send the browser to that URL at once, and only once.
/// What is sent may be signed: oauth_config_set_signed_requests.
///
/// @code
/// oauth_authorization *authorization = NULL;
/// char *json = NULL;
/// if (oauth_authorization_begin(client, redirect_uri, "profile", NULL, NULL, &authorization,
///                               &error) == OAUTH_OK
///     && oauth_authorization_to_json(authorization, &json, &error) == OAUTH_OK) {
///     use(json); // keep it on the server, found by oauth_authorization_state
///     use(oauth_authorization_url(authorization)); // redirect the user's browser to it
/// }
/// oauth_string_free(json);
/// oauth_authorization_free(authorization);
/// @endcode
///
/// @param[in]  client        not NULL; many threads may call at once. Its config needs a client_id,
///                           and for the scope openid an issuer.
/// @param[in]  redirect_uri  the redirect URI, as registered; not NULL, absolute, without fragment.
/// @param[in]  scope         space-separated; NULL: left out. With openid, the ID token is checked.
/// @param[in]  parameters    more parameters: prompt, login_hint, resource (RFC 8707),
///                           authorization_details (RFC 9396), response_mode (query, form_post, or
///                           one that asks for a signed redirect: jwt, query.jwt, form_post.jwt)
///                           ...; NULL: none. With max_age, the program must check the claim
///                           auth_time itself.
/// @param[in]  options       NULL: the settings of the client.
/// @param[out] authorization free it with oauth_authorization_free.
/// @param[out] error         NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INVALID_CONFIG, also if the server's
///         metadata lists PKCE methods without S256, or requires what the config cannot do;
///         OAUTH_ERROR_CALLBACK: the signer of the client's key failed; OAUTH_ERROR_INTERNAL; if
///         metadata is needed, the same statuses as oauth_request_metadata; if the request is
///         pushed, those of oauth_introspect.
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

/// Loads an authorization that oauth_authorization_to_json saved, in this release or an earlier
/// one.
///
/// Use each text once: the library cannot know whether another process has finished it.
///
/// @param[in]  client        not NULL; with the client_id and issuer of the client that began.
/// @param[in]  json          not NULL.
/// @param[out] authorization free it with oauth_authorization_free.
/// @param[out] error         NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT: json is damaged, of another client_id or issuer,
///         or of a newer version; OAUTH_ERROR_INVALID_CONFIG: the client has no client_id;
///         OAUTH_ERROR_INTERNAL.
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

/// Frees an authorization and wipes its secrets.
///
/// @param[in] authorization may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_authorization_free(authorization: Option<Box<oauth_authorization>>) {
    guard::value((), || drop(authorization));
}

/// Finishes a log-in: checks the redirect, and exchanges its code for a token.
///
/// Checks the state, then iss (RFC 9207), then error. A signed redirect (JARM) is verified, which
/// may fetch the server's keys: see oauth_config_set_signed_responses. Sends the code with the code
/// verifier and the redirect URI. With the scope openid, checks the ID token. A foreign redirect, or
/// a request that failed before anything was sent, does not use up the authorization.
///
/// @param[in]  authorization    not NULL.
/// @param[in]  redirect         not NULL: the URL or request target that the browser came back
///                              with, or its query, or the body of a form_post.
/// @param[in]  field_parameters more form fields of the token request; NULL: none.
/// @param[in]  options          NULL: the settings of the client.
/// @param[out] token            free it with oauth_token_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return the same statuses as oauth_request_token; also OAUTH_ERROR_ID_TOKEN; and before anything
///         is sent: OAUTH_ERROR_STATE_MISMATCH, _ISSUER_MISMATCH, _INVALID_RESPONSE (neither code
///         nor error, or not signed as asked for), _PROVIDER (the user or the server refused),
///         _EXPIRED, _INVALID_STATE (used up), _BUSY (an operation uses it).
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
        let oauth_authorization { client, authorization, .. } = pointer::handle_mut(authorization, NAME)?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let redirect = unsafe { pointer::text(redirect, "redirect") }?;
        let (mut taken, field_parameters) = (authorization.take(NAME)?, params::of(field_parameters));
        token::fill(out, client.finish(taken.get()?, redirect, field_parameters, options::of(options)))
    })
}

/// Saves an authorization as text, for another process to finish.
///
/// The text holds secrets (code verifier, state, nonce), and is all that is needed to finish the
/// log-in: keep it where the user cannot read it.
///
/// @param[in]  authorization not NULL.
/// @param[out] json          versioned JSON of this library; free it with oauth_string_free, which
///                           wipes it.
/// @param[out] error         NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_STATE: the authorization is used up; OAUTH_ERROR_BUSY: an
///         operation uses it; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
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
        let mut taken = pointer::handle(authorization, NAME)?.authorization.take(NAME)?;
        pointer::fill_string(out, saved_authorization::write(taken.get()?.to_save()?).as_str().unwrap_or_default())
    })
}

/// The URL to send the user's browser to. The only secret in it is the state, or the request URI of
/// a pushed request. With a listener, open oauth_listener_browser_url, which leads here.
///
/// @param[in] authorization may be NULL.
/// @return valid until the authorization is freed; NULL if authorization is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_authorization_url(authorization: Option<&oauth_authorization>) -> *const c_char {
    guard::text(|| Some(authorization?.request.url.as_ptr()))
}

/// The state. A web back end finds the saved authorization by it when the redirect comes.
///
/// @param[in] authorization may be NULL.
/// @return valid until the authorization is freed; NULL if authorization is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_authorization_state(authorization: Option<&oauth_authorization>) -> *const c_char {
    guard::text(|| Some(authorization?.request.state.as_ptr()))
}

/// The nonce that the ID token must hold (OpenID Connect Core 3.1.2.1).
///
/// @param[in] authorization may be NULL.
/// @return valid until the authorization is freed; NULL if the scope has no openid.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_authorization_nonce(authorization: Option<&oauth_authorization>) -> *const c_char {
    guard::text(|| authorization?.request.nonce.as_ref().map(Secret::as_ptr))
}

pub(crate) fn fill(out: Out<'_, oauth_authorization>, client: &Arc<Client>, authorization: Authorization) {
    let (client, request) = (client.clone(), authorization.request.clone());
    let authorization = Changing::new(authorization);
    out.fill(Box::into_raw(Box::new(oauth_authorization { client, request, authorization })));
}
