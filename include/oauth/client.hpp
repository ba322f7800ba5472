/* A client, and what it asks its server. A part of oauth.hpp. SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OAUTHCLIENT_OAUTH_CLIENT_HPP
#define OAUTHCLIENT_OAUTH_CLIENT_HPP

#include <oauth/config.hpp>
#include <oauth/operation.hpp>

namespace oauth {
inline namespace v0_1 {

namespace detail {

/// Whether the library that is loaded is as new as these headers.
inline result<void> check_version()
{
    const auto number = [](std::string_view &rest) {
        unsigned value = 0;
        while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9') {
            value = value * 10 + static_cast<unsigned>(rest.front() - '0');
            rest.remove_prefix(1);
        }
        rest.remove_prefix(rest.empty() ? 0 : 1);
        return value;
    };
    std::string_view rest = version();
    const unsigned major = number(rest), minor = number(rest), patch = number(rest);
    const unsigned long long found = (major * 1000000ull + minor) * 1000000ull + patch;
    const unsigned long long needed =
        (OAUTH_VERSION_MAJOR * 1000000ull + OAUTH_VERSION_MINOR) * 1000000ull + OAUTH_VERSION_PATCH;
    if (found >= needed)
        return {};
    return error(status::system, "liboauthclient " + std::string(version())
                                     + " is loaded, but the program needs " OAUTH_VERSION_STRING " or newer");
}

} // namespace detail

/// A checked config and its connections: oauth_client. Keep one as long as the program runs, and use it on all threads;
/// a copy is another handle to the same client.
///
/// In each call: parameters are added to the form, or replace what the library would send; options may be left out.
/// What ends with _start does not block: see operation.
class client : public detail::shared_handle<oauth_client, oauth_client_ref, oauth_client_free> {
public:
    using shared_handle::shared_handle;

    static result<client> create(const config &config)
    {
        const result<void> checked = detail::check_version();
        if (!checked)
            return checked.error();
        return detail::make<client>(
            [&](oauth_client **client, oauth_error **error) { return oauth_client_new(config.get(), client, error); });
    }

    /// Exchanges the code of a redirect (RFC 6749 section 4.1.3). An Authorization header of the program takes the
    /// place of the client's own authentication.
    result<oauth::token> request_token(const text &code, const text &redirect_uri = {},
                                       const params &field_parameters = {}, const request_options &options = {},
                                       const text &authorization_header = {}) const
    {
        return detail::make<oauth::token>([&](oauth_token **result, oauth_error **error) {
            return oauth_request_token(get(), authorization_header.c_str(), code.c_str(), redirect_uri.c_str(),
                                       field_parameters.get(), options.get(), result, error);
        });
    }
    result<operation<oauth::token>> request_token_start(const text &code, const text &redirect_uri = {},
                                                        const params &field_parameters = {},
                                                        const request_options &options = {},
                                                        const text &authorization_header = {}) const
    {
        return detail::start<oauth::token>([&](oauth_operation **operation, oauth_error **error) {
            return oauth_request_token_start(get(), authorization_header.c_str(), code.c_str(), redirect_uri.c_str(),
                                             field_parameters.get(), options.get(), operation, error);
        });
    }

    /// Refreshes with a refresh token of the program's own (RFC 6749 section 6).
    result<oauth::token> refresh_token(const text &refresh_token, const text &scope = {},
                                       const params &field_parameters = {}, const request_options &options = {},
                                       const text &authorization_header = {}) const
    {
        return detail::make<oauth::token>([&](oauth_token **result, oauth_error **error) {
            return oauth_refresh_token(get(), authorization_header.c_str(), refresh_token.c_str(), scope.c_str(),
                                       field_parameters.get(), options.get(), result, error);
        });
    }
    result<operation<oauth::token>> refresh_token_start(const text &refresh_token, const text &scope = {},
                                                        const params &field_parameters = {},
                                                        const request_options &options = {},
                                                        const text &authorization_header = {}) const
    {
        return detail::start<oauth::token>([&](oauth_operation **operation, oauth_error **error) {
            return oauth_refresh_token_start(get(), authorization_header.c_str(), refresh_token.c_str(), scope.c_str(),
                                             field_parameters.get(), options.get(), operation, error);
        });
    }

    /// Refreshes a token; what the server does not send again is taken from it.
    result<oauth::token> renew_token(const oauth::token &before, const text &scope = {},
                                     const params &field_parameters = {}, const request_options &options = {}) const
    {
        return detail::make<oauth::token>([&](oauth_token **result, oauth_error **error) {
            return oauth_renew_token(get(), before.get(), scope.c_str(), field_parameters.get(), options.get(), result,
                                     error);
        });
    }
    result<operation<oauth::token>> renew_token_start(const oauth::token &before, const text &scope = {},
                                                      const params &field_parameters = {},
                                                      const request_options &options = {}) const
    {
        return detail::start<oauth::token>([&](oauth_operation **operation, oauth_error **error) {
            return oauth_renew_token_start(get(), before.get(), scope.c_str(), field_parameters.get(), options.get(),
                                           operation, error);
        });
    }

    /// A machine without a user (RFC 6749 section 4.4).
    result<oauth::token> request_client_credentials(const text &scope = {}, const params &field_parameters = {},
                                                    const request_options &options = {}) const
    {
        return detail::make<oauth::token>([&](oauth_token **result, oauth_error **error) {
            return oauth_request_client_credentials(get(), scope.c_str(), field_parameters.get(), options.get(), result,
                                                    error);
        });
    }
    result<operation<oauth::token>> request_client_credentials_start(const text &scope = {},
                                                                     const params &field_parameters = {},
                                                                     const request_options &options = {}) const
    {
        return detail::start<oauth::token>([&](oauth_operation **operation, oauth_error **error) {
            return oauth_request_client_credentials_start(get(), scope.c_str(), field_parameters.get(), options.get(),
                                                          operation, error);
        });
    }

    /// RFC 8693. The types are URIs of its section 3.
    result<oauth::token> request_token_exchange(const text &subject_token, const text &subject_token_type,
                                                const text &actor_token = {}, const text &actor_token_type = {},
                                                const text &requested_token_type = {}, const text &scope = {},
                                                const params &field_parameters = {},
                                                const request_options &options = {}) const
    {
        return detail::make<oauth::token>([&](oauth_token **result, oauth_error **error) {
            return oauth_request_token_exchange(
                get(), subject_token.c_str(), subject_token_type.c_str(), actor_token.c_str(), actor_token_type.c_str(),
                requested_token_type.c_str(), scope.c_str(), field_parameters.get(), options.get(), result, error);
        });
    }
    result<operation<oauth::token>>
    request_token_exchange_start(const text &subject_token, const text &subject_token_type,
                                 const text &actor_token = {}, const text &actor_token_type = {},
                                 const text &requested_token_type = {}, const text &scope = {},
                                 const params &field_parameters = {}, const request_options &options = {}) const
    {
        return detail::start<oauth::token>([&](oauth_operation **operation, oauth_error **error) {
            return oauth_request_token_exchange_start(
                get(), subject_token.c_str(), subject_token_type.c_str(), actor_token.c_str(), actor_token_type.c_str(),
                requested_token_type.c_str(), scope.c_str(), field_parameters.get(), options.get(), operation, error);
        });
    }

    /// RFC 7523 section 2.1.
    result<oauth::token> request_jwt_bearer(const text &assertion, const text &scope = {},
                                            const params &field_parameters = {},
                                            const request_options &options = {}) const
    {
        return detail::make<oauth::token>([&](oauth_token **result, oauth_error **error) {
            return oauth_request_jwt_bearer(get(), assertion.c_str(), scope.c_str(), field_parameters.get(),
                                            options.get(), result, error);
        });
    }
    result<operation<oauth::token>> request_jwt_bearer_start(const text &assertion, const text &scope = {},
                                                             const params &field_parameters = {},
                                                             const request_options &options = {}) const
    {
        return detail::start<oauth::token>([&](oauth_operation **operation, oauth_error **error) {
            return oauth_request_jwt_bearer_start(get(), assertion.c_str(), scope.c_str(), field_parameters.get(),
                                                  options.get(), operation, error);
        });
    }

    /// RFC 7522 section 2.1.
    result<oauth::token> request_saml_bearer(const text &assertion, const text &scope = {},
                                             const params &field_parameters = {},
                                             const request_options &options = {}) const
    {
        return detail::make<oauth::token>([&](oauth_token **result, oauth_error **error) {
            return oauth_request_saml_bearer(get(), assertion.c_str(), scope.c_str(), field_parameters.get(),
                                             options.get(), result, error);
        });
    }
    result<operation<oauth::token>> request_saml_bearer_start(const text &assertion, const text &scope = {},
                                                              const params &field_parameters = {},
                                                              const request_options &options = {}) const
    {
        return detail::start<oauth::token>([&](oauth_operation **operation, oauth_error **error) {
            return oauth_request_saml_bearer_start(get(), assertion.c_str(), scope.c_str(), field_parameters.get(),
                                                   options.get(), operation, error);
        });
    }

    /// A user's name and password (legacy).
    result<oauth::token> request_password(const text &username, const text &password, const text &scope = {},
                                          const params &field_parameters = {},
                                          const request_options &options = {}) const
    {
        return detail::make<oauth::token>([&](oauth_token **result, oauth_error **error) {
            return oauth_request_password(get(), username.c_str(), password.c_str(), scope.c_str(),
                                          field_parameters.get(), options.get(), result, error);
        });
    }
    result<operation<oauth::token>> request_password_start(const text &username, const text &password,
                                                           const text &scope = {}, const params &field_parameters = {},
                                                           const request_options &options = {}) const
    {
        return detail::start<oauth::token>([&](oauth_operation **operation, oauth_error **error) {
            return oauth_request_password_start(get(), username.c_str(), password.c_str(), scope.c_str(),
                                                field_parameters.get(), options.get(), operation, error);
        });
    }

    /// Any other grant type.
    result<oauth::token> request_grant(const text &grant_type, const params &field_parameters = {},
                                       const request_options &options = {}) const
    {
        return detail::make<oauth::token>([&](oauth_token **result, oauth_error **error) {
            return oauth_request_grant(get(), grant_type.c_str(), field_parameters.get(), options.get(), result, error);
        });
    }
    result<operation<oauth::token>> request_grant_start(const text &grant_type, const params &field_parameters = {},
                                                        const request_options &options = {}) const
    {
        return detail::start<oauth::token>([&](oauth_operation **operation, oauth_error **error) {
            return oauth_request_grant_start(get(), grant_type.c_str(), field_parameters.get(), options.get(),
                                             operation, error);
        });
    }

    /// Logs a user in through the browser and a loopback port (RFC 8252). To stop waiting for the user, set a deadline.
    result<oauth::token> log_in(const text &scope = {}, const params &parameters = {},
                                const listener_options &listener = {}, const request_options &options = {}) const
    {
        return detail::make<oauth::token>([&](oauth_token **result, oauth_error **error) {
            return oauth_log_in(get(), scope.c_str(), parameters.get(), listener.get(), options.get(), result, error);
        });
    }
    result<operation<oauth::token>> log_in_start(const text &scope = {}, const params &parameters = {},
                                                 const listener_options &listener = {},
                                                 const request_options &options = {}) const
    {
        return detail::start<oauth::token>([&](oauth_operation **operation, oauth_error **error) {
            return oauth_log_in_start(get(), scope.c_str(), parameters.get(), listener.get(), options.get(), operation,
                                      error);
        });
    }

    /// The metadata of the issuer, from memory while they are fresh.
    result<oauth::metadata> request_metadata(const request_options &options = {}) const
    {
        return detail::make<oauth::metadata>([&](oauth_metadata **result, oauth_error **error) {
            return oauth_request_metadata(get(), options.get(), result, error);
        });
    }
    result<operation<oauth::metadata>> request_metadata_start(const request_options &options = {}) const
    {
        return detail::start<oauth::metadata>([&](oauth_operation **operation, oauth_error **error) {
            return oauth_request_metadata_start(get(), options.get(), operation, error);
        });
    }

    /// Claims about the user of a token.
    result<oauth::userinfo> request_userinfo(const oauth::token &token, const request_options &options = {}) const
    {
        return detail::make<oauth::userinfo>([&](oauth_userinfo **result, oauth_error **error) {
            return oauth_request_userinfo(get(), token.get(), options.get(), result, error);
        });
    }
    result<operation<oauth::userinfo>> request_userinfo_start(const oauth::token &token,
                                                              const request_options &options = {}) const
    {
        return detail::start<oauth::userinfo>([&](oauth_operation **operation, oauth_error **error) {
            return oauth_request_userinfo_start(get(), token.get(), options.get(), operation, error);
        });
    }

    /// What the server says about a token (RFC 7662).
    result<oauth::introspection> introspect(const text &token, const text &token_type_hint = {},
                                            const request_options &options = {}) const
    {
        return detail::make<oauth::introspection>([&](oauth_introspection **result, oauth_error **error) {
            return oauth_introspect(get(), token.c_str(), token_type_hint.c_str(), options.get(), result, error);
        });
    }
    result<operation<oauth::introspection>> introspect_start(const text &token, const text &token_type_hint = {},
                                                             const request_options &options = {}) const
    {
        return detail::start<oauth::introspection>([&](oauth_operation **operation, oauth_error **error) {
            return oauth_introspect_start(get(), token.c_str(), token_type_hint.c_str(), options.get(), operation,
                                          error);
        });
    }

    /// Ends a token before it expires (RFC 7009).
    result<void> revoke(const text &token, const text &token_type_hint = {}, const request_options &options = {}) const
    {
        return detail::call([&](oauth_error **error) {
            return oauth_revoke(get(), token.c_str(), token_type_hint.c_str(), options.get(), error);
        });
    }
    result<operation<void>> revoke_start(const text &token, const text &token_type_hint = {},
                                         const request_options &options = {}) const
    {
        return detail::start<void>([&](oauth_operation **operation, oauth_error **error) {
            return oauth_revoke_start(get(), token.c_str(), token_type_hint.c_str(), options.get(), operation, error);
        });
    }

    /// Takes a resource's answer to a request that had a proof: true: send it once more, with a new proof.
    [[nodiscard]] bool proof_answer(const text &url, long http_status, const text &www_authenticate,
                                    const text &dpop_nonce) const
    {
        return oauth_proof_answer(get(), url.c_str(), static_cast<std::int32_t>(http_status), www_authenticate.c_str(),
                                  dpop_nonce.c_str());
    }
};

inline result<proof> proof::create(const client &client, const token &token, const text &method, const text &url)
{
    return detail::make<proof>([&](oauth_proof **proof, oauth_error **error) {
        return oauth_proof_new(client.get(), token.get(), method.c_str(), url.c_str(), proof, error);
    });
}

inline result<authorization> authorization::begin(const client &client, const text &redirect_uri, const text &scope,
                                                  const params &parameters, const request_options &options)
{
    return detail::make<authorization>([&](oauth_authorization **authorization, oauth_error **error) {
        return oauth_authorization_begin(client.get(), redirect_uri.c_str(), scope.c_str(), parameters.get(),
                                         options.get(), authorization, error);
    });
}
inline result<operation<authorization>> authorization::begin_start(const client &client, const text &redirect_uri,
                                                                   const text &scope, const params &parameters,
                                                                   const request_options &options)
{
    return detail::start<authorization>([&](oauth_operation **operation, oauth_error **error) {
        return oauth_authorization_begin_start(client.get(), redirect_uri.c_str(), scope.c_str(), parameters.get(),
                                               options.get(), operation, error);
    });
}
inline result<operation<token>> authorization::finish_start(const text &redirect, const params &field_parameters,
                                                            const request_options &options) const
{
    return detail::start<token>([&](oauth_operation **operation, oauth_error **error) {
        return oauth_authorization_finish_start(get(), redirect.c_str(), field_parameters.get(), options.get(),
                                                operation, error);
    });
}
inline result<authorization> authorization::from_json(const client &client, const text &json)
{
    return detail::make<authorization>([&](oauth_authorization **authorization, oauth_error **error) {
        return oauth_authorization_from_json(client.get(), json.c_str(), authorization, error);
    });
}

inline result<device_authorization> device_authorization::begin(const client &client, const text &scope,
                                                                const params &parameters,
                                                                const request_options &options)
{
    return detail::make<device_authorization>([&](oauth_device_authorization **device, oauth_error **error) {
        return oauth_device_authorization_begin(client.get(), scope.c_str(), parameters.get(), options.get(), device,
                                                error);
    });
}
inline result<operation<device_authorization>> device_authorization::begin_start(const client &client,
                                                                                 const text &scope,
                                                                                 const params &parameters,
                                                                                 const request_options &options)
{
    return detail::start<device_authorization>([&](oauth_operation **operation, oauth_error **error) {
        return oauth_device_authorization_begin_start(client.get(), scope.c_str(), parameters.get(), options.get(),
                                                      operation, error);
    });
}
inline result<operation<token>> device_authorization::wait_start(const request_options &options) const
{
    return detail::start<token>([&](oauth_operation **operation, oauth_error **error) {
        return oauth_device_authorization_wait_start(get(), options.get(), operation, error);
    });
}
inline result<operation<token>> device_authorization::poll_start(const request_options &options) const
{
    return detail::start<token>([&](oauth_operation **operation, oauth_error **error) {
        return oauth_device_authorization_poll_start(get(), options.get(), operation, error);
    });
}

} // namespace v0_1
} // namespace oauth

#endif
