/* What the programs of this folder share: checks, and a server inside the program. */
#ifndef CHECK_HPP
#define CHECK_HPP

#include <oauth.hpp>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>

#define CHECK(condition)                                                \
    do {                                                                \
        if (!(condition)) {                                             \
            std::printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            std::exit(1);                                               \
        }                                                               \
    } while (0)

/// The value of a call that must succeed.
template <class T> T good(oauth::result<T> result, int line = __builtin_LINE(), const char *file = __builtin_FILE())
{
    if (!result) {
        std::printf("%s:%d: %s\n", file, line, std::string(result.error().message()).c_str());
        std::exit(1);
    }
    return *std::move(result);
}
inline void good(const oauth::result<void> &result, int line = __builtin_LINE(), const char *file = __builtin_FILE())
{
    if (!result) {
        std::printf("%s:%d: %s\n", file, line, std::string(result.error().message()).c_str());
        std::exit(1);
    }
}

/// The error of a call that must fail with this status, and a message that has this text.
template <class T>
oauth::error bad(const oauth::result<T> &result, oauth::status status, std::string_view text = {},
                 int line = __builtin_LINE(), const char *file = __builtin_FILE())
{
    if (result || result.error().status() != status || result.error().message().find(text) == std::string_view::npos) {
        const std::string said(result ? "it succeeded" : result.error().message());
        std::printf("%s:%d: not as expected: %s\n", file, line, said.c_str());
        std::exit(1);
    }
    return result.error();
}

inline bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

/// Answers by URL, and remembers what it was asked.
class fake {
public:
    struct answer {
        std::int32_t status = 200;
        std::string body;
        std::string header_name = "Content-Type", header_value = "application/json";
    };

    fake() { at["https://as.example/token"].body = token("AT", "RT"); }

    static std::string token(const std::string &access_token, const std::string &refresh_token)
    {
        return R"({"access_token":")" + access_token + R"(","token_type":"Bearer","expires_in":3600,"refresh_token":")"
               + refresh_token + R"(","tenant":"t1"})";
    }

    /// A config of a confidential client whose server is this.
    oauth::config config()
    {
        oauth::config config;
        config.set_token_endpoint("https://as.example/token")
            .set_authorization_endpoint("https://as.example/authorize")
            .set_device_authorization_endpoint("https://as.example/device")
            .set_revocation_endpoint("https://as.example/revoke")
            .set_introspection_endpoint("https://as.example/introspect")
            .set_userinfo_endpoint("https://as.example/userinfo")
            .set_client("client", "s3cr3t")
            .set_transport([this](const oauth::transport_request &request, oauth::transport_response &response) {
                send(request, response);
            });
        return config;
    }
    oauth::client client() { return good(oauth::client::create(config())); }

    /// The last request: its body, then its header fields.
    std::string last()
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        return last_;
    }
    std::size_t calls()
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        return calls_;
    }

    std::map<std::string, answer> at;

private:
    void send(const oauth::transport_request &request, oauth::transport_response &response)
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        calls_++;
        last_ = std::string(request.method()) + ' ' + std::string(request.url()) + '\n';
        last_ += std::string(request.body().as_text()) + '\n';
        for (const auto &[name, value] : request)
            last_ += std::string(name) + ": " + std::string(value) + '\n';
        CHECK(request.remaining() > std::chrono::seconds(1) && !request.cancelled());
        const auto found = at.find(std::string(request.url()));
        const answer given = found != at.end() ? found->second : answer{404, "", "Content-Type", "text/plain"};
        response.set_status(given.status).add_header(given.header_name, given.header_value).append_body(given.body);
    }

    std::mutex mutex_;
    std::string last_;
    std::size_t calls_ = 0;
};

#endif
