/* Sessions and stores, and the functions of the program that they call. */
#include "check.hpp"

#include <array>

namespace {

using namespace std::chrono_literals;

/// A login that has expired, and can be renewed.
oauth::token expired(const std::string &refresh_token)
{
    return good(oauth::token::create("old", "Bearer", refresh_token, {}, std::chrono::system_clock::now() - 1min));
}

void a_session_adopts_renews_and_forgets()
{
    fake server;
    server.at["https://as.example/revoke"].body = "";
    const oauth::client client = server.client();
    const oauth::store store = good(oauth::store::open_memory());
    const oauth::session session = good(oauth::session::open(client, store, "alice"));
    CHECK(bad(session.token(), oauth::status::login_required).advice() == oauth::advice::log_in_again);
    CHECK(!session.peek() && !session.expires_at() && !session.issuer() && session.saved());
    good(session.adopt(expired("RT0")));
    CHECK(good(session.token()).access_token() == "AT" && contains(server.last(), "refresh_token=RT0"));
    CHECK(good(session.copy_authorization()).view() == "Bearer AT" && good(session.copy_access_token()).view() == "AT");
    CHECK(session.peek()->access_token() == "AT" && session.expires_at() > std::chrono::system_clock::now());
    CHECK(session.next_renewal_at() < session.expires_at() && !session.last_error());
    static_cast<void>(session.login_expires_at());
    CHECK(good(store.keys()).json().at(0).value.text("key") == "alice");
    const oauth::session copy = session;
    good(copy.adopt_refresh_token("RT7"));
    good(session.finish(oauth::request_options().set_deadline(1s)));
    good(session.forget(true));
    CHECK(contains(server.last(), "POST https://as.example/revoke"));
    bad(session.token(), oauth::status::login_required);
    good(oauth::session::open(client, oauth::store(), "alone"));
    bad(oauth::session::open(client, store, ""), oauth::status::invalid_argument, "key");
    bad(oauth::session::open_profile("../x"), oauth::status::invalid_argument, "name");
}

void a_long_token_is_copied_whole()
{
    fake server;
    const std::string longest(5000, 'x');
    server.at["https://as.example/token"].body = fake::token(longest, "RT");
    const oauth::session session = good(oauth::session::open(server.client(), oauth::store(), "long"));
    good(session.adopt(expired("RT")));
    CHECK(good(session.copy_access_token()).view() == longest && good(session.copy_authorization()).size() == 5007);
}

void a_refused_token_is_replaced_once()
{
    fake server;
    const oauth::session session = good(oauth::session::open(server.client(), oauth::store(), "k"));
    good(session.adopt(good(oauth::token::create("A1", "Bearer", "R1", {}, std::chrono::system_clock::now() + 1h))));
    oauth::token token = good(session.token());
    CHECK(token.access_token() == "A1");
    CHECK(!good(session.replace(token, 200)) && token.access_token() == "A1");
    CHECK(good(session.replace(token, 401, "Bearer error=\"invalid_token\"")) && token.access_token() == "AT");
    CHECK(!good(session.replace(token, 401)) && token.access_token() == "AT");
    good(session.invalidate(token));
    good(session.invalidate_text("Bearer AT"));
    oauth::token none;
    bad(session.replace(none, 401), oauth::status::invalid_argument, "token");
    const oauth::proof proof = good(session.proof("GET", "https://api.example/"));
    CHECK(proof.authorization() == "Bearer AT" && !proof.dpop());
    CHECK(!session.proof_answer("https://api.example/", 401, {}, {}));
}

void the_program_gets_tokens_and_hears_of_them()
{
    fake server;
    std::string changes;
    bool has_before = false, fails = true;
    oauth::session_options options;
    options.set_acquire([&](const oauth::client &client, std::string_view key,
                            const oauth::token *before) -> oauth::result<oauth::token> {
        CHECK(client && key == "k");
        has_before = before != nullptr;
        if (fails)
            throw oauth::exception(oauth::status::login_required, "the user said no");
        return oauth::token::create("mine", {}, {}, {}, std::chrono::system_clock::now() + 1h);
    });
    options.set_change([&](std::string_view key, const oauth::token *token) {
        changes += std::string(key) + '=' + (token ? std::string(*token->access_token()) : "over") + ' ';
        throw std::runtime_error("nobody listens");
    });
    const oauth::session session = good(oauth::session::open(server.client(), oauth::store(), "k", options));
    CHECK(bad(session.token(), oauth::status::login_required).thrown() != nullptr && !has_before);
    fails = false;
    const oauth::session second = good(oauth::session::open(server.client(), oauth::store(), "k", options));
    CHECK(good(second.token()).access_token() == "mine");
    good(second.forget(false));
    CHECK(changes == "k=mine k=over ");
}

void the_program_decides_what_a_refusal_means()
{
    fake server;
    server.at["https://as.example/token"] = {400, R"({"error":"custom_word"})", "Content-Type", "application/json"};
    int mood = 0;
    oauth::session_options options;
    options.set_refusal([&](std::string_view key, const oauth::error &error) {
        CHECK(key == "k" && error.provider_error() == "custom_word" && error.response().status() == 400);
        if (mood++ == 0)
            throw std::runtime_error("do not know");
        return oauth::refusal::ended;
    });
    const auto refused = [&] {
        const oauth::session session = good(oauth::session::open(server.client(), oauth::store(), "k", options));
        good(session.adopt(expired("RT")));
        const oauth::result<oauth::token> token = session.token();
        CHECK(!token && session.last_error());
        return token.error().status();
    };
    CHECK(refused() == oauth::status::provider);       // the usual way
    CHECK(refused() == oauth::status::login_required); // as the function says
    CHECK(mood == 2);
}

void ways_without_a_user()
{
    fake server;
    const oauth::source subject = good(oauth::source::from_callback([] { return "e30.e30.x"; }));
    const char *jwt = "urn:ietf:params:oauth:token-type:jwt";
    const auto sent = [&](const oauth::session_options &options) {
        good(good(oauth::session::open(server.client(), oauth::store(), "k", options)).token());
        return server.last();
    };
    CHECK(contains(sent(std::move(oauth::session_options().set_client_credentials(true).set_scope("read"))),
                   "client_credentials&scope=read"));
    CHECK(contains(
        sent(std::move(oauth::session_options().set_jwt_bearer(subject).set_field_parameters({{"audience", "a"}}))),
        "audience=a"));
    CHECK(contains(
        sent(std::move(oauth::session_options().set_token_exchange(subject, jwt).set_actor_token(subject, jwt))),
        "actor_token=e30"));
    const oauth::session direct =
        good(oauth::session::open(server.client(), oauth::store(), "k", oauth::session_options().set_source(subject)));
    CHECK(good(direct.token()).access_token() == "e30.e30.x");
    CHECK(good(good(oauth::source::from_session(direct)).read()).view() == "e30.e30.x");
}

/// What a program might keep in a database, with a lock that another process can hold.
struct database {
    std::mutex mutex;
    std::map<std::string, std::vector<std::uint8_t>> entries;
    int locks = 0, unlocks = 0, held = 0, busy_saves = 0;
    bool broken = false;

    oauth::store_functions functions()
    {
        oauth::store_functions functions;
        functions.load = [this](std::string_view key) -> std::optional<std::vector<std::uint8_t>> {
            const std::lock_guard<std::mutex> lock(mutex);
            if (broken)
                throw std::runtime_error("connection lost");
            const auto found = entries.find(std::string(key));
            return found == entries.end() ? std::nullopt : std::make_optional(found->second);
        };
        functions.save = [this](std::string_view key, oauth::bytes entry, std::optional<oauth::time_point> expires_at) {
            const std::lock_guard<std::mutex> lock(mutex);
            CHECK(!expires_at || *expires_at > std::chrono::system_clock::now() - 1h);
            if (busy_saves > 0) {
                busy_saves--;
                throw oauth::exception(oauth::status::busy);
            }
            entries[std::string(key)] = entry.to_vector();
        };
        functions.remove = [this](std::string_view key) {
            const std::lock_guard<std::mutex> lock(mutex);
            entries.erase(std::string(key));
        };
        functions.lock = [this](std::string_view) {
            const std::lock_guard<std::mutex> lock(mutex);
            locks++;
            return held-- <= 0;
        };
        functions.unlock = [this](std::string_view) {
            const std::lock_guard<std::mutex> lock(mutex);
            unlocks++;
            throw std::runtime_error("too late to complain");
        };
        return functions;
    }
};

void a_store_of_the_program()
{
    fake server;
    database rows;
    rows.held = 1; // at the first try another process has the lock
    const oauth::store store = good(oauth::store::open_callbacks(rows.functions()));
    const oauth::session session = good(oauth::session::open(server.client(), store, "alice"));
    good(session.adopt(expired("RT0")));
    CHECK(rows.entries.size() == 1 && rows.entries.begin()->first.rfind("alice.", 0) == 0);
    CHECK(good(session.token()).access_token() == "AT" && rows.locks == rows.unlocks + 1);
    // Another process of the program finds the login there.
    const oauth::session other = good(oauth::session::open(server.client(), store, "alice"));
    const std::size_t calls = server.calls();
    CHECK(good(other.token()).access_token() == "AT" && server.calls() == calls);
    rows.broken = true;
    const oauth::session third = good(oauth::session::open(server.client(), store, "alice"));
    bad(third.token(), oauth::status::store);
    rows.broken = false;
    good(session.forget(false));
    CHECK(rows.entries.size() <= 1);
    bad(store.keys(), oauth::status::store);
}

void stores_of_the_library()
{
    const std::string directory = std::string(std::getenv("SCRATCH")) + "/store";
    std::array<std::uint8_t, 32> key{{}};
    oauth::store_options options;
    options.set_encryption_key(key).set_allow_unprotected(false);
    const oauth::store store = good(oauth::store::open_directory(directory, options));
    fake server;
    good(good(oauth::session::open(server.client(), store, "alice")).adopt(expired("RT")));
    CHECK(good(store.keys()).json().size() == 1);
    const oauth::store again = good(oauth::store::open_directory(directory, options));
    CHECK(good(good(oauth::session::open(server.client(), again, "alice")).token()).access_token() == "AT");
    oauth::store_options small;
    bad(oauth::store::open_directory(directory, small.set_encryption_key("short")), oauth::status::invalid_argument,
        "encryption_key");
    oauth::store_options redis;
    redis.set_redis_cluster(false).set_redis_idle_connections(1).set_redis_prefix("test").set_redis_sentinel("main");
    redis.set_redis_entry_max_idle(24h)
        .set_redis_use_system_ca(false)
        .add_redis_ca_file("/missing")
        .add_redis_ca_pem("no pem");
    redis.set_redis_client_certificate("/missing", "/missing").set_keyring_encryption_key("test");
    redis.set_redis_password(good(oauth::source::from_file("/missing")));
    CHECK(!oauth::store::open_redis("rediss://redis.example", redis));
    CHECK(!oauth::store::open_keyring(""));
}

} // namespace

void sessions()
{
    a_session_adopts_renews_and_forgets();
    a_long_token_is_copied_whole();
    a_refused_token_is_replaced_once();
    the_program_gets_tokens_and_hears_of_them();
    the_program_decides_what_a_refusal_means();
    ways_without_a_user();
    a_store_of_the_program();
    stores_of_the_library();
}
