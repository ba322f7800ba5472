//! A master and its replica, and sentinels that name the master.

use std::sync::Arc;

use oauthclient::error::Status;
use oauthclient::secret::Secret;
use oauthclient::store::Store;
use oauthclient::store::options::redis::SentinelOptions;
use oauthclient::store::options::{RedisOptions, Settings};
use oauthclient::store::redis::Redis;

use crate::contract::{contract, key, lists, load, locked, save};
use crate::redis_server::{RedisServer, is_installed, sentinel, wait_for};

/// A master with a password, its replica, and a sentinel with another one.
struct Watched {
    master: RedisServer,
    replica: RedisServer,
    sentinel: RedisServer,
}

const AUTH: [&str; 4] = ["--requirepass", "correct-horse", "--masterauth", "correct-horse"];

fn asked<T: redis::FromRedisValue>(server: &RedisServer, password: &str, command: &[&str]) -> T {
    tried(server, password, command).expect("an answer")
}

fn tried<T: redis::FromRedisValue>(server: &RedisServer, password: &str, command: &[&str]) -> redis::RedisResult<T> {
    let client = redis::Client::open(format!("redis://:{password}@127.0.0.1:{}", server.port)).expect("a URL");
    let mut packed = redis::cmd(command[0]);
    command[1..].iter().for_each(|word| _ = packed.arg(word));
    packed.query(&mut client.get_connection().expect("a connection"))
}

impl Watched {
    fn start() -> Self {
        let master = RedisServer::start(&[&AUTH[..], &["--repl-diskless-sync-delay", "0"]].concat());
        let replica =
            RedisServer::start(&[&AUTH[..], &["--replicaof", "127.0.0.1", &master.port.to_string()]].concat());
        let knows = || {
            let role: (String, u64, Vec<redis::Value>) = asked(&master, "correct-horse", &["ROLE"]);
            !role.2.is_empty()
        };
        wait_for("the master's view of the replica", knows);
        let settings = ["sentinel auth-pass main correct-horse", "requirepass battery"];
        let sentinel = sentinel(master.port, &settings);
        let knows = || -> bool {
            let replicas: Vec<redis::Value> = asked(&sentinel, "battery", &["SENTINEL", "REPLICAS", "main"]);
            !replicas.is_empty()
        };
        wait_for("the sentinel's view of the replica", knows);
        Self { master, replica, sentinel }
    }

    /// Over a sentinel that is not there, and the one that is.
    fn url(&self) -> String {
        format!("redis://:correct-horse@127.0.0.1:1,127.0.0.1:{}/2", self.sentinel.port)
    }

    fn store(&self) -> Redis {
        Redis::open(&self.url(), watched_by("main", Some("battery"))).expect("a store")
    }
}

fn watched_by(master: &str, password: Option<&str>) -> Settings {
    let secret = |text: &str| Secret::new(text).expect("no NUL");
    let sentinels = SentinelOptions::new(&secret(master), None, password.map(secret).as_ref()).expect("good");
    Settings { redis: RedisOptions { sentinels: Some(sentinels), ..RedisOptions::default() }, ..Settings::default() }
}

#[test]
fn sentinels_name_the_master_also_after_a_fail_over() {
    if !is_installed() {
        return;
    }
    let mut watched = Watched::start();
    contract(&|| Arc::new(watched.store()));
    let store = watched.store();
    lists(&|| Arc::new(watched.store()));
    save(&store, &key("alice"), b"before");
    watched.master.kill();
    let mut held = None;
    wait_for("the fail-over", || {
        held = store.try_lock(&key("alice")).ok().flatten();
        held.is_some()
    });
    let mut held = held.expect("found");
    assert_eq!(held.load().expect("loaded").as_deref(), Some(&b"before"[..]), "it was on the replica");
    held.save(b"after", None).expect("saved");
    drop(held);
    let role: (String, redis::Value, redis::Value) = asked(&watched.replica, "correct-horse", &["ROLE"]);
    assert_eq!(role.0, "master");
    // The old master comes back, with its old state: it is not asked any more.
    watched.master.start_again();
    assert_eq!(load(&store, &key("alice")).as_deref(), Some(&b"after"[..]));
    assert_eq!(load(&watched.store(), &key("alice")).as_deref(), Some(&b"after"[..]));
}

/// The connection stays, and its server refuses writes from one moment to the next.
#[test]
fn a_master_that_becomes_a_replica_is_left() {
    if !is_installed() {
        return;
    }
    let watched = Watched::start();
    let store = watched.store();
    let mut held = locked(&store, &key("alice"));
    held.save(b"before", None).expect("saved");
    let begin = || tried::<String>(&watched.sentinel, "battery", &["SENTINEL", "FAILOVER", "main"]);
    wait_for("a sentinel that thinks well of the replica", || begin().is_ok());
    let is_master = || {
        // The sentinel closes its connections.
        let said = tried::<String>(&watched.replica, "correct-horse", &["INFO", "replication"]);
        said.is_ok_and(|said| said.contains("role:master"))
    };
    wait_for("the fail-over", is_master);
    wait_for("a write to the new master", || held.save(b"after", None).is_ok());
    assert_eq!(load(&watched.store(), &key("alice")).as_deref(), Some(&b"after"[..]));
}

#[test]
fn what_is_wrong_with_sentinels_is_said() {
    if !is_installed() {
        return;
    }
    let watched = Watched::start();
    let port = watched.sentinel.port.to_string();
    for (url, master, password, words) in [
        (
            watched.url(),
            "other",
            Some("battery"),
            &["no sentinel names the master", "127.0.0.1:1:", "refused", &port, "knows no master other"][..],
        ),
        (watched.url(), "main", Some("hunter2"), &[&port, "the user or the password was refused"]),
        (watched.url(), "main", None, &[&port, "NOAUTH"]),
        (format!("redis://:hunter2@127.0.0.1:{port}"), "main", Some("battery"), &["refused (WRONGPASS)"]),
        ("redis://127.0.0.1:1".to_owned(), "main", None, &["no sentinel", "127.0.0.1:1"]),
        (watched.master.url(), "main", Some("correct-horse"), &["no sentinel", "ERR"]),
    ] {
        let store = Redis::open(&url, watched_by(master, password)).expect("a store");
        let error = store.load(&key("alice")).expect_err("it cannot be");
        assert_eq!(error.status, Status::Store, "{error}");
        let message = error.message.as_str();
        assert!(words.iter().all(|word| message.contains(word)), "{message} does not say {words:?}");
        assert!(!["battery", "correct", "hunter"].iter().any(|secret| message.contains(secret)), "{message}");
    }
}
