//! A store on a Redis or Valkey server (5 or newer), or on a cluster of them, for programs on many machines.
//!
//! Each key of the store has three keys on the server, in one slot of a cluster. HASH is a digest of the key; `oauthclient`
//! is what a program may replace by a prefix of its own:
//! - `oauthclient:{HASH}:login:KEY`, a hash. `value` is the text. `fence` is higher after each write. `number` is the
//!   `fence` of the write that brought the login's token: of two tokens, the later one has the higher number, also when it
//!   is written once more. `by` names the last write. It expires an hour after the text does, if that is known. After a
//!   deletion, all but `value` stay for 30 days.
//! - `oauthclient:{HASH}:lock:KEY`: the holder of the lock. It expires with the lease: a holder that died holds
//!   nothing.
//! - `oauthclient:{HASH}:fence:KEY`: the last fencing number, for a day after the lock was last taken.
//!
//! Damaged text is moved to `oauthclient:{HASH}:damaged:NUMBER:KEY`, for 90 days.
//!
//! Each holder gets a higher fencing number than all before it. The server refuses a write by a holder that has not read what
//! is there: a holder that was stalled beyond its lease overwrites nothing that was written since.
//!
//! `oauth_store_open_redis` documents how the server has to be set up, and what its user has to be allowed to do.

mod address;
mod connection;
mod nodes;
mod reply;
mod scripts;
mod sentinels;
mod server;
mod tls;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use redis::Value;

use crate::error::{Error, Result};
use crate::process::PerProcess;
use crate::secret::SecretBytes;
use crate::store::held::Holder;
use crate::store::options::{RedisOptions, Settings};
use crate::store::seal::{Seal, Unsealed, opened, sealed};
use crate::store::{Attempt, Kept, Key, Lock, Store, Written, digest};
use crate::transport::stream::{Connect, Network, Place};
use address::Address;
use connection::{Access, Password};
use nodes::Nodes;
use scripts::Script;
use sentinels::Sentinels;
use server::{Kind, Server};

/// How the names of keys begin, unless the program says otherwise.
const PREFIX: &str = "oauthclient";
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
/// Of a list. A step looks at a thousand keys or so.
const MOST_STEPS: usize = 1_000_000;
const MOST_LOGINS: usize = 1_000_000;
const DAMAGED_LIFE: Duration = Duration::from_secs(90 * 24 * 3600);

/// A store on a server or cluster.
pub struct Redis(Arc<Shared>);

struct Shared {
    server: Server,
    /// How the names of all keys on the server begin.
    prefix: String,
    seal: Option<Seal>,
    /// How long an entry stays that nobody writes.
    max_idle_s: Option<i64>,
    /// Tokens of locks that may have been taken without an answer: the next attempt has them, and nobody waits for the lease.
    unanswered: PerProcess<Mutex<HashMap<Key, String>>>,
}

impl Redis {
    /// Checks the URL and the options. The server is first asked when something is loaded or locked.
    pub fn open(url: &str, settings: Settings) -> Result<Self> {
        let address = address(url, &settings.redis)?;
        let tls = address.tls.then(|| tls::config(&settings.redis.tls)).transpose()?;
        Self::over(address, Arc::new(Network { tls }), settings)
    }

    /// The same over another network, such as a simulated one.
    pub fn open_over(url: &str, network: Arc<dyn Connect>, settings: Settings) -> Result<Self> {
        Self::over(address(url, &settings.redis)?, network, settings)
    }

    fn over(address: Address, network: Arc<dyn Connect>, settings: Settings) -> Result<Self> {
        let Settings { redis: options, seal, .. } = settings;
        let password = match (address.password, options.password) {
            (Some(_), Some(_)) => return Err(bad_url("has a password, and a source of one was given too")),
            (Some(password), None) => Password::Fixed(Arc::new(password)),
            (None, Some(source)) => Password::From(source),
            (None, None) if address.user.is_some() => return Err(bad_url("names a user without a password")),
            (None, None) => Password::None,
        };
        let kind = match options.sentinels {
            Some(sentinels) => {
                let password = sentinels.password.map_or(Password::None, Password::Fixed);
                let access = Access { user: sentinels.user, password, database: 0 };
                Kind::Sentinels(Sentinels::new(sentinels.master, access))
            }
            None if options.cluster => Kind::Cluster,
            None => Kind::Single,
        };
        let access = Access { user: address.user.map(Arc::new), password, database: address.database };
        let server = Server::new(address.places, kind, Nodes::new(access, network, options.connections));
        let prefix = options.prefix.unwrap_or_else(|| PREFIX.to_owned());
        let max_idle_s = Some(i64::from(options.max_idle_s)).filter(|max_idle_s| *max_idle_s != 0);
        Ok(Self(Arc::new(Shared { server, prefix, seal, max_idle_s, unanswered: PerProcess::default() })))
    }
}

const USUAL_PORT: u16 = 6379;
const USUAL_PORT_OF_SENTINELS: u16 = 26379;

fn address(url: &str, options: &RedisOptions) -> Result<Address> {
    let usual_port = if options.sentinels.is_some() { USUAL_PORT_OF_SENTINELS } else { USUAL_PORT };
    let address = Address::parse(url, usual_port)?;
    let is_local = matches!(address.places[..], [Place::Unix(_)]);
    match () {
        () if options.cluster && (address.database != 0 || is_local) => {
            Err(bad_url("of a cluster has a database or a path: it has neither"))
        }
        () if address.places.len() > 1 && !options.cluster && options.sentinels.is_none() => {
            Err(bad_url("has several hosts: only a cluster or sentinels have"))
        }
        () => Ok(address),
    }
}

fn bad_url(why: &str) -> Error {
    Error::argument("url", why)
}

impl Store for Redis {
    fn look(&self, key: &Key) -> Result<Kept> {
        let names = Names::new(&self.0.prefix, key);
        let found = self.0.login(&names)?;
        self.0.opened(key, found).map_err(|why| why.error(&names.login))
    }

    /// SCAN may give a name more than once, and one that is written meanwhile or not (Redis: "Scan guarantees").
    fn list(&self) -> Result<Vec<Option<SecretBytes>>> {
        let prefix = &self.0.prefix;
        let pattern = format!("{prefix}:{{*}}:login:*");
        let mut names = BTreeSet::new();
        let mut cursor = b"0".to_vec();
        for step in 0.. {
            if step == MOST_STEPS || names.len() > MOST_LOGINS {
                return Err(Error::store("the logins could not be listed", "the server has too many keys"));
            }
            let (next, some) = self.0.server.scan(&cursor, pattern.as_bytes())?;
            names.extend(some);
            if next == b"0" {
                break;
            }
            cursor = next;
        }
        let key = |name: &[u8]| {
            let rest = std::str::from_utf8(name).ok()?.strip_prefix(&**prefix)?.strip_prefix(':')?;
            Some(Key(rest.splitn(3, ':').nth(2)?.into()))
        };
        let mut texts = Vec::new();
        for key in names.iter().filter_map(|name| key(name)) {
            if let Some(bytes) = self.0.login(&Names::new(&self.0.prefix, &key))?.value {
                texts.push(opened(self.0.seal.as_ref(), &key, bytes).ok());
            }
        }
        Ok(texts)
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn attempt(&self, key: &Key) -> Result<Attempt> {
        let names = Names::new(&self.0.prefix, key);
        let unanswered = self.0.unanswered.lock().remove(key);
        let token = unanswered.map_or_else(random_token, Ok)?;
        let keys = [&*names.lock, &*names.fence, &*names.login];
        let arguments = [token.as_bytes(), &ms(FIRST_LEASE), &ms(FENCE_LIFE)];
        let answer = self.0.run(&names, &scripts::LOCK, &keys, &arguments);
        let answer = answer.inspect_err(|_| drop(self.0.unanswered.lock().insert(key.clone(), token.clone())))?;
        let (mine, fence, found) = match answer {
            Value::Array(parts) => match <[Value; 5]>::try_from(parts) {
                Ok([Value::Int(mine), fence, value, stamp, number]) => {
                    (mine == 1, bytes(fence)?, Found::new([value, stamp, number])?)
                }
                _ => return Err(unexpected(&Value::Nil)),
            },
            other => return Err(unexpected(&other)),
        };
        if !mine {
            return Ok(Attempt::Taken(self.0.opened(key, found).ok()));
        }
        let (shared, key, holder) = (self.0.clone(), key.clone(), Holder::this_process());
        // A server that drops keys may have dropped the number of a lock that was taken before.
        let (fence, seen) = (fence.map_or_else(|| b"0".to_vec(), |fence| fence.to_vec()), found.stamp.clone());
        let lock = RedisLock { shared, key, names, token, fence, seen, found: Some(found), writes: 0, holder };
        Ok(Attempt::Locked(Box::new(lock)))
    }
}

/// What the server has of a login.
struct Found {
    value: Option<SecretBytes>,
    /// Its `fence`, in decimal digits; 0 if there is none.
    stamp: Vec<u8>,
    number: u64,
}

impl Found {
    fn new([value, stamp, number]: [Value; 3]) -> Result<Self> {
        let stamp = bytes(stamp)?.map_or_else(|| b"0".to_vec(), |stamp| stamp.to_vec());
        Ok(Self { value: bytes(value)?, stamp, number: bytes(number)?.as_deref().map_or(0, as_number) })
    }
}

fn bytes(value: Value) -> Result<Option<SecretBytes>> {
    match value {
        Value::Nil => Ok(None),
        Value::BulkString(bytes) => Ok(Some(bytes.into())),
        other => Err(unexpected(&other)),
    }
}

fn as_number(digits: &[u8]) -> u64 {
    std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

impl Shared {
    fn login(&self, names: &Names) -> Result<Found> {
        let command: [&[u8]; 5] = [b"HMGET", names.login.as_bytes(), b"value", b"fence", b"number"];
        let answer = self.server.ask(&names.tag, &command)?;
        match answer {
            Value::Array(parts) => Found::new(parts.try_into().map_err(|_| unexpected(&Value::Nil))?),
            other => Err(unexpected(&other)),
        }
    }

    fn opened(&self, key: &Key, found: Found) -> std::result::Result<Kept, Unsealed> {
        let text = found.value.map(|value| opened(self.seal.as_ref(), key, value)).transpose()?;
        Ok(Kept { text, number: found.number })
    }

    /// Names the script, and sends it whole to a server that does not know it yet, or any more.
    fn run(&self, names: &Names, script: &Script, keys: &[&str], arguments: &[&[u8]]) -> Result<Value> {
        self.run_replicated(names, script, keys, arguments, false)
    }

    fn run_replicated(
        &self,
        names: &Names,
        script: &Script,
        keys: &[&str],
        arguments: &[&[u8]],
        replicated: bool,
    ) -> Result<Value> {
        let count = keys.len().to_string();
        let mut command = vec![&b"EVALSHA"[..], script.digest().as_bytes(), count.as_bytes()];
        command.extend(keys.iter().map(|key| key.as_bytes()));
        command.extend(arguments);
        self.server.ask_script(&names.tag, &mut command, script.text.as_bytes(), replicated)
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
    fn new(prefix: &str, key: &Key) -> Self {
        let tag = digest(key.as_str(), 8);
        let name = |what: &str| format!("{prefix}:{{{tag}}}:{what}:{}", key.as_str());
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
        match self.shared.run_replicated(&self.names, script, &keys, &arguments, is_news)? {
            Value::Array(parts) => {
                let [stamp, number] = parts.try_into().map_err(|_| unexpected(&Value::Nil))?;
                let found = Found::new([Value::Nil, stamp, number])?;
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
        number: Option<u64>,
        expires_at_s: Option<i64>,
        lease: Option<Duration>,
    ) -> Result<Written> {
        let value = sealed(self.shared.seal.as_ref(), &self.key, text)?;
        let expires_at_s = expires_at_s.filter(|expires_at_s| *expires_at_s < LAST_S);
        let over_at_s = expires_at_s.map(|expires_at_s| expires_at_s.saturating_add(LIFE_MARGIN_S));
        // By the server's clock, of which the fencing number tells: this machine's may be ahead of it.
        let now_s = i64::try_from(as_number(&self.fence) / 1_000_000).unwrap_or_default();
        let idle_until_s = self.shared.max_idle_s.map(|max_idle_s| now_s.saturating_add(max_idle_s));
        let until_s = over_at_s.into_iter().chain(idle_until_s).min();
        let until_ms = until_s.map(|until_s| until_s.saturating_mul(1000).to_string());
        let number = number.filter(|number| *number != 0).map(|number| number.to_string());
        let is_news = number.is_none();
        let lease = lease.map(|lease| ms(lease.saturating_add(LEASE_MARGIN)));
        let (lock, fence, token) = (self.names.lock.clone(), self.names.fence.clone(), self.token.clone());
        let arguments: [&[u8]; 5] = [
            number.as_deref().unwrap_or_default().as_bytes(),
            &value,
            until_ms.as_deref().unwrap_or_default().as_bytes(),
            token.as_bytes(),
            lease.as_deref().unwrap_or_default(),
        ];
        self.change(&scripts::SAVE, &[&lock, &fence], &arguments, is_news)?.ok_or_else(|| unexpected(&Value::Nil))
    }
}

impl Lock for RedisLock {
    fn look(&mut self) -> Result<Kept> {
        self.holder.check()?;
        let found = match self.found.take() {
            Some(found) => found,
            None => self.shared.login(&self.names)?,
        };
        self.seen.clone_from(&found.stamp);
        let login = self.names.login.clone();
        let shared = self.shared.clone();
        shared.opened(&self.key, found).map_err(|why| why.error_under_lock(&login, || self.set_aside()))
    }

    fn write(&mut self, text: &[u8], number: Option<u64>, expires_at_s: Option<i64>) -> Result<Written> {
        self.put(text, number, expires_at_s, None)
    }

    fn write_and_hold(
        &mut self,
        text: &[u8],
        number: Option<u64>,
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
        let (prefix, tag) = (&self.shared.prefix, &self.names.tag);
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
        match self.shared.run(&self.names, &scripts::HOLD, &keys, &arguments)? {
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
            drop(self.shared.run(&self.names, &scripts::RELEASE, &[&self.names.lock], &[self.token.as_bytes()]));
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
