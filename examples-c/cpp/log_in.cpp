// Calls an API for a user, who logs in when there is no login yet: from OAUTH_ISSUER, OAUTH_CLIENT_ID,
// OAUTH_CLIENT_SECRET and OAUTH_RESOURCE. The login is kept in the user's directory, for the next program too.
#include <curl/curl.h>
#include <oauth.hpp>

#include <cstdlib>
#include <iostream>

static long call_api(const oauth::token &token)
{
    const std::unique_ptr<CURL, void (*)(CURL *)> curl(curl_easy_init(), curl_easy_cleanup);
    long status = 0;
    curl_easy_setopt(curl.get(), CURLOPT_URL, getenv("OAUTH_RESOURCE"));
    curl_easy_setopt(curl.get(), CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BEARER));
    curl_easy_setopt(curl.get(), CURLOPT_XOAUTH2_BEARER, token.access_token()->data());
    return curl_easy_perform(curl.get()) || curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status) ? 0 : status;
}

int main()
try {
    oauth::config config(getenv("OAUTH_ISSUER"), getenv("OAUTH_CLIENT_ID"), getenv("OAUTH_CLIENT_SECRET"));
    const auto client = oauth::client::create(config).value();
    const auto session = oauth::session::open(client, oauth::store::open_directory().value(), "me").value();
    if (auto first = session.token(); !first && first.error().status() == oauth::status::login_required)
        session.adopt(client.log_in("read").value()).value();
    auto token = session.token().value();
    long status = call_api(token);
    while (session.replace(token, status).value())
        status = call_api(token); // with another token, because the API refused the first
    return status == 200 ? 0 : 1;
} catch (const oauth::exception &exception) {
    std::cerr << exception.what() << '\n';
    return 1;
}
