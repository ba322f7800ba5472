/* What a client asks its server, each call blocking; and what is made beside it: keys, proofs, sources. */
#include "check.hpp"

#include <fstream>

namespace {

using namespace std::chrono_literals;

void each_grant_sends_what_it_was_given()
{
    fake server;
    const oauth::client client = server.client();
    const oauth::token token =
        good(client.request_token("the-code", "https://app.example/cb", {{"resource", "r1"}, {"resource", "r2"}}));
    CHECK(contains(server.last(), "grant_type=authorization_code&code=the-code"));
    CHECK(contains(server.last(), "resource=r1&resource=r2") && contains(server.last(), "uthorization: Basic "));
    CHECK(token.access_token() == "AT" && token.refresh_token() == "RT" && token.expires_in() == 1h);
    CHECK(token.json().text("tenant") == "t1" && token.response().status() == 200
          && contains(*token.response_json(), "t1"));
    good(client.request_token("c", {}, {}, {}, "Custom abc"));
    CHECK(contains(server.last(), "uthorization: Custom abc") && !contains(server.last(), "redirect_uri"));
    good(client.refresh_token("RT0", "a", {{"scope", "b"}}));
    CHECK(contains(server.last(), "refresh_token=RT0") && contains(server.last(), "scope=b")
          && !contains(server.last(), "scope=a"));
    CHECK(good(client.renew_token(token)).rotated() == false);
    good(client.request_client_credentials("read", {{"audience", "api"}},
                                           oauth::request_options().add_header("X-Id", "42")));
    CHECK(contains(server.last(), "grant_type=client_credentials") && contains(server.last(), "audience=api"));
    CHECK(contains(server.last(), "x-id: 42") || contains(server.last(), "X-Id: 42"));
    good(client.request_token_exchange("ST", "urn:ietf:params:oauth:token-type:jwt", "ACT",
                                       "urn:ietf:params:oauth:token-type:jwt"));
    CHECK(contains(server.last(), "subject_token=ST") && contains(server.last(), "actor_token=ACT"));
    good(client.request_jwt_bearer("e30.e30.x"));
    CHECK(contains(server.last(), "jwt-bearer"));
    good(client.request_saml_bearer("PHNhbWw+"));
    CHECK(contains(server.last(), "saml2-bearer"));
    good(client.request_password("alice", "secret"));
    CHECK(contains(server.last(), "username=alice&password=secret"));
    good(client.request_grant("urn:example:grant", oauth::params().set("x", "1").add("x", "2")));
    CHECK(contains(server.last(), "urn%3Aexample%3Agrant") && contains(server.last(), "x=1&x=2"));
    const std::size_t before = server.calls();
    bad(client.request_grant("g", {{"grant_type", "other"}}), oauth::status::invalid_argument, "grant_type");
    bad(client.request_client_credentials(std::string_view("a\0b", 3)), oauth::status::invalid_argument, "scope");
    CHECK(server.calls() == before);
}

void questions_about_a_token()
{
    fake server;
    server.at["https://as.example/introspect"].body = R"({"active":true,"scope":"read"})";
    server.at["https://as.example/userinfo"].body = R"({"sub":"alice","email":"a@example"})";
    server.at["https://as.example/revoke"].body = "";
    const oauth::client client = server.client();
    const oauth::introspection introspection = good(client.introspect("AT", "access_token"));
    CHECK(introspection.active() && introspection.json().text("scope") == "read");
    CHECK(contains(server.last(), "token_type_hint=access_token"));
    const oauth::token token = good(oauth::token::create("AT"));
    const oauth::userinfo userinfo = good(client.request_userinfo(token));
    CHECK(userinfo.subject() == "alice" && userinfo.json().text("email") == "a@example");
    good(client.revoke("RT", "refresh_token"));
    CHECK(contains(server.last(), "POST https://as.example/revoke\ntoken=RT"));
    bad(client.request_metadata(), oauth::status::invalid_config, "issuer");
    server.at["https://as.example/.well-known/oauth-authorization-server"].body =
        R"({"issuer":"https://as.example","token_endpoint":"https://as.example/token","scopes_supported":["a"]})";
    const oauth::client with_issuer = good(oauth::client::create(server.config().set_issuer("https://as.example")));
    CHECK(good(with_issuer.request_metadata()).json().strings("scopes_supported").size() == 1);
}

void a_log_in_step_by_step()
{
    fake server;
    const oauth::client client = server.client();
    oauth::authorization authorization =
        good(oauth::authorization::begin(client, "https://app.example/cb", "profile", {{"prompt", "consent"}}));
    CHECK(contains(authorization.url(), "https://as.example/authorize?")
          && contains(authorization.url(), "prompt=consent"));
    CHECK(!authorization.state().empty() && !authorization.nonce());
    const oauth::secret saved = good(authorization.to_json());
    bad(authorization.finish("code=c&state=wrong"), oauth::status::state_mismatch);
    oauth::authorization loaded = good(oauth::authorization::from_json(client, saved));
    const std::string redirect = "https://app.example/cb?code=c1&state=" + std::string(loaded.state());
    CHECK(good(loaded.finish(redirect, {{"resource", "r"}})).access_token() == "AT");
    CHECK(contains(server.last(), "code=c1") && contains(server.last(), "code_verifier=")
          && contains(server.last(), "resource=r"));
    bad(loaded.finish(redirect), oauth::status::invalid_state);
    // The listener of this machine, without a browser.
    oauth::listener listener = good(oauth::listener::open(oauth::listener_options()
                                                              .set_path("/cb")
                                                              .set_program_name("test")
                                                              .set_host("127.0.0.1")
                                                              .set_port(0)
                                                              .set_pages("", "")));
    CHECK(contains(listener.redirect_uri(), "http://127.0.0.1:")
          && contains(*listener.browser_url(), "http://127.0.0.1:"));
    bad(listener.wait(loaded, oauth::request_options().set_deadline(1ms)), oauth::status::timeout);
    listener.finish(false);
    bad(oauth::browser_open("no url"), oauth::status::invalid_argument, "url");
    CHECK(!good(oauth::listener::open(oauth::listener_options().set_check_browser(false))).browser_url());
}

void a_device()
{
    fake server;
    server.at["https://as.example/device"].body =
        R"({"device_code":"D","user_code":"U-1","verification_uri":"https://as.example/d",)"
        R"("verification_uri_complete":"https://as.example/d?c=U-1","expires_in":600,"interval":0})";
    const oauth::client client = server.client();
    oauth::device_authorization device = good(oauth::device_authorization::begin(client, "read"));
    CHECK(device.user_code() == "U-1" && device.verification_uri() == "https://as.example/d");
    CHECK(device.verification_uri_complete() == "https://as.example/d?c=U-1" && device.qr_text());
    CHECK(device.expires_at() > std::chrono::system_clock::now() && device.json().text("device_code") == "D");
    CHECK(device.next_poll_in() <= 10s);
    const oauth::result<oauth::token> polled = device.poll();
    CHECK(polled || polled.error().status() == oauth::status::authorization_pending);
    if (!polled)
        CHECK(good(device.wait()).access_token() == "AT");
    bad(device.wait(), oauth::status::invalid_state);
}

void keys_and_proofs()
{
    const oauth::key key = good(oauth::key::generate());
    CHECK(key.algorithm() == "ES256" && contains(key.public_jwk(), "\"kty\"") && contains(key.public_jwks(), "keys"));
    CHECK(key.kid() == key.thumbprint() && good(key.with_kid("mine")).kid() == "mine");
    const oauth::secret pem = good(key.to_pem());
    const oauth::key read = good(oauth::key::from_pem(pem));
    CHECK(read.thumbprint() == key.thumbprint() && !read.kid());
    bad(read.to_pem(), oauth::status::invalid_state);
    bad(oauth::key::from_jwk("{}"), oauth::status::invalid_argument);
    bad(oauth::key::from_pem("no key"), oauth::status::invalid_argument);

    fake server;
    server.at["https://as.example/token"].body = R"({"access_token":"AT","token_type":"DPoP"})";
    const oauth::client client = good(oauth::client::create(server.config().set_dpop_key(key)));
    const oauth::token token = good(client.request_client_credentials());
    CHECK(!token.authorization());
    const oauth::proof proof = good(oauth::proof::create(client, token, "GET", "https://api.example/me"));
    CHECK(proof.authorization() == "DPoP AT" && proof.dpop());
    CHECK(client.proof_answer("https://api.example/me", 401, R"(DPoP error="use_dpop_nonce")", "n1"));
    CHECK(!client.proof_answer("https://api.example/me", 200, nullptr, nullptr));
    const oauth::client by_key = good(oauth::client::create(
        server.config().set_client("client").set_client_key(key).set_issuer("https://as.example")));
    good(by_key.request_client_credentials());
    const std::string path = std::string(std::getenv("SCRATCH")) + "/key.pem";
    std::ofstream(path) << pem.view();
    good(oauth::client::create(
        server.config().set_client("client").set_client_key_file(path).set_issuer("https://as.example")));
    bad(oauth::client::create(server.config().set_client("client").set_client_key_file(path + "-missing")),
        oauth::status::invalid_config, "client_key_file");
    CHECK(contains(server.last(), "client_assertion="));
}

void sources_are_read()
{
    const std::string path = std::string(std::getenv("SCRATCH")) + "/token";
    std::ofstream(path) << R"({"token":"from file"})";
    CHECK(good(good(oauth::source::from_file(path, "/token")).read()).view() == "from file");
    CHECK(good(good(oauth::source::from_command({"echo", "from command"})).read()).view() == "from command");
    CHECK(good(good(oauth::source::from_command(std::vector<std::string>{"echo", "x"})).read()).view() == "x");
    bad(good(oauth::source::from_file(path + "-missing")).read(), oauth::status::source);
    bad(oauth::source::from_url("ftp://x/"), oauth::status::invalid_argument, "url");
    CHECK(good(oauth::source::from_url("http://127.0.0.1:1/", {{"Metadata", "true"}}, "/access_token")));
    bad(oauth::source::from_command(std::vector<std::string>()), oauth::status::invalid_argument);
    const oauth::source proof = good(oauth::source::from_callback([] { return "e30.e30.x"; }));
    const oauth::source copy = proof;
    CHECK(good(copy.read(oauth::request_options().set_timeout(5s))).view() == "e30.e30.x");
    fake server;
    const oauth::client client =
        good(oauth::client::create(server.config().set_client("client").set_client_assertion(proof)));
    good(client.request_client_credentials());
    CHECK(contains(server.last(), "client_assertion=e30.e30.x"));
}

void time_limits_and_cancelling()
{
    fake server;
    const oauth::client client = server.client();
    const oauth::cancel cancel;
    const oauth::cancel copy = cancel;
    copy.trigger();
    bad(client.refresh_token("RT", {}, {}, oauth::request_options().set_cancel(cancel)), oauth::status::cancelled);
    bad(client.refresh_token("RT", {}, {}, oauth::request_options().set_timeout(0ms)), oauth::status::invalid_argument,
        "timeout_ms");
    good(client.refresh_token("RT", {}, {},
                              oauth::request_options().set_deadline(1min).set_retry_policy(0, 1ms, false)));
}

void every_setting_is_accepted()
{
    fake server;
    oauth::config config = server.config();
    config.set_issuer("https://as.example").add_allowed_issuer("https://as.example/{tenant}").set_pkce(true);
    config.set_client_authentication(oauth::client_authentication::client_secret_post).set_dpop(false);
    config.set_authorization_lifetime(10min).set_assertion_audience("https://as.example").set_user_agent("test/1");
    config.set_security_profile(oauth::security_profile::none).set_jwks_uri("https://as.example/jwks");
    config.set_pushed_authorization_request_endpoint("https://as.example/par").set_pushed_authorization(false);
    config.set_signed_requests(false).set_signed_responses(false).set_connect_timeout(5s).set_timeout(20s);
    config.set_idle_timeout(1s).set_max_response_bytes(1 << 20).set_retry_policy(1, 10ms, true).set_use_proxy(false);
    config.set_proxy("http://127.0.0.1:1", "user", "password").set_use_system_ca(true).set_use_environment(false);
    config.set_allow_http(false).add_header("X-Tenant", "t");
    good(good(oauth::client::create(config)).request_client_credentials());
    CHECK(contains(server.last(), "client_secret=s3cr3t") && contains(server.last(), "test/1"));
    const oauth::key key = good(oauth::key::generate());
    bad(oauth::client::create(
            oauth::config().set_token_endpoint("https://as.example/t").set_client_certificate("/missing", key)),
        oauth::status::invalid_config, "client_certificate");
    bad(oauth::client::create(
            oauth::config().set_token_endpoint("https://as.example/t").set_client_certificate("/missing")),
        oauth::status::invalid_config, "client_certificate");
    bad(oauth::client::create(oauth::config().set_token_endpoint("https://as.example/t").add_ca_file("/missing")),
        oauth::status::invalid_config, "ca_file");
}

} // namespace

void calls()
{
    each_grant_sends_what_it_was_given();
    questions_about_a_token();
    a_log_in_step_by_step();
    a_device();
    keys_and_proofs();
    sources_are_read();
    time_limits_and_cancelling();
    every_setting_is_accepted();
}
