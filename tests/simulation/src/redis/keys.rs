//! The keys of a Redis, and the commands that the store and its scripts use.

use std::collections::BTreeMap;

/// An answer, as RESP and Lua both know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Nil,
    Status(&'static str),
    Int(i64),
    Bulk(Vec<u8>),
    Array(Vec<Reply>),
    Error(String),
}

type Fields = BTreeMap<Vec<u8>, Vec<u8>>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(Vec<u8>),
    Hash(Fields),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub value: Value,
    /// On the server's wall clock.
    pub expires_ms: Option<u64>,
}

impl Entry {
    pub fn field(&self, name: &[u8]) -> Option<&[u8]> {
        match &self.value {
            Value::Hash(fields) => fields.get(name).map(Vec::as_slice),
            Value::Text(_) => None,
        }
    }

    pub fn text(&self) -> Option<&[u8]> {
        match &self.value {
            Value::Text(text) => Some(text),
            Value::Hash(_) => None,
        }
    }
}

#[derive(Clone, Default)]
pub struct Keys {
    entries: BTreeMap<Vec<u8>, Entry>,
    /// The names of those that were written since they were last taken.
    pub written: Vec<Vec<u8>>,
    /// The server's wall clock, as of this command, and how many times it was asked for in this millisecond.
    now_ms: u64,
    asked: u64,
}

impl Keys {
    /// The time of the commands that follow.
    pub fn at(&mut self, now_ms: u64) {
        if self.now_ms != now_ms {
            (self.now_ms, self.asked) = (now_ms, 0);
        }
    }

    /// As above, to the microsecond.
    pub fn at_us(&mut self, now_us: u64) {
        (self.now_ms, self.asked) = (now_us / 1000, now_us % 1000);
    }

    pub fn get(&mut self, name: &[u8]) -> Option<&mut Entry> {
        let now_ms = self.now_ms;
        if self.entries.get(name)?.expires_ms.is_some_and(|end_ms| end_ms <= now_ms) {
            self.entries.remove(name);
            return None;
        }
        self.entries.get_mut(name)
    }

    /// What is there without a look at the time.
    pub fn entries(&self) -> &BTreeMap<Vec<u8>, Entry> {
        &self.entries
    }

    /// As a replica that is told.
    pub fn put(&mut self, name: Vec<u8>, entry: Option<Entry>) {
        match entry {
            Some(entry) => drop(self.entries.insert(name, entry)),
            None => drop(self.entries.remove(&name)),
        }
    }

    fn hash(&mut self, name: &[u8]) -> Result<Option<&mut Fields>, Reply> {
        match self.get(name).map(|entry| &mut entry.value) {
            Some(Value::Hash(fields)) => Ok(Some(fields)),
            Some(Value::Text(_)) => Err(wrong_kind()),
            None => Ok(None),
        }
    }

    pub fn command(&mut self, words: &[&[u8]]) -> Reply {
        self.run(words).unwrap_or_else(|error| error)
    }

    fn run(&mut self, words: &[&[u8]]) -> Result<Reply, Reply> {
        let (&name, words) = words.split_first().ok_or_else(|| Reply::Error("ERR no command".to_owned()))?;
        Ok(match (name, words) {
            (b"TIME", []) => {
                self.asked += 1;
                let us = self.now_ms * 1000 + (self.asked - 1).min(999);
                let part = |number: u64| Reply::Bulk(number.to_string().into_bytes());
                Reply::Array(vec![part(us / 1_000_000), part(us % 1_000_000)])
            }
            (b"GET", [key]) => match self.get(key).map(|entry| &entry.value) {
                Some(Value::Text(text)) => Reply::Bulk(text.clone()),
                Some(Value::Hash(_)) => return Err(wrong_kind()),
                None => Reply::Nil,
            },
            (b"SET", [key, value, rest @ ..]) => {
                let expires_ms = match rest {
                    [] => None,
                    [b"PX", time] => Some(self.now_ms + number(time)?),
                    _ => return Err(Reply::Error("ERR syntax error".to_owned())),
                };
                let entry = Entry { value: Value::Text(value.to_vec()), expires_ms };
                self.entries.insert(key.to_vec(), entry);
                self.written.push(key.to_vec());
                Reply::Status("OK")
            }
            (b"DEL", [key]) => {
                let was_there = self.get(key).is_some();
                if was_there {
                    self.entries.remove(*key);
                    self.written.push(key.to_vec());
                }
                Reply::Int(was_there.into())
            }
            (b"PEXPIRE", [key, time]) => {
                let end_ms = self.now_ms + number(time)?;
                self.expire(key, Some(end_ms))
            }
            (b"PEXPIREAT", [key, time]) => {
                let end_ms = number(time)?;
                self.expire(key, Some(end_ms))
            }
            (b"PERSIST", [key]) => match self.get(key).is_some_and(|entry| entry.expires_ms.is_some()) {
                true => self.expire(key, None),
                false => Reply::Int(0),
            },
            (b"HGET", [key, field]) => {
                let found = self.hash(key)?.and_then(|fields| fields.get(*field).cloned());
                found.map_or(Reply::Nil, Reply::Bulk)
            }
            (b"HMGET", [key, names @ ..]) => {
                let fields = self.hash(key)?;
                let one = |name: &&[u8]| fields.as_ref().and_then(|fields| fields.get(*name).cloned());
                Reply::Array(names.iter().map(|name| one(name).map_or(Reply::Nil, Reply::Bulk)).collect())
            }
            (b"HSET", [key, pairs @ ..]) if !pairs.is_empty() && pairs.len() % 2 == 0 => {
                if self.hash(key)?.is_none() {
                    let entry = Entry { value: Value::Hash(BTreeMap::new()), expires_ms: None };
                    self.entries.insert(key.to_vec(), entry);
                }
                let mut added = 0;
                if let Some(fields) = self.hash(key)? {
                    for pair in pairs.chunks(2) {
                        added += i64::from(fields.insert(pair[0].to_vec(), pair[1].to_vec()).is_none());
                    }
                }
                self.written.push(key.to_vec());
                Reply::Int(added)
            }
            (b"HDEL", [key, names @ ..]) if !names.is_empty() => {
                let Some(fields) = self.hash(key)? else { return Ok(Reply::Int(0)) };
                let gone = names.iter().filter(|name| fields.remove(**name).is_some()).count();
                if fields.is_empty() {
                    self.entries.remove(*key);
                }
                if gone > 0 {
                    self.written.push(key.to_vec());
                }
                Reply::Int(gone as i64)
            }
            (b"HEXISTS", [key, field]) => {
                Reply::Int(self.hash(key)?.is_some_and(|fields| fields.contains_key(*field)).into())
            }
            _ => return Err(Reply::Error(format!("ERR unknown command '{}'", String::from_utf8_lossy(name)))),
        })
    }

    fn expire(&mut self, key: &[u8], end_ms: Option<u64>) -> Reply {
        let now_ms = self.now_ms;
        let Some(entry) = self.get(key) else { return Reply::Int(0) };
        entry.expires_ms = end_ms;
        if end_ms.is_some_and(|end_ms| end_ms <= now_ms) {
            self.entries.remove(key);
        }
        self.written.push(key.to_vec());
        Reply::Int(1)
    }
}

fn number(text: &[u8]) -> Result<u64, Reply> {
    let number = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    number.ok_or_else(|| Reply::Error("ERR value is not an integer or out of range".to_owned()))
}

fn wrong_kind() -> Reply {
    Reply::Error("WRONGTYPE Operation against a key holding the wrong kind of value".to_owned())
}
