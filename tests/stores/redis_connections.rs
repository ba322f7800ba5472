//! The connections that the store on a Redis server opens, keeps and closes.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use oauthclient::store::options::{RedisOptions, Settings};
use oauthclient::store::redis::Redis;

use crate::contract::{key, load, save};
use crate::redis_server::{RedisServer, cluster, is_installed, wait_for};

fn info(server: &RedisServer, section: &str) -> String {
    redis::cmd("INFO").arg(section).query(&mut server.admin()).expect("the server answers")
}

/// Of a line of INFO.
fn count(server: &RedisServer, section: &str, name: &str) -> u64 {
    let info = info(server, section);
    let rest = info.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
    rest.split(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok()).expect("a number")
}

/// A server that has nothing, and answers four at once, but the one that asks for "slow" only when it may.
fn four_at_once(may_go_on: Receiver<()>) -> (String, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("redis://{}", listener.local_addr().expect("an address"));
    let (opened, closed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counts = (opened.clone(), closed.clone());
    let (four, may_go_on) = (Arc::new(Barrier::new(4)), Arc::new(Mutex::new(may_go_on)));
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            opened.fetch_add(1, Ordering::SeqCst);
            let (closed, four, may_go_on) = (closed.clone(), four.clone(), may_go_on.clone());
            thread::spawn(move || {
                let mut command = [0; 1024];
                while let Ok(length @ 1..) = stream.read(&mut command) {
                    match String::from_utf8_lossy(&command[..length]).contains(":slow") {
                        true => may_go_on.lock().expect("no panic").recv().expect("it may go on"),
                        false => drop(four.wait()),
                    }
                    stream.write_all(b"*4\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n").expect("the store listens");
                }
                closed.fetch_add(1, Ordering::SeqCst);
            });
        }
    });
    (url, counts.0, counts.1)
}

#[test]
fn no_connection_is_closed_while_other_calls_are_under_way() {
    let (go_on, may_go_on) = channel();
    let (url, opened, closed) = four_at_once(may_go_on);
    let store = Redis::open(&url, Settings::default()).expect("a store");
    thread::scope(|scope| {
        scope.spawn(|| load(&store, &key("slow")));
        wait_for("the slow one", || opened.load(Ordering::SeqCst) == 1);
        for _ in 0..5 {
            thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(|| load(&store, &key("quick"))))));
        }
        assert_eq!((opened.load(Ordering::SeqCst), closed.load(Ordering::SeqCst)), (5, 0));
        go_on.send(()).expect("the server listens");
    });
    wait_for("the end of all but two", || closed.load(Ordering::SeqCst) == 3);
}

#[test]
fn each_node_of_a_cluster_keeps_its_connection() {
    if !is_installed() {
        return;
    }
    let servers = cluster();
    let store = Redis::open(
        &servers[0].url(),
        Settings { redis: RedisOptions { cluster: true, ..RedisOptions::default() }, ..Settings::default() },
    )
    .expect("a store");
    let load_all = || (0..60).for_each(|number| assert_eq!(load(&store, &key(&format!("user {number}"))), None));
    load_all(); // it knows by now where they are
    let opened = || servers.iter().map(|server| count(server, "stats", "total_connections_received:")).sum::<u64>();
    let before = opened();
    load_all();
    assert_eq!(opened() - before, 3, "those that ask");
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
