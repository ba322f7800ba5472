//! How a config sends authorization requests.

use crate::ffi::client::config::{change, oauth_config};

/// Pushes authorization requests to the server (RFC 9126): oauth_authorization_begin and
/// oauth_log_in send their parameters to the pushed authorization request endpoint, with client
/// authentication. The URL for the browser then holds only the client id and a request URI, which
/// the server accepts once and for a short time.
///
/// The endpoint comes from the server's metadata, or from
/// oauth_config_set_pushed_authorization_request_endpoint.
///
/// @param[in] config NULL: nothing is done.
/// @param[in] always true: always; false: where the server's metadata require it
///                   (require_pushed_authorization_requests). False unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_pushed_authorization(config: Option<&mut oauth_config>, always: bool) {
    change(config, |config| config.pushed_authorization = always);
}

/// Signs authorization requests (RFC 9101): oauth_authorization_begin and oauth_log_in put their
/// parameters into a JWT that is signed by the key of oauth_config_set_client_key. The URL for the
/// browser, or the request that is pushed, holds only the client id and this JWT. With the scope
/// openid, a URL holds response_type and scope as well (OpenID Connect Core 6.1).
///
/// Needs an issuer, which the JWT is made for. It is good for as long as the authorization (see
/// oauth_config_set_authorization_lifetime_s), and for an hour at most.
///
/// @param[in] config NULL: nothing is done.
/// @param[in] always true: always; false: where the server's metadata require it
///                   (require_signed_request_object), which without a key is
///                   OAUTH_ERROR_INVALID_CONFIG. False unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_signed_requests(config: Option<&mut oauth_config>, always: bool) {
    change(config, |config| config.signed_requests = always);
}

/// Asks for signed redirects (JWT Secured Authorization Response Mode, JARM), and accepts no other:
/// oauth_authorization_begin and oauth_log_in send response_mode=jwt, or form_post.jwt if the
/// program's parameters ask for form_post. oauth_authorization_finish verifies the signature by the
/// server's keys (jwks_uri), checks issuer, audience and lifetime, and then treats the redirect as
/// any other. An encrypted one is refused.
///
/// Needs an issuer. The keys are kept for as long as the server says, and fetched again for a
/// signature that none of them has made, at most once a minute.
///
/// @param[in] config           NULL: nothing is done.
/// @param[in] signed_responses false unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_signed_responses(config: Option<&mut oauth_config>, signed_responses: bool) {
    change(config, |config| config.signed_responses = signed_responses);
}
