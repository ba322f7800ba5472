/* Moments and durations of the library as those of <chrono>. A part of oauth.hpp.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OAUTHCLIENT_OAUTH_TIME_HPP
#define OAUTHCLIENT_OAUTH_TIME_HPP

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

namespace oauth {
inline namespace v0_1 {

using time_point = std::chrono::system_clock::time_point;

namespace detail {

/// Of a getter that gives a negative number for what is not known.
inline std::optional<std::chrono::seconds> duration(std::int64_t seconds) noexcept
{
    return seconds < 0 ? std::nullopt : std::make_optional(std::chrono::seconds(seconds));
}

/// The same for a moment. One that the clock cannot express, centuries from now, becomes its last one.
inline std::optional<time_point> moment(std::int64_t seconds_since_1970) noexcept
{
    using std::chrono::duration_cast;
    using std::chrono::seconds;
    if (seconds_since_1970 < 0)
        return std::nullopt;
    const std::int64_t last = duration_cast<seconds>(time_point::duration::max()).count();
    return time_point(seconds(seconds_since_1970 < last ? seconds_since_1970 : last));
}

inline std::int64_t seconds_since_1970(time_point moment) noexcept
{
    return std::chrono::floor<std::chrono::seconds>(moment).time_since_epoch().count();
}

/// A duration in the units of a setter. A negative one becomes 0, one that is too long the longest.
template <class Unit> std::uint32_t count(Unit duration) noexcept
{
    constexpr auto longest = std::numeric_limits<std::uint32_t>::max();
    if (duration <= Unit::zero())
        return 0;
    return duration >= Unit(longest) ? longest : static_cast<std::uint32_t>(duration.count());
}

} // namespace detail

} // namespace v0_1
} // namespace oauth

#endif
