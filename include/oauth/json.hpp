/* What a server said: JSON, and the HTTP response. A part of oauth.hpp. SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OAUTHCLIENT_OAUTH_JSON_HPP
#define OAUTHCLIENT_OAUTH_JSON_HPP

#include <oauth/text.hpp>

#include <iterator>

namespace oauth {
inline namespace v0_1 {

namespace detail {

/// Walks what has a size and an item at each index.
template <class Owner, class Item> class walk {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Item;
    using difference_type = std::ptrdiff_t;
    using pointer = const Item *;
    using reference = Item;

    walk(const Owner *owner, std::size_t index) noexcept : owner_(owner), index_(index) {}
    Item operator*() const { return owner_->at(index_); }
    walk &operator++() noexcept
    {
        ++index_;
        return *this;
    }
    walk operator++(int) noexcept
    {
        walk before = *this;
        ++index_;
        return before;
    }
    bool operator==(const walk &other) const noexcept { return index_ == other.index_; }
    bool operator!=(const walk &other) const noexcept { return index_ != other.index_; }

private:
    const Owner *owner_;
    std::size_t index_;
};

} // namespace detail

/// A JSON value, or none. It belongs to the handle that gave it, and lives as long. What is missing, or of another
/// type, gives no value, so that calls can be nested without checks.
class json {
public:
    /// A value of an array or a member of an object, which then has a name.
    struct item;

    json() noexcept = default;
    explicit json(const oauth_json *borrowed) noexcept : handle_(borrowed) {}
    explicit operator bool() const noexcept { return handle_ != nullptr; }

    /// A member as text: a string, a number or a boolean. Without a name, here and below: the value itself.
    optional_text text(const oauth::text &name = {}) const noexcept
    {
        return detail::optional(oauth_json_text(handle_, name.c_str()));
    }
    std::optional<std::int64_t> number(const oauth::text &name = {}) const noexcept
    {
        const std::int64_t found = oauth_json_number(handle_, name.c_str(), 0);
        if (found == 0 && oauth_json_number(handle_, name.c_str(), 1) == 1)
            return std::nullopt;
        return found;
    }
    /// A member as JSON text.
    optional_text raw(const oauth::text &name = {}) const noexcept
    {
        return detail::optional(oauth_json_raw(handle_, name.c_str()));
    }
    /// The strings of an array; a string counts as an array of one.
    std::vector<std::string_view> strings(const oauth::text &name = {}) const
    {
        std::vector<std::string_view> strings(oauth_json_string_count(handle_, name.c_str()));
        for (std::size_t index = 0; index < strings.size(); index++)
            strings[index] = detail::view(oauth_json_string_at(handle_, name.c_str(), index));
        return strings;
    }
    /// A member that is an object or an array.
    json object(const oauth::text &name) const noexcept { return json(oauth_json_object(handle_, name.c_str())); }

    /// The members of an object, or the items of an array, in the order of the JSON.
    std::size_t size() const noexcept { return oauth_json_count(handle_); }
    inline item at(std::size_t index) const noexcept;
    inline detail::walk<json, item> begin() const noexcept;
    inline detail::walk<json, item> end() const noexcept;

    const oauth_json *get() const noexcept { return handle_; }

private:
    const oauth_json *handle_ = nullptr;
};

struct json::item {
    optional_text name;
    json value;
};

inline json::item json::at(std::size_t index) const noexcept
{
    return {detail::optional(oauth_json_name_at(handle_, index)), json(oauth_json_item_at(handle_, index))};
}
inline detail::walk<json, json::item> json::begin() const noexcept
{
    return {this, 0};
}
inline detail::walk<json, json::item> json::end() const noexcept
{
    return {this, size()};
}

/// The HTTP response that brought a token or an error, or none. It lives as long as that.
class response {
public:
    struct header {
        std::string_view name;
        /// Byte for byte: it need not be UTF-8.
        std::string_view value;
    };

    response() noexcept = default;
    explicit response(const oauth_response *borrowed) noexcept : handle_(borrowed) {}
    explicit operator bool() const noexcept { return handle_ != nullptr; }

    /// The HTTP status; 0: no response.
    std::int32_t status() const noexcept { return oauth_response_status(handle_); }
    /// The first header field with this name, compared without case.
    optional_text header_value(const text &name) const noexcept
    {
        return detail::optional(oauth_response_header(handle_, name.c_str()));
    }
    oauth::bytes body() const noexcept
    {
        std::size_t length = 0;
        const std::uint8_t *body = oauth_response_body(handle_, &length);
        return {body, length};
    }
    /// All header fields: `for (auto [name, value] : response)`.
    std::size_t size() const noexcept { return oauth_response_header_count(handle_); }
    header at(std::size_t index) const noexcept
    {
        return {detail::view(oauth_response_header_name_at(handle_, index)),
                detail::view(oauth_response_header_value_at(handle_, index))};
    }
    detail::walk<response, header> begin() const noexcept { return {this, 0}; }
    detail::walk<response, header> end() const noexcept { return {this, size()}; }

    const oauth_response *get() const noexcept { return handle_; }

private:
    const oauth_response *handle_ = nullptr;
};

} // namespace v0_1
} // namespace oauth

#endif
