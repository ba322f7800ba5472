//! The store on a Redis server, against real ones on loopback.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use oauthclient::error::{Error, Status};
use oauthclient::store::options::{Options, RedisOptions, Settings};
use oauthclient::store::redis::Redis;
use oauthclient::store::seal::Seal;
use oauthclient::store::{Number, Store, Written};
use oauthclient_test_server::certificates::Authority;

use crate::contract::{contract, key, lists, load, locked, save, sets_aside};
use crate::redis_server::{RedisServer, cluster, is_installed, wait_for};
use crate::support::fork::fork;

fn store(url: &str) -> Redis {
    Redis::open(url, Settings::default()).expect("a store")
}

fn clustered() -> Settings {
    Settings { redis: RedisOptions { cluster: true, ..RedisOptions::default() }, ..Settings::default() }
}

fn encrypting() -> Settings {
    Settings { seal: Some(Seal::new(&[7; 32]).expect("a key")), ..Settings::default() }
}

/// The server's only key of this kind.
fn name_of(server: &RedisServer, kind: &str) -> String {
    let pattern = format!("oauthclient:{{*}}:{kind}:*");
    let found: Vec<String> = redis::cmd("KEYS").arg(pattern).query(&mut server.admin()).expect("the keys");
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

fn ask<T: redis::FromRedisValue>(server: &RedisServer, command: &[&str]) -> T {
    let mut packed = redis::cmd(command[0]);
    command[1..].iter().for_each(|word| _ = packed.arg(word));
    packed.query(&mut server.admin()).expect("the server answers")
}

fn lease_ends(server: &RedisServer) {
    assert_eq!(ask::<i64>(server, &["DEL", &name_of(server, "lock")]), 1);
}

fn failed(error: &Error, words: &[&str]) {
    assert_eq!(error.status, Status::Store, "{error}");
    for word in words {
        assert!(error.message.as_str().contains(word), "{error} does not say {word}");
    }
}

#[test]
fn a_server() {
    if !is_installed() {
        return;
    }
    let (plain, encrypted) = (RedisServer::start(&[]), RedisServer::start(&[]));
    contract(&|| Arc::new(store(&plain.url())));
    sets_aside(&|| Arc::new(store(&plain.url())));
    contract(&|| Arc::new(Redis::open(&encrypted.url(), encrypting()).expect("a store")));
    lists(&|| Arc::new(store(&plain.url())));
    lists(&|| Arc::new(Redis::open(&encrypted.url(), encrypting()).expect("a store")));
}

#[test]
fn programs_with_prefixes_of_their_own_share_a_server() {
    if !is_installed() {
        return;
    }
    let server = RedisServer::start(&[]);
    let with = |prefix: &str| {
        let mut options = Options::default();
        options.redis.set_prefix(prefix).expect("a good prefix");
        options.redis.connections = Some(0);
        Redis::open(&server.url(), Options::check(Some(&options)).expect("good")).expect("a store")
    };
    contract(&|| Arc::new(with("a:b")));
    lists(&|| Arc::new(with("c")));
    let plain = store(&server.url());
    save(&plain, &key("alice"), b"plain");
    save(&with("d"), &key("alice"), b"other");
    assert_eq!(load(&plain, &key("alice")).as_deref(), Some(&b"plain"[..]));
    assert_eq!(load(&with("d"), &key("alice")).as_deref(), Some(&b"other"[..]));
    assert_eq!(plain.list().expect("listed").len(), 1);
}

#[test]
fn a_stalled_holder_cannot_overwrite_what_is_newer() {
    if !is_installed() {
        return;
    }
    let server = RedisServer::start(&[]);
    let (one, other) = (store(&server.url()), store(&server.url()));
    let mut stalled = locked(&one, &key("alice"));
    stalled.save(b"first", None).expect("saved");
    lease_ends(&server);
    let mut next = locked(&other, &key("alice"));
    stalled.save(b"second", None).expect("nobody has written since");
    assert_eq!(next.save(b"from what it read", None).expect("an answer"), Written::Overtaken);
    assert_eq!(next.load().expect("loaded").as_deref(), Some(&b"second"[..]));
    next.save(b"third", None).expect("saved");
    assert_eq!(stalled.save(b"older", None).expect("an answer"), Written::Overtaken);
    assert_eq!(stalled.delete().expect("an answer"), Written::Overtaken);
    failed(&stalled.set_aside().expect_err("it is not damaged"), &["somebody else has written", "alice"]);
    failed(&stalled.hold_for(Duration::from_secs(1)).expect_err("lost"), &["somebody else has had it"]);
    drop(stalled);
    assert!(one.try_lock(&key("alice")).expect("an answer").is_none(), "that was not its lock to give back");
    assert_eq!(load(&one, &key("alice")).as_deref(), Some(&b"third"[..]));
    next.delete().expect("deleted");
    drop(next);
    assert_eq!(load(&one, &key("alice")), None);
}

#[test]
fn a_deleted_login_is_not_brought_back_by_a_stalled_holder() {
    if !is_installed() {
        return;
    }
    let server = RedisServer::start(&[]);
    let (one, other) = (store(&server.url()), store(&server.url()));
    let mut stalled = locked(&one, &key("alice"));
    lease_ends(&server);
    let mut next = locked(&other, &key("alice"));
    next.delete().expect("deleted, though nothing was there");
    assert_eq!(stalled.save(b"older", None).expect("an answer"), Written::Overtaken);
    assert_eq!(load(&one, &key("alice")), None);
}

/// A token is written again under the number that it had, by the clock of a server before; this one's is behind.
#[test]
fn what_replaces_a_token_has_the_higher_number_whatever_the_clock_says() {
    if !is_installed() {
        return;
    }
    let server = RedisServer::start(&[]);
    let store = Redis::open(&server.url(), Options::check(None).expect("good options")).expect("a store");
    let mut lock = locked(&store, &key("alice"));
    let Ok(Written::Done(first)) = lock.save(b"first", None) else { panic!("saved") };
    let ahead = Number { own: first.own + 8_000_000, replaced: first.own };
    assert_eq!(lock.write(b"again", Some(ahead), None).expect("saved"), Written::Done(ahead));
    let Ok(Written::Done(next)) = lock.save(b"next", None) else { panic!("saved") };
    assert_eq!(next, Number { own: ahead.own + 1, replaced: ahead.own });
    assert_eq!(lock.write(b"again", Some(ahead), None).expect("saved"), Written::Done(ahead));
    let Ok(Written::Done(deleted)) = lock.delete() else { panic!("deleted") };
    assert!(deleted.own > ahead.own);
}

#[test]
fn numbers_grow_also_when_the_server_has_lost_its_data() {
    if !is_installed() {
        return;
    }
    let server = RedisServer::start(&[]);
    let (one, other) = (store(&server.url()), store(&server.url()));
    let mut stalled = locked(&one, &key("alice"));
    ask::<()>(&server, &["FLUSHALL"]);
    failed(&stalled.hold_for(Duration::from_secs(1)).expect_err("lost"), &["somebody else"]);
    locked(&other, &key("alice")).save(b"newer", None).expect("saved");
    assert_eq!(stalled.save(b"older", None).expect("an answer"), Written::Overtaken);
}

#[test]
fn a_lease_expires_unless_its_holder_extends_it() {
    if !is_installed() {
        return;
    }
    let server = RedisServer::start(&[]);
    let store = store(&server.url());
    let mut held = locked(&store, &key("alice"));
    let left_ms = || ask::<i64>(&server, &["PTTL", &name_of(&server, "lock")]);
    assert!((1..=10_000).contains(&left_ms()), "a killed holder is not waited for longer");
    held.hold_for(Duration::from_secs(60)).expect("held");
    assert!((60_000..=65_000).contains(&left_ms()));
    lease_ends(&server);
    held.hold_for(Duration::from_secs(60)).expect("nobody has had it since");
    assert!((60_000..=65_000).contains(&left_ms()));
    held.hold_for(Duration::MAX).expect("held");
    std::mem::forget(held); // as kill -9 does
    assert!(store.try_lock(&key("alice")).expect("an answer").is_none());
    ask::<i64>(&server, &["PEXPIRE", &name_of(&server, "lock"), "1"]);
    wait_for("the end of the lease", || store.try_lock(&key("alice")).expect("an answer").is_some());
}

#[test]
fn keys_expire_with_the_login() {
    if !is_installed() {
        return;
    }
    let server = RedisServer::start(&[]);
    let store = store(&server.url());
    let mut held = locked(&store, &key("alice"));
    let ends_ms = || ask::<i64>(&server, &["PEXPIRETIME", &name_of(&server, "login")]);
    held.save(b"one", Some(4_000_000_000)).expect("saved");
    assert_eq!(ends_ms(), 4_000_003_600_000);
    for endless in [None, Some(i64::MAX)] {
        held.save(b"two", Some(4_000_000_000)).expect("saved");
        held.save(b"two", endless).expect("saved");
        assert_eq!(ends_ms(), -1);
    }
    held.delete().expect("deleted");
    drop(held);
    let left: Vec<String> = ask(&server, &["KEYS", "*"]);
    assert_eq!(left.len(), 2, "what tells a stalled holder: {left:?}");
    for name in left {
        let days = if name.contains(":login:") { 30 } else { 1 };
        assert!((1..=days * 24 * 3600).contains(&ask::<i64>(&server, &["TTL", &name])), "{name}");
    }
}

#[test]
fn what_is_damaged_is_set_aside_for_people() {
    if !is_installed() {
        return;
    }
    let server = RedisServer::start(&[]);
    let store = Redis::open(&server.url(), encrypting()).expect("a store");
    let mut held = locked(&store, &key("alice"));
    held.save(b"secret", None).expect("saved");
    let login = name_of(&server, "login");
    let mut value: Vec<u8> = ask(&server, &["HGET", &login, "value"]);
    assert!(!value.windows(6).any(|window| window == b"secret"));
    let last = value.len() - 1;
    value[last] ^= 1;
    redis::cmd("HSET").arg(&login).arg("value").arg(&value).exec(&mut server.admin()).expect("an answer");
    let error = held.load().expect_err("damaged");
    let place = name_of(&server, "damaged");
    failed(&error, &["damaged", &place]);
    assert!(held.load().expect("once is enough").is_none());
    assert_eq!(ask::<Vec<u8>>(&server, &["GET", &place]), value);
    assert!((7_000_000..=7_776_000).contains(&ask::<i64>(&server, &["TTL", &place])));
}

#[test]
fn a_restarted_server_is_found_again() {
    if !is_installed() {
        return;
    }
    let mut server = RedisServer::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    let store = store(&server.url());
    let mut held = locked(&store, &key("alice"));
    held.save(b"before", None).expect("saved");
    server.kill();
    failed(&store.load(&key("alice")).expect_err("nobody there"), &["refused", &server.port.to_string()]);
    failed(&held.save(b"between", None).expect_err("nobody there"), &["refused"]);
    server.start_again();
    assert_eq!(load(&store, &key("alice")).as_deref(), Some(&b"before"[..]));
    held.hold_for(Duration::from_secs(9)).expect("the lock outlives the restart");
    held.save(b"after", None).expect("saved");
    drop(held);
    assert_eq!(load(&store, &key("alice")).as_deref(), Some(&b"after"[..]));
}

#[test]
fn connections_are_kept_and_replaced_when_they_were_closed() {
    if !is_installed() {
        return;
    }
    let server = RedisServer::start(&[]);
    let store = store(&server.url());
    let mut admin = server.admin();
    let mut opened = || -> u64 {
        let info: String = redis::cmd("INFO").arg("stats").query(&mut admin).expect("the statistics");
        let line = info.lines().find_map(|line| line.strip_prefix("total_connections_received:"));
        line.expect("the count").trim().parse().expect("a number")
    };
    let before = opened();
    for _ in 0..20 {
        locked(&store, &key("alice")).save(b"text", None).expect("saved");
    }
    assert_eq!(opened(), before + 1);
    assert!(fork(|| load(&store, &key("alice")).as_deref() == Some(b"text")).succeeds());
    assert_eq!(opened(), before + 2, "a child has connections of its own");
    assert_eq!(load(&store, &key("alice")).as_deref(), Some(&b"text"[..]));
    assert_eq!(opened(), before + 2, "and leaves its parent's alone");
    let killed: i64 = redis::cmd("CLIENT")
        .arg(&["KILL", "TYPE", "normal", "SKIPME", "yes"])
        .query(&mut server.admin())
        .expect("the connections are closed");
    assert_eq!(killed, 2, "the store's and the one that counts");
    locked(&store, &key("alice")).save(b"more", None).expect("saved at the first try");
    assert_eq!(load(&store, &key("alice")).as_deref(), Some(&b"more"[..]));
}

/// What the documentation says that a user of the server needs.
const NEEDS: &str =
    "+eval +evalsha +time +get +set +del +hget +hmget +hset +hdel +persist +pexpire +pexpireat +scan +select";

#[test]
fn a_wrong_password_is_named_but_not_shown() {
    if !is_installed() {
        return;
    }
    let user = ["--user", "app", "on", ">battery", "~oauthclient:*"].into_iter().chain(NEEDS.split(' '));
    let settings: Vec<_> = ["--requirepass", "correct-horse"].into_iter().chain(user).collect();
    let server = RedisServer::start(&settings);
    for right in ["redis://:correct-horse@", "redis://default:correct-horse@", "redis://app:battery@"] {
        let open = || store(&format!("{right}127.0.0.1:{}/1", server.port));
        save(&open(), &key("alice"), b"text");
        sets_aside(&|| Arc::new(open()));
        assert_eq!(open().list().expect("allowed").len(), 1);
        locked(&open(), &key("alice")).hold_for(Duration::from_secs(1)).expect("held");
        locked(&open(), &key("alice")).delete().expect("deleted");
    }
    for (wrong, code) in [("", "NOAUTH"), (":hunter2@", "WRONGPASS"), ("app:hunter2@", "WRONGPASS")] {
        let error = store(&format!("redis://{wrong}127.0.0.1:{}", server.port)).load(&key("alice"));
        let error = error.expect_err("refused");
        failed(&error, &[code, &server.port.to_string()]);
        assert!(!error.message.as_str().contains("hunter2"), "{error}");
    }
    let ignorant = RedisServer::start(&["--rename-command", "AUTH", "''"]); // it repeats what it does not know
    let error = store(&format!("redis://:hunter2@127.0.0.1:{}", ignorant.port)).load(&key("alice"));
    let error = error.expect_err("refused");
    failed(&error, &["refused (ERR)"]);
    assert!(!error.message.as_str().contains("hunter2"), "{error}");
}

#[test]
fn a_server_that_does_not_speak_redis_is_an_error_at_once() {
    let http = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("redis://:hunter2@{}", http.local_addr().expect("an address"));
    let answer = std::thread::spawn(move || {
        let (mut stream, _) = http.accept().expect("the connection");
        stream.write_all(b"HTTP/1.1 400 hunter2\r\n\r\n").expect("written");
        drop(stream.read_to_end(&mut Vec::new())); // a reset would take the answer away
    });
    failed(&store(&url).load(&key("alice")).expect_err("no Redis"), &["the answer was not Redis's"]);
    drop(answer);

    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let began = Instant::now();
    let url = format!("redis://{}", silent.local_addr().expect("an address"));
    failed(&store(&url).load(&key("alice")).expect_err("no answer"), &["did not answer in time"]);
    assert!(began.elapsed() < Duration::from_secs(20));
    let mut sent = Vec::new();
    silent.accept().expect("the connection").0.read_to_end(&mut sent).expect("it was closed");
    assert!(sent.starts_with(b"*6\r\n$5\r\nHMGET\r\n"));
}

/// Runs in a child of the test below, whose environment names the authority.
#[test]
fn child_over_tls() {
    let Ok(url) = std::env::var("OAUTHCLIENT_TEST_REDIS_URL") else { return };
    let store = store(&url);
    locked(&store, &key("alice")).save(b"text", None).expect("saved");
    assert_eq!(load(&store, &key("alice")).as_deref(), Some(&b"text"[..]));
    assert!(rustls::crypto::CryptoProvider::get_default().is_none(), "no provider is installed for the process");
}

#[test]
fn tls_trusts_whom_the_system_trusts() {
    if !is_installed() {
        return;
    }
    let (authority, directory) = (Authority::new(), tempfile::tempdir().expect("a directory"));
    let (certificate, private_key) = authority.good_pem();
    std::fs::write(directory.path().join("certificate"), certificate).expect("written");
    std::fs::write(directory.path().join("key"), private_key).expect("written");
    let settings = ["--port", "0", "--tls-port", "{port}", "--tls-auth-clients", "no", "--tls-cert-file"];
    let files = ["{dir}/certificate", "--tls-key-file", "{dir}/key", "--tls-ca-cert-file", "{dir}/certificate"];
    let server = RedisServer::start_in(directory, &[&settings[..], &files].concat());
    let url = format!("rediss://localhost:{}", server.port);
    let error = store(&url).load(&key("alice")).expect_err("nobody trusts it");
    failed(&error, &["certificate", "UnknownIssuer"]);
    let ca_file = authority.pem_file();
    let child = Command::new(std::env::current_exe().expect("this test's path"))
        .args(["--exact", "redis::child_over_tls", "--test-threads=1"])
        .env("SSL_CERT_FILE", ca_file.path())
        .env("OAUTHCLIENT_TEST_REDIS_URL", &url)
        .output()
        .expect("the child runs");
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_unix_socket_works() {
    if !is_installed() {
        return;
    }
    let server = RedisServer::start(&["--unixsocket", "{dir}/socket"]);
    let store = store(&format!("unix://{}?db=3", server.path("socket")));
    locked(&store, &key("alice")).save(b"text", None).expect("saved");
    assert_eq!(load(&store, &key("alice")).as_deref(), Some(&b"text"[..]));
    let keyspace: String = ask(&server, &["INFO", "keyspace"]);
    assert!(keyspace.contains("db3:"), "{keyspace}");
}

#[test]
fn a_cluster_keeps_each_login_in_its_place() {
    if !is_installed() {
        return;
    }
    let mut servers = cluster();
    let open = || Redis::open(&servers[0].url(), clustered()).expect("a store");
    contract(&|| Arc::new(open()));
    sets_aside(&|| Arc::new(open()));
    assert_eq!(open().list().expect_err("not of a cluster").status, Status::Store);
    let several = format!("redis://127.0.0.1:1,127.0.0.1:{},[::1]:1", servers[1].port);
    save(&Redis::open(&several, clustered()).expect("a store"), &key("alice"), b"over another node");
    assert_eq!(load(&open(), &key("alice")).as_deref(), Some(&b"over another node"[..]));
    let store = open();
    let names: Vec<_> = (0..60).map(|number| format!("}}user {{{number}}}")).collect();
    for name in &names {
        let mut held = locked(&store, &key(name));
        held.save(name.as_bytes(), None).expect("saved");
        held.set_aside().expect("in the same slot");
        held.save(name.as_bytes(), None).expect("saved");
    }
    let on = |server: &RedisServer| -> HashSet<String> {
        let logins: Vec<String> = ask(server, &["KEYS", "oauthclient:*:login:}user*"]);
        logins.into_iter().map(|login| login.split_once(":login:").expect("the key").1.to_owned()).collect()
    };
    let places: Vec<_> = servers.iter().map(on).collect();
    assert!(places.iter().all(|place| place.len() > 5), "{places:?}");
    assert_eq!(places.iter().map(HashSet::len).sum::<usize>(), names.len());
    servers[0].kill(); // the one that the URL names
    for name in &places[1] {
        assert_eq!(load(&store, &key(name)).as_deref(), Some(name.as_bytes()));
    }
    let fresh = (0..30).filter(|number| store.load(&key(&format!("fresh {number}"))).is_ok()).count();
    assert!((5..30).contains(&fresh), "any node that is left can tell where a slot is: {fresh}");
    let gone = places[0].iter().next().expect("a key");
    failed(&store.load(&key(gone)).expect_err("its node is gone"), &["Redis at"]);
}
