/* What goes with one call: parameters, options, a way to stop it. A part of oauth.hpp.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OAUTHCLIENT_OAUTH_OPTIONS_HPP
#define OAUTHCLIENT_OAUTH_OPTIONS_HPP

#include <oauth/handle.hpp>

#include <initializer_list>

namespace oauth {
inline namespace v0_1 {

/// Extra parameters of a request: oauth_params. `{{"resource", one}, {"resource", another}}` makes them, too.
class params : public detail::builder<oauth_params, oauth_params_new, oauth_params_free> {
public:
    params() noexcept = default;
    params(std::initializer_list<std::pair<text, text>> list)
    {
        for (auto one = list.begin(); one != list.end(); ++one) {
            const bool again = std::any_of(list.begin(), one, [&](const auto &before) {
                return detail::view(before.first.c_str()) == detail::view(one->first.c_str());
            });
            again ? add(one->first, one->second) : set(one->first, one->second);
        }
    }

    /// In place of all with this name, also of one that the library would send.
    params &set(const text &name, const text &value)
    {
        oauth_params_set(made(), name.c_str(), value.c_str());
        return *this;
    }
    /// Beside those with this name.
    params &add(const text &name, const text &value)
    {
        oauth_params_add(made(), name.c_str(), value.c_str());
        return *this;
    }
};

/// Stops calls from another thread, or from a signal handler: oauth_cancel. Copies stop the same calls.
class cancel {
public:
    cancel() : handle_(oauth_cancel_new(), oauth_cancel_free) {}

    /// May be called at any time, on any thread, and in a signal handler.
    void trigger() const noexcept { oauth_cancel_trigger(handle_.get()); }
    oauth_cancel *get() const noexcept { return handle_.get(); }

private:
    std::shared_ptr<oauth_cancel> handle_;
};

/// Options of one call: oauth_request_options.
class request_options
    : public detail::builder<oauth_request_options, oauth_request_options_new, oauth_request_options_free> {
public:
    using interrupt = std::function<bool()>;

    /// Of each exchange with a server.
    request_options &set_timeout(std::chrono::milliseconds timeout)
    {
        oauth_request_options_set_timeout_ms(made(), detail::count(timeout));
        return *this;
    }
    /// Of the whole call.
    request_options &set_deadline(std::chrono::milliseconds deadline)
    {
        oauth_request_options_set_deadline_ms(made(), detail::count(deadline));
        return *this;
    }
    request_options &add_header(const text &name, const text &value)
    {
        oauth_request_options_add_header(made(), name.c_str(), value.c_str());
        return *this;
    }
    request_options &set_cancel(const cancel &cancel)
    {
        oauth_request_options_set_cancel(made(), cancel.get());
        return *this;
    }
    /// Asked while the call waits, on its thread; true, or an exception, stops the call.
    request_options &set_interrupt(interrupt interrupted)
    {
        const auto asks = [](void *user_data) -> bool {
            return detail::guarded([&] { return (*static_cast<interrupt *>(user_data))(); },
                                   [](status) { return true; });
        };
        const oauth_interrupt_fn function = interrupted ? static_cast<oauth_interrupt_fn>(asks) : nullptr;
        oauth_request_options *const options = made();
        oauth_request_options_set_interrupt(options, function, detail::keep(std::move(interrupted)),
                                            detail::destroy<interrupt>);
        return *this;
    }
    request_options &set_retry_policy(std::uint32_t max_retries, std::chrono::milliseconds backoff, bool retry_statuses)
    {
        oauth_request_options_set_retry_policy(made(), max_retries, detail::count(backoff), retry_statuses);
        return *this;
    }
    /// How long a token that a session gives is valid at least.
    request_options &set_min_validity(std::chrono::seconds min_validity)
    {
        oauth_request_options_set_min_validity_s(made(), detail::count(min_validity));
        return *this;
    }
};

} // namespace v0_1
} // namespace oauth

#endif
