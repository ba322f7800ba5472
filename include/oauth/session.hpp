/* Logins that stay valid. A part of oauth.hpp. SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OAUTHCLIENT_OAUTH_SESSION_HPP
#define OAUTHCLIENT_OAUTH_SESSION_HPP

#include <oauth/client.hpp>
#include <oauth/store.hpp>

namespace oauth {
inline namespace v0_1 {

/// How a session gets its next token, and the functions of the program that it calls: oauth_session_options. They are
/// called on any thread.
class session_options
    : public detail::builder<oauth_session_options, oauth_session_options_new, oauth_session_options_free> {
public:
    /// Gets a token if there is no refresh token, or the server has refused it. `before` is NULL if none was kept.
    using acquire = callback<token(const client &client, std::string_view key, const token *before)>;
    /// Is told of each new token, and with NULL of the end of the login. What it throws is dropped.
    using change = std::function<void(std::string_view key, const token *token)>;
    /// Says what a failed refresh means. An exception means refusal::usual.
    using decide_refusal = std::function<refusal(std::string_view key, const error &error)>;

    session_options &set_scope(const text &scope)
    {
        return oauth_session_options_set_scope(made(), scope.c_str()), *this;
    }
    session_options &set_field_parameters(const params &field_parameters)
    {
        return oauth_session_options_set_field_parameters(made(), field_parameters.get()), *this;
    }
    session_options &set_client_credentials(bool client_credentials)
    {
        return oauth_session_options_set_client_credentials(made(), client_credentials), *this;
    }
    session_options &set_token_exchange(const source &subject_token, const text &subject_token_type)
    {
        oauth_session_options_set_token_exchange(made(), subject_token.get(), subject_token_type.c_str());
        return *this;
    }
    session_options &set_actor_token(const source &actor_token, const text &actor_token_type)
    {
        oauth_session_options_set_actor_token(made(), actor_token.get(), actor_token_type.c_str());
        return *this;
    }
    session_options &set_jwt_bearer(const source &assertion)
    {
        return oauth_session_options_set_jwt_bearer(made(), assertion.get()), *this;
    }
    session_options &set_source(const source &token)
    {
        return oauth_session_options_set_source(made(), token.get()), *this;
    }
    session_options &set_acquire(acquire get_token)
    {
        const auto function = get_token ? on_acquire : nullptr;
        oauth_session_options *const options = made();
        oauth_session_options_set_acquire(options, function, detail::keep(std::move(get_token)),
                                          detail::destroy<acquire>);
        return *this;
    }
    session_options &set_change(change changed)
    {
        const auto function = changed ? on_change : nullptr;
        oauth_session_options *const options = made();
        oauth_session_options_set_change(options, function, detail::keep(std::move(changed)), detail::destroy<change>);
        return *this;
    }
    session_options &set_refusal(decide_refusal decide)
    {
        const auto function = decide ? on_refusal : nullptr;
        oauth_session_options *const options = made();
        oauth_session_options_set_refusal(options, function, detail::keep(std::move(decide)),
                                          detail::destroy<decide_refusal>);
        return *this;
    }

private:
    static oauth_status on_acquire(void *user_data, const oauth_client *client, const char *key,
                                   const oauth_token *before, oauth_token **token)
    {
        const oauth::token known(oauth_token_ref(before));
        return detail::answer(
            [&] {
                return (*static_cast<acquire *>(user_data))(oauth::client(oauth_client_ref(client)), detail::view(key),
                                                            known ? &known : nullptr);
            },
            [&](oauth::token &given) { *token = given.release(); });
    }
    static void on_change(void *user_data, const char *key, const oauth_token *token)
    {
        const oauth::token now(oauth_token_ref(token));
        detail::tell([&] { (*static_cast<change *>(user_data))(detail::view(key), now ? &now : nullptr); });
    }
    static oauth_refusal on_refusal(void *user_data, const char *key, const oauth_error *error)
    {
        const oauth::error why(oauth_error_ref(error));
        return detail::guarded(
            [&] {
                return static_cast<oauth_refusal>((*static_cast<decide_refusal *>(user_data))(detail::view(key), why));
            },
            [](status) -> oauth_refusal { return OAUTH_REFUSAL_USUAL; });
    }
};

/// A login that stays valid: oauth_session. All threads may use it; a copy is another handle to the same session.
class session : public detail::shared_handle<oauth_session, oauth_session_ref, oauth_session_free> {
public:
    using shared_handle::shared_handle;

    /// The key names the login in the store, such as a user or a purpose. With an empty store, `store()`, the login is
    /// kept in memory for this session alone.
    static result<session> open(const client &client, const store &store, const text &key,
                                const session_options &options = {})
    {
        return detail::make<session>([&](oauth_session **session, oauth_error **error) {
            return oauth_session_open(client.get(), store.get(), key.c_str(), options.get(), session, error);
        });
    }
    /// By the name of a small file: see oauth_profile_open.
    static result<session> open_profile(const text &name)
    {
        const result<void> checked = detail::check_version();
        if (!checked)
            return checked.error();
        return detail::make<session>([&](oauth_session **session, oauth_error **error) {
            return oauth_profile_open(name.c_str(), session, error);
        });
    }

    /// A valid token: at once, or after a renewal. status::login_required: log in, then adopt.
    result<oauth::token> token(const request_options &options = {}) const
    {
        return detail::make<oauth::token>([&](oauth_token **token, oauth_error **error) {
            return oauth_session_token(get(), options.get(), token, error);
        });
    }
    result<operation<oauth::token>> token_start(const request_options &options = {}) const
    {
        return detail::start<oauth::token>([&](oauth_operation **operation, oauth_error **error) {
            return oauth_session_token_start(get(), options.get(), operation, error);
        });
    }
    /// The same as text: the access token, or the value of an Authorization header.
    result<secret> copy_access_token(const request_options &options = {}) const
    {
        return copied(oauth_session_copy_access_token, options);
    }
    result<secret> copy_authorization(const request_options &options = {}) const
    {
        return copied(oauth_session_copy_authorization, options);
    }
    /// The headers for one request to a resource, with a token of any type.
    result<oauth::proof> proof(const text &method, const text &url, const request_options &options = {}) const
    {
        return detail::make<oauth::proof>([&](oauth_proof **proof, oauth_error **error) {
            return oauth_session_proof(get(), method.c_str(), url.c_str(), options.get(), proof, error);
        });
    }
    [[nodiscard]] bool proof_answer(const text &url, long http_status, const text &www_authenticate,
                                    const text &dpop_nonce) const
    {
        return oauth_session_proof_answer(get(), url.c_str(), static_cast<std::int32_t>(http_status),
                                          www_authenticate.c_str(), dpop_nonce.c_str());
    }
    /// After a resource's answer. True: the token was the reason, and another one is in its place: send the request
    /// again.
    result<bool> replace(oauth::token &token, long http_status, const text &www_authenticate = {},
                         const request_options &options = {}) const
    {
        oauth_token *handle = token.release();
        bool replaced = false;
        const result<void> tried = detail::call([&](oauth_error **error) {
            replaced = oauth_session_replace(get(), &handle, static_cast<std::int32_t>(http_status),
                                             www_authenticate.c_str(), options.get(), error);
            return oauth_error_status(*error);
        });
        token = oauth::token(handle);
        if (!tried)
            return tried.error();
        return replaced;
    }

    /// Keeps the token of a log-in, in place of the login before.
    result<void> adopt(const oauth::token &token, const request_options &options = {}) const
    {
        return detail::call(
            [&](oauth_error **error) { return oauth_session_adopt(get(), token.get(), options.get(), error); });
    }
    result<operation<void>> adopt_start(const oauth::token &token, const request_options &options = {}) const
    {
        return detail::start<void>([&](oauth_operation **operation, oauth_error **error) {
            return oauth_session_adopt_start(get(), token.get(), options.get(), operation, error);
        });
    }

    /// A refresh token that another program had. Only the session may use it from then on.
    result<void> adopt_refresh_token(const text &refresh_token, const request_options &options = {}) const
    {
        return detail::call([&](oauth_error **error) {
            return oauth_session_adopt_refresh_token(get(), refresh_token.c_str(), options.get(), error);
        });
    }
    result<operation<void>> adopt_refresh_token_start(const text &refresh_token,
                                                      const request_options &options = {}) const
    {
        return detail::start<void>([&](oauth_operation **operation, oauth_error **error) {
            return oauth_session_adopt_refresh_token_start(get(), refresh_token.c_str(), options.get(), operation,
                                                           error);
        });
    }

    /// A resource has refused this token: the next call gets another. See replace.
    result<void> invalidate(const oauth::token &token) const
    {
        return detail::call([&](oauth_error **error) { return oauth_session_invalidate(get(), token.get(), error); });
    }
    result<operation<void>> invalidate_start(const oauth::token &token, const request_options &options = {}) const
    {
        return detail::start<void>([&](oauth_operation **operation, oauth_error **error) {
            return oauth_session_invalidate_start(get(), token.get(), options.get(), operation, error);
        });
    }
    result<void> invalidate_text(const text &access_token_or_authorization) const
    {
        return detail::call([&](oauth_error **error) {
            return oauth_session_invalidate_text(get(), access_token_or_authorization.c_str(), error);
        });
    }

    /// Before the program exits: waits for a renewal that is under way.
    result<void> finish(const request_options &options = {}) const
    {
        return detail::call([&](oauth_error **error) { return oauth_session_finish(get(), options.get(), error); });
    }
    result<operation<void>> finish_start(const request_options &options = {}) const
    {
        return detail::start<void>([&](oauth_operation **operation, oauth_error **error) {
            return oauth_session_finish_start(get(), options.get(), operation, error);
        });
    }

    /// Ends the login, and tells the server so if it is to be revoked.
    result<void> forget(bool revoke, const request_options &options = {}) const
    {
        return detail::call(
            [&](oauth_error **error) { return oauth_session_forget(get(), revoke, options.get(), error); });
    }
    result<operation<void>> forget_start(bool revoke, const request_options &options = {}) const
    {
        return detail::start<void>([&](oauth_operation **operation, oauth_error **error) {
            return oauth_session_forget_start(get(), revoke, options.get(), operation, error);
        });
    }

    // How it stands, without waiting for anything.

    /// The token that is held and still valid, if there is one.
    std::optional<oauth::token> peek() const noexcept
    {
        oauth_token *const held = oauth_session_peek(get());
        return held == nullptr ? std::nullopt : std::make_optional<oauth::token>(held);
    }
    optional_text issuer() const noexcept OAUTH_LIFETIMEBOUND { return detail::optional(oauth_session_issuer(get())); }
    std::optional<time_point> expires_at() const noexcept { return detail::moment(oauth_session_expires_at_s(get())); }
    std::optional<time_point> login_expires_at() const noexcept
    {
        return detail::moment(oauth_session_login_expires_at_s(get()));
    }
    std::optional<time_point> next_renewal_at() const noexcept
    {
        return detail::moment(oauth_session_next_renewal_at_s(get()));
    }
    /// False: the token could not be saved, and is in memory alone.
    bool saved() const noexcept { return oauth_session_saved(get()); }
    /// Why the last renewal failed, if it did.
    std::optional<error> last_error() const
    {
        oauth_error *const failure = oauth_session_last_error(get());
        return failure == nullptr ? std::nullopt : std::make_optional<error>(failure);
    }

private:
    using copy_fn = oauth_status (*)(const oauth_session *, const oauth_request_options *, char *, std::size_t,
                                     std::size_t *, oauth_error **);

    result<secret> copied(copy_fn copy, const request_options &options) const
    {
        for (std::size_t capacity = 2048;;) {
            secret buffer(capacity);
            std::size_t length = 0;
            const result<void> done = detail::call([&](oauth_error **error) {
                return copy(get(), options.get(), buffer.data(), capacity, &length, error);
            });
            if (done)
                return secret(std::string_view(buffer.c_str(), length));
            if (done.error().status() != status::buffer_too_small)
                return done.error();
            capacity = length; // the next token may be longer still
        }
    }
};

inline result<source> source::from_session(const session &session)
{
    return detail::make<source>([&](oauth_source **source, oauth_error **error) {
        return oauth_source_from_session(session.get(), source, error);
    });
}

} // namespace v0_1
} // namespace oauth

#endif
