/* The numbers of oauth.h under names of C++; oauth.h explains each. A part of oauth.hpp.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OAUTHCLIENT_OAUTH_NUMBERS_HPP
#define OAUTHCLIENT_OAUTH_NUMBERS_HPP

#include <oauth.h>

#include <cstdint>
#include <string_view>

namespace oauth {
inline namespace v0_1 {

// A later library may have numbers that are not here: an enum class holds them all the same.

/// How a call ended: oauth_status.
enum class status : std::int32_t {
    ok = OAUTH_OK,
    invalid_argument = OAUTH_ERROR_INVALID_ARGUMENT,
    invalid_config = OAUTH_ERROR_INVALID_CONFIG,
    invalid_state = OAUTH_ERROR_INVALID_STATE,
    busy = OAUTH_ERROR_BUSY,
    buffer_too_small = OAUTH_ERROR_BUFFER_TOO_SMALL,
    internal = OAUTH_ERROR_INTERNAL,
    callback = OAUTH_ERROR_CALLBACK,
    cancelled = OAUTH_ERROR_CANCELLED,
    timeout = OAUTH_ERROR_TIMEOUT,
    connect = OAUTH_ERROR_CONNECT,
    tls = OAUTH_ERROR_TLS,
    connection_lost = OAUTH_ERROR_CONNECTION_LOST,
    redirect = OAUTH_ERROR_REDIRECT,
    response_too_large = OAUTH_ERROR_RESPONSE_TOO_LARGE,
    http = OAUTH_ERROR_HTTP,
    invalid_response = OAUTH_ERROR_INVALID_RESPONSE,
    provider = OAUTH_ERROR_PROVIDER,
    authorization_pending = OAUTH_ERROR_AUTHORIZATION_PENDING,
    expired = OAUTH_ERROR_EXPIRED,
    state_mismatch = OAUTH_ERROR_STATE_MISMATCH,
    issuer_mismatch = OAUTH_ERROR_ISSUER_MISMATCH,
    id_token = OAUTH_ERROR_ID_TOKEN,
    system = OAUTH_ERROR_SYSTEM,
    login_required = OAUTH_ERROR_LOGIN_REQUIRED,
    store = OAUTH_ERROR_STORE,
    not_revoked = OAUTH_ERROR_NOT_REVOKED,
    source = OAUTH_ERROR_SOURCE,
};

/// The server's error as a number.
enum class provider_code : std::int32_t {
    unknown = OAUTH_PROVIDER_UNKNOWN,
    invalid_request = OAUTH_PROVIDER_INVALID_REQUEST,
    invalid_client = OAUTH_PROVIDER_INVALID_CLIENT,
    invalid_grant = OAUTH_PROVIDER_INVALID_GRANT,
    unauthorized_client = OAUTH_PROVIDER_UNAUTHORIZED_CLIENT,
    unsupported_grant_type = OAUTH_PROVIDER_UNSUPPORTED_GRANT_TYPE,
    invalid_scope = OAUTH_PROVIDER_INVALID_SCOPE,
    server_error = OAUTH_PROVIDER_SERVER_ERROR,
    temporarily_unavailable = OAUTH_PROVIDER_TEMPORARILY_UNAVAILABLE,
    access_denied = OAUTH_PROVIDER_ACCESS_DENIED,
    unsupported_response_type = OAUTH_PROVIDER_UNSUPPORTED_RESPONSE_TYPE,
    authorization_pending = OAUTH_PROVIDER_AUTHORIZATION_PENDING,
    slow_down = OAUTH_PROVIDER_SLOW_DOWN,
    expired_token = OAUTH_PROVIDER_EXPIRED_TOKEN,
    invalid_target = OAUTH_PROVIDER_INVALID_TARGET,
    unsupported_token_type = OAUTH_PROVIDER_UNSUPPORTED_TOKEN_TYPE,
    use_dpop_nonce = OAUTH_PROVIDER_USE_DPOP_NONCE,
    invalid_dpop_proof = OAUTH_PROVIDER_INVALID_DPOP_PROOF,
    login_required = OAUTH_PROVIDER_LOGIN_REQUIRED,
    interaction_required = OAUTH_PROVIDER_INTERACTION_REQUIRED,
    consent_required = OAUTH_PROVIDER_CONSENT_REQUIRED,
    account_selection_required = OAUTH_PROVIDER_ACCOUNT_SELECTION_REQUIRED,
    invalid_token = OAUTH_PROVIDER_INVALID_TOKEN,
    insufficient_scope = OAUTH_PROVIDER_INSUFFICIENT_SCOPE,
    invalid_authorization_details = OAUTH_PROVIDER_INVALID_AUTHORIZATION_DETAILS,
    insufficient_user_authentication = OAUTH_PROVIDER_INSUFFICIENT_USER_AUTHENTICATION,
};

/// What the program can do next.
enum class advice : std::int32_t {
    none = OAUTH_ADVICE_NONE,
    retry = OAUTH_ADVICE_RETRY,
    retry_later = OAUTH_ADVICE_RETRY_LATER,
    log_in_again = OAUTH_ADVICE_LOG_IN_AGAIN,
    fix_request = OAUTH_ADVICE_FIX_REQUEST,
    fix_config = OAUTH_ADVICE_FIX_CONFIG,
    outcome_unknown = OAUTH_ADVICE_OUTCOME_UNKNOWN,
};

/// How the client says who it is.
enum class client_authentication : std::int32_t {
    automatic = OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC,
    client_secret_basic = OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC,
    client_secret_basic_raw = OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC_RAW,
    client_secret_post = OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_POST,
    none = OAUTH_CLIENT_AUTHENTICATION_NONE,
    private_key_jwt = OAUTH_CLIENT_AUTHENTICATION_PRIVATE_KEY_JWT,
    client_secret_jwt = OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_JWT,
    tls_client_auth = OAUTH_CLIENT_AUTHENTICATION_TLS_CLIENT_AUTH,
    self_signed_tls_client_auth = OAUTH_CLIENT_AUTHENTICATION_SELF_SIGNED_TLS_CLIENT_AUTH,
};

/// What is refused as too weak.
enum class security_profile : std::int32_t {
    none = OAUTH_SECURITY_PROFILE_NONE,
    fapi2 = OAUTH_SECURITY_PROFILE_FAPI2,
    fapi2_message_signing = OAUTH_SECURITY_PROFILE_FAPI2_MESSAGE_SIGNING,
};

/// How client id and secret are encoded in a Basic header.
enum class basic_encoding : std::int32_t {
    form_encoded = OAUTH_BASIC_FORM_ENCODED,
    raw = OAUTH_BASIC_RAW,
};

/// What a failed refresh means for the login.
enum class refusal : std::int32_t {
    usual = OAUTH_REFUSAL_USUAL,
    ended = OAUTH_REFUSAL_ENDED,
    goes_on = OAUTH_REFUSAL_GOES_ON,
};

/// How important a log line is; 1 is the most important.
enum class log_level : std::int32_t {
    error = OAUTH_LOG_ERROR,
    warn = OAUTH_LOG_WARN,
    info = OAUTH_LOG_INFO,
    debug = OAUTH_LOG_DEBUG,
};

/// How an answer differs from its RFC: bits.
using deviations = oauth_deviations;
namespace deviation {
inline constexpr deviations form_encoded = OAUTH_DEVIATION_FORM_ENCODED;
inline constexpr deviations content_type = OAUTH_DEVIATION_CONTENT_TYPE;
inline constexpr deviations byte_order_mark = OAUTH_DEVIATION_BYTE_ORDER_MARK;
inline constexpr deviations token_type_missing = OAUTH_DEVIATION_TOKEN_TYPE_MISSING;
inline constexpr deviations token_type_unknown = OAUTH_DEVIATION_TOKEN_TYPE_UNKNOWN;
inline constexpr deviations expires_in_type = OAUTH_DEVIATION_EXPIRES_IN_TYPE;
inline constexpr deviations expires_in_invalid = OAUTH_DEVIATION_EXPIRES_IN_INVALID;
inline constexpr deviations scope_array = OAUTH_DEVIATION_SCOPE_ARRAY;
inline constexpr deviations nul_in_value = OAUTH_DEVIATION_NUL_IN_VALUE;
inline constexpr deviations invalid_utf8 = OAUTH_DEVIATION_INVALID_UTF8;
inline constexpr deviations error_object = OAUTH_DEVIATION_ERROR_OBJECT;
inline constexpr deviations error_status = OAUTH_DEVIATION_ERROR_STATUS;
inline constexpr deviations member_type = OAUTH_DEVIATION_MEMBER_TYPE;
inline constexpr deviations status = OAUTH_DEVIATION_STATUS;
inline constexpr deviations lifetime_name = OAUTH_DEVIATION_LIFETIME_NAME;
inline constexpr deviations description_name = OAUTH_DEVIATION_DESCRIPTION_NAME;
inline constexpr deviations content_coding = OAUTH_DEVIATION_CONTENT_CODING;
inline constexpr deviations no_close_notify = OAUTH_DEVIATION_NO_CLOSE_NOTIFY;
inline constexpr deviations access_token_missing = OAUTH_DEVIATION_ACCESS_TOKEN_MISSING;
} // namespace deviation

/// "OAUTH_ERROR_TIMEOUT" and the like.
inline std::string_view status_name(status status) noexcept
{
    return oauth_status_name(static_cast<oauth_status>(status));
}

/// The version of the library that is loaded; OAUTH_VERSION_STRING is that of these headers.
inline std::string_view version() noexcept
{
    return oauth_version();
}

} // namespace v0_1
} // namespace oauth

#endif
