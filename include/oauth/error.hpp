/* What went wrong, and what can be done: status, error, exception. A part of oauth.hpp.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OAUTHCLIENT_OAUTH_ERROR_HPP
#define OAUTHCLIENT_OAUTH_ERROR_HPP

#include <oauth/json.hpp>
#include <oauth/numbers.hpp>
#include <oauth/time.hpp>

#include <exception>

#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
#define OAUTH_EXCEPTIONS 1
#else
#define OAUTH_EXCEPTIONS 0
#endif

namespace oauth {
inline namespace v0_1 {

namespace detail {
struct failure;
} // namespace detail

/// All that is known about a failed call: oauth_error. Copies are cheap; all getters may be called on any thread.
class error {
public:
    /// Takes a handle of the library.
    explicit error(oauth_error *owned) noexcept
        : handle_(owned), status_(static_cast<oauth::status>(oauth_error_status(owned)))
    {
    }
    /// An error of the program's own, such as a callback returns; without a message it has the name of the status.
    error(oauth::status status, std::string message = {}) : status_(status)
    {
        if (!message.empty())
            more_ = std::make_shared<const more>(more{std::move(message), {}});
    }
    error(const error &other) noexcept
        : handle_(oauth_error_ref(other.handle_)), status_(other.status_), more_(other.more_)
    {
    }
    error(error &&other) noexcept
        : handle_(std::exchange(other.handle_, nullptr)), status_(other.status_), more_(std::move(other.more_))
    {
    }
    error &operator=(error other) noexcept
    {
        std::swap(handle_, other.handle_);
        std::swap(status_, other.status_);
        std::swap(more_, other.more_);
        return *this;
    }
    ~error() { oauth_error_free(handle_); }

    oauth::status status() const noexcept { return status_; }
    /// One line for people, without secrets.
    std::string_view message() const noexcept OAUTH_LIFETIMEBOUND { return c_message(); }
    oauth::advice advice() const noexcept { return static_cast<oauth::advice>(oauth_error_advice(handle_)); }

    /// The server's own words. They may hold secrets: show message() instead.
    optional_text provider_error() const noexcept OAUTH_LIFETIMEBOUND
    {
        return detail::optional(oauth_error_provider_error(handle_));
    }
    oauth::provider_code provider_code() const noexcept
    {
        return static_cast<oauth::provider_code>(oauth_error_provider_code(handle_));
    }
    optional_text provider_description() const noexcept OAUTH_LIFETIMEBOUND
    {
        return detail::optional(oauth_error_provider_description(handle_));
    }
    optional_text provider_uri() const noexcept OAUTH_LIFETIMEBOUND
    {
        return detail::optional(oauth_error_provider_uri(handle_));
    }
    json provider_json() const noexcept OAUTH_LIFETIMEBOUND { return json(oauth_error_provider_json(handle_)); }

    /// The HTTP response that it came from, if there is one.
    oauth::response response() const noexcept OAUTH_LIFETIMEBOUND
    {
        return oauth::response(oauth_error_response(handle_));
    }
    std::optional<std::chrono::seconds> retry_after() const noexcept
    {
        return detail::duration(oauth_error_retry_after_s(handle_));
    }
    bool request_sent() const noexcept { return oauth_error_request_sent(handle_); }
    std::uint32_t attempts() const noexcept { return oauth_error_attempts(handle_); }
    /// The URL of the request, without its query.
    optional_text endpoint() const noexcept OAUTH_LIFETIMEBOUND
    {
        return detail::optional(oauth_error_endpoint(handle_));
    }
    oauth::deviations deviations() const noexcept { return oauth_error_deviations(handle_); }

    /// What a function of the program threw during the call; null if none did, or not on the thread of the call: in an
    /// operation, and in a call that was itself made in such a function.
    std::exception_ptr thrown() const noexcept { return more_ ? more_->thrown : nullptr; }

    /// The handle of the C library; NULL for an error of the program's own.
    const oauth_error *get() const noexcept { return handle_; }

private:
    friend class exception;
    friend struct detail::failure;

    struct more {
        std::string message;
        std::exception_ptr thrown;
    };

    const char *c_message() const noexcept
    {
        if (more_ && !more_->message.empty())
            return more_->message.c_str();
        const char *message = oauth_error_message(handle_);
        return message != nullptr ? message : oauth_status_name(static_cast<oauth_status>(status_));
    }

    oauth_error *handle_ = nullptr;
    oauth::status status_;
    std::shared_ptr<const more> more_;
};

/// What result::value() throws. Thrown by a function of the program, it gives the status that the library gets.
class exception : public std::exception {
public:
    explicit exception(oauth::error error) noexcept : error_(std::move(error)) {}
    explicit exception(oauth::status status, std::string message = {}) : error_(status, std::move(message)) {}

    const char *what() const noexcept override { return error_.c_message(); }
    const oauth::error &error() const noexcept { return error_; }
    oauth::status status() const noexcept { return error_.status(); }

private:
    oauth::error error_;
};

namespace detail {

/// Remembers what functions of the program throw on this thread, from its beginning to its end.
class catching {
public:
    catching() noexcept : before_(std::exchange(current(), this)) {}
    ~catching() { current() = before_; }
    catching(const catching &) = delete;
    catching &operator=(const catching &) = delete;

    /// The exception that is being handled. Elsewhere than in a call of this layer, nobody would ask for it.
    static void keep() noexcept
    {
        if (current() != nullptr)
            current()->thrown_ = std::current_exception();
    }
    std::exception_ptr take() noexcept { return std::move(thrown_); }

private:
    static catching *&current() noexcept
    {
        static thread_local catching *innermost = nullptr;
        return innermost;
    }

    catching *before_;
    std::exception_ptr thrown_;
};

struct failure {
    /// The error of a call that has failed.
    static error of(oauth_status status, oauth_error *owned, std::exception_ptr thrown)
    {
        error error(owned);
        error.status_ = static_cast<oauth::status>(status);
        if (thrown)
            error.more_ = std::make_shared<const oauth::error::more>(oauth::error::more{{}, std::move(thrown)});
        return error;
    }
};

[[noreturn]] inline void raise(const error &error)
{
#if OAUTH_EXCEPTIONS
    throw exception(error);
#else
    static_cast<void>(error);
    std::terminate();
#endif
}

/// Calls a function of the program, and gives what it gives; otherwise() if it throws, with the status for it.
template <class Function, class Otherwise> auto guarded(Function &&function, Otherwise &&otherwise) noexcept
{
#if OAUTH_EXCEPTIONS
    try {
        return function();
    } catch (const exception &exception) {
        catching::keep();
        return otherwise(exception.status() == status::ok ? status::callback : exception.status());
    } catch (...) {
        catching::keep();
        return otherwise(status::callback);
    }
#else
    static_cast<void>(otherwise);
    return function();
#endif
}

} // namespace detail

} // namespace v0_1
} // namespace oauth

#endif
