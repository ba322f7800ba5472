//! The server of a config: its issuer and its endpoints.

use std::ffi::c_char;

use crate::client::config::Builder;
use crate::ffi::boundary::pointer;
use crate::ffi::client::config::{change, oauth_config};
use crate::protocol::metadata::Endpoint;
use crate::secret::Secret;

/// The server, by its issuer identifier (RFC 8414 section 2). When a call needs an endpoint that is
/// not set by hand, the library fetches the metadata of the issuer, from
/// /.well-known/openid-configuration or /.well-known/oauth-authorization-server, once for all
/// threads. See oauth_request_metadata for how long they are kept.
///
/// @param[in] config NULL: nothing is done.
/// @param[in] issuer not NULL; an absolute https URL without user information, query and fragment,
///                   exactly as the server writes it: a slash at the end counts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_config_set_issuer(config: Option<&mut oauth_config>, issuer: *const c_char) {
    change(config, |config| {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        match unsafe { pointer::required(issuer) } {
            Ok(issuer) => config.issuer = Some(issuer.as_str().to_owned()),
            Err(why) => config.reject("issuer", why),
        }
    });
}

/// Accepts one more issuer, for a server that does not name itself consistently: in metadata, in
/// redirects, in ID tokens, and as the issuer of a token that the program passes to a call. May be
/// called again for more. Issuers are compared as whole strings: in
/// "https://login.example/{tenant}/v2.0", {tenant} stands for nothing else.
///
/// @param[in] config NULL: nothing is done.
/// @param[in] issuer not NULL, not empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_config_add_allowed_issuer(config: Option<&mut oauth_config>, issuer: *const c_char) {
    change(config, |config| {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        match unsafe { pointer::required(issuer) } {
            Ok(issuer) if issuer.as_str().is_empty() => config.reject("allowed_issuer", "is empty"),
            Ok(issuer) => config.allowed_issuers.push(issuer.as_str().to_owned()),
            Err(why) => config.reject("allowed_issuer", why),
        }
    });
}

/// The token endpoint (RFC 6749 section 3.2).
///
/// @param[in] config NULL: nothing is done.
/// @param[in] url    not NULL; an absolute https URL without user information and fragment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_config_set_token_endpoint(config: Option<&mut oauth_config>, url: *const c_char) {
    // SAFETY: NULL or a NUL-terminated string (header: Strings).
    change(config, |config| set_endpoint(config, Endpoint::Token, unsafe { pointer::required(url) }));
}

/// The authorization endpoint (RFC 6749 section 3.1).
///
/// @param[in] config NULL: nothing is done.
/// @param[in] url    not NULL; an absolute https URL without user information and fragment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_config_set_authorization_endpoint(
    config: Option<&mut oauth_config>,
    url: *const c_char,
) {
    // SAFETY: NULL or a NUL-terminated string (header: Strings).
    change(config, |config| set_endpoint(config, Endpoint::Authorization, unsafe { pointer::required(url) }));
}

/// The device authorization endpoint (RFC 8628 section 3.1).
///
/// @param[in] config NULL: nothing is done.
/// @param[in] url    not NULL; an absolute https URL without user information and fragment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_config_set_device_authorization_endpoint(
    config: Option<&mut oauth_config>,
    url: *const c_char,
) {
    // SAFETY: NULL or a NUL-terminated string (header: Strings).
    change(config, |config| set_endpoint(config, Endpoint::DeviceAuthorization, unsafe { pointer::required(url) }));
}

/// The revocation endpoint (RFC 7009 section 2).
///
/// @param[in] config NULL: nothing is done.
/// @param[in] url    not NULL; an absolute https URL without user information and fragment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_config_set_revocation_endpoint(config: Option<&mut oauth_config>, url: *const c_char) {
    // SAFETY: NULL or a NUL-terminated string (header: Strings).
    change(config, |config| set_endpoint(config, Endpoint::Revocation, unsafe { pointer::required(url) }));
}

/// The introspection endpoint (RFC 7662 section 2).
///
/// @param[in] config NULL: nothing is done.
/// @param[in] url    not NULL; an absolute https URL without user information and fragment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_config_set_introspection_endpoint(
    config: Option<&mut oauth_config>,
    url: *const c_char,
) {
    // SAFETY: NULL or a NUL-terminated string (header: Strings).
    change(config, |config| set_endpoint(config, Endpoint::Introspection, unsafe { pointer::required(url) }));
}

/// The UserInfo endpoint (OpenID Connect Core 5.3).
///
/// @param[in] config NULL: nothing is done.
/// @param[in] url    not NULL; an absolute https URL without user information and fragment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_config_set_userinfo_endpoint(config: Option<&mut oauth_config>, url: *const c_char) {
    // SAFETY: NULL or a NUL-terminated string (header: Strings).
    change(config, |config| set_endpoint(config, Endpoint::Userinfo, unsafe { pointer::required(url) }));
}

/// The pushed authorization request endpoint (RFC 9126 section 2).
///
/// @param[in] config NULL: nothing is done.
/// @param[in] url    not NULL; an absolute https URL without user information and fragment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_config_set_pushed_authorization_request_endpoint(
    config: Option<&mut oauth_config>,
    url: *const c_char,
) {
    change(config, |config| {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let url = unsafe { pointer::required(url) };
        set_endpoint(config, Endpoint::PushedAuthorizationRequest, url);
    });
}

/// The document of the server's public keys (RFC 7517), called jwks_uri in metadata.
///
/// @param[in] config NULL: nothing is done.
/// @param[in] url    not NULL; an absolute https URL without user information and fragment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_config_set_jwks_uri(config: Option<&mut oauth_config>, url: *const c_char) {
    // SAFETY: NULL or a NUL-terminated string (header: Strings).
    change(config, |config| set_endpoint(config, Endpoint::Jwks, unsafe { pointer::required(url) }));
}

fn set_endpoint(config: &mut Builder, endpoint: Endpoint, url: Result<Secret, &'static str>) {
    match url {
        Ok(url) => config.set_endpoint(endpoint, url.as_str().to_owned()),
        Err(why) => config.reject(endpoint.name(), why),
    }
}
