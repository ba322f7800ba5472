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
