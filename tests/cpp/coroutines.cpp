/* co_await over operations: in tasks of these headers, and in coroutines of another framework. */
#include "check.hpp"

#include <atomic>
#include <thread>

namespace {

using namespace std::chrono_literals;

oauth::task<std::string> two_calls(const oauth::client &client)
{
    const oauth::token first = (co_await client.request_client_credentials_start("read")).value();
    oauth::result<oauth::token> second = co_await client.renew_token_start(first);
    co_return std::string(*first.access_token()) + '/' + std::string(*second->access_token());
}

oauth::task<> fails(const oauth::client &client)
{
    static_cast<void>((co_await client.refresh_token_start(nullptr)).value()); // cannot even be started
}

oauth::task<std::size_t> nested(const oauth::client &client)
{
    std::size_t size = (co_await two_calls(client)).size();
    try {
        co_await fails(client);
    } catch (const oauth::exception &exception) {
        CHECK(exception.status() == oauth::status::invalid_argument);
        size += 100;
    }
    co_return size;
}

oauth::task<> counts(const oauth::session &session, int &ended, std::thread::id thread)
{
    const oauth::token token = (co_await session.token_start()).value();
    CHECK(token.access_token() == "AT");
    CHECK(std::this_thread::get_id() == thread); // never on a thread of the library
    ended++;
}

void tasks_run_in_a_loop()
{
    fake server;
    const oauth::client client = server.client();
    oauth::run_loop loop;
    CHECK(loop.run(two_calls(client)) == "AT/AT" && loop.run(nested(client)) == 105);
    try {
        loop.run(fails(client));
        CHECK(false);
    } catch (const oauth::exception &exception) {
        CHECK(contains(exception.what(), "refresh_token"));
    }
    const oauth::session session = good(oauth::session::open(client, oauth::store(), "k"));
    good(session.adopt_refresh_token("RT"));
    int ended = 0;
    for (int which = 0; which < 50; which++)
        loop.spawn(counts(session, ended, std::this_thread::get_id()));
    loop.run();
    CHECK(ended == 50 && loop.run(two_calls(client)) == "AT/AT");
}

oauth::task<> waits_for_long(const oauth::client &client, std::shared_ptr<int> kept, bool &reached)
{
    reached = true;
    static_cast<void>(co_await client.request_client_credentials_start());
    CHECK(*kept == 0); // never
}

/// A coroutine that is destroyed stops its operation, and is not resumed any more.
void a_task_is_dropped_while_it_waits()
{
    std::atomic<bool> sent{false}, cancelled{false};
    oauth::config config;
    config.set_token_endpoint("https://as.example/token").set_client("client", "s3cr3t");
    config.set_transport([&](const oauth::transport_request &request, oauth::transport_response &) {
        sent = true;
        while (!request.cancelled())
            std::this_thread::yield();
        cancelled = true;
        throw oauth::exception(oauth::status::cancelled);
    });
    std::weak_ptr<int> watched;
    bool reached = false;
    {
        const oauth::client client = good(oauth::client::create(config));
        oauth::run_loop loop;
        auto kept = std::make_shared<int>(1);
        watched = kept;
        loop.spawn(waits_for_long(client, std::move(kept), reached));
        const auto one_round = [&]() -> oauth::task<> { co_return; };
        loop.run(one_round());
        CHECK(reached && !watched.expired());
        while (!sent)
            std::this_thread::yield();
    }
    CHECK(watched.expired());
    while (!cancelled)
        std::this_thread::yield();
}

/// The least that a coroutine of another framework can be.
struct foreign {
    struct promise_type {
        foreign get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
};

foreign in_a_framework(oauth::executor executor, const oauth::client &client, std::string &got, oauth::run_loop &loop)
{
    got += *(co_await oauth::resume_on(executor, client.request_client_credentials_start()))->access_token();
    oauth::operation<oauth::token> second = good(client.request_client_credentials_start());
    got += *(co_await oauth::resume_on(executor, std::move(second)))->access_token();
    loop.post([] {});
}

oauth::task<> until(const std::string &got, std::size_t size, oauth::executor executor)
{
    struct next_round {
        oauth::executor &executor;
        bool await_ready() const { return false; }
        void await_suspend(std::coroutine_handle<> coroutine)
        {
            executor([coroutine] { coroutine.resume(); });
        }
        void await_resume() const {}
    };
    while (got.size() < size)
        co_await next_round{executor};
}

void coroutines_of_a_framework()
{
    fake server;
    const oauth::client client = server.client();
    oauth::run_loop loop;
    std::string got;
    in_a_framework(loop.executor(), client, got, loop);
    loop.run(until(got, 4, loop.executor()));
    CHECK(got == "ATAT");
}

} // namespace

void coroutines()
{
    tasks_run_in_a_loop();
    a_task_is_dropped_while_it_waits();
    coroutines_of_a_framework();
}
