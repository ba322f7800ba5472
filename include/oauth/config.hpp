/* How a client is set up, and functions of the program for its log and its HTTP. A part of oauth.hpp.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OAUTHCLIENT_OAUTH_CONFIG_HPP
#define OAUTHCLIENT_OAUTH_CONFIG_HPP

#include <oauth/key.hpp>

namespace oauth {
inline namespace v0_1 {

/// A request that the program's own transport sends. Valid only during its call.
class transport_request {
public:
    explicit transport_request(const oauth_transport_request *borrowed) noexcept : handle_(borrowed) {}

    std::string_view method() const noexcept { return detail::view(oauth_transport_request_method(handle_)); }
    std::string_view url() const noexcept { return detail::view(oauth_transport_request_url(handle_)); }
    oauth::bytes body() const noexcept
    {
        std::size_t length = 0;
        const std::uint8_t *body = oauth_transport_request_body(handle_, &length);
        return {body, length};
    }
    /// All header fields: `for (auto [name, value] : request)`.
    std::size_t size() const noexcept { return oauth_transport_request_header_count(handle_); }
    response::header at(std::size_t index) const noexcept
    {
        return {detail::view(oauth_transport_request_header_name_at(handle_, index)),
                detail::view(oauth_transport_request_header_value_at(handle_, index))};
    }
    detail::walk<transport_request, response::header> begin() const noexcept { return {this, 0}; }
    detail::walk<transport_request, response::header> end() const noexcept { return {this, size()}; }

    std::chrono::milliseconds remaining() const noexcept
    {
        return std::chrono::milliseconds(oauth_transport_request_remaining_ms(handle_));
    }
    bool cancelled() const noexcept { return oauth_transport_request_cancelled(handle_); }

private:
    const oauth_transport_request *handle_;
};

/// The response that the program's own transport fills in. Valid only during its call.
class transport_response {
public:
    explicit transport_response(oauth_transport_response *borrowed) noexcept : handle_(borrowed) {}

    transport_response &set_status(std::int32_t status)
    {
        oauth_transport_response_set_status(handle_, status);
        return *this;
    }
    transport_response &add_header(const text &name, const text &value)
    {
        oauth_transport_response_add_header(handle_, name.c_str(), value.c_str());
        return *this;
    }
    transport_response &append_body(const bytes &body)
    {
        oauth_transport_response_append_body(handle_, body.data(), body.size());
        return *this;
    }

private:
    oauth_transport_response *handle_;
};

/// Settings for a client: oauth_config. Setters never fail: client::create names what is wrong.
class config : public detail::unique_handle<oauth_config, oauth_config_free> {
public:
    using log = std::function<void(log_level level, std::string_view message)>;
    using transport = callback<void(const transport_request &request, transport_response &response)>;

    config() noexcept : unique_handle(oauth_config_new()) {}
    /// What most programs set.
    config(const text &issuer, const text &client_id, const text &client_secret = {}) : config()
    {
        set_issuer(issuer).set_client(client_id, client_secret);
    }

    // Who and where.
    config &set_client(const text &client_id, const text &client_secret = {})
    {
        return oauth_config_set_client(get(), client_id.c_str(), client_secret.c_str()), *this;
    }
    config &set_client_authentication(client_authentication method)
    {
        return oauth_config_set_client_authentication(get(), static_cast<oauth_client_authentication>(method)), *this;
    }
    config &set_pkce(bool pkce) { return oauth_config_set_pkce(get(), pkce), *this; }
    config &set_authorization_lifetime(std::chrono::seconds lifetime)
    {
        return oauth_config_set_authorization_lifetime_s(get(), detail::count(lifetime)), *this;
    }
    config &set_client_key(const key &key) { return oauth_config_set_client_key(get(), key.get()), *this; }
    config &set_client_key_file(const text &path, const text &algorithm = {})
    {
        return oauth_config_set_client_key_file(get(), path.c_str(), algorithm.c_str()), *this;
    }
    config &set_client_assertion(const source &source)
    {
        return oauth_config_set_client_assertion(get(), source.get()), *this;
    }
    config &set_assertion_audience(const text &audience)
    {
        return oauth_config_set_assertion_audience(get(), audience.c_str()), *this;
    }
    config &set_dpop(bool dpop) { return oauth_config_set_dpop(get(), dpop), *this; }
    config &set_dpop_key(const key &key) { return oauth_config_set_dpop_key(get(), key.get()), *this; }
    config &set_security_profile(security_profile profile)
    {
        return oauth_config_set_security_profile(get(), static_cast<oauth_security_profile>(profile)), *this;
    }
    config &set_issuer(const text &issuer) { return oauth_config_set_issuer(get(), issuer.c_str()), *this; }
    config &add_allowed_issuer(const text &issuer)
    {
        return oauth_config_add_allowed_issuer(get(), issuer.c_str()), *this;
    }
    config &set_token_endpoint(const text &url) { return oauth_config_set_token_endpoint(get(), url.c_str()), *this; }
    config &set_authorization_endpoint(const text &url)
    {
        return oauth_config_set_authorization_endpoint(get(), url.c_str()), *this;
    }
    config &set_device_authorization_endpoint(const text &url)
    {
        return oauth_config_set_device_authorization_endpoint(get(), url.c_str()), *this;
    }
    config &set_revocation_endpoint(const text &url)
    {
        return oauth_config_set_revocation_endpoint(get(), url.c_str()), *this;
    }
    config &set_introspection_endpoint(const text &url)
    {
        return oauth_config_set_introspection_endpoint(get(), url.c_str()), *this;
    }
    config &set_userinfo_endpoint(const text &url)
    {
        return oauth_config_set_userinfo_endpoint(get(), url.c_str()), *this;
    }
    config &set_pushed_authorization_request_endpoint(const text &url)
    {
        return oauth_config_set_pushed_authorization_request_endpoint(get(), url.c_str()), *this;
    }
    config &set_jwks_uri(const text &url) { return oauth_config_set_jwks_uri(get(), url.c_str()), *this; }
    config &set_pushed_authorization(bool always)
    {
        return oauth_config_set_pushed_authorization(get(), always), *this;
    }
    config &set_signed_requests(bool always) { return oauth_config_set_signed_requests(get(), always), *this; }
    config &set_signed_responses(bool signed_responses)
    {
        return oauth_config_set_signed_responses(get(), signed_responses), *this;
    }

    // Connections.
    config &set_connect_timeout(std::chrono::milliseconds timeout)
    {
        return oauth_config_set_connect_timeout_ms(get(), detail::count(timeout)), *this;
    }
    config &set_timeout(std::chrono::milliseconds timeout)
    {
        return oauth_config_set_timeout_ms(get(), detail::count(timeout)), *this;
    }
    config &set_idle_timeout(std::chrono::milliseconds timeout)
    {
        return oauth_config_set_idle_timeout_ms(get(), detail::count(timeout)), *this;
    }
    config &set_max_response_bytes(std::size_t max) { return oauth_config_set_max_response_bytes(get(), max), *this; }
    config &set_retry_policy(std::uint32_t max_retries, std::chrono::milliseconds backoff, bool retry_statuses)
    {
        return oauth_config_set_retry_policy(get(), max_retries, detail::count(backoff), retry_statuses), *this;
    }
    config &set_user_agent(const text &user_agent)
    {
        return oauth_config_set_user_agent(get(), user_agent.c_str()), *this;
    }
    config &set_proxy(const text &url, const text &username = {}, const text &password = {})
    {
        return oauth_config_set_proxy(get(), url.c_str(), username.c_str(), password.c_str()), *this;
    }
    config &set_use_proxy(bool use_proxy) { return oauth_config_set_use_proxy(get(), use_proxy), *this; }
    config &add_ca_file(const text &path) { return oauth_config_add_ca_file(get(), path.c_str()), *this; }
    config &add_ca_pem(const bytes &pem) { return oauth_config_add_ca_pem(get(), pem.data(), pem.size()), *this; }
    config &set_use_system_ca(bool use) { return oauth_config_set_use_system_ca(get(), use), *this; }
    /// The key is in the file.
    config &set_client_certificate(const text &path)
    {
        return oauth_config_set_client_certificate(get(), path.c_str(), nullptr), *this;
    }
    config &set_client_certificate(const text &path, const key &key)
    {
        return oauth_config_set_client_certificate(get(), path.c_str(), key.get()), *this;
    }
    config &set_use_environment(bool use) { return oauth_config_set_use_environment(get(), use), *this; }
    config &set_allow_http(bool allow) { return oauth_config_set_allow_http(get(), allow), *this; }
    config &add_header(const text &name, const text &value)
    {
        return oauth_config_add_header(get(), name.c_str(), value.c_str()), *this;
    }

    // Functions of the program, called on any thread.
    config &set_log(log_level least_important, log write)
    {
        const auto writes = [](void *user_data, oauth_log_level level, const char *message) {
            detail::tell(
                [&] { (*static_cast<log *>(user_data))(static_cast<log_level>(level), detail::view(message)); });
        };
        const oauth_log_fn function = write ? static_cast<oauth_log_fn>(writes) : nullptr;
        oauth_config_set_log(get(), static_cast<oauth_log_level>(least_important), function,
                             detail::keep(std::move(write)), detail::destroy<log>);
        return *this;
    }
    config &set_transport(transport send)
    {
        const auto sends = [](void *user_data, const oauth_transport_request *request,
                              oauth_transport_response *response) -> oauth_status {
            const transport_request asked(request);
            transport_response answered(response);
            return detail::answer([&] { return (*static_cast<transport *>(user_data))(asked, answered); });
        };
        const oauth_transport_fn function = send ? static_cast<oauth_transport_fn>(sends) : nullptr;
        oauth_config_set_transport(get(), function, detail::keep(std::move(send)), detail::destroy<transport>);
        return *this;
    }
};

/// The value of a Basic Authorization header, for a program that passes one itself.
inline result<secret> basic_authorization(const text &client_id, const text &client_secret,
                                          basic_encoding encoding = basic_encoding::form_encoded)
{
    return detail::make_secret([&](char **header, oauth_error **error) {
        return oauth_basic_authorization(client_id.c_str(), client_secret.c_str(),
                                         static_cast<oauth_basic_encoding>(encoding), header, error);
    });
}

} // namespace v0_1
} // namespace oauth

#endif
