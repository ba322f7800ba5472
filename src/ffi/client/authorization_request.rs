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
