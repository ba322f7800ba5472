/* Text, bytes, time, errors, results, JSON: what crosses between C++ and the library. */
#include "check.hpp"

#include <array>
#include <limits>

namespace {

using namespace std::chrono_literals;

void text_goes_in_whole_or_not_at_all()
{
    const std::string_view middle = std::string_view("xxATyy").substr(2, 2); // no NUL behind it
    CHECK(good(oauth::token::create(middle)).access_token() == "AT");
    CHECK(good(oauth::token::create(std::string("AT"), "Bearer", nullptr)).refresh_token() == std::nullopt);
    const char *unset = std::getenv("OAUTH_TEST_IS_NOT_SET");
    CHECK(!good(oauth::token::create("AT", unset)).type());
    CHECK(!good(oauth::token::create("AT", oauth::optional_text())).type());
    CHECK(good(oauth::token::create("AT", std::optional<std::string>("t"))).type() == "t");
    CHECK(good(oauth::token::create(oauth::secret("AT"))).access_token() == "AT");
    bad(oauth::token::create(oauth::secret(std::string_view("A\0T", 3))), oauth::status::invalid_argument,
        "access_token");
    // What has a NUL inside is refused, and never cut off.
    bad(oauth::token::create(std::string_view("A\0T", 3)), oauth::status::invalid_argument, "access_token");
    bad(oauth::token::create(std::string("A\0T", 3)), oauth::status::invalid_argument, "access_token");
    bad(oauth::token::create(nullptr), oauth::status::invalid_argument, "access_token");
    bad(oauth::token::create(std::string_view()), oauth::status::invalid_argument, "access_token");
}

void tokens_and_time()
{
    const oauth::time_point moment = std::chrono::system_clock::now() + 1h;
    const oauth::token token = good(oauth::token::create("AT", "Bearer", "RT", "a b", moment));
    CHECK(token.expires_at() && moment - *token.expires_at() < 1s && *token.expires_at() <= moment);
    CHECK(!token.expired() && token.expired(2h) && token.authorization() == "Bearer AT" && token.scope() == "a b");
    CHECK(!token.expires_in() && !token.refresh_token_expires_at() && !token.rotated() && token.deviations() == 0);
    CHECK(!token.id_token() && !token.claims() && !token.response() && !token.response_json()
          && token.json().size() == 0);
    const oauth::secret json = good(token.to_json());
    const oauth::token again = good(oauth::token::from_json(json));
    CHECK(again.refresh_token() == "RT" && again.expires_at() == token.expires_at());
    CHECK(!good(oauth::token::create("AT")).expires_at());
    // Centuries from now is the last moment that the clock knows.
    oauth_token *late = nullptr;
    CHECK(oauth_token_new("AT", nullptr, nullptr, nullptr, std::numeric_limits<std::int64_t>::max(), &late, nullptr)
          == 0);
    CHECK(*oauth::token(late).expires_at() > std::chrono::system_clock::now() + 24h * 365 * 100);
    CHECK(oauth::detail::count(-1ms) == 0 && oauth::detail::count(2s) == 2);
    CHECK(oauth::detail::count(std::chrono::milliseconds::max()) == std::numeric_limits<std::uint32_t>::max());
}

void handles_move_and_share()
{
    oauth::token first = good(oauth::token::create("AT"));
    const oauth::token second = first;
    oauth::token third = std::move(first);
    CHECK(!first && !first.access_token() && second.access_token() == "AT" && third.access_token() == "AT");
    third = second;
    first = std::move(third);
    CHECK(first.access_token() == "AT" && first.get() != second.get());
    oauth_token *const released = first.release();
    CHECK(released != nullptr && !first);
    oauth_token_free(released);
    oauth::secret secret("s3cr3t");
    const oauth::secret moved = std::move(secret);
    CHECK(secret.size() == 0 && *secret.c_str() == '\0' && moved.view() == "s3cr3t" && moved.c_str()[6] == '\0');
}

void errors_say_it_all()
{
    fake server;
    server.at["https://as.example/token"] = {
        400, R"({"error":"invalid_grant","error_description":"gone","error_uri":"https://as.example/e","hint":7})",
        "Retry-After", "7"};
    const oauth::client client = server.client();
    const oauth::error error = bad(client.refresh_token("RT"), oauth::status::provider, "invalid_grant");
    CHECK(error.provider_code() == oauth::provider_code::invalid_grant && error.provider_error() == "invalid_grant");
    CHECK(error.provider_description() == "gone" && error.provider_uri() == "https://as.example/e");
    CHECK(error.provider_json().number("hint") == 7 && error.advice() == oauth::advice::log_in_again);
    CHECK(error.response().status() == 400 && error.response().header_value("retry-after") == "7");
    CHECK(contains(error.response().body().as_text(), "\"hint\":7") && error.retry_after() == 7s);
    CHECK(error.request_sent() && error.attempts() == 1 && error.endpoint() == "https://as.example/token");
    CHECK((error.deviations() & oauth::deviation::content_type) != 0 && error.thrown() == nullptr);
    std::size_t fields = 0;
    for (const auto &[name, value] : error.response())
        fields += !name.empty() && value == "7";
    CHECK(fields == 1);
    const oauth::error copy = error;
    CHECK(copy.message() == error.message() && copy.status() == oauth::status::provider);
    CHECK(oauth::status_name(copy.status()) == "OAUTH_ERROR_PROVIDER");
    // Of the program's own.
    CHECK(oauth::error(oauth::status::busy).message() == "OAUTH_ERROR_BUSY");
    CHECK(oauth::error(oauth::status::busy, "wait").message() == "wait");
    const oauth::error own(oauth::status::timeout);
    CHECK(!own.response() && !own.retry_after() && !own.provider_error() && own.advice() == oauth::advice::none);
    CHECK(oauth::version() == OAUTH_VERSION_STRING);
}

void results_are_looked_at_or_thrown()
{
    const oauth::result<int> seven = 7, failed = oauth::status::timeout;
    CHECK(seven && *seven == 7 && seven.value() == 7 && !failed && failed.error().status() == oauth::status::timeout);
    CHECK(oauth::result<int>(oauth::status::busy).value_or(1) == 1 && oauth::result<int>(2).value_or(1) == 2);
    CHECK(oauth::result<std::string>("text")->size() == 4 && !oauth::result<void>(oauth::status::busy));
    const auto twice = [](int number) -> oauth::result<int> { return 2 * number; };
    CHECK(*oauth::result<int>(7).and_then(twice) == 14);
    bad(oauth::result<int>(oauth::status::busy).and_then(twice), oauth::status::busy);
    try {
        oauth::token::from_json("{").value();
        CHECK(false);
    } catch (const oauth::exception &exception) {
        CHECK(exception.status() == oauth::status::invalid_argument && contains(exception.what(), "json"));
        CHECK(exception.error().message() == exception.what());
    }
    try {
        oauth::client().revoke("t").value();
        CHECK(false);
    } catch (const std::exception &exception) {
        CHECK(contains(exception.what(), "client"));
    }
}

void json_is_walked()
{
    const auto document = good(oauth::json_document::from_text(
        R"({"name":"x","count":0,"list":["a","b"],"deep":{"true":true,"null":null},"aud":"one","big":[1,{"k":"v"}]})"));
    const oauth::json json = document.json();
    CHECK(json && json.text("name") == "x" && !json.text("missing") && json.number("count") == 0);
    CHECK(!json.number("name") && json.object("deep").text("true") == "true"
          && !json.object("deep").object("x").text("y"));
    CHECK(json.strings("list") == (std::vector<std::string_view>{"a", "b"}) && json.strings("aud").size() == 1);
    CHECK(json.raw("list") == R"(["a","b"])" && json.raw() && json.size() == 6 && json.at(1).name == "count");
    std::string names;
    for (const auto &[name, value] : json)
        names += std::string(*name) + (value ? "." : "?");
    CHECK(names == "name.count.list.deep.aud.big.");
    for (const auto &[name, value] : json.object("big"))
        CHECK(!name && (value.number() == 1 || value.text("k") == "v"));
    bad(oauth::json_document::from_text("{"), oauth::status::invalid_argument, "text");
    CHECK(!oauth::json() && oauth::json().begin() == oauth::json().end());
}

void challenges_are_read()
{
    const auto parsed = good(oauth::challenges::parse(R"(Bearer realm="r", error="invalid_token", Negotiate abc=)"));
    CHECK(parsed.size() == 2 && parsed.at(0).scheme() == "Bearer"
          && parsed.at(0).parameter("error") == "invalid_token");
    CHECK(parsed.at(1).token68() == "abc=" && !parsed.at(0).token68() && parsed.at(0).parameters().size() == 2);
    CHECK(parsed.at(0).parameters()[0] == std::make_pair(std::string_view("realm"), std::string_view("r")));
    std::string schemes;
    for (const auto &challenge : parsed)
        schemes += challenge.scheme();
    CHECK(schemes == "BearerNegotiate");
    bad(oauth::challenges::from_response(oauth::response()), oauth::status::invalid_argument, "response");
}

void bytes_are_views()
{
    const std::array<std::uint8_t, 3> array{{1, 2, 3}};
    const std::vector<char> vector{'a', 'b'};
    const std::string string = "xyz";
    CHECK(oauth::bytes(array).size() == 3 && oauth::bytes(array).data() == array.data());
    CHECK(oauth::bytes(vector).as_text() == "ab" && oauth::bytes(string).to_vector().size() == 3);
    CHECK(oauth::bytes().empty() && oauth::bytes().to_vector().empty() && oauth::bytes("pem").size() == 3);
    std::size_t sum = 0;
    for (const std::uint8_t byte : oauth::bytes(array))
        sum += byte;
    CHECK(sum == 6);
}

void bad_settings_are_named()
{
    const auto refused = [](const oauth::config &config, std::string_view name) {
        bad(oauth::client::create(config), oauth::status::invalid_config, name);
    };
    fake server;
    refused(std::move(server.config().set_timeout(0ms)), "timeout_ms");
    refused(std::move(server.config().set_timeout(-5s)), "timeout_ms");
    refused(std::move(server.config().set_connect_timeout(0ms)), "connect_timeout_ms");
    refused(std::move(server.config().set_issuer("as.example")), "issuer");
    refused(std::move(server.config().add_header("Host", "x")), "header");
    refused(std::move(server.config().set_client(std::string_view("a\0b", 3))), "client_id");
    refused(std::move(server.config().add_ca_pem("no certificate")), "ca_pem");
    refused(oauth::config(), "token_endpoint");
    CHECK(good(oauth::basic_authorization("Aladdin", "open sesame", oauth::basic_encoding::raw)).view()
          == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    bad(oauth::basic_authorization("a\nb", ""), oauth::status::invalid_argument, "client_id");
}

} // namespace

void values()
{
    text_goes_in_whole_or_not_at_all();
    tokens_and_time();
    handles_move_and_share();
    errors_say_it_all();
    results_are_looked_at_or_thrown();
    json_is_walked();
    challenges_are_read();
    bytes_are_views();
    bad_settings_are_named();
}
