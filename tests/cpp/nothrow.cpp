/* Without exceptions and RTTI: results alone. */
#include "check.hpp"

int main()
{
    fake server;
    const oauth::client client = server.client();
    const oauth::result<oauth::token> token = client.request_client_credentials("read");
    CHECK(token && token->access_token() == "AT" && !client.refresh_token(nullptr));
    CHECK(client.refresh_token("RT").and_then([](const oauth::token &fresh) { return fresh.to_json(); }));
    oauth::store_functions functions;
    functions.load = [](std::string_view) -> oauth::result<std::optional<std::vector<std::uint8_t>>> {
        return oauth::status::callback;
    };
    functions.save = [](std::string_view, oauth::bytes, std::optional<oauth::time_point>) -> oauth::result<void> {
        return {};
    };
    functions.remove = [](std::string_view) -> oauth::result<void> { return {}; };
    const oauth::store store = good(oauth::store::open_callbacks(std::move(functions)));
    bad(good(oauth::session::open(client, store, "k")).token(), oauth::status::store);
    return 0;
}
