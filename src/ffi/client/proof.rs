//! How a client proves itself by keys, and its tokens are bound to them.

use std::ffi::c_char;

use crate::client::client_key;
use crate::ffi::boundary::pointer;
use crate::ffi::client::config::{change, oauth_config};
use crate::ffi::key::oauth_key;
use crate::ffi::source::oauth_source;
use crate::protocol::dpop;

/// The key by which the client authenticates (private_key_jwt), in place of a secret: the server has
/// its public half, oauth_key_public_jwk or oauth_key_public_jwks.
///
/// Each attempt makes an assertion of its own, good for 60 s from now by this machine's clock
/// (RFC 7523 section 3 as RFC 10070 has it). Where a server refuses it and its clock differs by
/// half a minute or more, the error says by how much.
///
/// @code
/// oauth_key *key = NULL;
///
/// if (oauth_key_from_pem(pem, pem_length, NULL, &key, &error) == OAUTH_OK) {
///     oauth_config_set_client(config, "my-client-id", NULL);
///     oauth_config_set_client_key(config, key);
/// }
/// oauth_key_free(key); // the config has it
/// @endcode
///
/// @param[in] config NULL: nothing is done.
/// @param[in] key    the config and its clients share it; NULL: none, as at first.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_client_key(config: Option<&mut oauth_config>, key: Option<&oauth_key>) {
    change(config, |config| config.client_key = key.map(|key| client_key::Setting::Key(key.0.clone())));
}

/// The same as oauth_config_set_client_key with the key in a file, which may be replaced at any
/// time: each signature is made with the key that is there then.
///
/// oauth_client_new reads it first, and names client_key_file if it is no good. While the file is
/// being replaced, or has a key of another algorithm, the key before is used.
///
/// @code
/// oauth_config_set_client(config, "my-client-id", NULL);
/// oauth_config_set_client_key_file(config, "/etc/my-daemon/key.pem", NULL);
/// @endcode
///
/// @param[in] config    NULL: nothing is done.
/// @param[in] path      not NULL; a file in PEM, as for oauth_key_from_pem, or of a private JWK.
/// @param[in] algorithm such as "PS256"; NULL: as for oauth_key_from_pem, or the JWK's "alg".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_config_set_client_key_file(
    config: Option<&mut oauth_config>,
    path: *const c_char,
    algorithm: *const c_char,
) {
    change(config, |config| {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let path = unsafe { pointer::required(path) };
        // SAFETY: as above.
        let algorithm = unsafe { pointer::copied(algorithm) };
        match (path, algorithm) {
            (Ok(path), Ok(algorithm)) => {
                let algorithm = algorithm.map(|name| name.as_str().to_owned());
                config.client_key = Some(client_key::Setting::File(path.as_str().into(), algorithm));
            }
            (Err(why), _) => config.reject("client_key_file", why),
            (_, Err(why)) => config.reject("client_key_file: algorithm", why),
        }
    });
}

/// The JWT by which the client authenticates (RFC 7523 section 2.2), in place of a secret: a
/// workload's own proof, which its platform signs and replaces.
///
/// It is read for each attempt of each request, also in sessions. Who signs it, for whom, and how
/// long it lasts, is agreed between the platform and the server.
///
/// @param[in] config NULL: nothing is done.
/// @param[in] source the config and its clients share it; NULL: none, as at first.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_client_assertion(config: Option<&mut oauth_config>, source: Option<&oauth_source>) {
    change(config, |config| config.client_assertion = source.map(|source| source.0.clone()));
}

/// Whom an assertion of the client is for (its "aud"), for a server that does not take the issuer.
/// Many older ones want the URL of the token endpoint.
///
/// @param[in] config   NULL: nothing is done.
/// @param[in] audience not empty; NULL: the issuer, or the URL of the endpoint if no issuer is set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_config_set_assertion_audience(
    config: Option<&mut oauth_config>,
    audience: *const c_char,
) {
    change(config, |config| {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        match unsafe { pointer::copied(audience) } {
            Ok(Some(audience)) if audience.as_str().is_empty() => config.reject("assertion_audience", "is empty"),
            Ok(audience) => config.assertion_audience = audience.map(|audience| audience.as_str().to_owned()),
            Err(why) => config.reject("assertion_audience", why),
        }
    });
}

/// Binds tokens to a key (DPoP, RFC 9449), so that a stolen one is of no use: each request that gets
/// a token, and each request with it to a resource, carries a proof that is signed by the key.
///
/// The library makes a key (ES256) for each login. The token has it with it, saved or in a store: a
/// session goes on with it after a restart, and so do sessions of other processes. Where a store is
/// sealed, the key is; in a store without encryption it lies as open as the refresh token.
///
/// Requests to resources take their headers from oauth_session_proof or oauth_proof_new. A server
/// that does not know DPoP gives bearer tokens, which are used as such.
///
/// @param[in] config NULL: nothing is done.
/// @param[in] dpop   false unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_dpop(config: Option<&mut oauth_config>, dpop: bool) {
    change(config, |config| config.dpop = if dpop { dpop::Setting::Generated } else { dpop::Setting::Off });
}

/// The same as oauth_config_set_dpop with a key of the program, such as one in an HSM, for all
/// logins of the client. Saved tokens have its thumbprint.
///
/// A public client that is given another key cannot refresh the logins of the one before:
/// OAUTH_ERROR_INVALID_CONFIG names dpop_key. A confidential client may change its key.
///
/// @param[in] config NULL: nothing is done.
/// @param[in] key    the config and its clients share it; NULL: none, and DPoP is off.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_dpop_key(config: Option<&mut oauth_config>, key: Option<&oauth_key>) {
    change(config, |config| config.dpop = key.map_or(dpop::Setting::Off, |key| dpop::Setting::Key(key.0.clone())));
}
