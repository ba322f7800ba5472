//! A store on a Redis or Valkey server (5 or newer), or on a cluster of them, for programs on many machines.
//!
//! Each key of the store has three keys on the server, in one slot of a cluster. HASH is a digest of the key:
//! - `oauthclient:{HASH}:login:KEY`, a hash of `value` and `fence`: the text, and the fencing number under which it was
//!   written. It expires an hour after the text does, if that is known. After a deletion, `fence` stays for a day.
//! - `oauthclient:{HASH}:lock:KEY`: the holder of the lock. It expires with the lease: a holder that died holds
//!   nothing.
//! - `oauthclient:{HASH}:fence:KEY`: the last fencing number, for a day after the lock was last taken.
//!
//! Damaged text is moved to `oauthclient:{HASH}:damaged:NUMBER:KEY`, for 90 days.
//!
//! Each holder gets a higher fencing number than all before it. The server refuses a write under a lower number than
//! that of the stored text: a holder that was stalled beyond its lease cannot overwrite a newer text.
//!
//! `oauth_store_open_redis` documents how the server has to be set up, and what its user has to be allowed to do.

mod address;
mod connection;
mod scripts;
mod server;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use redis::Value;

use crate::error::{Error, Result};
use crate::secret::SecretBytes;
use crate::store::held::Holder;
use crate::store::options::Settings;
use crate::store::seal::{Seal, opened, sealed};
use crate::store::{Key, Lock, Store, digest};
use server::Server;

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
const DAMAGED_LIFE: Duration = Duration::from_secs(90 * 24 * 3600);

/// A store on a server or cluster.
pub struct Redis(Arc<Shared>);

struct Shared {
    server: Server,
    seal: Option<Seal>,
}

impl Redis {
    /// Checks the URL. The server is first asked when something is loaded or locked.
    pub fn open(url: &str, settings: Settings) -> Result<Self> {
        let server = Server::new(url, settings.cluster)?;
        Ok(Self(Arc::new(Shared { server, seal: settings.seal })))
    }
}

impl Store for Redis {
    fn load(&self, key: &Key) -> Result<Option<SecretBytes>> {
        let names = Names::new(key);
        let Some(bytes) = self.0.value(&names)? else { return Ok(None) };
        opened(self.0.seal.as_ref(), key, bytes).map(Some).map_err(|why| why.error(&names.login))
    }

    /// SCAN may give a name more than once, and one that is written meanwhile or not (Redis: "Scan guarantees").
    fn list(&self) -> Result<Vec<Option<SecretBytes>>> {
        let mut names = BTreeSet::new();
        let mut cursor = b"0".to_vec();
        loop {
            let (next, some) = self.0.server.scan(&cursor, b"oauthclient:{*}:login:*")?;
            names.extend(some);
            if next == b"0" {
                break;
            }
            cursor = next;
        }
        let key = |name: &[u8]| Some(Key(std::str::from_utf8(name).ok()?.splitn(4, ':').nth(3)?.into()));
        let mut texts = Vec::new();
        for key in names.iter().filter_map(|name| key(name)) {
            if let Some(bytes) = self.0.value(&Names::new(&key))? {
                texts.push(opened(self.0.seal.as_ref(), &key, bytes).ok());
            }
        }
        Ok(texts)
    }

    fn try_lock(&self, key: &Key) -> Result<Option<Box<dyn Lock>>> {
        let names = Names::new(key);
        let token = random_token()?;
        let keys = [&*names.lock, &*names.fence, &*names.login];
        let arguments = [token.as_bytes(), &ms(FIRST_LEASE), &ms(FENCE_LIFE)];
        match self.0.run(&names, scripts::LOCK, &keys, &arguments)? {
            Value::Nil => Ok(None),
            Value::BulkString(fence) => {
                let (shared, key, holder) = (self.0.clone(), key.clone(), Holder::this_process());
                Ok(Some(Box::new(RedisLock { shared, key, names, token, fence, holder })))
            }
            other => Err(unexpected(&other)),
        }
    }
}

impl Shared {
    fn value(&self, names: &Names) -> Result<Option<SecretBytes>> {
        match self.server.ask(&names.tag, &[b"HGET", names.login.as_bytes(), b"value"])? {
            Value::Nil => Ok(None),
            Value::BulkString(bytes) => Ok(Some(bytes.into())),
            other => Err(unexpected(&other)),
        }
    }

    /// Sends the whole script each time: a server that was restarted does not know it any more.
    fn run(&self, names: &Names, script: &str, keys: &[&str], arguments: &[&[u8]]) -> Result<Value> {
        let count = keys.len().to_string();
        let mut command = vec![&b"EVAL"[..], script.as_bytes(), count.as_bytes()];
        command.extend(keys.iter().map(|key| key.as_bytes()));
        command.extend(arguments);
        self.server.ask(&names.tag, &command)
    }
}

/// The keys on the server for one key of the store.
struct Names {
    tag: String,
    login: String,
    lock: String,
    fence: String,
}

impl Names {
    fn new(key: &Key) -> Self {
        let tag = digest(key.as_str(), 8);
        let name = |what: &str| format!("oauthclient:{{{tag}}}:{what}:{}", key.as_str());
        Self { login: name("login"), lock: name("lock"), fence: name("fence"), tag }
    }
}

/// The lock, while the lease lasts.
struct RedisLock {
    shared: Arc<Shared>,
    key: Key,
    names: Names,
    token: String,
    /// In decimal digits, as the server sent it.
    fence: Vec<u8>,
    holder: Holder,
}

impl RedisLock {
    /// Runs a script that returns 0 if a later holder came in between.
    fn run(&self, script: &str, keys: &[&str], arguments: &[&[u8]], lost: &str) -> Result<()> {
        self.holder.check()?;
        match self.shared.run(&self.names, script, keys, arguments)? {
            Value::Int(1) => Ok(()),
            Value::Int(0) => Err(Error::store(&self.names.lock, lost)),
            Value::Nil => Err(Error::store(&self.names.login, "nothing is kept")),
            other => Err(unexpected(&other)),
        }
    }

    fn write(&self, script: &str, more_keys: &[&str], arguments: &[&[u8]]) -> Result<()> {
        let keys = [&[&*self.names.login], more_keys].concat();
        let arguments = [&[&*self.fence], arguments].concat();
        self.run(script, &keys, &arguments, "its lease ended, and a later holder has written: nothing was overwritten")
    }
}

impl Lock for RedisLock {
    fn load(&mut self) -> Result<Option<SecretBytes>> {
        self.holder.check()?;
        let Some(bytes) = self.shared.value(&self.names)? else { return Ok(None) };
        let login = self.names.login.clone();
        opened(self.shared.seal.as_ref(), &self.key, bytes)
            .map(Some)
            .map_err(|why| why.error_under_lock(&login, || self.set_aside()))
    }

    fn save(&mut self, text: &[u8], expires_at_s: Option<i64>) -> Result<()> {
        let value = sealed(self.shared.seal.as_ref(), &self.key, text)?;
        let expires_at_s = expires_at_s.filter(|expires_at_s| *expires_at_s < LAST_S);
        let until_ms = expires_at_s
            .map(|expires_at_s| expires_at_s.saturating_add(LIFE_MARGIN_S).saturating_mul(1000).to_string());
        self.write(scripts::SAVE, &[], &[&value, until_ms.unwrap_or_default().as_bytes()])
    }

    fn delete(&mut self) -> Result<()> {
        self.write(scripts::DELETE, &[], &[&ms(FENCE_LIFE)])
    }

    fn set_aside(&mut self) -> Result<String> {
        let number = String::from_utf8_lossy(&self.fence);
        let place = format!("oauthclient:{{{}}}:damaged:{number}:{}", self.names.tag, self.key.as_str());
        self.write(scripts::SET_ASIDE, &[&place], &[&ms(FENCE_LIFE), &ms(DAMAGED_LIFE)])?;
        Ok(place)
    }

    fn hold_for(&mut self, time: Duration) -> Result<()> {
        let keys = [&*self.names.lock, &*self.names.fence];
        let arguments = [self.token.as_bytes(), &self.fence, &ms(time.saturating_add(LEASE_MARGIN))];
        self.run(scripts::HOLD, &keys, &arguments, "its lease ended, and somebody else has had it since")
    }
}

impl Drop for RedisLock {
    fn drop(&mut self) {
        // A forked child has a copy, but does not hold the lock. If the server cannot be reached, the lease ends.
        if self.holder.is_this_process() {
            drop(self.shared.run(&self.names, scripts::RELEASE, &[&self.names.lock], &[self.token.as_bytes()]));
        }
    }
}

fn random_token() -> Result<String> {
    let mut token = [0; 16];
    getrandom::fill(&mut token).map_err(Error::no_randomness)?;
    Ok(format!("{:032x}", u128::from_ne_bytes(token)))
}

fn ms(time: Duration) -> Vec<u8> {
    /// A hundred years: the server adds its time to it, which must not overflow.
    const LONGEST_MS: u128 = 100 * 365 * 24 * 3600 * 1000;
    time.as_millis().min(LONGEST_MS).to_string().into_bytes()
}

fn unexpected(answer: &Value) -> Error {
    let kind = match answer {
        Value::Int(_) => "a number",
        Value::BulkString(_) | Value::SimpleString(_) | Value::Okay => "a text",
        _ => "something else",
    };
    Error::store("Redis", format!("it answered with {kind}, which it was not asked for"))
}
