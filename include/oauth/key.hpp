/* Keys, and credentials that come from outside. A part of oauth.hpp. SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OAUTHCLIENT_OAUTH_KEY_HPP
#define OAUTHCLIENT_OAUTH_KEY_HPP

#include <oauth/options.hpp>

namespace oauth {
inline namespace v0_1 {

class session;

/// A key pair, of which the private half never shows: oauth_key.
class key : public detail::shared_handle<oauth_key, oauth_key_ref, oauth_key_free> {
public:
    /// Signs a message for an algorithm such as "ES256". May be called on any thread, and on several at once.
    using signer = callback<std::vector<std::uint8_t>(std::string_view algorithm, bytes message)>;

    using shared_handle::shared_handle;

    /// Without an algorithm: the one that fits the key.
    static result<key> from_pem(const bytes &pem, const text &algorithm = {})
    {
        return detail::make<key>([&](oauth_key **key, oauth_error **error) {
            return oauth_key_from_pem(pem.data(), pem.size(), algorithm.c_str(), key, error);
        });
    }
    static result<key> from_jwk(const text &jwk)
    {
        return detail::make<key>(
            [&](oauth_key **key, oauth_error **error) { return oauth_key_from_jwk(jwk.c_str(), key, error); });
    }
    /// Without an algorithm: ES256.
    static result<key> generate(const text &algorithm = {})
    {
        return detail::make<key>(
            [&](oauth_key **key, oauth_error **error) { return oauth_key_generate(algorithm.c_str(), key, error); });
    }
    /// A key whose private half is elsewhere: in an HSM, a TPM, an agent.
    static result<key> from_signer(const text &public_key, const text &algorithm, signer sign)
    {
        const auto signs = [](void *user_data, const char *with, const std::uint8_t *message, std::size_t length,
                              oauth_signature *signature) -> oauth_status {
            const signer &call = *static_cast<signer *>(user_data);
            return detail::answer([&] { return call(detail::view(with), {message, length}); },
                                  [&](const std::vector<std::uint8_t> &signed_) {
                                      oauth_signature_set(signature, signed_.data(), signed_.size());
                                  });
        };
        const oauth_sign_fn function = sign ? static_cast<oauth_sign_fn>(signs) : nullptr;
        void *const user_data = detail::keep(std::move(sign));
        return detail::make<key>([&](oauth_key **key, oauth_error **error) {
            return oauth_key_from_signer(public_key.c_str(), algorithm.c_str(), function, user_data,
                                         detail::destroy<signer>, key, error);
        });
    }
    /// The same key under the name by which the server knows it.
    result<key> with_kid(const text &kid) const
    {
        return detail::make<key>([&](oauth_key **renamed, oauth_error **error) {
            return oauth_key_with_kid(get(), kid.c_str(), renamed, error);
        });
    }

    std::string_view public_jwk() const noexcept OAUTH_LIFETIMEBOUND
    {
        return detail::view(oauth_key_public_jwk(get()));
    }
    std::string_view public_jwks() const noexcept OAUTH_LIFETIMEBOUND
    {
        return detail::view(oauth_key_public_jwks(get()));
    }
    std::string_view algorithm() const noexcept OAUTH_LIFETIMEBOUND { return detail::view(oauth_key_algorithm(get())); }
    std::string_view thumbprint() const noexcept OAUTH_LIFETIMEBOUND
    {
        return detail::view(oauth_key_thumbprint(get()));
    }
    optional_text kid() const noexcept OAUTH_LIFETIMEBOUND { return detail::optional(oauth_key_kid(get())); }
    /// Of a generated key alone: its private half, to be kept.
    result<secret> to_pem() const
    {
        return detail::make_secret(
            [&](char **pem, oauth_error **error) { return oauth_key_to_pem(get(), pem, error); });
    }
};

/// Gives a credential that comes from outside and changes: oauth_source.
class source : public detail::shared_handle<oauth_source, oauth_source_ref, oauth_source_free> {
public:
    using reader = callback<std::string()>;

    using shared_handle::shared_handle;

    /// The function may be called on any thread, and on several at once. What it gives is wiped.
    static result<source> from_callback(reader read)
    {
        const auto reads = [](void *user_data, oauth_source_value *value) -> oauth_status {
            const reader &call = *static_cast<reader *>(user_data);
            return detail::answer([&] { return call(); },
                                  [&](std::string &given) {
                                      oauth_source_value_set(value, text(given).c_str());
                                      detail::wipe(given.data(), given.size());
                                  });
        };
        const oauth_source_fn function = read ? static_cast<oauth_source_fn>(reads) : nullptr;
        void *const user_data = detail::keep(std::move(read));
        return detail::make<source>([&](oauth_source **source, oauth_error **error) {
            return oauth_source_from_callback(function, user_data, detail::destroy<reader>, source, error);
        });
    }
    /// The JSON pointer, here and below, says where in a JSON the credential is.
    static result<source> from_file(const text &path, const text &json_pointer = {})
    {
        return detail::make<source>([&](oauth_source **source, oauth_error **error) {
            return oauth_source_from_file(path.c_str(), json_pointer.c_str(), source, error);
        });
    }
    static result<source> from_url(const text &url, const params &headers = {}, const text &json_pointer = {})
    {
        return detail::make<source>([&](oauth_source **source, oauth_error **error) {
            return oauth_source_from_url(url.c_str(), headers.get(), json_pointer.c_str(), source, error);
        });
    }
    static result<source> from_command(std::initializer_list<text> arguments, const text &json_pointer = {})
    {
        std::vector<const char *> pointers;
        for (const text &argument : arguments)
            pointers.push_back(argument.c_str());
        return from_pointers(pointers, json_pointer);
    }
    static result<source> from_command(const std::vector<std::string> &arguments, const text &json_pointer = {})
    {
        std::vector<text> texts(arguments.begin(), arguments.end());
        std::vector<const char *> pointers;
        for (const text &argument : texts)
            pointers.push_back(argument.c_str());
        return from_pointers(pointers, json_pointer);
    }
    static inline result<source> from_session(const session &session);

    /// Reads it now.
    result<secret> read(const request_options &options = {}) const
    {
        return detail::make_secret(
            [&](char **text, oauth_error **error) { return oauth_source_read(get(), options.get(), text, error); });
    }

private:
    static result<source> from_pointers(const std::vector<const char *> &arguments, const text &json_pointer)
    {
        return detail::make<source>([&](oauth_source **source, oauth_error **error) {
            return oauth_source_from_command(arguments.data(), arguments.size(), json_pointer.c_str(), source, error);
        });
    }
};

} // namespace v0_1
} // namespace oauth

#endif
