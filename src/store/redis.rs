//! A store on a Redis or Valkey server (5 or newer), or on a cluster of them, for programs on many machines.
//!
//! Each key of the store has three keys on the server, in one slot of a cluster. HASH is a digest of the key; `oauthclient`
//! is what a program may replace by a prefix of its own:
//! - `oauthclient:{HASH}:login:KEY`, a hash. `value` is the text. `fence` is higher after each write. `number` is the
//!   `fence` of the write that brought the login's token: of two tokens, the later one has the higher number, also when it
//!   is written once more. `before` is the `number` of the token that it replaced. `by` names the last write. It expires an
//!   hour after the text does, if that is known. After a deletion, `fence`, `number` and `by` stay for 30 days.
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
mod lock;
mod logins;
mod nodes;
mod reply;
mod scripts;
mod sentinels;
mod server;
mod tls;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::process::PerProcess;
use crate::secret::SecretBytes;
use crate::store::options::{RedisOptions, Settings};
use crate::store::seal::opened;
use crate::store::{Attempt, Kept, Key, Store};
use crate::transport::stream::{Connect, Network, Place};
use address::Address;
use connection::{Access, Password};
use lock::RedisLock;
use logins::{Logins, Names};
use nodes::Nodes;
use sentinels::Sentinels;
use server::{Kind, Server};

/// How the names of keys begin, unless the program says otherwise.
const PREFIX: &str = "oauthclient";
/// Of a list. A step looks at a thousand keys or so.
const MOST_STEPS: usize = 1_000_000;
const MOST_LOGINS: usize = 1_000_000;

/// A store on a server or cluster.
pub struct Redis(Arc<Logins>);

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
        Ok(Self(Arc::new(Logins { server, prefix, seal, max_idle_s, unanswered: PerProcess::default() })))
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
        RedisLock::attempt(&self.0, key)
    }
}
