//! Lua scripts, each of which the server runs as one atomic step. A script that runs twice changes no more than one
//! that runs once: it is sent again if the answer was lost.
//!
//! A fencing number is the server's time in microseconds, or one more than the last number if that is higher. So it
//! grows even if the server lost its data, or was set back to an older state.

/// Keys: lock, fence, login. Arguments: token, lease, life of the fence (both in milliseconds).
/// Returns the fencing number; nothing if another holder has the lock.
pub const LOCK: &str = "
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then return redis.call('GET', KEYS[2]) end
if holder then return false end
local time = redis.call('TIME')
local fence = time[1] * 1000000 + time[2]
local given = tonumber(redis.call('GET', KEYS[2]) or 0)
local written = tonumber(redis.call('HGET', KEYS[3], 'fence') or 0)
fence = string.format('%.0f', math.max(fence, given + 1, written + 1))
redis.call('SET', KEYS[2], fence, 'PX', ARGV[3])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return fence";

/// Keys: lock, fence. Arguments: token, fencing number, lease. Returns 1, also if the lease had ended and no other
/// holder has had the lock since; else 0.
pub const HOLD: &str = "
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] or not holder and redis.call('GET', KEYS[2]) == ARGV[2] then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
  return 1
end
return 0";

/// Keys: lock. Arguments: token.
pub const RELEASE: &str = "
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1";

/// Keys: login. Arguments: fencing number, value, end of its life (since the epoch, in milliseconds; empty: none).
/// Returns 0 if a holder with a higher number has written, else 1.
pub const SAVE: &str = "
if tonumber(redis.call('HGET', KEYS[1], 'fence') or 0) > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'fence', ARGV[1], 'value', ARGV[2])
if ARGV[3] == '' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIREAT', KEYS[1], ARGV[3]) end
return 1";

/// Keys: login. Arguments: fencing number, how long it is remembered. Returns as [`SAVE`].
pub const DELETE: &str = "
if tonumber(redis.call('HGET', KEYS[1], 'fence') or 0) > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'fence', ARGV[1])
redis.call('HDEL', KEYS[1], 'value')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1";

/// Keys: login, the new place. Arguments: fencing number, how long that is remembered, how long the value is.
/// Returns as [`SAVE`]; nothing if there is no value.
pub const SET_ASIDE: &str = "
if tonumber(redis.call('HGET', KEYS[1], 'fence') or 0) > tonumber(ARGV[1]) then return 0 end
local value = redis.call('HGET', KEYS[1], 'value')
if value then
  redis.call('SET', KEYS[2], value, 'PX', ARGV[3])
  redis.call('HSET', KEYS[1], 'fence', ARGV[1])
  redis.call('HDEL', KEYS[1], 'value')
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return redis.call('EXISTS', KEYS[2]) == 1 and 1 or false";
