/* Handles of the library, and functions of the program that it keeps. A part of oauth.hpp.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OAUTHCLIENT_OAUTH_HANDLE_HPP
#define OAUTHCLIENT_OAUTH_HANDLE_HPP

#include <oauth/result.hpp>
#include <oauth/time.hpp>

namespace oauth {
inline namespace v0_1 {

namespace detail {

/// Owns a handle of the C library. After a move it has none; the library then answers as for NULL.
template <class C, void (*Free)(C *)> class unique_handle {
public:
    using c_type = C;

    unique_handle() noexcept = default;
    /// Takes a handle of the C library.
    explicit unique_handle(C *owned) noexcept : handle_(owned) {}
    unique_handle(unique_handle &&other) noexcept : handle_(other.release()) {}
    unique_handle &operator=(unique_handle &&other) noexcept
    {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~unique_handle() { Free(handle_); }

    explicit operator bool() const noexcept { return handle_ != nullptr; }
    /// The handle of the C library, still owned by this.
    C *get() const noexcept OAUTH_LIFETIMEBOUND { return handle_; }
    /// The same, now owned by the caller.
    C *release() noexcept { return std::exchange(handle_, nullptr); }

private:
    C *handle_ = nullptr;
};

/// The same for objects that are shared: a copy is another handle to the same object.
template <class C, C *(*Ref)(const C *), void (*Free)(C *)> class shared_handle : public unique_handle<C, Free> {
public:
    using unique_handle<C, Free>::unique_handle;
    shared_handle(shared_handle &&) noexcept = default;
    shared_handle &operator=(shared_handle &&) noexcept = default;
    shared_handle(const shared_handle &other) noexcept : unique_handle<C, Free>(Ref(other.get())) {}
    shared_handle &operator=(const shared_handle &other) noexcept { return *this = shared_handle(other); }
};

/// A builder, which is made when it is first needed: an empty one costs nothing.
template <class C, C *(*New)(), void (*Free)(C *)> class builder : public unique_handle<C, Free> {
protected:
    C *made() noexcept
    {
        if (this->get() == nullptr)
            static_cast<unique_handle<C, Free> &>(*this) = unique_handle<C, Free>(New());
        return this->get();
    }
};

template <class F> struct is_std_function : std::false_type {};
template <class F> struct is_std_function<std::function<F>> : std::true_type {};

} // namespace detail

/// A function of the program, as a std::function. It may return an R or an oauth::result<R>, and an oauth::error or an
/// oauth::status if it fails; for R = void also nothing. It may throw: an oauth::exception gives its status, anything
/// else status::callback, and error::thrown() of the call has it. The library itself never sees an exception.
template <class Signature> class callback;
template <class R, class... Arguments> class callback<R(Arguments...)> {
public:
    callback() noexcept = default;
    callback(std::nullptr_t) noexcept {}
    template <class F, class = std::enable_if_t<std::is_invocable_v<F &, Arguments...>
                                                && !std::is_same_v<std::decay_t<F>, callback>>>
    callback(F function)
    {
        if constexpr (detail::is_std_function<F>::value) {
            if (!function)
                return;
        }
        if constexpr (std::is_void_v<R> && std::is_void_v<std::invoke_result_t<F &, Arguments...>>) {
            function_ = [function = std::move(function)](Arguments... arguments) mutable -> result<void> {
                function(std::forward<Arguments>(arguments)...);
                return {};
            };
        } else {
            function_ = std::move(function);
        }
    }

    explicit operator bool() const noexcept { return static_cast<bool>(function_); }
    result<R> operator()(Arguments... arguments) const { return function_(std::forward<Arguments>(arguments)...); }

private:
    std::function<result<R>(Arguments...)> function_;
};

namespace detail {

/// What stands behind user_data; NULL for no function.
template <class Function> void *keep(Function &&function)
{
    using F = std::decay_t<Function>;
    return function ? static_cast<void *>(new F(std::forward<Function>(function))) : nullptr;
}
template <class Function> void destroy(void *user_data) noexcept
{
    delete static_cast<Function *>(user_data);
}

/// Calls a function that may fail, for a callback of C: its status, and what it gives to `use`.
template <class Function, class Use> oauth_status answer(Function &&function, Use &&use) noexcept
{
    return guarded(
        [&]() -> oauth_status {
            auto given = function();
            if (!given)
                return static_cast<oauth_status>(given.error().status());
            use(*given);
            return OAUTH_OK;
        },
        [](status status) { return static_cast<oauth_status>(status); });
}
template <class Function> oauth_status answer(Function &&function) noexcept
{
    return guarded(
        [&]() -> oauth_status {
            const result<void> given = function();
            return given ? OAUTH_OK : static_cast<oauth_status>(given.error().status());
        },
        [](status status) { return static_cast<oauth_status>(status); });
}

/// Calls a function that cannot fail: what it throws is dropped.
template <class Function> void tell(Function &&function) noexcept
{
    guarded([&] { function(); }, [](status) {});
}

} // namespace detail

} // namespace v0_1
} // namespace oauth

#endif
