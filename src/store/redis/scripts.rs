//! Lua scripts, each of which the server runs as one atomic step. A script that runs twice changes no more than one
//! that runs once: it is sent again if the answer was lost.
//!
//! A fencing number is the server's time in microseconds, or one more than the last number if that is higher. So it
//! grows even if the server lost its data, or was set back to an older state.

use once_cell::race::OnceBox;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use crate::text::hexadecimal;

/// A script, and the digest by which a server knows it that has run it before.
pub struct Script {
    pub text: &'static str,
    digest: OnceBox<String>,
}

impl Script {
    const fn new(text: &'static str) -> Self {
        Self { text, digest: OnceBox::new() }
    }

    /// SHA-1 as hexadecimal digits: a name, chosen by Redis, and no protection.
    pub fn digest(&self) -> &str {
        self.digest.get_or_init(|| {
            let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, self.text.as_bytes());
            Box::new(hexadecimal(digest.as_ref()))
        })
    }
}

/// Keys: lock, fence, login. Arguments: token, lease, life of the fence (both in milliseconds).
/// Returns whether this holder has the lock now, the fencing number, and the login's `value`, `fence`, `number` and
/// `before`.
pub static LOCK: Script = Script::new(
    "
local holder = redis.call('GET', KEYS[1])
if not holder then
  local time = redis.call('TIME')
  local fence = time[1] * 1000000 + time[2]
  local given = tonumber(redis.call('GET', KEYS[2]) or 0)
  local written = tonumber(redis.call('HGET', KEYS[3], 'fence') or 0)
  fence = string.format('%.0f', math.max(fence, given + 1, written + 1))
  redis.call('SET', KEYS[2], fence, 'PX', ARGV[3])
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  holder = ARGV[1]
end
local login = redis.call('HMGET', KEYS[3], 'value', 'fence', 'number', 'before')
return {holder == ARGV[1] and 1 or 0, redis.call('GET', KEYS[2]), login[1], login[2], login[3], login[4]}",
);

/// Keys: lock, fence. Arguments: token, fencing number, lease. Returns 1, also if the lease had ended and no other
/// holder has had the lock since; else 0. A server whose memory is full can do it while the lease lasts.
pub static HOLD: Script = Script::new(
    "
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
if holder or redis.call('GET', KEYS[2]) ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
return 1",
);

/// Keys: lock. Arguments: token.
pub static RELEASE: Script = Script::new(
    "
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1",
);

/// Keys: login, lock, fence. Arguments: the login's `fence` as it was read, a name of this write, the fencing number, the
/// login's `number` (empty: a new one), value, end of its life (since the epoch, in milliseconds; empty: none), token, lease
/// (empty: the lock is not looked at), the login's `before` if it has its `number` already. Returns the login's `fence`,
/// `number` and `before`; 0 if another one is there than was read, and -1 if the lock was lost: nothing is written then.
pub static SAVE: Script = Script::new(
    "
if ARGV[8] ~= '' then
  local holder = redis.call('GET', KEYS[2])
  if holder ~= ARGV[7] and (holder or redis.call('GET', KEYS[3]) ~= ARGV[3]) then return -1 end
end
if redis.call('HGET', KEYS[1], 'by') ~= ARGV[2] then
  local now = redis.call('HGET', KEYS[1], 'fence') or '0'
  if now ~= ARGV[1] then return 0 end
  local last = tonumber(redis.call('HGET', KEYS[1], 'number') or 0)
  local fence = string.format('%.0f', math.max(tonumber(ARGV[3]), tonumber(now) + 1, last + 1))
  local number, before = ARGV[4], ARGV[9]
  if number == '' then number, before = fence, redis.call('HGET', KEYS[1], 'number') or '0' end
  redis.call('HSET', KEYS[1], 'fence', fence, 'number', number, 'before', before, 'by', ARGV[2], 'value', ARGV[5])
  if ARGV[6] == '' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIREAT', KEYS[1], ARGV[6]) end
end
if ARGV[8] ~= '' then redis.call('SET', KEYS[2], ARGV[7], 'PX', ARGV[8]) end
return redis.call('HMGET', KEYS[1], 'fence', 'number', 'before')",
);

/// Keys: login. Arguments: the login's `fence` as it was read, a name of this write, the fencing number, how long the mark
/// stays. Returns as [`SAVE`].
pub static DELETE: Script = Script::new(
    "
if redis.call('HGET', KEYS[1], 'by') ~= ARGV[2] then
  local now = redis.call('HGET', KEYS[1], 'fence') or '0'
  if now ~= ARGV[1] then return 0 end
  local last = tonumber(redis.call('HGET', KEYS[1], 'number') or 0)
  local fence = string.format('%.0f', math.max(tonumber(ARGV[3]), tonumber(now) + 1, last + 1))
  redis.call('HSET', KEYS[1], 'fence', fence, 'number', fence, 'by', ARGV[2])
  redis.call('HDEL', KEYS[1], 'value', 'before')
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
return redis.call('HMGET', KEYS[1], 'fence', 'number', 'before')",
);

/// Keys: login, the new place. Arguments: as [`DELETE`], and how long the value is kept. The login has no `number` then:
/// whoever has it in memory writes it again. Returns as [`SAVE`]; nothing if there is no value.
pub static SET_ASIDE: Script = Script::new(
    "
if redis.call('HGET', KEYS[1], 'by') ~= ARGV[2] then
  local now = redis.call('HGET', KEYS[1], 'fence') or '0'
  if now ~= ARGV[1] then return 0 end
  local value = redis.call('HGET', KEYS[1], 'value')
  if not value then return false end
  redis.call('SET', KEYS[2], value, 'PX', ARGV[5])
  local last = tonumber(redis.call('HGET', KEYS[1], 'number') or 0)
  local fence = string.format('%.0f', math.max(tonumber(ARGV[3]), tonumber(now) + 1, last + 1))
  redis.call('HSET', KEYS[1], 'fence', fence, 'by', ARGV[2])
  redis.call('HDEL', KEYS[1], 'value', 'number', 'before')
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
return redis.call('HMGET', KEYS[1], 'fence', 'number', 'before')",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_has_the_name_that_the_server_gives_it() {
        // of `return 1`, from a server
        assert_eq!(Script::new("return 1").digest(), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
    }
}
