//! The logins on the server: the names of their keys, what is read of them, and the scripts that run on them.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use redis::Value;

use crate::error::{Error, Result};
use crate::process::PerProcess;
use crate::secret::SecretBytes;
use crate::store::redis::scripts::Script;
use crate::store::redis::server::Server;
use crate::store::seal::{Seal, Unsealed, opened};
use crate::store::{Kept, Key, Number, digest};

pub struct Logins {
    pub server: Server,
    /// How the names of all keys on the server begin.
    pub prefix: String,
    pub seal: Option<Seal>,
    /// How long an entry stays that nobody writes.
    pub max_idle_s: Option<i64>,
    /// Tokens of locks that may have been taken without an answer: the next attempt has them, and nobody waits for the lease.
    pub unanswered: PerProcess<Mutex<HashMap<Key, String>>>,
}

/// What the server has of a login.
pub struct Found {
    pub value: Option<SecretBytes>,
    /// Its `fence`, in decimal digits; 0 if there is none.
    pub stamp: Vec<u8>,
    pub number: Number,
}

impl Found {
    pub fn new([value, stamp, number, before]: [Value; 4]) -> Result<Self> {
        let stamp = bytes(stamp)?.map_or_else(|| b"0".to_vec(), |stamp| stamp.to_vec());
        let own = bytes(number)?.as_deref().map_or(0, as_number);
        // Without the number before, every lower one counts as earlier.
        let replaced = bytes(before)?.as_deref().map_or(own.saturating_sub(1), as_number);
        Ok(Self { value: bytes(value)?, stamp, number: Number { own, replaced } })
    }
}

pub fn bytes(value: Value) -> Result<Option<SecretBytes>> {
    match value {
        Value::Nil => Ok(None),
        Value::BulkString(bytes) => Ok(Some(bytes.into())),
        other => Err(unexpected(&other)),
    }
}

pub fn as_number(digits: &[u8]) -> u64 {
    std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

impl Logins {
    pub fn login(&self, names: &Names) -> Result<Found> {
        let command: [&[u8]; 6] = [b"HMGET", names.login.as_bytes(), b"value", b"fence", b"number", b"before"];
        let answer = self.server.ask(&names.tag, &command)?;
        match answer {
            Value::Array(parts) => Found::new(parts.try_into().map_err(|_| unexpected(&Value::Nil))?),
            other => Err(unexpected(&other)),
        }
    }

    pub fn opened(&self, key: &Key, found: Found) -> std::result::Result<Kept, Unsealed> {
        let text = found.value.map(|value| opened(self.seal.as_ref(), key, value)).transpose()?;
        Ok(Kept { text, number: found.number })
    }

    /// Names the script, and sends it whole to a server that does not know it yet, or any more.
    pub fn run(&self, names: &Names, script: &Script, keys: &[&str], arguments: &[&[u8]]) -> Result<Value> {
        self.run_replicated(names, script, keys, arguments, false)
    }

    pub fn run_replicated(
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
pub struct Names {
    pub tag: String,
    pub login: String,
    pub lock: String,
    pub fence: String,
}

impl Names {
    pub fn new(prefix: &str, key: &Key) -> Self {
        let tag = digest(key.as_str(), 8);
        let name = |what: &str| format!("{prefix}:{{{tag}}}:{what}:{}", key.as_str());
        Self { login: name("login"), lock: name("lock"), fence: name("fence"), tag }
    }
}

pub fn ms(time: Duration) -> Vec<u8> {
    /// A hundred years: the server adds its time to it, which must not overflow.
    const LONGEST_MS: u128 = 100 * 365 * 24 * 3600 * 1000;
    time.as_millis().min(LONGEST_MS).to_string().into_bytes()
}

pub fn unexpected(answer: &Value) -> Error {
    let kind = match answer {
        Value::Int(_) => "a number",
        Value::BulkString(_) | Value::SimpleString(_) | Value::Okay => "a text",
        _ => "something else",
    };
    Error::store("Redis", format!("it answered with {kind}, which it was not asked for"))
}
