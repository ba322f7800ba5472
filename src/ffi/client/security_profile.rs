//! One switch that refuses what is weaker.

use crate::ffi::client::config::{change, oauth_config};
use crate::protocol::security_profile::SecurityProfile;

/// A profile of OAuth 2 that a client keeps to.
pub type oauth_security_profile = i32;

/// None: what the other settings say.
pub const OAUTH_SECURITY_PROFILE_NONE: oauth_security_profile = 0;
/// FAPI 2.0 Security Profile.
pub const OAUTH_SECURITY_PROFILE_FAPI2: oauth_security_profile = 1;
/// The same with FAPI 2.0 Message Signing: requests and responses of authorizations are signed.
pub const OAUTH_SECURITY_PROFILE_FAPI2_MESSAGE_SIGNING: oauth_security_profile = 2;

/// Keeps a client to a profile, as banks and health services ask for it. oauth_client_new refuses
/// what is weaker, by the name of the setting (OAUTH_ERROR_INVALID_CONFIG).
///
/// With OAUTH_SECURITY_PROFILE_FAPI2:
/// - the client authenticates by private_key_jwt (oauth_config_set_client_key, or an assertion of
///   its platform) or by a certificate; a secret is refused, and so is a public client;
/// - tokens are bound, by DPoP or by the certificate; a bearer token in an answer to a proof is
///   OAUTH_ERROR_INVALID_RESPONSE;
/// - authorization requests are pushed, with PKCE; a redirect names its issuer;
/// - signatures, the server's too, are by PS256, ES256 or EdDSA; assertions are for the issuer;
/// - plain http only on this machine; TLS is 1.2 or later in any case;
/// - the password grant, and an Authorization header of the program, are
///   OAUTH_ERROR_INVALID_ARGUMENT.
///
/// OAUTH_SECURITY_PROFILE_FAPI2_MESSAGE_SIGNING also signs authorization requests
/// (oauth_config_set_signed_requests) and asks for signed responses
/// (oauth_config_set_signed_responses).
///
/// @code
/// oauth_key *key = NULL;
///
/// oauth_config_set_issuer(config, "https://bank.example");
/// oauth_config_set_client(config, "my-client-id", NULL);
/// if (oauth_key_from_pem(pem, pem_length, NULL, &key, &error) == OAUTH_OK)
///     oauth_config_set_client_key(config, key);
/// oauth_config_set_dpop(config, true);
/// oauth_config_set_security_profile(config, OAUTH_SECURITY_PROFILE_FAPI2);
/// oauth_key_free(key);
/// @endcode
///
/// @param[in] config  NULL: nothing is done.
/// @param[in] profile OAUTH_SECURITY_PROFILE_...; _NONE unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_security_profile(
    config: Option<&mut oauth_config>,
    profile: oauth_security_profile,
) {
    change(config, |config| match profile {
        OAUTH_SECURITY_PROFILE_NONE => config.security_profile = SecurityProfile::None,
        OAUTH_SECURITY_PROFILE_FAPI2 => config.security_profile = SecurityProfile::Fapi2,
        OAUTH_SECURITY_PROFILE_FAPI2_MESSAGE_SIGNING => config.security_profile = SecurityProfile::Fapi2MessageSigning,
        _ => config.reject("security_profile", "is none of OAUTH_SECURITY_PROFILE_..."),
    });
}
