/* Calls that were started and do not block. A part of oauth.hpp. SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OAUTHCLIENT_OAUTH_OPERATION_HPP
#define OAUTHCLIENT_OAUTH_OPERATION_HPP

#include <oauth/log_in.hpp>

namespace oauth {
inline namespace v0_1 {

namespace detail {

inline oauth_status finish(oauth_operation *operation, oauth_token **token, oauth_error **error)
{
    return oauth_operation_token(operation, token, error);
}
inline oauth_status finish(oauth_operation *operation, oauth_metadata **metadata, oauth_error **error)
{
    return oauth_operation_metadata(operation, metadata, error);
}
inline oauth_status finish(oauth_operation *operation, oauth_userinfo **userinfo, oauth_error **error)
{
    return oauth_operation_userinfo(operation, userinfo, error);
}
inline oauth_status finish(oauth_operation *operation, oauth_introspection **introspection, oauth_error **error)
{
    return oauth_operation_introspection(operation, introspection, error);
}
inline oauth_status finish(oauth_operation *operation, oauth_authorization **authorization, oauth_error **error)
{
    return oauth_operation_authorization(operation, authorization, error);
}
inline oauth_status finish(oauth_operation *operation, oauth_device_authorization **device, oauth_error **error)
{
    return oauth_operation_device_authorization(operation, device, error);
}

} // namespace detail

/// A call that was started, and gives a T: oauth_operation. Destroyed before its end, it is stopped.
///
/// The program's loop waits for descriptor(), or on_done wakes it; then result() has what the call gives. In a
/// coroutine, co_await does all of it: see coroutine.hpp.
template <class T> class operation : public detail::unique_handle<oauth_operation, oauth_operation_free> {
public:
    using value_type = T;

    using unique_handle::unique_handle;

    /// Readable when it is done, and never read from; -1: none.
    std::ptrdiff_t descriptor() const noexcept { return oauth_operation_descriptor(get()); }
    /// Called once, on a thread of the library, when it is done: it may only wake the program's loop.
    void on_done(std::function<void()> wake) const
    {
        using function = std::function<void()>;
        const auto wakes = [](void *user_data) { detail::tell([&] { (*static_cast<function *>(user_data))(); }); };
        const oauth_done_fn call = wake ? static_cast<oauth_done_fn>(wakes) : nullptr;
        oauth_operation_on_done(get(), call, detail::keep(std::move(wake)), detail::destroy<function>);
    }
    bool done() const noexcept { return oauth_operation_done(get()); }
    void cancel() const noexcept { oauth_operation_cancel(get()); }
    /// What the call gives; status::busy if it is not done.
    oauth::result<T> result()
    {
        if constexpr (std::is_void_v<T>)
            return detail::call([&](oauth_error **error) { return oauth_operation_result(get(), error); });
        else
            return detail::make<T>(
                [&](auto **value, oauth_error **error) { return detail::finish(get(), value, error); });
    }
};

namespace detail {

/// Starts a call: `function` gets the place for the operation.
template <class T, class Function> result<operation<T>> start(Function &&function)
{
    return make<operation<T>>(std::forward<Function>(function));
}

} // namespace detail

} // namespace v0_1
} // namespace oauth

#endif
