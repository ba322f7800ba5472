/* Prints why there is no client, with a library that is older than the headers. */
#include <oauth.hpp>

#include <cstdio>

int main()
{
    const auto client = oauth::client::create(oauth::config().set_token_endpoint("https://as.example/token"));
    std::printf("%s\n", client ? "there is one" : std::string(client.error().message()).c_str());
    return client ? 1 : 0;
}
