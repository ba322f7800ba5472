/* What a log-in consists of: authorization, listener, browser, device. A part of oauth.hpp.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OAUTHCLIENT_OAUTH_LOG_IN_HPP
#define OAUTHCLIENT_OAUTH_LOG_IN_HPP

#include <oauth/options.hpp>
#include <oauth/token.hpp>

namespace oauth {
inline namespace v0_1 {

template <class T> class operation;

/// A log-in that has begun: oauth_authorization. One thread at a time.
class authorization : public detail::unique_handle<oauth_authorization, oauth_authorization_free> {
public:
    using unique_handle::unique_handle;

    static inline result<authorization> begin(const client &client, const text &redirect_uri, const text &scope = {},
                                              const params &parameters = {}, const request_options &options = {});
    static inline result<operation<authorization>> begin_start(const client &client, const text &redirect_uri,
                                                               const text &scope = {}, const params &parameters = {},
                                                               const request_options &options = {});
    /// The redirect is the URL that the browser was sent back to, its query, or the form that it posted.
    result<token> finish(const text &redirect, const params &field_parameters = {}, const request_options &options = {})
    {
        return detail::make<token>([&](oauth_token **token, oauth_error **error) {
            return oauth_authorization_finish(get(), redirect.c_str(), field_parameters.get(), options.get(), token,
                                              error);
        });
    }
    inline result<operation<token>> finish_start(const text &redirect, const params &field_parameters = {},
                                                 const request_options &options = {}) const;

    /// For another process that finishes it.
    result<secret> to_json() const
    {
        return detail::make_secret(
            [&](char **json, oauth_error **error) { return oauth_authorization_to_json(get(), json, error); });
    }
    static inline result<authorization> from_json(const client &client, const text &json);

    std::string_view url() const noexcept OAUTH_LIFETIMEBOUND { return detail::view(oauth_authorization_url(get())); }
    std::string_view state() const noexcept OAUTH_LIFETIMEBOUND
    {
        return detail::view(oauth_authorization_state(get()));
    }
    optional_text nonce() const noexcept OAUTH_LIFETIMEBOUND
    {
        return detail::optional(oauth_authorization_nonce(get()));
    }
};

/// The redirect URI of a log-in on this machine, and how it looks to the user: oauth_listener_options.
class listener_options
    : public detail::builder<oauth_listener_options, oauth_listener_options_new, oauth_listener_options_free> {
public:
    /// Shows a URL to the user, in place of the browser.
    using open_url = callback<void(std::string_view url)>;

    listener_options &set_host(const text &host)
    {
        return oauth_listener_options_set_host(made(), host.c_str()), *this;
    }
    listener_options &set_port(std::uint16_t port) { return oauth_listener_options_set_port(made(), port), *this; }
    listener_options &set_path(const text &path)
    {
        return oauth_listener_options_set_path(made(), path.c_str()), *this;
    }
    listener_options &set_pages(const text &success_html, const text &failure_html)
    {
        return oauth_listener_options_set_pages(made(), success_html.c_str(), failure_html.c_str()), *this;
    }
    listener_options &set_program_name(const text &name)
    {
        return oauth_listener_options_set_program_name(made(), name.c_str()), *this;
    }
    listener_options &set_check_browser(bool check)
    {
        return oauth_listener_options_set_check_browser(made(), check), *this;
    }
    listener_options &set_open_url(open_url open)
    {
        const auto opens = [](void *user_data, const char *url) -> oauth_status {
            return detail::answer([&] { return (*static_cast<open_url *>(user_data))(detail::view(url)); });
        };
        const oauth_open_url_fn function = open ? static_cast<oauth_open_url_fn>(opens) : nullptr;
        oauth_listener_options *const options = made();
        oauth_listener_options_set_open_url(options, function, detail::keep(std::move(open)),
                                            detail::destroy<open_url>);
        return *this;
    }
};

/// Waits on a loopback port for the redirect of one authorization: oauth_listener. One thread at a time.
class listener : public detail::unique_handle<oauth_listener, oauth_listener_free> {
public:
    using unique_handle::unique_handle;

    static result<listener> open(const listener_options &options = {})
    {
        return detail::make<listener>([&](oauth_listener **listener, oauth_error **error) {
            return oauth_listener_open(options.get(), listener, error);
        });
    }
    /// The redirect, for authorization::finish.
    result<secret> wait(const authorization &expected, const request_options &options = {})
    {
        return detail::make_secret([&](char **redirect, oauth_error **error) {
            return oauth_listener_wait(get(), expected.get(), options.get(), redirect, error);
        });
    }
    /// Shows the user how it went.
    void finish(bool succeeded) noexcept { oauth_listener_finish(get(), succeeded); }

    std::string_view redirect_uri() const noexcept OAUTH_LIFETIMEBOUND
    {
        return detail::view(oauth_listener_redirect_uri(get()));
    }
    /// The one-time address to open the browser with; none without listener_options::set_check_browser.
    optional_text browser_url() const noexcept OAUTH_LIFETIMEBOUND
    {
        return detail::optional(oauth_listener_browser_url(get()));
    }
};

/// Opens a URL in the user's browser.
inline result<void> browser_open(const text &url)
{
    return detail::call([&](oauth_error **error) { return oauth_browser_open(url.c_str(), error); });
}

/// The log-in of a device that has begun (RFC 8628): oauth_device_authorization. One thread at a time.
class device_authorization : public detail::unique_handle<oauth_device_authorization, oauth_device_authorization_free> {
public:
    using unique_handle::unique_handle;

    static inline result<device_authorization> begin(const client &client, const text &scope = {},
                                                     const params &parameters = {},
                                                     const request_options &options = {});
    static inline result<operation<device_authorization>> begin_start(const client &client, const text &scope = {},
                                                                      const params &parameters = {},
                                                                      const request_options &options = {});
    /// Polls until the user has decided.
    result<token> wait(const request_options &options = {})
    {
        return detail::make<token>([&](oauth_token **token, oauth_error **error) {
            return oauth_device_authorization_wait(get(), options.get(), token, error);
        });
    }
    inline result<operation<token>> wait_start(const request_options &options = {}) const;
    /// Asks once; status::authorization_pending: again after next_poll_in().
    result<token> poll(const request_options &options = {})
    {
        return detail::make<token>([&](oauth_token **token, oauth_error **error) {
            return oauth_device_authorization_poll(get(), options.get(), token, error);
        });
    }
    inline result<operation<token>> poll_start(const request_options &options = {}) const;

    std::string_view user_code() const noexcept OAUTH_LIFETIMEBOUND
    {
        return detail::view(oauth_device_authorization_user_code(get()));
    }
    std::string_view verification_uri() const noexcept OAUTH_LIFETIMEBOUND
    {
        return detail::view(oauth_device_authorization_verification_uri(get()));
    }
    optional_text verification_uri_complete() const noexcept OAUTH_LIFETIMEBOUND
    {
        return detail::optional(oauth_device_authorization_verification_uri_complete(get()));
    }
    optional_text qr_text() const noexcept OAUTH_LIFETIMEBOUND
    {
        return detail::optional(oauth_device_authorization_qr_text(get()));
    }
    std::optional<time_point> expires_at() const noexcept
    {
        return detail::moment(oauth_device_authorization_expires_at_s(get()));
    }
    std::chrono::milliseconds next_poll_in() const noexcept
    {
        return std::chrono::milliseconds(oauth_device_authorization_next_poll_in_ms(get()));
    }
    /// The whole answer of the server, with the secret device_code.
    oauth::json json() const noexcept OAUTH_LIFETIMEBOUND
    {
        return oauth::json(oauth_device_authorization_json(get()));
    }
};

} // namespace v0_1
} // namespace oauth

#endif
