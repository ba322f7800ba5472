//! The simulated Redis answers as a real one does: both get what the store sends, and their answers and keys are
//! compared.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use oauthclient::store::options::Settings;
use oauthclient::store::redis::Redis;
use oauthclient::store::{Attempt, Key, Lock, Number, Store, Written};
use oauthclient::transport::stream::{Connect, Place, Stream};
use oauthclient_simulation::Without;
use oauthclient_simulation::redis::keys::{Reply, Value as Kept};
use oauthclient_simulation::redis::protocol;
use oauthclient_simulation::redis::server::Server;

use super::redis_server::{RedisServer, is_installed};

const STEPS: usize = 4000;
/// Times to live may differ by as much: the test takes a while.
const TOLERANCE_MS: i64 = 60_000;

/// A real server, and a simulated one with its clock.
#[derive(Clone)]
struct Both {
    port: u16,
    simulated: Arc<Mutex<Simulated>>,
}

/// The server, and where its answers are not those of the real one.
type Simulated = (Server, Vec<String>);

struct BothStreams {
    real: TcpStream,
    simulated: Arc<Mutex<Simulated>>,
    unsent: Vec<u8>,
    unread: Vec<u8>,
    parser: redis::Parser,
    seen: u64,
}

impl Connect for Both {
    fn connect(&self, _: &Place) -> io::Result<Box<dyn Stream>> {
        let real = TcpStream::connect(("127.0.0.1", self.port))?;
        let (simulated, parser) = (self.simulated.clone(), redis::Parser::new());
        Ok(Box::new(BothStreams { real, simulated, unsent: Vec::new(), unread: Vec::new(), parser, seen: 0 }))
    }
}

impl Write for BothStreams {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unsent.extend(bytes);
        self.real.write_all(bytes)?;
        while let Some(command) = protocol::take_command(&mut self.unsent) {
            let real = reply(self.parser.parse_value(&mut self.real).map_err(io::Error::other)?);
            // Locks are given back while the test fails.
            let mut both = self.simulated.lock().map_err(|_| io::Error::other("the test has failed"))?;
            let (simulated, differ) = &mut *both;
            if let Reply::Array(parts) = &real
                && let [Reply::Int(1), Reply::Bulk(fence), _, _, _, _] = &parts[..]
            {
                // A lock: its number is the time of the server.
                simulated.set_clock(String::from_utf8_lossy(fence).parse().expect("a number"));
            }
            let answer = simulated.command(0, &mut self.seen, &command).reply;
            simulated.keys.written.clear();
            let (ours, theirs) = (without_words(answer), without_words(real.clone()));
            if ours != theirs {
                differ.push(format!("{theirs:?} is the answer to {:?}, not {ours:?}", words(&command)));
            }
            protocol::write(&real, &mut self.unread);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.real.flush()
    }
}

impl Read for BothStreams {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.unread.len().min(into.len());
        into[..count].copy_from_slice(&self.unread[..count]);
        self.unread.drain(..count);
        Ok(count)
    }
}

fn words(command: &[Vec<u8>]) -> Vec<String> {
    command.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

fn reply(value: redis::Value) -> Reply {
    match value {
        redis::Value::Nil => Reply::Nil,
        redis::Value::Int(number) => Reply::Int(number),
        redis::Value::BulkString(text) => Reply::Bulk(text),
        redis::Value::Okay => Reply::Status("OK"),
        redis::Value::Array(parts) => Reply::Array(parts.into_iter().map(reply).collect()),
        redis::Value::ServerError(error) => {
            Reply::Error(format!("{} {}", error.code(), error.details().unwrap_or_default()))
        }
        other => panic!("{other:?}"),
    }
}

/// Of an error, its code alone; of a role, the replicas.
fn without_words(reply: Reply) -> Reply {
    match reply {
        Reply::Error(error) => Reply::Error(error.split(' ').next().unwrap_or_default().to_owned()),
        Reply::Array(parts) if parts.first() == Some(&Reply::Bulk(b"master".to_vec())) => parts[2].clone(),
        other => other,
    }
}

impl Both {
    fn admin<T: redis::FromRedisValue>(&self, command: &[&[u8]]) -> T {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}", self.port)).expect("a URL");
        let mut packed = redis::cmd(std::str::from_utf8(command[0]).expect("UTF-8"));
        command[1..].iter().for_each(|word| _ = packed.arg(*word));
        packed.query(&mut client.get_connection().expect("a connection")).expect("an answer")
    }

    /// One key goes, or all, or the scripts.
    fn lose(&self, random: &mut fastrand::Rng) {
        match random.u8(0..8) {
            0 => {
                self.admin::<()>(&[b"FLUSHALL"]);
                self.simulated.lock().expect("no panic").0.flush();
            }
            1 => {
                self.admin::<()>(&[b"SCRIPT", b"FLUSH"]);
                self.simulated.lock().expect("no panic").0.forget_scripts();
            }
            _ => {
                let names: Vec<Vec<u8>> = self.names();
                let Some(name) = random.choice(names) else { return };
                self.admin::<i64>(&[b"DEL", &name]);
                self.simulated.lock().expect("no panic").0.keys.put(name, None);
            }
        }
    }

    fn names(&self) -> Vec<Vec<u8>> {
        let mut names: Vec<Vec<u8>> = self.admin(&[b"KEYS", b"*"]);
        names.sort();
        names
    }

    fn compare_keys(&self) {
        let names = self.names();
        let (simulated, differ) = &*self.simulated.lock().expect("no panic");
        assert_eq!(*differ, [""; 0]);
        assert_eq!(simulated.keys.entries().keys().cloned().collect::<Vec<_>>(), names);
        for (name, entry) in simulated.keys.entries() {
            match &entry.value {
                Kept::Text(text) => assert_eq!(self.admin::<Vec<u8>>(&[b"GET", name]), *text),
                Kept::Hash(fields) => {
                    let real: std::collections::BTreeMap<Vec<u8>, Vec<u8>> = self.admin(&[b"HGETALL", name]);
                    assert_eq!(real, *fields);
                }
            }
            let real_ms: i64 = self.admin(&[b"PTTL", name]);
            let left_ms = entry.expires_ms.map_or(-1, |end_ms| end_ms as i64 - simulated.wall_ms(0) as i64);
            let name = String::from_utf8_lossy(name);
            assert!((real_ms - left_ms).abs() < TOLERANCE_MS && (real_ms < 0) == (left_ms < 0), "{name}: {left_ms}");
        }
    }
}

#[test]
fn both_answer_the_same() {
    if !is_installed() {
        return;
    }
    let server = RedisServer::start(&[]);
    let mut simulated = Server::new(0, Without::Nothing);
    simulated.stands_alone();
    let both = Both { port: server.port, simulated: Arc::new(Mutex::new((simulated, Vec::new()))) };
    let open = || Redis::open_over(&server.url(), Arc::new(both.clone()), Settings::default()).expect("a store");
    let stores: Vec<Redis> = (0..3).map(|_| open()).collect();
    let keys: Vec<Key> = ["one", "two"].iter().map(|key| Key::new(key).expect("a key")).collect();
    let mut locks: Vec<Box<dyn Lock>> = Vec::new();
    let mut numbers = vec![Number::default()];
    let mut random = fastrand::Rng::with_seed(17);
    for step in 0..STEPS {
        let key = &keys[random.usize(0..keys.len())];
        let (number, text) = (random.choice(&numbers).copied(), format!("text {step}"));
        let number = number.filter(|_| random.bool());
        let expires_at_s = [None, Some(4_000_000_000), Some(3_000_000_000)][random.usize(0..3)];
        let lease = Duration::from_secs(random.u64(600..900));
        let at = random.usize(0..locks.len().max(1));
        let lock = locks.get_mut(at);
        match (random.u8(0..16), lock) {
            (0, _) => drop(stores[random.usize(0..stores.len())].look(key).expect("a look")),
            (1..=4, _) | (_, None) => {
                if let Attempt::Locked(mut lock) = stores[random.usize(0..3)].attempt(key).expect("an attempt") {
                    drop(lock.hold_for(lease)); // as long as the test takes
                    locks.push(lock);
                }
            }
            (5 | 6, Some(lock)) => drop(lock.look().expect("a look")),
            (7 | 8, Some(lock)) => {
                if let Ok(Written::Done(number)) = lock.write(text.as_bytes(), number, expires_at_s) {
                    numbers.push(number);
                }
            }
            (9 | 10, Some(lock)) => drop(lock.write_and_hold(text.as_bytes(), number, expires_at_s, lease)),
            (11, Some(lock)) => drop(lock.delete()),
            (12, Some(lock)) => drop(lock.set_aside()),
            (13, Some(lock)) => drop(lock.hold_for(lease)),
            (14, Some(_)) => drop(locks.swap_remove(at)),
            (_, Some(_)) => both.lose(&mut random),
        }
        if step % 50 == 0 || step == STEPS - 1 {
            both.compare_keys();
        }
    }
}
