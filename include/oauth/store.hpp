/* Where logins are kept. A part of oauth.hpp. SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OAUTHCLIENT_OAUTH_STORE_HPP
#define OAUTHCLIENT_OAUTH_STORE_HPP

#include <oauth/key.hpp>
#include <oauth/token.hpp>

namespace oauth {
inline namespace v0_1 {

/// How a store is opened: oauth_store_options.
class store_options : public detail::builder<oauth_store_options, oauth_store_options_new, oauth_store_options_free> {
public:
    /// 32 random bytes.
    store_options &set_encryption_key(const bytes &key)
    {
        return oauth_store_options_set_encryption_key(made(), key.data(), key.size()), *this;
    }
    store_options &set_keyring_encryption_key(const text &service)
    {
        return oauth_store_options_set_keyring_encryption_key(made(), service.c_str()), *this;
    }
    store_options &set_allow_unprotected(bool allow)
    {
        return oauth_store_options_set_allow_unprotected(made(), allow), *this;
    }
    store_options &set_redis_cluster(bool cluster)
    {
        return oauth_store_options_set_redis_cluster(made(), cluster), *this;
    }
    store_options &set_redis_idle_connections(std::uint32_t connections)
    {
        return oauth_store_options_set_redis_idle_connections(made(), connections), *this;
    }
    store_options &set_redis_prefix(const text &prefix)
    {
        return oauth_store_options_set_redis_prefix(made(), prefix.c_str()), *this;
    }
    store_options &set_redis_sentinel(const text &master, const text &user = {}, const text &password = {})
    {
        return oauth_store_options_set_redis_sentinel(made(), master.c_str(), user.c_str(), password.c_str()), *this;
    }
    store_options &set_redis_password(const source &password)
    {
        return oauth_store_options_set_redis_password(made(), password.get()), *this;
    }
    store_options &set_redis_entry_max_idle(std::chrono::seconds max_idle)
    {
        return oauth_store_options_set_redis_entry_max_idle_s(made(), detail::count(max_idle)), *this;
    }
    store_options &add_redis_ca_file(const text &path)
    {
        return oauth_store_options_add_redis_ca_file(made(), path.c_str()), *this;
    }
    store_options &add_redis_ca_pem(const bytes &pem)
    {
        return oauth_store_options_add_redis_ca_pem(made(), pem.data(), pem.size()), *this;
    }
    store_options &set_redis_use_system_ca(bool use)
    {
        return oauth_store_options_set_redis_use_system_ca(made(), use), *this;
    }
    store_options &set_redis_client_certificate(const text &certificate_path, const text &key_path)
    {
        return oauth_store_options_set_redis_client_certificate(made(), certificate_path.c_str(), key_path.c_str()),
               *this;
    }
};

/// Functions of the program that keep logins: section "A store of your own" of oauth.h has the rules. They are called
/// on any thread, for different keys on several at once.
struct store_functions {
    /// The entry of a key; std::nullopt: there is none.
    callback<std::optional<std::vector<std::uint8_t>>(std::string_view key)> load;
    /// Replaces an entry. status::busy, returned or thrown: another process has changed it meanwhile.
    callback<void(std::string_view key, bytes entry, std::optional<time_point> expires_at)> save;
    callback<void(std::string_view key)> remove;
    /// Takes the lock of a key, without waiting; false: another process has it. Without lock and unlock, no other
    /// process uses the entries.
    callback<bool(std::string_view key)> lock;
    std::function<void(std::string_view key)> unlock;
};

/// Keeps the logins of sessions: oauth_store.
class store : public detail::shared_handle<oauth_store, oauth_store_ref, oauth_store_free> {
public:
    using shared_handle::shared_handle;

    static result<store> open_memory()
    {
        return detail::make<store>(
            [](oauth_store **store, oauth_error **error) { return oauth_store_open_memory(store, error); });
    }
    /// Without a directory: that of the user.
    static result<store> open_directory(const text &directory = {}, const store_options &options = {})
    {
        return detail::make<store>([&](oauth_store **store, oauth_error **error) {
            return oauth_store_open_directory(directory.c_str(), options.get(), store, error);
        });
    }
    static result<store> open_redis(const text &url, const store_options &options = {})
    {
        return detail::make<store>([&](oauth_store **store, oauth_error **error) {
            return oauth_store_open_redis(url.c_str(), options.get(), store, error);
        });
    }
    static result<store> open_keyring(const text &service, const store_options &options = {})
    {
        return detail::make<store>([&](oauth_store **store, oauth_error **error) {
            return oauth_store_open_keyring(service.c_str(), options.get(), store, error);
        });
    }
    static result<store> open_callbacks(store_functions functions)
    {
        const oauth_store_load_fn load = functions.load ? on_load : nullptr;
        const oauth_store_save_fn save = functions.save ? on_save : nullptr;
        const oauth_store_remove_fn remove = functions.remove ? on_remove : nullptr;
        const oauth_store_lock_fn lock = functions.lock ? on_lock : nullptr;
        const oauth_store_unlock_fn unlock = functions.unlock ? on_unlock : nullptr;
        void *const user_data = new store_functions(std::move(functions));
        return detail::make<store>([&](oauth_store **store, oauth_error **error) {
            return oauth_store_open_callbacks(load, save, remove, lock, unlock, user_data,
                                              detail::destroy<store_functions>, store, error);
        });
    }

    /// Whose logins there are, and until when: an array.
    result<json_document> keys() const
    {
        return detail::make<json_document>(
            [&](oauth_json **keys, oauth_error **error) { return oauth_store_keys(get(), keys, error); });
    }

private:
    static const store_functions &functions(void *user_data) noexcept
    {
        return *static_cast<const store_functions *>(user_data);
    }
    static oauth_status on_load(void *user_data, const char *key, oauth_store_value *value)
    {
        return detail::answer([&] { return functions(user_data).load(detail::view(key)); },
                              [&](const std::optional<std::vector<std::uint8_t>> &found) {
                                  if (found)
                                      oauth_store_value_set(value, found->data(), found->size());
                              });
    }
    static oauth_status on_save(void *user_data, const char *key, const std::uint8_t *entry, std::size_t length,
                                std::int64_t expires_at_s)
    {
        return detail::answer([&] {
            return functions(user_data).save(detail::view(key), {entry, length}, detail::moment(expires_at_s));
        });
    }
    static oauth_status on_remove(void *user_data, const char *key)
    {
        return detail::answer([&] { return functions(user_data).remove(detail::view(key)); });
    }
    static oauth_status on_lock(void *user_data, const char *key)
    {
        return detail::answer([&]() -> result<void> {
            const result<bool> taken = functions(user_data).lock(detail::view(key));
            if (!taken)
                return taken.error();
            return *taken ? status::ok : status::busy;
        });
    }
    static void on_unlock(void *user_data, const char *key)
    {
        detail::tell([&] { functions(user_data).unlock(detail::view(key)); });
    }
};

} // namespace v0_1
} // namespace oauth

#endif
