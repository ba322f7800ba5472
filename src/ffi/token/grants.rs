//! Other grants
//!
//! For programs that run without a user, or that have another credential than a code:
//!
//!   oauth_request_client_credentials   the client's own id, and secret or key
//!   oauth_request_token_exchange       another token
//!   oauth_request_jwt_bearer           a signed JWT
//!   oauth_request_saml_bearer          a SAML 2.0 assertion
//!   oauth_request_password             a user's name and password (legacy)
//!   oauth_request_grant                any other grant
//!
//! The client authenticates as its config says. The calls block as oauth_request_token does. Only
//! oauth_request_password checks an ID token in the response.

use std::ffi::c_char;
use std::mem::MaybeUninit;

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

/// Gets a token for the client itself, without a user (RFC 6749 section 4.4). The config needs a
/// client id and a secret. The token usually has no refresh token: call again when it has expired,
/// or let a session do so.
///
/// @code
/// oauth_token *token = NULL;
/// if (oauth_request_client_credentials(client, NULL, NULL, NULL, &token, &error) == OAUTH_OK)
///     use(oauth_token_authorization(token));
/// oauth_token_free(token);
/// @endcode
///
/// @param[in]  client           not NULL; many threads may call at once.
/// @param[in]  scope            space-separated; NULL: left out, and the server decides.
/// @param[in]  field_parameters more form fields, such as resource and audience; NULL: none.
/// @param[in]  options          NULL: the settings of the client.
/// @param[out] token            free it with oauth_token_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return the same statuses as oauth_request_token.
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

/// Exchanges a token for another one (RFC 8693): for another audience, on behalf of another party,
/// or of another type. oauth_json_text(oauth_token_json(token), "issued_token_type") is the type of
/// the new token; if oauth_token_type is "N_A", it is not an access token. If the config has no
/// client id, the request is sent without client authentication (RFC 8693 section 2.1).
///
/// @param[in]  client               not NULL; many threads may call at once.
/// @param[in]  subject_token        the token of the party on whose behalf the request is made; not
///                                  NULL, not empty.
/// @param[in]  subject_token_type   the URI of its type; not NULL, not empty.
/// @param[in]  actor_token          the token of the acting party; NULL: left out.
/// @param[in]  actor_token_type     the URI of its type; NULL if, and only if, actor_token is NULL.
/// @param[in]  requested_token_type the URI of a type; NULL: the server decides.
/// @param[in]  scope                space-separated; NULL: left out, and the server decides.
/// @param[in]  field_parameters     more form fields, such as resource and audience; NULL: none.
/// @param[in]  options              NULL: the settings of the client.
/// @param[out] token                free it with oauth_token_free.
/// @param[out] error                NULL: not wanted; free it with oauth_error_free.
/// @return the same statuses as oauth_request_token.
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

/// Exchanges a signed JWT for a token (RFC 7523 section 2.1). If the config has no client id, the
/// assertion is sent without client authentication. It is sent at most once.
///
/// @param[in]  client           not NULL; many threads may call at once.
/// @param[in]  assertion        made and signed by the program; not NULL, not empty.
/// @param[in]  scope            space-separated; NULL: left out, and the server decides.
/// @param[in]  field_parameters more form fields, such as resource and audience; NULL: none.
/// @param[in]  options          NULL: the settings of the client.
/// @param[out] token            free it with oauth_token_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return the same statuses as oauth_request_token.
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

/// Exchanges a SAML 2.0 assertion for a token (RFC 7522 section 2.1). If the config has no client
/// id, the assertion is sent without client authentication. It is sent at most once.
///
/// @param[in]  client           not NULL; many threads may call at once.
/// @param[in]  assertion        XML, or its base64url encoding; not NULL, not empty.
/// @param[in]  scope            space-separated; NULL: left out, and the server decides.
/// @param[in]  field_parameters more form fields, such as resource and audience; NULL: none.
/// @param[in]  options          NULL: the settings of the client.
/// @param[out] token            free it with oauth_token_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return the same statuses as oauth_request_token.
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
        let assertion = saml_assertion::encoded(assertion)?;
        let grant = Grant::SamlBearer { assertion: assertion.as_str(), scope };
        token::fill(out, client.0.token(grant, arguments(None, field_parameters), options::of(options)))
    })
}

/// Exchanges a user's name and password for a token (RFC 6749 section 4.3). Legacy: OAuth 2.1 has
/// removed this grant, because the program sees the password. Use it only for a server that offers
/// nothing else. If the config has an issuer and a client id, an ID token in the response is
/// checked.
///
/// @param[in]  client           not NULL; many threads may call at once.
/// @param[in]  username         not NULL, not empty.
/// @param[in]  password         not NULL, may be empty.
/// @param[in]  scope            space-separated; NULL: left out, and the server decides.
/// @param[in]  field_parameters more form fields, such as resource and audience; NULL: none.
/// @param[in]  options          NULL: the settings of the client.
/// @param[out] token            free it with oauth_token_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return the same statuses as oauth_request_token; also OAUTH_ERROR_ID_TOKEN: the ID token in the
///         response was refused.
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

/// Gets a token by any other grant (RFC 6749 section 4.5), named by its URI; its parameters are
/// field parameters. If the config has no client id, the request is sent without client
/// authentication. It is sent at most once.
///
/// @param[in]  client           not NULL; many threads may call at once.
/// @param[in]  grant_type       not NULL, not empty; not authorization_code or refresh_token.
/// @param[in]  field_parameters the parameters of the grant, and more form fields; NULL: none.
/// @param[in]  options          NULL: the settings of the client.
/// @param[out] token            free it with oauth_token_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return the same statuses as oauth_request_token.
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
