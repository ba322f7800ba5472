//! The other grants: what a program without a user at hand, or with another kind of proof, gives for a token.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::error::Error;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::call::options::{self, oauth_request_options};
use crate::ffi::call::params::oauth_params;
use crate::ffi::client::oauth_client;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::token::endpoint::arguments;
use crate::ffi::token::{self, oauth_token};
use crate::protocol::saml_assertion;
use crate::protocol::token_request::{Grant, TokenExchange};

/// Asks for a token of the client's own (RFC 6749 section 4.4): a machine, no user.
///
/// @param[in]  client           not NULL; many threads may call at once.
/// @param[in]  scope            space-separated; NULL: left out, and the server decides.
/// @param[in]  field_parameters more form fields, such as resource and audience; NULL: none.
/// @param[in]  options          NULL: those of the client.
/// @param[out] token            free it with oauth_token_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return as oauth_request_token.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_request_client_credentials(
    client: Option<&oauth_client>,
    scope: *const c_char,
    field_parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    token: Option<&mut MaybeUninit<*mut oauth_token>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(token, "token");
    report::status(error, || {
        out.check()?;
        let client = pointer::handle(client, "client")?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        let grant = Grant::ClientCredentials { scope };
        token::fill(out, client.0.token(grant, arguments(None, field_parameters), options::of(options)))
    })
}

/// Exchanges a token for another one (RFC 8693): for another audience, on behalf of somebody, of another kind.
/// oauth_json_text(oauth_token_json(token), "issued_token_type") says what came back; a token_type of "N_A" is no access token.
///
/// @param[in]  client           not NULL; many threads may call at once.
/// @param[in]  subject_token    not NULL, not empty.
/// @param[in]  subject_token_type its type's URI; not NULL, not empty.
/// @param[in]  actor_token      who acts; NULL: left out.
/// @param[in]  actor_token_type NULL if, and only if, actor_token is.
/// @param[in]  requested_token_type NULL: the server decides.
/// @param[in]  scope            space-separated; NULL: left out, and the server decides.
/// @param[in]  field_parameters more form fields, such as resource and audience; NULL: none.
/// @param[in]  options          NULL: those of the client.
/// @param[out] token            free it with oauth_token_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return as oauth_request_token.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_request_token_exchange(
    client: Option<&oauth_client>,
    subject_token: *const c_char,
    subject_token_type: *const c_char,
    actor_token: *const c_char,
    actor_token_type: *const c_char,
    requested_token_type: *const c_char,
    scope: *const c_char,
    field_parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    token: Option<&mut MaybeUninit<*mut oauth_token>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(token, "token");
    report::status(error, || {
        out.check()?;
        let client = pointer::handle(client, "client")?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let subject_token = unsafe { pointer::text(subject_token, "subject_token") }?;
        // SAFETY: as above.
        let subject_token_type = unsafe { pointer::text(subject_token_type, "subject_token_type") }?;
        // SAFETY: as above.
        let actor_token = unsafe { pointer::optional_text(actor_token, "actor_token") }?;
        // SAFETY: as above.
        let actor_token_type = unsafe { pointer::optional_text(actor_token_type, "actor_token_type") }?;
        // SAFETY: as above.
        let requested_token_type = unsafe { pointer::optional_text(requested_token_type, "requested_token_type") }?;
        // SAFETY: as above.
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        let grant = Grant::TokenExchange(TokenExchange {
            subject_token,
            subject_token_type,
            actor_token,
            actor_token_type,
            requested_token_type,
            scope,
        });
        token::fill(out, client.0.token(grant, arguments(None, field_parameters), options::of(options)))
    })
}

/// Gives a signed JWT for a token (RFC 7523 section 2.1). Client authentication is sent if the config has a client. The
/// assertion goes out at most once.
///
/// @param[in]  client           not NULL; many threads may call at once.
/// @param[in]  assertion        made and signed by the program; not NULL, not empty.
/// @param[in]  scope            space-separated; NULL: left out, and the server decides.
/// @param[in]  field_parameters more form fields, such as resource and audience; NULL: none.
/// @param[in]  options          NULL: those of the client.
/// @param[out] token            free it with oauth_token_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return as oauth_request_token.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_request_jwt_bearer(
    client: Option<&oauth_client>,
    assertion: *const c_char,
    scope: *const c_char,
    field_parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    token: Option<&mut MaybeUninit<*mut oauth_token>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(token, "token");
    report::status(error, || {
        out.check()?;
        let client = pointer::handle(client, "client")?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let assertion = unsafe { pointer::text(assertion, "assertion") }?;
        // SAFETY: as above.
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        let grant = Grant::JwtBearer { assertion, scope };
        token::fill(out, client.0.token(grant, arguments(None, field_parameters), options::of(options)))
    })
}

/// Gives a SAML 2.0 assertion for a token (RFC 7522 section 2.1). Client authentication is sent if the config has a client.
/// The assertion goes out at most once.
///
/// @param[in]  client           not NULL; many threads may call at once.
/// @param[in]  assertion        XML, or its base64url encoding; not NULL, not empty.
/// @param[in]  scope            space-separated; NULL: left out, and the server decides.
/// @param[in]  field_parameters more form fields, such as resource and audience; NULL: none.
/// @param[in]  options          NULL: those of the client.
/// @param[out] token            free it with oauth_token_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return as oauth_request_token.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_request_saml_bearer(
    client: Option<&oauth_client>,
    assertion: *const c_char,
    scope: *const c_char,
    field_parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    token: Option<&mut MaybeUninit<*mut oauth_token>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(token, "token");
    report::status(error, || {
        out.check()?;
        let client = pointer::handle(client, "client")?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let assertion = unsafe { pointer::text(assertion, "assertion") }?;
        // SAFETY: as above.
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        let assertion =
            saml_assertion::encoded(assertion).ok_or_else(|| Error::argument("assertion", "cannot be sent"))?;
        let grant = Grant::SamlBearer { assertion: assertion.as_str(), scope };
        token::fill(out, client.0.token(grant, arguments(None, field_parameters), options::of(options)))
    })
}

/// Gives a user's name and password for a token (RFC 6749 section 4.3). Legacy: OAuth 2.1 has removed this grant, because it
/// hands the password to the program. For servers that offer nothing else.
///
/// @param[in]  client           not NULL; many threads may call at once.
/// @param[in]  username         not NULL, not empty.
/// @param[in]  password         not NULL, may be empty.
/// @param[in]  scope            space-separated; NULL: left out, and the server decides.
/// @param[in]  field_parameters more form fields, such as resource and audience; NULL: none.
/// @param[in]  options          NULL: those of the client.
/// @param[out] token            free it with oauth_token_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return as oauth_request_token; OAUTH_ERROR_ID_TOKEN.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_request_password(
    client: Option<&oauth_client>,
    username: *const c_char,
    password: *const c_char,
    scope: *const c_char,
    field_parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    token: Option<&mut MaybeUninit<*mut oauth_token>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(token, "token");
    report::status(error, || {
        out.check()?;
        let client = pointer::handle(client, "client")?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let username = unsafe { pointer::text(username, "username") }?;
        // SAFETY: as above.
        let password = unsafe { pointer::text(password, "password") }?;
        // SAFETY: as above.
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        let grant = Grant::Password { username, password, scope };
        token::fill(out, client.0.token(grant, arguments(None, field_parameters), options::of(options)))
    })
}

/// Asks for a token by any other grant (RFC 6749 section 4.5): its URI, and its parameters as field parameters. Client
/// authentication is sent if the config has a client. The request goes out at most once.
///
/// @param[in]  client           not NULL; many threads may call at once.
/// @param[in]  grant_type       not NULL, not empty; not authorization_code or refresh_token, which have calls of their own.
/// @param[in]  field_parameters more form fields, such as resource and audience; NULL: none.
/// @param[in]  options          NULL: those of the client.
/// @param[out] token            free it with oauth_token_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return as oauth_request_token.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_request_grant(
    client: Option<&oauth_client>,
    grant_type: *const c_char,
    field_parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    token: Option<&mut MaybeUninit<*mut oauth_token>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(token, "token");
    report::status(error, || {
        out.check()?;
        let client = pointer::handle(client, "client")?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let grant_type = unsafe { pointer::text(grant_type, "grant_type") }?;
        let grant = Grant::Extension { grant_type };
        token::fill(out, client.0.token(grant, arguments(None, field_parameters), options::of(options)))
    })
}
