/* What a call gives: a value or an error, looked at or thrown. A part of oauth.hpp.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OAUTHCLIENT_OAUTH_RESULT_HPP
#define OAUTHCLIENT_OAUTH_RESULT_HPP

#include <oauth/error.hpp>

#include <functional>
#include <variant>

namespace oauth {
inline namespace v0_1 {

/// A T, or the error because of which there is none. Without exceptions: `if (!result) ... result.error()`, `*result`.
/// With them: `result.value()`, which throws oauth::exception.
template <class T> class [[nodiscard]] result {
public:
    using value_type = T;

    result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    template <class U, class = std::enable_if_t<std::is_convertible_v<U &&, T> && !std::is_same_v<std::decay_t<U>, T>
                                                && !std::is_same_v<std::decay_t<U>, result>
                                                && !std::is_same_v<std::decay_t<U>, oauth::error>
                                                && !std::is_same_v<std::decay_t<U>, status>>>
    result(U &&value) : state_(std::in_place_index<0>, std::forward<U>(value))
    {
    }
    result(oauth::error error) : state_(std::in_place_index<1>, std::move(error)) {}
    /// A failure, from a function of the program.
    result(status status) : result(oauth::error(status)) {}

    bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    T &value() &
    {
        check();
        return **this;
    }
    const T &value() const &
    {
        check();
        return **this;
    }
    T value() &&
    {
        check();
        return std::move(**this);
    }
    template <class U> T value_or(U &&otherwise) &&
    {
        return has_value() ? std::move(**this) : static_cast<T>(std::forward<U>(otherwise));
    }
    /// The next call, with the value; or the error of this one.
    template <class Next> auto and_then(Next &&next) && -> std::invoke_result_t<Next, T &&>
    {
        if (has_value())
            return std::forward<Next>(next)(std::move(**this));
        return error();
    }

    /// Only if there is a value.
    T &operator*() & noexcept OAUTH_LIFETIMEBOUND { return *std::get_if<0>(&state_); }
    const T &operator*() const & noexcept OAUTH_LIFETIMEBOUND { return *std::get_if<0>(&state_); }
    T &&operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
    T *operator->() noexcept OAUTH_LIFETIMEBOUND { return std::get_if<0>(&state_); }
    const T *operator->() const noexcept OAUTH_LIFETIMEBOUND { return std::get_if<0>(&state_); }
    /// Only if there is none.
    const oauth::error &error() const noexcept OAUTH_LIFETIMEBOUND { return *std::get_if<1>(&state_); }

private:
    void check() const
    {
        if (!has_value())
            detail::raise(error());
    }

    std::variant<T, oauth::error> state_;
};

/// Success, or the error.
template <> class [[nodiscard]] result<void> {
public:
    using value_type = void;

    result() noexcept = default;
    result(oauth::error error) : error_(std::move(error)) {}
    result(status status)
    {
        if (status != status::ok)
            error_.emplace(status);
    }

    bool has_value() const noexcept { return !error_; }
    explicit operator bool() const noexcept { return has_value(); }
    void value() const
    {
        if (error_)
            detail::raise(*error_);
    }
    template <class Next> auto and_then(Next &&next) const -> std::invoke_result_t<Next>
    {
        if (has_value())
            return std::forward<Next>(next)();
        return error();
    }
    /// Only after a failure.
    const oauth::error &error() const noexcept OAUTH_LIFETIMEBOUND { return *error_; }

private:
    std::optional<oauth::error> error_;
};

namespace detail {

/// A call of the library: `function` gets the place for the error.
template <class Function> result<void> call(Function &&function)
{
    catching catching;
    oauth_error *error = nullptr;
    const oauth_status status = function(&error);
    if (status == OAUTH_OK)
        return {};
    return failure::of(status, error, catching.take());
}

/// A call that makes a T: `function` gets the place for its handle, too.
template <class T, class Function> result<T> make(Function &&function)
{
    typename T::c_type *handle = nullptr;
    const result<void> made = call([&](oauth_error **error) { return function(&handle, error); });
    if (!made)
        return made.error();
    return T(handle);
}

/// A call that gives an owned string.
template <class Function> result<secret> make_secret(Function &&function)
{
    char *owned = nullptr;
    const result<void> made = call([&](oauth_error **error) { return function(&owned, error); });
    if (!made)
        return made.error();
    return take(owned);
}

} // namespace detail

} // namespace v0_1
} // namespace oauth

#endif
