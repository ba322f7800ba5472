//! The connections that the store on a Redis server opens, keeps and closes.

use oauthclient::store::options::Settings;
use oauthclient::store::redis::Redis;

use crate::contract::{key, save};
use crate::redis_server::{RedisServer, is_installed, wait_for};

fn info(server: &RedisServer, section: &str) -> String {
    redis::cmd("INFO").arg(section).query(&mut server.admin()).expect("the server answers")
}

/// Of a line of INFO.
fn count(server: &RedisServer, section: &str, name: &str) -> u64 {
    let info = info(server, section);
    let rest = info.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
    rest.split(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok()).expect("a number")
}

#[test]
fn replicas_come_and_go() {
    if !is_installed() {
        return;
    }
    let master = RedisServer::start(&["--repl-diskless-sync-delay", "0"]);
    let store = Redis::open(&master.url(), Settings::default()).expect("a store");
    let (waits, replicas) = (
        || count(&master, "commandstats", "cmdstat_wait:calls="),
        || info(&master, "replication").matches("state=online").count(),
    );
    save(&store, &key("alice"), b"alone");
    assert_eq!(waits(), 0);
    let replica = RedisServer::start(&["--replicaof", "127.0.0.1", &master.port.to_string()]);
    wait_for("the replica", || replicas() == 1);
    save(&store, &key("alice"), b"with a replica");
    assert_eq!(waits(), 1, "over a connection that was there before");
    drop(replica);
    wait_for("its end", || replicas() == 0);
    save(&store, &key("alice"), b"alone again");
    assert_eq!(waits(), 1);
}
