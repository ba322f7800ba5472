/* Calls that were started: waited for by descriptor or by on_done, cancelled, destroyed before their end. */
#include "check.hpp"

#include <condition_variable>
#include <poll.h>
#include <thread>

namespace {

using namespace std::chrono_literals;

/// As a program's loop does it.
template <class T> oauth::result<T> waited(oauth::result<oauth::operation<T>> started)
{
    oauth::operation<T> operation = good(std::move(started));
    while (!operation.done()) {
        pollfd one = {static_cast<int>(operation.descriptor()), POLLIN, 0};
        CHECK(one.fd >= 0 && poll(&one, 1, 60000) == 1);
    }
    return operation.result();
}

void each_call_has_a_twin()
{
    fake server;
    server.at["https://as.example/introspect"].body = R"({"active":true})";
    server.at["https://as.example/userinfo"].body = R"({"sub":"alice"})";
    server.at["https://as.example/revoke"].body = "";
    server.at["https://as.example/device"].body =
        R"({"device_code":"D","user_code":"U","verification_uri":"https://as.example/d",)"
        R"("expires_in":600,"interval":0})";
    server.at["https://as.example/.well-known/oauth-authorization-server"].body =
        R"({"issuer":"https://as.example","token_endpoint":"https://as.example/token"})";
    const oauth::client client = good(oauth::client::create(server.config().set_issuer("https://as.example")));
    const char *jwt = "urn:ietf:params:oauth:token-type:jwt";
    const oauth::token token = good(waited(client.request_token_start("c", "https://app.example/cb")));
    CHECK(token.access_token() == "AT");
    good(waited(client.refresh_token_start("RT")));
    good(waited(client.renew_token_start(token)));
    good(waited(client.request_client_credentials_start("read", {{"audience", "a"}})));
    CHECK(contains(server.last(), "audience=a"));
    good(waited(client.request_token_exchange_start("ST", jwt)));
    good(waited(client.request_jwt_bearer_start("e30.e30.x")));
    good(waited(client.request_saml_bearer_start("PHNhbWw+")));
    good(waited(client.request_password_start("alice", "secret")));
    good(waited(client.request_grant_start("urn:example:grant")));
    CHECK(good(waited(client.request_metadata_start())).json().text("issuer") == "https://as.example");
    CHECK(good(waited(client.request_userinfo_start(token))).subject() == "alice");
    CHECK(good(waited(client.introspect_start("AT"))).active());
    good(waited(client.revoke_start("RT", "refresh_token")));
    oauth::authorization authorization =
        good(waited(oauth::authorization::begin_start(client, "https://app.example/cb")));
    const std::string redirect = "code=c&state=" + std::string(authorization.state());
    CHECK(good(waited(authorization.finish_start(redirect))).access_token() == "AT");
    oauth::device_authorization device = good(waited(oauth::device_authorization::begin_start(client)));
    const oauth::result<oauth::token> polled = waited(device.poll_start());
    CHECK(polled || polled.error().status() == oauth::status::authorization_pending);
    CHECK(polled || good(waited(device.wait_start())).access_token() == "AT");
    oauth::listener_options listener;
    listener.set_open_url([](std::string_view) { throw std::runtime_error("no screen"); });
    bad(waited(client.log_in_start("profile", {}, listener)), oauth::status::callback);

    const oauth::session session = good(oauth::session::open(client, oauth::store(), "k"));
    good(waited(session.adopt_start(token)));
    CHECK(good(waited(session.token_start())).access_token() == "AT");
    good(waited(session.invalidate_start(token)));
    good(waited(session.adopt_refresh_token_start("RT")));
    good(waited(session.finish_start()));
    good(waited(session.forget_start(false)));
}

void failures_come_with_the_result()
{
    fake server;
    server.at["https://as.example/token"] = {401, R"({"error":"invalid_client"})", "Content-Type", "application/json"};
    const oauth::client client = server.client();
    const oauth::error error = bad(waited(client.request_client_credentials_start()), oauth::status::provider);
    CHECK(error.provider_code() == oauth::provider_code::invalid_client && error.response().status() == 401);
    bad(client.refresh_token_start(nullptr), oauth::status::invalid_argument, "refresh_token");
    bad(oauth::client().request_client_credentials_start(), oauth::status::invalid_argument, "client");
}

/// A server that answers when it is let.
struct gate {
    std::mutex mutex;
    std::condition_variable changed;
    bool open = false, reached = false;

    oauth::client client()
    {
        oauth::config config;
        config.set_token_endpoint("https://as.example/token").set_client("client", "s3cr3t");
        config.set_transport([this](const oauth::transport_request &request, oauth::transport_response &response) {
            std::unique_lock<std::mutex> lock(mutex);
            reached = true;
            changed.notify_all();
            while (!open && !request.cancelled())
                changed.wait_for(lock, 10ms);
            response.set_status(200).append_body(fake::token("AT", "RT"));
        });
        return good(oauth::client::create(config));
    }
    void wait_until_reached()
    {
        std::unique_lock<std::mutex> lock(mutex);
        changed.wait(lock, [this] { return reached; });
    }
    void let()
    {
        const std::lock_guard<std::mutex> lock(mutex);
        open = true;
        changed.notify_all();
    }
};

void on_done_wakes_once()
{
    gate gate;
    const oauth::client client = gate.client();
    oauth::operation<oauth::token> operation = good(client.request_client_credentials_start());
    std::mutex mutex;
    std::condition_variable woken;
    int calls = 0;
    operation.on_done([&] {
        const std::lock_guard<std::mutex> lock(mutex);
        calls++;
        woken.notify_one();
        throw std::runtime_error("nobody sees this");
    });
    gate.wait_until_reached();
    CHECK(!operation.done());
    bad(operation.result(), oauth::status::busy);
    gate.let();
    std::unique_lock<std::mutex> lock(mutex);
    woken.wait(lock, [&] { return calls > 0; });
    CHECK(operation.done() && good(operation.result()).access_token() == "AT" && calls == 1);
}

void operations_are_cancelled_and_destroyed()
{
    gate gate;
    const oauth::client client = gate.client();
    std::weak_ptr<int> watched;
    {
        auto kept = std::make_shared<int>(1);
        watched = kept;
        const oauth::operation<oauth::token> left = good(client.request_client_credentials_start());
        left.on_done([kept] { CHECK(false); });
    }
    oauth::operation<oauth::token> cancelled = good(client.request_client_credentials_start());
    cancelled.cancel();
    const oauth::result<oauth::token> result = [&] {
        while (!cancelled.done()) {
            pollfd one = {static_cast<int>(cancelled.descriptor()), POLLIN, 0};
            CHECK(poll(&one, 1, 60000) == 1);
        }
        return cancelled.result();
    }();
    bad(result, oauth::status::cancelled);
    while (!watched.expired()) // freed by a thread of the library
        std::this_thread::yield();
    oauth::operation<oauth::token> none;
    CHECK(none.done() && none.descriptor() == -1);
    bad(none.result(), oauth::status::invalid_argument, "operation");
}

} // namespace

void operations()
{
    each_call_has_a_twin();
    failures_come_with_the_result();
    on_done_wakes_once();
    operations_are_cancelled_and_destroyed();
}
