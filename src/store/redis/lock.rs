//! The lock of a login on the server, and the writes of its holder.

use std::sync::Arc;
use std::time::Duration;

use redis::Value;

use crate::error::{Error, Result};
use crate::store::held::Holder;
use crate::store::redis::logins::{Found, Logins, Names, as_number, bytes, ms, unexpected};
use crate::store::redis::scripts::{self, Script};
use crate::store::seal::sealed;
use crate::store::{Attempt, Kept, Key, Lock, Number, Written};

/// A holder that needs the lock for longer calls `hold_for`.
const FIRST_LEASE: Duration = Duration::from_secs(10);
/// For the way to the server, and for clocks that run at different rates.
const LEASE_MARGIN: Duration = Duration::from_secs(5);
/// A text that has no more use is kept for this much longer, because clocks differ.
const LIFE_MARGIN_S: i64 = 3600;
/// The end of the year 9999. A later end counts as none.
const LAST_S: i64 = 253_402_300_799;
/// How long fencing numbers are remembered. After that, only the server's time makes a later number higher.
const FENCE_LIFE: Duration = Duration::from_secs(24 * 3600);
/// How long a deletion is remembered: a session that has held its token for longer takes it for a loss of the server.
const DELETION_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);
const DAMAGED_LIFE: Duration = Duration::from_secs(90 * 24 * 3600);

/// The lock, while the lease lasts.
pub struct RedisLock {
    logins: Arc<Logins>,
    key: Key,
    names: Names,
    token: String,
    /// In decimal digits, as the server sent it.
    fence: Vec<u8>,
    /// The login's `fence` as it was last read or written under this lock.
    seen: Vec<u8>,
    /// What was read when the lock was taken.
    found: Option<Found>,
    /// Writes under this lock, to name them.
    writes: u32,
    holder: Holder,
}

const LOST: &str = "its lease ended, and somebody else has had it since";

impl RedisLock {
    /// Takes the lock if it is free, and reads the login.
    pub fn attempt(logins: &Arc<Logins>, key: &Key) -> Result<Attempt> {
        let names = Names::new(&logins.prefix, key);
        let unanswered = logins.unanswered.lock().remove(key);
        let token = unanswered.map_or_else(random_token, Ok)?;
        let keys = [&*names.lock, &*names.fence, &*names.login];
        let arguments = [token.as_bytes(), &ms(FIRST_LEASE), &ms(FENCE_LIFE)];
        let answer = logins.run(&names, &scripts::LOCK, &keys, &arguments);
        let answer = answer.inspect_err(|_| drop(logins.unanswered.lock().insert(key.clone(), token.clone())))?;
        let (mine, fence, found) = match answer {
            Value::Array(parts) => match <[Value; 6]>::try_from(parts) {
                Ok([Value::Int(mine), fence, value, stamp, number, before]) => {
                    (mine == 1, bytes(fence)?, Found::new([value, stamp, number, before])?)
                }
                _ => return Err(unexpected(&Value::Nil)),
            },
            other => return Err(unexpected(&other)),
        };
        if !mine {
            return Ok(Attempt::Taken(logins.opened(key, found).ok()));
        }
        let (logins, key, holder) = (logins.clone(), key.clone(), Holder::this_process());
        // A server that drops keys may have dropped the number of a lock that was taken before.
        let (fence, seen) = (fence.map_or_else(|| b"0".to_vec(), |fence| fence.to_vec()), found.stamp.clone());
        let lock = Self { logins, key, names, token, fence, seen, found: Some(found), writes: 0, holder };
        Ok(Attempt::Locked(Box::new(lock)))
    }

    /// Runs a script that writes. `None`: it returned nothing. `is_news`: a fail-over is not to undo it.
    fn change(
        &mut self,
        script: &Script,
        more_keys: &[&str],
        more: &[&[u8]],
        is_news: bool,
    ) -> Result<Option<Written>> {
        self.holder.check()?;
        self.writes += 1;
        let name = format!("{}{}", self.token, self.writes);
        let keys = [&[&*self.names.login], more_keys].concat();
        let arguments = [&[&*self.seen, name.as_bytes(), &*self.fence], more].concat();
        match self.logins.run_replicated(&self.names, script, &keys, &arguments, is_news)? {
            Value::Array(parts) => {
                let [stamp, number, before] = parts.try_into().map_err(|_| unexpected(&Value::Nil))?;
                let found = Found::new([Value::Nil, stamp, number, before])?;
                if found.stamp == b"0" {
                    return Err(Error::store(&self.names.login, "the server's clock says that it has expired"));
                }
                (self.seen, self.found) = (found.stamp, None);
                Ok(Some(Written::Done(found.number)))
            }
            Value::Int(0) => {
                self.found = None;
                Ok(Some(Written::Overtaken))
            }
            Value::Int(_) => Err(Error::store(&self.names.lock, LOST)),
            Value::Nil => Ok(None),
            other => Err(unexpected(&other)),
        }
    }

    fn put(
        &mut self,
        text: &[u8],
        number: Option<Number>,
        expires_at_s: Option<i64>,
        lease: Option<Duration>,
    ) -> Result<Written> {
        let value = sealed(self.logins.seal.as_ref(), &self.key, text)?;
        let expires_at_s = expires_at_s.filter(|expires_at_s| *expires_at_s < LAST_S);
        let over_at_s = expires_at_s.map(|expires_at_s| expires_at_s.saturating_add(LIFE_MARGIN_S));
        // By the server's clock, of which the fencing number tells: this machine's may be ahead of it.
        let now_s = i64::try_from(as_number(&self.fence) / 1_000_000).unwrap_or_default();
        let idle_until_s = self.logins.max_idle_s.map(|max_idle_s| now_s.saturating_add(max_idle_s));
        let until_s = over_at_s.into_iter().chain(idle_until_s).min();
        let until_ms = until_s.map(|until_s| until_s.saturating_mul(1000).to_string());
        let number = number.filter(|number| number.own != 0);
        let is_news = number.is_none();
        let [number, before] = number.map_or_else(Default::default, |number| {
            [number.own, number.replaced].map(|number| number.to_string().into_bytes())
        });
        let lease = lease.map(|lease| ms(lease.saturating_add(LEASE_MARGIN)));
        let (lock, fence, token) = (self.names.lock.clone(), self.names.fence.clone(), self.token.clone());
        let arguments: [&[u8]; 6] = [
            &number,
            &value,
            until_ms.as_deref().unwrap_or_default().as_bytes(),
            token.as_bytes(),
            lease.as_deref().unwrap_or_default(),
            &before,
        ];
        self.change(&scripts::SAVE, &[&lock, &fence], &arguments, is_news)?.ok_or_else(|| unexpected(&Value::Nil))
    }
}

impl Lock for RedisLock {
    fn look(&mut self) -> Result<Kept> {
        self.holder.check()?;
        let found = match self.found.take() {
            Some(found) => found,
            None => self.logins.login(&self.names)?,
        };
        self.seen.clone_from(&found.stamp);
        let login = self.names.login.clone();
        let logins = self.logins.clone();
        logins.opened(&self.key, found).map_err(|why| why.error_under_lock(&login, || self.set_aside()))
    }

    fn write(&mut self, text: &[u8], number: Option<Number>, expires_at_s: Option<i64>) -> Result<Written> {
        self.put(text, number, expires_at_s, None)
    }

    fn write_and_hold(
        &mut self,
        text: &[u8],
        number: Option<Number>,
        expires_at_s: Option<i64>,
        time: Duration,
    ) -> (Result<Written>, Result<()>) {
        match self.put(text, number, expires_at_s, Some(time)) {
            Ok(Written::Done(number)) => (Ok(Written::Done(number)), Ok(())),
            other => (other, self.hold_for(time)),
        }
    }

    fn delete(&mut self) -> Result<Written> {
        let written = self.change(&scripts::DELETE, &[], &[&ms(DELETION_LIFE)], true)?;
        written.ok_or_else(|| unexpected(&Value::Nil))
    }

    fn set_aside(&mut self) -> Result<String> {
        let number = String::from_utf8_lossy(&self.fence);
        let (prefix, tag) = (&self.logins.prefix, &self.names.tag);
        let place = format!("{prefix}:{{{tag}}}:damaged:{number}:{}", self.key.as_str());
        match self.change(&scripts::SET_ASIDE, &[&place], &[&ms(DELETION_LIFE), &ms(DAMAGED_LIFE)], false)? {
            Some(Written::Done(_)) => Ok(place),
            Some(Written::Overtaken) => Err(Error::store(&self.names.login, "somebody else has written it meanwhile")),
            None => Err(Error::store(&self.names.login, "nothing is kept")),
        }
    }

    fn hold_for(&mut self, time: Duration) -> Result<()> {
        self.holder.check()?;
        let keys = [&*self.names.lock, &*self.names.fence];
        let arguments = [self.token.as_bytes(), &self.fence, &ms(time.saturating_add(LEASE_MARGIN))];
        match self.logins.run(&self.names, &scripts::HOLD, &keys, &arguments)? {
            Value::Int(1) => Ok(()),
            Value::Int(_) => Err(Error::store(&self.names.lock, LOST)),
            other => Err(unexpected(&other)),
        }
    }
}

impl Drop for RedisLock {
    fn drop(&mut self) {
        // A forked child has a copy, but does not hold the lock. If the server cannot be reached, the lease ends.
        if self.holder.is_this_process() {
            drop(self.logins.run(&self.names, &scripts::RELEASE, &[&self.names.lock], &[self.token.as_bytes()]));
        }
    }
}

fn random_token() -> Result<String> {
    let mut token = [0; 16];
    getrandom::fill(&mut token).map_err(Error::no_randomness)?;
    Ok(format!("{:032x}", u128::from_ne_bytes(token)))
}
