/* Functions of the program that throw, fail, or are none: the library sees a status, and C++ its exception. */
#include "check.hpp"

#include <thread>

namespace {

using namespace std::chrono_literals;

/// Says when its last copy is gone, as what a function has captured is.
std::shared_ptr<int> held(std::weak_ptr<int> &watched)
{
    auto held = std::make_shared<int>(1);
    watched = held;
    return held;
}

/// Perhaps on another thread, soon.
void wait_until_freed(const std::weak_ptr<int> &watched)
{
    while (!watched.expired())
        std::this_thread::yield();
}

std::string thrown_text(const oauth::error &error, int line = __builtin_LINE())
{
    if (error.thrown() == nullptr) {
        std::printf("line %d: nothing was thrown\n", line);
        std::exit(1);
    }
    try {
        std::rethrow_exception(error.thrown());
    } catch (const std::exception &exception) {
        return exception.what();
    }
}

oauth::client with_transport(oauth::config::transport transport)
{
    oauth::config config;
    config.set_token_endpoint("https://as.example/token")
        .set_client("client", "s3cr3t")
        .set_transport(std::move(transport));
    return good(oauth::client::create(config.set_retry_policy(0, 1ms, false)));
}

void an_exception_comes_back_to_its_call()
{
    std::weak_ptr<int> watched;
    {
        const oauth::client client =
            with_transport([kept = held(watched)](const auto &, auto &) { throw std::runtime_error("no cable"); });
        const oauth::error error = bad(client.request_client_credentials(), oauth::status::callback);
        CHECK(thrown_text(error) == "no cable" && !watched.expired());
        const oauth::error copy = error;
        CHECK(thrown_text(copy) == "no cable" && copy.message() == error.message());
        try {
            static_cast<void>(client.request_client_credentials().value());
            CHECK(false);
        } catch (const oauth::exception &exception) {
            CHECK(thrown_text(exception.error()) == "no cable");
        }
        const oauth::client number = with_transport([](const auto &, auto &) { throw 7; });
        CHECK(bad(number.request_client_credentials(), oauth::status::callback).thrown() != nullptr);
    }
    CHECK(watched.expired());
}

void a_status_passes_through()
{
    const oauth::client throwing =
        with_transport([](const auto &, auto &) { throw oauth::exception(oauth::status::connect, "no route"); });
    CHECK(thrown_text(bad(throwing.request_client_credentials(), oauth::status::connect)) == "no route");
    const oauth::client returning =
        with_transport([](const auto &, auto &) -> oauth::result<void> { return oauth::status::tls; });
    CHECK(bad(returning.request_client_credentials(), oauth::status::tls).thrown() == nullptr);
    const oauth::client sly = with_transport([](const auto &, auto &) { throw oauth::exception(oauth::status::ok); });
    bad(sly.request_client_credentials(), oauth::status::callback);
}

/// A call in a callback of a call runs on another thread: its exception stays there, not taken for the outer one.
void calls_inside_of_calls()
{
    fake server;
    bool outer_throws = true;
    const oauth::client inner = with_transport([](const auto &, auto &) { throw std::runtime_error("inner"); });
    const oauth::client outer = with_transport([&](const auto &, auto &) {
        bad(inner.request_client_credentials(), oauth::status::callback);
        if (outer_throws)
            throw std::runtime_error("outer");
        throw oauth::exception(oauth::status::connect);
    });
    CHECK(thrown_text(bad(outer.request_client_credentials(), oauth::status::callback)) == "outer");
    outer_throws = false;
    bad(outer.request_client_credentials(), oauth::status::connect);
    // What a call survives is forgotten.
    int tries = 0;
    oauth::config config = server.config();
    config.set_retry_policy(1, 1ms, false).set_transport([&](const auto &, oauth::transport_response &response) {
        if (tries++ == 0)
            throw oauth::exception(oauth::status::connect);
        response.set_status(400).append_body(R"({"error":"invalid_request"})");
    });
    bad(good(oauth::client::create(config)).request_client_credentials(), oauth::status::provider);
    CHECK(tries == 2);
    bad(oauth::token::from_json("{"), oauth::status::invalid_argument);
}

void a_log_may_throw()
{
    fake server;
    std::string lines;
    oauth::config config = server.config();
    config.set_log(oauth::log_level::debug, [&](oauth::log_level level, std::string_view line) {
        CHECK(level >= oauth::log_level::error && level <= oauth::log_level::debug && !contains(line, "s3cr3t"));
        lines += line;
        throw std::runtime_error("disk full");
    });
    good(good(oauth::client::create(config)).request_client_credentials());
    CHECK(contains(lines, "as.example"));
}

void functions_that_are_none()
{
    fake server;
    oauth::config config = server.config();
    config.set_log(oauth::log_level::debug, nullptr).set_log(oauth::log_level::debug, {});
    good(good(oauth::client::create(config)).request_client_credentials());
    bad(oauth::key::from_signer("{}", {}, nullptr), oauth::status::invalid_argument, "sign");
    bad(oauth::source::from_callback(std::function<std::string()>()), oauth::status::invalid_argument, "read");
    bad(oauth::store::open_callbacks({}), oauth::status::invalid_argument, "load");
}

void sources_and_signers()
{
    std::weak_ptr<int> watched;
    {
        const oauth::source source = good(oauth::source::from_callback(
            [kept = held(watched)]() -> std::string { throw std::runtime_error("vault sealed"); }));
        bad(source.read(), oauth::status::callback);
    }
    wait_until_freed(watched);
    bad(good(oauth::source::from_callback([] { return std::string("a\0b", 3); })).read(), oauth::status::callback,
        "UTF-8");
    bad(good(oauth::source::from_callback([]() -> oauth::result<std::string> { return oauth::status::busy; })).read(),
        oauth::status::callback);

    const oauth::key real = good(oauth::key::generate("EdDSA"));
    bool throws = true;
    const oauth::key key = good(oauth::key::from_signer(
        real.public_jwk(), {}, [&, kept = held(watched)](std::string_view algorithm, oauth::bytes message) {
            CHECK(algorithm == "EdDSA" && !message.empty());
            if (throws)
                throw std::runtime_error("card removed");
            return std::vector<std::uint8_t>(64);
        }));
    fake server;
    const oauth::client client = good(oauth::client::create(
        server.config().set_client("client").set_client_key(key).set_issuer("https://as.example")));
    bad(client.request_client_credentials(), oauth::status::callback);
    throws = false;
    bad(client.request_client_credentials(), oauth::status::callback); // a signature that is none
    CHECK(server.calls() == 0);
}

/// Its listener waits for nobody: the program itself decides in open_url and in interrupt.
void log_in_asks_the_program()
{
    fake server;
    const oauth::client client = server.client();
    std::string opened;
    oauth::listener_options listener;
    listener.set_open_url([&](std::string_view url) { opened = url; });
    const oauth::request_options short_while = std::move(oauth::request_options().set_deadline(50ms));
    bad(client.log_in("profile", {}, listener, short_while), oauth::status::timeout);
    CHECK(contains(opened, "http://127.0.0.1:"));
    listener.set_open_url([](std::string_view) { throw std::runtime_error("no screen"); });
    CHECK(thrown_text(bad(client.log_in({}, {}, listener), oauth::status::callback)) == "no screen");
    listener.set_open_url([](std::string_view) -> oauth::result<void> { return {}; });
    int asked = 0;
    oauth::request_options options;
    options.set_interrupt([&] { return ++asked == 2; });
    bad(client.log_in({}, {}, listener, options), oauth::status::cancelled);
    CHECK(asked == 2);
    options.set_interrupt([]() -> bool { throw std::runtime_error("KeyboardInterrupt"); });
    CHECK(thrown_text(bad(client.log_in({}, {}, listener, options), oauth::status::cancelled)) == "KeyboardInterrupt");
}

} // namespace

void callbacks()
{
    an_exception_comes_back_to_its_call();
    a_status_passes_through();
    calls_inside_of_calls();
    a_log_may_throw();
    functions_that_are_none();
    sources_and_signers();
    log_in_asks_the_program();
}
