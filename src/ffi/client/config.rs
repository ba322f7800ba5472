//! The configuration of a client.

use std::ffi::c_char;

use crate::client::config::Builder;
use crate::ffi::boundary::{guard, pointer};
use crate::protocol::client_authentication::Method;

/// Settings of a client. A builder: setters return nothing, and oauth_client_new reports the first bad value by name.
/// Free it with oauth_config_free.
pub struct oauth_config(pub(crate) Builder);

/// How the client authenticates at the token endpoint.
pub type oauth_client_authentication = i32;

/// The library chooses: none for a client without a secret; else Basic, or the form where the server's metadata list
/// client_secret_post and no client_secret_basic (RFC 8414 section 2).
pub const OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC: oauth_client_authentication = 0;
/// HTTP Basic with identifier and secret form-encoded first (RFC 6749 section 2.3.1).
pub const OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC: oauth_client_authentication = 1;
/// HTTP Basic with both as they are (RFC 7617): for servers that do not decode.
pub const OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC_RAW: oauth_client_authentication = 2;
/// client_id and client_secret in the form.
pub const OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_POST: oauth_client_authentication = 3;
/// client_id in the form, no proof: a public client.
pub const OAUTH_CLIENT_AUTHENTICATION_NONE: oauth_client_authentication = 4;

/// A config with the defaults.
///
/// @return free it with oauth_config_free; never NULL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_new() -> Box<oauth_config> {
    Box::new(oauth_config(Builder::default()))
}

/// Frees the config; clients made from it live on.
///
/// @param[in] config may be NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_free(config: Option<Box<oauth_config>>) {
    guard::value((), || drop(config));
}

/// Whether PKCE (RFC 7636) is used, with S256 always. Turn it off only for a server that fails on it.
///
/// @param[in] config NULL: nothing is done.
/// @param[in] pkce   true unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_pkce(config: Option<&mut oauth_config>, pkce: bool) {
    change(config, |config| config.pkce = pkce);
}

/// How long a begun authorization takes its answer.
///
/// @param[in] config     NULL: nothing is done.
/// @param[in] lifetime_s seconds, not 0; 900 unless set.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_authorization_lifetime_s(config: Option<&mut oauth_config>, lifetime_s: u32) {
    change(config, |config| config.authorization_lifetime_s = lifetime_s);
}

/// The client's identifier and secret (RFC 6749 section 2.2 and 2.3.1). Not needed by a program that passes an
/// Authorization header to each call.
///
/// @param[in] config        NULL: nothing is done.
/// @param[in] client_id     not NULL, not empty; no control characters. Copied.
/// @param[in] client_secret NULL: a public client. Copied.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_config_set_client(
    config: Option<&mut oauth_config>,
    client_id: *const c_char,
    client_secret: *const c_char,
) {
    change(config, |config| {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let client_id = unsafe { pointer::required(client_id) };
        // SAFETY: as above.
        let client_secret = unsafe { pointer::copied(client_secret) };
        match (client_id, client_secret) {
            (Ok(client_id), Ok(client_secret)) => config.client = Some((client_id, client_secret)),
            (Err(why), _) => config.reject("client_id", why),
            (_, Err(why)) => config.reject("client_secret", why),
        }
    });
}

/// How the client authenticates when a call passes no Authorization header. Unless this is called, a client with a secret
/// uses Basic, or the form where the server's metadata list client_secret_post and no client_secret_basic (RFC 8414
/// section 2).
///
/// @param[in] config NULL: nothing is done.
/// @param[in] method OAUTH_CLIENT_AUTHENTICATION_...
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_client_authentication(
    config: Option<&mut oauth_config>,
    method: oauth_client_authentication,
) {
    change(config, |config| match method {
        OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC => config.authentication = None,
        OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC => config.authentication = Some(Method::ClientSecretBasic),
        OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC_RAW => {
            config.authentication = Some(Method::ClientSecretBasicRaw)
        }
        OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_POST => config.authentication = Some(Method::ClientSecretPost),
        OAUTH_CLIENT_AUTHENTICATION_NONE => config.authentication = Some(Method::None),
        _ => config.reject("client_authentication", "is none of OAUTH_CLIENT_AUTHENTICATION_..."),
    });
}

pub(crate) fn change(config: Option<&mut oauth_config>, change: impl FnOnce(&mut Builder)) {
    guard::value((), || config.map_or((), |config| change(&mut config.0)));
}
