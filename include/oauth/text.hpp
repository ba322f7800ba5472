/* Text and bytes on their way to the library and back. A part of oauth.hpp.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OAUTHCLIENT_OAUTH_TEXT_HPP
#define OAUTHCLIENT_OAUTH_TEXT_HPP

#include <oauth.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__clang__)
#define OAUTH_LIFETIMEBOUND [[clang::lifetimebound]]
#else
#define OAUTH_LIFETIMEBOUND
#endif

namespace oauth {
inline namespace v0_1 {

/// Text that may be absent. It belongs to the handle that gave it, and lives as long. data() ends with NUL.
using optional_text = std::optional<std::string_view>;

namespace detail {

inline void wipe(char *bytes, std::size_t length) noexcept
{
    volatile char *place = bytes; // so that no compiler leaves it out
    for (std::size_t index = 0; index < length; index++)
        place[index] = 0;
}

inline optional_text optional(const char *borrowed) noexcept
{
    return borrowed == nullptr ? optional_text() : optional_text(borrowed);
}

/// Of a getter that gives NULL for a NULL handle alone.
inline std::string_view view(const char *borrowed) noexcept
{
    return borrowed == nullptr ? std::string_view() : std::string_view(borrowed);
}

} // namespace detail

/// Text with a credential in it. It is wiped when it is destroyed, and no stream prints it unasked.
class secret {
public:
    secret() noexcept = default;
    explicit secret(std::string_view text) : bytes_(new char[text.size() + 1]), size_(text.size())
    {
        std::copy(text.begin(), text.end(), bytes_.get());
        bytes_[size_] = '\0';
    }
    /// Room for so many bytes.
    explicit secret(std::size_t size) : bytes_(new char[size + 1]()), size_(size) {}
    secret(secret &&other) noexcept : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}
    secret &operator=(secret &&other) noexcept
    {
        std::swap(bytes_, other.bytes_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~secret()
    {
        if (bytes_)
            detail::wipe(bytes_.get(), size_);
    }

    std::string_view view() const noexcept OAUTH_LIFETIMEBOUND { return {c_str(), size_}; }
    char *data() noexcept OAUTH_LIFETIMEBOUND { return bytes_.get(); }
    const char *data() const noexcept OAUTH_LIFETIMEBOUND { return bytes_.get(); }
    const char *c_str() const noexcept OAUTH_LIFETIMEBOUND { return bytes_ ? bytes_.get() : ""; }
    std::size_t size() const noexcept { return size_; }
    operator std::string_view() const noexcept OAUTH_LIFETIMEBOUND { return view(); }

private:
    std::unique_ptr<char[]> bytes_;
    std::size_t size_ = 0;
};

namespace detail {

/// Takes an owned string of the library.
inline secret take(char *owned)
{
    const std::unique_ptr<char, void (*)(char *)> guard(owned, oauth_string_free);
    return secret(view(owned));
}

} // namespace detail

/// An argument: a string_view, a std::string, a literal; or none. It is copied where it has to be, and the copy is wiped.
/// Not to be kept beyond the call. Text with a NUL inside is refused by the call that gets it, as bad UTF-8: it is never cut off.
class text {
public:
    text() noexcept = default;
    text(std::nullptr_t) noexcept {}
    text(std::nullopt_t) noexcept {}
    /// NULL, such as a variable of the environment that is not set, counts as none.
    text(const char *terminated) noexcept : pointer_(terminated) {}
    text(std::string_view value) { copy(value); }
    text(const std::string &value) { borrow(value.c_str(), value.size()); }
    text(const secret &value) { borrow(value.c_str(), value.size()); }
    text(const optional_text &value)
    {
        if (value)
            copy(*value);
    }
    text(const std::optional<std::string> &value)
    {
        if (value)
            borrow(value->c_str(), value->size());
    }
    text(text &&other) noexcept
        : pointer_(std::exchange(other.pointer_, nullptr)), copy_(std::move(other.copy_)), size_(other.size_)
    {
    }
    ~text()
    {
        if (copy_)
            detail::wipe(copy_.get(), size_);
    }

    /// NULL: none.
    const char *c_str() const noexcept { return pointer_; }

private:
    /// What ends with NUL anyway need not be copied.
    void borrow(const char *terminated, std::size_t size)
    {
        if (std::strlen(terminated) == size)
            pointer_ = terminated;
        else
            copy({terminated, size});
    }
    void copy(std::string_view value)
    {
        copy_.reset(new char[value.size() + 1]);
        size_ = value.size();
        std::replace_copy(value.begin(), value.end(), copy_.get(), '\0', '\xff');
        copy_[size_] = '\0';
        pointer_ = copy_.get();
    }

    const char *pointer_ = nullptr;
    std::unique_ptr<char[]> copy_;
    std::size_t size_ = 0;
};

/// Bytes that belong to somebody else: a view of a std::vector, std::array, std::string and the like.
class bytes {
public:
    bytes() noexcept = default;
    bytes(const std::uint8_t *data, std::size_t size) noexcept : data_(data), size_(size) {}
    bytes(const char *terminated) noexcept : bytes(detail::view(terminated)) {}
    template <class Container, class Item = std::remove_pointer_t<decltype(std::declval<const Container &>().data())>,
              class = std::enable_if_t<sizeof(Item) == 1 && std::is_trivial_v<Item>>>
    bytes(const Container &container OAUTH_LIFETIMEBOUND) noexcept
        : data_(reinterpret_cast<const std::uint8_t *>(container.data())), size_(container.size())
    {
    }

    const std::uint8_t *data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    const std::uint8_t *begin() const noexcept { return data_; }
    const std::uint8_t *end() const noexcept { return size_ == 0 ? data_ : data_ + size_; }
    std::vector<std::uint8_t> to_vector() const { return {begin(), end()}; }
    std::string_view as_text() const noexcept { return {reinterpret_cast<const char *>(data_), size_}; }

private:
    const std::uint8_t *data_ = nullptr;
    std::size_t size_ = 0;
};

} // namespace v0_1
} // namespace oauth

#endif
