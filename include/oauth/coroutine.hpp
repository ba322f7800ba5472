/* co_await over operations, with C++20. A part of oauth.hpp. SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * In a coroutine of the program's framework: `co_await oauth::resume_on(executor, session.token_start())` gives a
 * result<token>; the executor says where the coroutine goes on. Without a framework: oauth::task, oauth::run_loop. */
#ifndef OAUTHCLIENT_OAUTH_COROUTINE_HPP
#define OAUTHCLIENT_OAUTH_COROUTINE_HPP

#include <oauth/operation.hpp>

#if defined(__cpp_impl_coroutine)
#include <atomic>
#include <condition_variable>
#include <coroutine>
#include <deque>
#include <mutex>

namespace oauth {
inline namespace v0_1 {

/// Takes a function, and runs it soon on the program's own loop or thread, never inside the call. It is called on a
/// thread of the library, and copied: what it needs has to last as long as the last copy.
using executor = std::function<void(std::function<void()> function)>;

namespace detail {

/// Waits for an operation. Destroyed before, with its coroutine, it stops it.
template <class T> class awaiting {
public:
    awaiting(result<operation<T>> started, executor where) : operation_(std::move(started)), executor_(std::move(where))
    {
    }
    awaiting(awaiting &&) = default;
    ~awaiting()
    {
        if (state_)
            state_->coroutine = nullptr;
    }

    bool await_ready() const noexcept { return !operation_ || operation_->done(); }
    bool await_suspend(std::coroutine_handle<> coroutine)
    {
        // The operation may be done before on_done returns: who comes second of the two goes on with the coroutine.
        const std::shared_ptr<state> shared = state_ = std::make_shared<state>();
        shared->coroutine = coroutine;
        operation_->on_done([shared, where = executor_] {
            if (!shared->first.exchange(false))
                where([shared] {
                    if (shared->coroutine)
                        shared->coroutine.resume();
                });
        });
        return shared->first.exchange(false);
    }
    result<T> await_resume()
    {
        if (!operation_)
            return operation_.error();
        return operation_->result();
    }

private:
    struct state {
        std::atomic<bool> first{true};
        std::coroutine_handle<> coroutine; // none: it was destroyed
    };

    result<operation<T>> operation_;
    executor executor_;
    std::shared_ptr<state> state_;
};

} // namespace detail

/// What a coroutine of any kind waits for with co_await: the result of a call that was started. The coroutine goes on
/// where the executor says.
template <class T> detail::awaiting<T> resume_on(executor where, result<operation<T>> started)
{
    return {std::move(started), std::move(where)};
}
template <class T> detail::awaiting<T> resume_on(executor where, operation<T> started)
{
    return {std::move(started), std::move(where)};
}

template <class T = void> class task;

namespace detail {

struct promise_base {
    oauth::executor executor;
    std::coroutine_handle<> continuation;

    struct at_end {
        bool await_ready() const noexcept { return false; }
        template <class Promise> std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) noexcept
        {
            promise_base &promise = ended.promise();
            if (promise.continuation)
                return promise.continuation;
            // Nobody waits but a loop: wake it. It may destroy the coroutine at once.
            const oauth::executor wake = promise.executor;
            wake([] {});
            return std::noop_coroutine();
        }
        void await_resume() const noexcept {}
    };

    std::suspend_always initial_suspend() const noexcept { return {}; }
    at_end final_suspend() const noexcept { return {}; }

    template <class T> awaiting<T> await_transform(result<operation<T>> started)
    {
        return {std::move(started), executor};
    }
    template <class T> awaiting<T> await_transform(operation<T> started) { return {std::move(started), executor}; }
    template <class T> auto await_transform(task<T> &&other) { return std::move(other).within(executor); }
    /// What else can be awaited.
    template <class Other> Other &&await_transform(Other &&other) noexcept { return std::forward<Other>(other); }
};

template <class T> struct promise : promise_base {
    std::variant<std::monostate, T, std::exception_ptr> outcome;

    task<T> get_return_object() noexcept;
    template <class U> void return_value(U &&value) { outcome.template emplace<1>(std::forward<U>(value)); }
    void unhandled_exception() noexcept { outcome.template emplace<2>(std::current_exception()); }
    T take()
    {
        if (outcome.index() == 2)
            std::rethrow_exception(*std::get_if<2>(&outcome));
        return std::move(*std::get_if<1>(&outcome));
    }
};
template <> struct promise<void> : promise_base {
    std::exception_ptr thrown;

    task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void unhandled_exception() noexcept { thrown = std::current_exception(); }
    void take() const
    {
        if (thrown)
            std::rethrow_exception(thrown);
    }
};

} // namespace detail

/// A coroutine that gives a T. In it, co_await takes operations, and other tasks. It begins when it is awaited, or run
/// by a run_loop. Destroyed before its end, it stops what it waits for.
template <class T> class [[nodiscard]] task {
public:
    using promise_type = detail::promise<T>;

    explicit task(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_(coroutine) {}
    task(task &&other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
    task &operator=(task &&other) noexcept
    {
        std::swap(coroutine_, other.coroutine_);
        return *this;
    }
    ~task()
    {
        if (coroutine_)
            coroutine_.destroy();
    }

private:
    friend class run_loop;
    friend struct detail::promise_base;

    struct waiting {
        std::coroutine_handle<promise_type> coroutine;

        bool await_ready() const noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> continuation) noexcept
        {
            coroutine.promise().continuation = continuation;
            return coroutine;
        }
        T await_resume() { return coroutine.promise().take(); }
    };
    /// It lives in the co_await expression of the other coroutine, and goes on where that does.
    waiting within(const executor &where) &&
    {
        coroutine_.promise().executor = where;
        return {coroutine_};
    }

    std::coroutine_handle<promise_type> coroutine_;
};

namespace detail {

template <class T> task<T> promise<T>::get_return_object() noexcept
{
    return task<T>(std::coroutine_handle<promise<T>>::from_promise(*this));
}
inline task<void> promise<void>::get_return_object() noexcept
{
    return task<void>(std::coroutine_handle<promise<void>>::from_promise(*this));
}

} // namespace detail

/// Runs tasks, on the thread that calls spawn and run. For a program that has no loop of its own.
class run_loop {
public:
    /// From any thread: runs a function inside of run.
    void post(std::function<void()> function) const { queue_->push(std::move(function)); }
    /// For resume_on: it may outlive the loop, and then does nothing.
    oauth::executor executor() const
    {
        return [queue = queue_](std::function<void()> function) { queue->push(std::move(function)); };
    }

    /// Runs a task to its end, beside those of spawn; what it gives, or throws.
    template <class T> T run(task<T> task)
    {
        start(task);
        while (!task.coroutine_.done())
            queue_->pop()();
        return task.coroutine_.promise().take();
    }
    /// Begins a task: up to its first wait now, and on while run runs.
    void spawn(task<void> task)
    {
        start(task);
        spawned_.push_back(std::move(task));
    }
    /// Runs until all tasks of spawn have ended. What one of them has thrown comes out.
    void run()
    {
        while (!spawned_.empty()) {
            const task<void> first = std::move(spawned_.front());
            spawned_.pop_front();
            while (!first.coroutine_.done())
                queue_->pop()();
            first.coroutine_.promise().take();
        }
    }

private:
    class queue {
    public:
        void push(std::function<void()> function)
        {
            {
                const std::lock_guard<std::mutex> lock(mutex_);
                functions_.push_back(std::move(function));
            }
            filled_.notify_one();
        }
        std::function<void()> pop()
        {
            std::unique_lock<std::mutex> lock(mutex_);
            filled_.wait(lock, [this] { return !functions_.empty(); });
            std::function<void()> first = std::move(functions_.front());
            functions_.pop_front();
            return first;
        }

    private:
        std::mutex mutex_;
        std::condition_variable filled_;
        std::deque<std::function<void()>> functions_;
    };

    template <class T> void start(task<T> &task)
    {
        task.coroutine_.promise().executor = executor();
        task.coroutine_.resume();
    }

    std::shared_ptr<queue> queue_ = std::make_shared<queue>();
    std::deque<task<void>> spawned_;
};

} // namespace v0_1
} // namespace oauth

#endif

#endif
