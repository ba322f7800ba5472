//! A master and its replica, and sentinels that name the master.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use oauthclient::error::Status;
use oauthclient::secret::Secret;
use oauthclient::store::Store;
use oauthclient::store::options::redis::SentinelOptions;
use oauthclient::store::options::{RedisOptions, Settings};
use oauthclient::store::redis::Redis;
use oauthclient::transport::limit::limited;

use crate::contract::{contract, key, lists, load, locked, save};
use crate::redis_server::{RedisServer, is_installed, sentinel, wait_for};

/// A master with a password, its replicas, and a sentinel with another one.
struct Watched {
    master: RedisServer,
    replicas: Vec<RedisServer>,
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
    packed.query(&mut client.get_connection()?)
}

impl Watched {
    fn start(replicas: usize) -> Self {
        let master = RedisServer::start(&[&AUTH[..], &["--repl-diskless-sync-delay", "0"]].concat());
        let of_master = ["--replicaof", "127.0.0.1", &master.port.to_string()];
        let replicas: Vec<_> = (0..replicas).map(|_| RedisServer::start(&[&AUTH[..], &of_master].concat())).collect();
        // One that has just joined gets what is written only after its first word, up to a second later. What was written
        // before it joined, it has already.
        let follow = || {
            let role: (String, u64, Vec<redis::Value>) = asked(&master, "correct-horse", &["ROLE"]);
            if role.2.len() < replicas.len() {
                return false;
            }
            let url = format!("redis://:correct-horse@127.0.0.1:{}", master.port);
            let client = redis::Client::open(url).expect("a URL");
            let mut connection = client.get_connection().expect("a connection");
            redis::cmd("SET").arg("something").arg("to follow").exec(&mut connection).expect("an answer");
            let wait = redis::cmd("WAIT").arg(replicas.len()).arg(1000).query::<usize>(&mut connection);
            wait.expect("an answer") == replicas.len()
        };
        wait_for("replicas that follow their master", follow);
        let settings = ["sentinel auth-pass main correct-horse", "requirepass battery"];
        let sentinel = sentinel(master.port, &settings);
        let knows = || -> bool {
            let known: Vec<redis::Value> = asked(&sentinel, "battery", &["SENTINEL", "REPLICAS", "main"]);
            known.len() == replicas.len()
        };
        wait_for("the sentinel's view of the replicas", knows);
        Self { master, replicas, sentinel }
    }

    fn begin_fail_over(&self) {
        let begin = || tried::<String>(&self.sentinel, "battery", &["SENTINEL", "FAILOVER", "main"]);
        wait_for("a sentinel that thinks well of a replica", || begin().is_ok());
    }

    fn is_over(&self) -> bool {
        // The sentinel closes the connections of the new master.
        let said = |replica| tried::<String>(replica, "correct-horse", &["INFO", "replication"]);
        self.replicas.iter().any(|replica| said(replica).is_ok_and(|said| said.contains("role:master")))
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
    let mut watched = Watched::start(1);
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
    let role: (String, redis::Value, redis::Value) = asked(&watched.replicas[0], "correct-horse", &["ROLE"]);
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
    let watched = Watched::start(1);
    let store = watched.store();
    let mut held = locked(&store, &key("alice"));
    held.save(b"before", None).expect("saved");
    watched.begin_fail_over();
    wait_for("the fail-over", || watched.is_over());
    wait_for("a write to the new master", || held.save(b"after", None).is_ok());
    assert_eq!(load(&watched.store(), &key("alice")).as_deref(), Some(&b"after"[..]));
}

/// For a second, the old master takes writes, and the replicas that were not chosen still follow it.
#[test]
fn nothing_that_was_written_during_a_fail_over_is_lost() {
    if !is_installed() {
        return;
    }
    for replicas in [1, 2] {
        let watched = Watched::start(replicas);
        let store = watched.store();
        watched.begin_fail_over();
        let (mut written, mut until) = (Vec::new(), None);
        // Until the new master has taken some, too.
        while until.is_none_or(|until| Instant::now() < until) {
            // One store lasts, and each of the others is that of a program that writes once.
            let fresh = watched.store();
            let store = if written.len() % 2 == 0 { &store } else { &fresh };
            let name = format!("user {}", written.len());
            let saved = store.try_lock(&key(&name)).and_then(|lock| lock.expect("free").save(b"text", None));
            written.extend(saved.is_ok().then_some(name));
            if until.is_none() && watched.is_over() {
                until = Some(Instant::now() + Duration::from_millis(1500));
            }
        }
        let new = watched.store();
        let lost: Vec<_> = written.iter().filter(|name| load(&new, &key(name)).is_none()).collect();
        assert!(lost.is_empty() && !written.is_empty(), "{replicas} replicas, of {}: {lost:?}", written.len());
    }
}

/// A sentinel that names this place for ever, in place of one that was cut off from the others.
fn stale(names: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut command = [0; 1024];
            while let Ok(length @ 1..) = stream.read(&mut command) {
                let answer = match command[..length].windows(4).any(|word| word == b"AUTH") {
                    true => "+OK\r\n".to_owned(),
                    false => format!("*2\r\n$9\r\n127.0.0.1\r\n${}\r\n{names}\r\n", names.to_string().len()),
                };
                drop(stream.write_all(answer.as_bytes()));
            }
        }
    });
    port
}

#[test]
fn a_sentinel_that_is_wrong_is_passed_by() {
    if !is_installed() {
        return;
    }
    let watched = Watched::start(1);
    for wrong in [1, watched.replicas[0].port] {
        let url = format!("redis://:correct-horse@127.0.0.1:{},127.0.0.1:{}", stale(wrong), watched.sentinel.port);
        let store = Redis::open(&url, watched_by("main", Some("battery"))).expect("a store");
        save(&store, &key("alice"), b"text");
        assert_eq!(load(&watched.store(), &key("alice")), None, "in another database");
        assert_eq!(load(&store, &key("alice")).as_deref(), Some(&b"text"[..]));
    }
}

#[test]
fn a_call_whose_time_is_over_says_nothing_about_the_master() {
    if !is_installed() {
        return;
    }
    let mut watched = Watched::start(1);
    let store = watched.store();
    save(&store, &key("alice"), b"text");
    watched.sentinel.kill();
    watched.master.pause();
    {
        let _limited = limited(Some(Instant::now() + Duration::from_millis(50)), None);
        assert_eq!(store.load(&key("alice")).expect_err("it stands still").status, Status::Store);
    }
    watched.master.go_on();
    assert_eq!(load(&store, &key("alice")).as_deref(), Some(&b"text"[..]));
}

#[test]
fn what_is_wrong_with_sentinels_is_said() {
    if !is_installed() {
        return;
    }
    let watched = Watched::start(1);
    let port = watched.sentinel.port.to_string();
    let master = format!("Redis at 127.0.0.1:{}, which sentinels name", watched.master.port);
    for (url, master, password, words) in [
        (
            watched.url(),
            "other",
            Some("battery"),
            &["no sentinel names the master", "127.0.0.1:1:", "refused", &port, "knows no master other"][..],
        ),
        (watched.url(), "main", Some("hunter2"), &[&port, "the user or the password was refused"]),
        (watched.url(), "main", None, &[&port, "NOAUTH"]),
        (format!("redis://:hunter2@127.0.0.1:{port}"), "main", Some("battery"), &[&master, "refused (WRONGPASS)"]),
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
