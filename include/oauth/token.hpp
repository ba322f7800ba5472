/* The token, and what servers say about it. A part of oauth.hpp. SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OAUTHCLIENT_OAUTH_TOKEN_HPP
#define OAUTHCLIENT_OAUTH_TOKEN_HPP

#include <oauth/handle.hpp>

namespace oauth {
inline namespace v0_1 {

class client;

/// An access token and what came with it: oauth_token. It never changes; a copy is another handle to the same token.
class token : public detail::shared_handle<oauth_token, oauth_token_ref, oauth_token_free> {
public:
    using shared_handle::shared_handle;

    /// Of plain values. Without a type it is used as Bearer.
    static result<token> create(const text &access_token, const text &token_type = {}, const text &refresh_token = {},
                                const text &scope = {}, std::optional<time_point> expires_at = {})
    {
        const std::int64_t expires_at_s = expires_at ? detail::seconds_since_1970(*expires_at) : -1;
        return detail::make<token>([&](oauth_token **token, oauth_error **error) {
            return oauth_token_new(access_token.c_str(), token_type.c_str(), refresh_token.c_str(), scope.c_str(),
                                   expires_at_s, token, error);
        });
    }
    /// Of the text that to_json gave.
    static result<token> from_json(const text &json)
    {
        return detail::make<token>([&](oauth_token **token, oauth_error **error) {
            return oauth_token_from_json(json.c_str(), token, error);
        });
    }
    result<secret> to_json() const
    {
        return detail::make_secret(
            [&](char **json, oauth_error **error) { return oauth_token_to_json(get(), json, error); });
    }

    /// None if a log-in gave nothing but an ID token.
    optional_text access_token() const noexcept OAUTH_LIFETIMEBOUND
    {
        return detail::optional(oauth_token_access_token(get()));
    }
    optional_text type() const noexcept OAUTH_LIFETIMEBOUND { return detail::optional(oauth_token_type(get())); }
    optional_text scope() const noexcept OAUTH_LIFETIMEBOUND { return detail::optional(oauth_token_scope(get())); }
    optional_text refresh_token() const noexcept OAUTH_LIFETIMEBOUND
    {
        return detail::optional(oauth_token_refresh_token(get()));
    }
    optional_text id_token() const noexcept OAUTH_LIFETIMEBOUND
    {
        return detail::optional(oauth_token_id_token(get()));
    }
    /// "Bearer ...", for the Authorization header; none for a type that needs more, such as DPoP: see proof.
    optional_text authorization() const noexcept OAUTH_LIFETIMEBOUND
    {
        return detail::optional(oauth_token_authorization(get()));
    }

    std::optional<std::chrono::seconds> expires_in() const noexcept
    {
        return detail::duration(oauth_token_expires_in_s(get()));
    }
    std::optional<time_point> expires_at() const noexcept { return detail::moment(oauth_token_expires_at_s(get())); }
    std::optional<time_point> refresh_token_expires_at() const noexcept
    {
        return detail::moment(oauth_token_refresh_token_expires_at_s(get()));
    }
    /// Whether it will have expired so long from now; false if its expiry is not known.
    bool expired(std::chrono::seconds leeway = std::chrono::seconds(30)) const noexcept
    {
        return oauth_token_expired(get(), leeway.count());
    }
    /// Whether a refresh gave another refresh token.
    bool rotated() const noexcept { return oauth_token_rotated(get()); }
    oauth::deviations deviations() const noexcept { return oauth_token_deviations(get()); }

    /// The claims of the ID token, if it was checked: "sub" is the user.
    oauth::json claims() const noexcept OAUTH_LIFETIMEBOUND { return oauth::json(oauth_token_claims(get())); }
    /// The other members of the server's answer.
    oauth::json json() const noexcept OAUTH_LIFETIMEBOUND { return oauth::json(oauth_token_json(get())); }
    oauth::response response() const noexcept OAUTH_LIFETIMEBOUND
    {
        return oauth::response(oauth_token_response(get()));
    }
    optional_text response_json() const noexcept OAUTH_LIFETIMEBOUND
    {
        return detail::optional(oauth_token_response_json(get()));
    }
};

/// The headers for one request to a resource, with a token of any type: oauth_proof.
class proof : public detail::shared_handle<oauth_proof, oauth_proof_ref, oauth_proof_free> {
public:
    using shared_handle::shared_handle;

    static inline result<proof> create(const client &client, const token &token, const text &method, const text &url);

    std::string_view authorization() const noexcept OAUTH_LIFETIMEBOUND
    {
        return detail::view(oauth_proof_authorization(get()));
    }
    /// The DPoP header; none for a bearer token.
    optional_text dpop() const noexcept OAUTH_LIFETIMEBOUND { return detail::optional(oauth_proof_dpop(get())); }
};

/// The server's metadata: oauth_metadata.
class metadata : public detail::unique_handle<oauth_metadata, oauth_metadata_free> {
public:
    using unique_handle::unique_handle;

    oauth::json json() const noexcept OAUTH_LIFETIMEBOUND { return oauth::json(oauth_metadata_json(get())); }
};

/// Claims about a user: oauth_userinfo.
class userinfo : public detail::unique_handle<oauth_userinfo, oauth_userinfo_free> {
public:
    using unique_handle::unique_handle;

    optional_text subject() const noexcept OAUTH_LIFETIMEBOUND
    {
        return detail::optional(oauth_userinfo_subject(get()));
    }
    oauth::json json() const noexcept OAUTH_LIFETIMEBOUND { return oauth::json(oauth_userinfo_json(get())); }
};

/// The server's statement about a token: oauth_introspection.
class introspection : public detail::unique_handle<oauth_introspection, oauth_introspection_free> {
public:
    using unique_handle::unique_handle;

    bool active() const noexcept { return oauth_introspection_active(get()); }
    oauth::json json() const noexcept OAUTH_LIFETIMEBOUND { return oauth::json(oauth_introspection_json(get())); }
};

/// A JSON value of its own: of a text, or the logins of a store.
class json_document : public detail::unique_handle<oauth_json, oauth_json_free> {
public:
    using unique_handle::unique_handle;

    static result<json_document> from_text(const text &text)
    {
        return detail::make<json_document>(
            [&](oauth_json **json, oauth_error **error) { return oauth_json_from_text(text.c_str(), json, error); });
    }
    oauth::json json() const noexcept OAUTH_LIFETIMEBOUND { return oauth::json(get()); }
};

/// The challenges of a WWW-Authenticate header: oauth_challenges.
class challenges : public detail::unique_handle<oauth_challenges, oauth_challenges_free> {
public:
    struct challenge;

    using unique_handle::unique_handle;

    static result<challenges> parse(const text &www_authenticate)
    {
        return detail::make<challenges>([&](oauth_challenges **challenges, oauth_error **error) {
            return oauth_challenges_parse(www_authenticate.c_str(), challenges, error);
        });
    }
    static result<challenges> from_response(const response &response)
    {
        return detail::make<challenges>([&](oauth_challenges **challenges, oauth_error **error) {
            return oauth_challenges_from_response(response.get(), challenges, error);
        });
    }

    std::size_t size() const noexcept { return oauth_challenges_count(get()); }
    inline challenge at(std::size_t index) const noexcept OAUTH_LIFETIMEBOUND;
    inline detail::walk<challenges, challenge> begin() const noexcept OAUTH_LIFETIMEBOUND;
    inline detail::walk<challenges, challenge> end() const noexcept OAUTH_LIFETIMEBOUND;
};

/// One challenge; it lives as long as all of them.
struct challenges::challenge {
    const oauth_challenges *all;
    std::size_t index;

    std::string_view scheme() const noexcept { return detail::view(oauth_challenges_scheme_at(all, index)); }
    optional_text token68() const noexcept { return detail::optional(oauth_challenges_token68_at(all, index)); }
    optional_text parameter(const text &name) const noexcept
    {
        return detail::optional(oauth_challenges_parameter(all, index, name.c_str()));
    }
    std::vector<std::pair<std::string_view, std::string_view>> parameters() const
    {
        std::vector<std::pair<std::string_view, std::string_view>> found(oauth_challenges_parameter_count(all, index));
        for (std::size_t which = 0; which < found.size(); which++)
            found[which] = {detail::view(oauth_challenges_parameter_name_at(all, index, which)),
                            detail::view(oauth_challenges_parameter_value_at(all, index, which))};
        return found;
    }
};

inline challenges::challenge challenges::at(std::size_t index) const noexcept
{
    return {get(), index};
}
inline detail::walk<challenges, challenges::challenge> challenges::begin() const noexcept
{
    return {this, 0};
}
inline detail::walk<challenges, challenges::challenge> challenges::end() const noexcept
{
    return {this, size()};
}

} // namespace v0_1
} // namespace oauth

#endif
