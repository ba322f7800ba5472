// Logs in a device without a browser, beside all else that a loop does: from OAUTH_ISSUER, OAUTH_CLIENT_ID,
// OAUTH_CLIENT_SECRET. C++20.
#include <oauth.hpp>

#include <cstdlib>
#include <iostream>

static oauth::task<oauth::token> log_in(const oauth::client &client)
{
    auto device = (co_await oauth::device_authorization::begin_start(client, "read")).value();
    std::cout << "Open " << device.verification_uri() << " and enter " << device.user_code() << std::endl;
    co_return (co_await device.wait_start()).value();
}

static oauth::task<> keep_valid(const oauth::client &client, std::string_view name)
{
    const auto session = oauth::session::open(client, oauth::store(), name).value();
    const oauth::token first = co_await log_in(client);
    (co_await session.adopt_start(first)).value();
    const oauth::token token = (co_await session.token_start()).value();
    std::cout << name << " has a token of " << token.access_token()->size() << " characters\n";
}

int main()
try {
    oauth::config config(getenv("OAUTH_ISSUER"), getenv("OAUTH_CLIENT_ID"), getenv("OAUTH_CLIENT_SECRET"));
    const auto client = oauth::client::create(config).value();
    oauth::run_loop loop;
    loop.spawn(keep_valid(client, "left"));
    loop.spawn(keep_valid(client, "right"));
    loop.run();
} catch (const oauth::exception &exception) {
    std::cerr << exception.what() << '\n';
    return 1;
}
