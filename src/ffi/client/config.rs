//! Who and where: issuer, client, authentication, endpoints
//!
//! A config says which server a client talks to, and as which client. Most programs set two things:
//! the issuer, which the server's operator publishes, and the client id with its secret, which the
//! server gave when the program was registered there (RFC 6749 section 2).
//!
//! The library finds the server's endpoints in the metadata of the issuer (RFC 8414). If the server
//! has no metadata, set the endpoints that your calls use. An endpoint that is set by hand is used
//! in place of the one in the metadata.
//!
//! URLs must be https, with a host name in ASCII (xn--...). Plain http is accepted for this machine
//! only (localhost, 127.0.0.0/8, ::1), unless oauth_config_set_allow_http is set.

use std::ffi::c_char;

use crate::client::config::Builder;
use crate::ffi::boundary::{guard, pointer};
use crate::protocol::client_authentication::Method;

/// Settings for oauth_client_new. A builder; free it with oauth_config_free.
pub struct oauth_config(pub(crate) Builder);

/// How the client authenticates to the server (RFC 6749 section 2.3).
pub type oauth_client_authentication = i32;

/// The library chooses: see oauth_config_set_client_authentication.
pub const OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC: oauth_client_authentication = 0;
/// HTTP Basic; id and secret are form-encoded first (RFC 6749 section 2.3.1), as
/// OAUTH_BASIC_FORM_ENCODED says.
pub const OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC: oauth_client_authentication = 1;
/// HTTP Basic without that encoding (RFC 7617), for servers that do not decode.
pub const OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC_RAW: oauth_client_authentication = 2;
/// client_id and client_secret in the form (RFC 6749 section 2.3.1).
pub const OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_POST: oauth_client_authentication = 3;
/// client_id in the form, no secret: a public client (RFC 6749 section 2.1).
pub const OAUTH_CLIENT_AUTHENTICATION_NONE: oauth_client_authentication = 4;
/// A JWT in the form, signed by the key of oauth_config_set_client_key (RFC 7523, RFC 10070).
pub const OAUTH_CLIENT_AUTHENTICATION_PRIVATE_KEY_JWT: oauth_client_authentication = 5;
/// A JWT in the form with a code (HS256) made of the client secret, which is not sent.
pub const OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_JWT: oauth_client_authentication = 6;
/// client_id in the form, and a TLS certificate of an authority that the server trusts (RFC 8705
/// section 2.1): see oauth_config_set_client_certificate.
pub const OAUTH_CLIENT_AUTHENTICATION_TLS_CLIENT_AUTH: oauth_client_authentication = 7;
/// client_id in the form, and a TLS certificate that the server knows (RFC 8705 section 2.2).
pub const OAUTH_CLIENT_AUTHENTICATION_SELF_SIGNED_TLS_CLIENT_AUTH: oauth_client_authentication = 8;

/// Makes a config with the default settings.
///
/// @code
/// oauth_config *config = oauth_config_new();
///
/// oauth_config_set_issuer(config, "https://as.example");
/// oauth_config_set_client(config, "my-client-id", "my-secret");
/// oauth_config_free(config);
/// @endcode
///
/// @return free it with oauth_config_free; never NULL.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_new() -> Box<oauth_config> {
    Box::new(oauth_config(Builder::default()))
}

/// Frees the config. Clients made from it stay valid.
///
/// @param[in] config may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_free(config: Option<Box<oauth_config>>) {
    guard::value((), || drop(config));
}

/// The client id and the client secret (RFC 6749 sections 2.2 and 2.3.1). Calls that get an
/// Authorization header (oauth_request_token, oauth_refresh_token) do not need them.
///
/// @param[in] config        NULL: nothing is done.
/// @param[in] client_id     not NULL, not empty; no control characters.
/// @param[in] client_secret no control characters; NULL: a public client, unless it has a key, a
///                          client assertion or a certificate.
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

/// How the client authenticates at the token, device authorization, pushed authorization request,
/// revocation and introspection endpoints, unless the call gets an Authorization header.
///
/// OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC takes, of what the config has, the first of these that the
/// server's metadata list for the endpoint, or else the first: _PRIVATE_KEY_JWT (with a key),
/// _TLS_CLIENT_AUTH (with a certificate and without a secret), _CLIENT_SECRET_BASIC,
/// _CLIENT_SECRET_POST, _CLIENT_SECRET_JWT (with a secret); _NONE with none of them. A client
/// assertion comes before all of these, whatever the metadata list.
///
/// The other methods need oauth_config_set_client, and all but _NONE a secret, a key, a client
/// assertion or a certificate. The two of TLS send the same; the certificate may be that of a
/// transport of the program.
///
/// @param[in] config NULL: nothing is done.
/// @param[in] method OAUTH_CLIENT_AUTHENTICATION_...; _AUTOMATIC unless set.
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
        OAUTH_CLIENT_AUTHENTICATION_PRIVATE_KEY_JWT => config.authentication = Some(Method::PrivateKeyJwt),
        OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_JWT => config.authentication = Some(Method::ClientSecretJwt),
        OAUTH_CLIENT_AUTHENTICATION_TLS_CLIENT_AUTH => config.authentication = Some(Method::TlsClientAuth),
        OAUTH_CLIENT_AUTHENTICATION_SELF_SIGNED_TLS_CLIENT_AUTH => {
            config.authentication = Some(Method::SelfSignedTlsClientAuth)
        }
        _ => config.reject("client_authentication", "is none of OAUTH_CLIENT_AUTHENTICATION_..."),
    });
}

/// Switches PKCE (RFC 7636) on or off; its method is always S256. Switch it off only for a server
/// that fails when it gets PKCE parameters.
///
/// @param[in] config NULL: nothing is done.
/// @param[in] pkce   true unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_pkce(config: Option<&mut oauth_config>, pkce: bool) {
    change(config, |config| config.pkce = pkce);
}

/// How long after oauth_authorization_begin a redirect is accepted.
///
/// @param[in] config     NULL: nothing is done.
/// @param[in] lifetime_s seconds, not 0; 900 unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_authorization_lifetime_s(config: Option<&mut oauth_config>, lifetime_s: u32) {
    change(config, |config| config.authorization_lifetime_s = lifetime_s);
}

pub(crate) fn change(config: Option<&mut oauth_config>, change: impl FnOnce(&mut Builder)) {
    guard::value((), || config.map_or((), |config| change(&mut config.0)));
}
