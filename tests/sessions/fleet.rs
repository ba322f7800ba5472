//! Sessions of many machines over one Redis: what a stalled holder, a flush or an older backup must not cost.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use oauthclient::blocking::session::Session;
use oauthclient::client::options::RequestOptions;
use oauthclient::error::Status;
use oauthclient::session::options::Options;
use oauthclient::store::Store;
use oauthclient::store::options::Settings;
use oauthclient::store::redis::Redis;
use oauthclient::transport::cancel::Cancel;

use super::far::Away;
use super::redis_server::{RedisServer, is_installed, wait_for};
use super::server::Server;
use super::store::Faulty;
use super::{Home, KEY, access_token, number, open, token_of};

/// What a call waits for at most; tells one that waits for ever.
const BOUND: Duration = Duration::from_secs(20);

/// A login of an hour over a Redis.
struct Fleet {
    redis: RedisServer,
    home: Home,
}

impl Fleet {
    fn start() -> Option<Self> {
        if !is_installed() {
            return None;
        }
        let redis = RedisServer::start(&[]);
        let (server, store) = (Server::new(3600), machine(&redis));
        let session = open(&server, &store, Options::default());
        session.adopt(&server.log_in(), None).expect("adopted");
        Some(Self { redis, home: Home { server, store, session } })
    }

    /// The same login on another machine.
    fn sibling(&self) -> (Faulty, Session) {
        let store = machine(&self.redis);
        let session = open(&self.home.server, &store, Options::default());
        (store, session)
    }

    fn ask<T: redis::FromRedisValue>(&self, command: &[&str]) -> T {
        let mut packed = redis::cmd(command[0]);
        command[1..].iter().for_each(|word| _ = packed.arg(word));
        packed.query(&mut self.redis.admin()).expect("the server answers")
    }

    fn login(&self) -> String {
        let found: Vec<String> = self.ask(&["KEYS", "oauthclient:{*}:login:*"]);
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    }

    /// How many scripts the server has run.
    fn scripts(&self) -> u32 {
        let stats: String = self.ask(&["INFO", "commandstats"]);
        let calls = stats.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:calls=")?.split(',').next());
        calls.map_or(0, |calls| calls.parse().expect("a number"))
    }

    /// The refresh token that was sent last.
    fn sent(&self) -> String {
        self.home.server.last_request()["refresh_token"].clone()
    }
}

fn leases_end(admin: &mut redis::Connection) {
    let locks: Vec<String> = redis::cmd("KEYS").arg("oauthclient:*:lock:*").query(admin).expect("asked");
    if !locks.is_empty() {
        redis::cmd("DEL").arg(&locks).exec(admin).expect("deleted");
    }
}

fn machine(redis: &RedisServer) -> Faulty {
    Faulty::over(Arc::new(Redis::open(&redis.url(), Settings::default()).expect("a store")))
}

/// One machine has the answer and sleeps beyond its lease. Another one takes the lock and reads; then the first one saves.
#[test]
fn a_holder_that_read_before_a_stalled_one_saved_reads_again() {
    let Some(fleet) = Fleet::start() else { return };
    let (stalled, next) = (&fleet.home.store, fleet.sibling());
    fleet.home.pass(3600);
    let (read, has_read) = channel();
    let (save, may_mark) = channel();
    next.0.at("mark", move || {
        read.send(()).expect("somebody waits");
        may_mark.recv_timeout(BOUND).expect("the other saves");
    });
    thread::scope(|scope| {
        let (redis, session) = (fleet.redis.url(), &next.1);
        let (begin, may_begin) = channel();
        stalled.at("save", move || {
            leases_end(&mut redis::Client::open(redis).expect("a URL").get_connection().expect("a connection"));
            begin.send(()).expect("somebody waits");
            has_read.recv_timeout(BOUND).expect("the other has the lock");
        });
        let other = scope.spawn(move || {
            may_begin.recv_timeout(BOUND).expect("the lease ends");
            token_of(session)
        });
        assert_eq!(fleet.home.token(), 2);
        save.send(()).expect("somebody waits");
        assert_eq!(number(other.join().expect("no panic")), 2, "its own mark came too late: nothing is sent again");
    });
    assert_eq!(fleet.home.server.requests(), 1);
    assert_eq!(number(token_of(&fleet.sibling().1)), 2);
}

#[test]
fn a_login_that_redis_has_lost_is_written_again() {
    let Some(fleet) = Fleet::start() else { return };
    assert_eq!(fleet.home.token(), 1);
    fleet.ask::<()>(&["FLUSHALL"]);
    assert_eq!(fleet.home.token(), 1, "a token that is valid is given");
    assert_eq!(fleet.home.server.requests(), 0);
    fleet.home.pass(3600);
    assert_eq!(fleet.home.token(), 2);
    assert_eq!(fleet.sent(), "RT-1");
    assert_eq!(number(token_of(&fleet.sibling().1)), 2, "it is there for others");
    // one key alone, as by eviction
    fleet.ask::<i64>(&["DEL", &fleet.login()]);
    fleet.home.pass(3600);
    assert_eq!(fleet.home.token(), 3);
    assert!(fleet.home.session.login().is_saved());
    assert_eq!((fleet.home.server.requests(), fleet.sent()), (2, "RT-2".to_owned()));
}

/// A backup, or a replica that lagged behind.
#[test]
fn a_redis_that_was_set_back_gets_the_newer_token() {
    let Some(fleet) = Fleet::start() else { return };
    let login = fleet.login();
    let before: Vec<u8> = fleet.ask(&["DUMP", &login]);
    fleet.home.pass(3600);
    assert_eq!(fleet.home.token(), 2);
    let mut admin = fleet.redis.admin();
    let restored = redis::cmd("RESTORE").arg(&login).arg(0).arg(before).arg("REPLACE").exec(&mut admin);
    restored.expect("restored");
    fleet.home.pass(3600);
    assert_eq!(fleet.home.token(), 3);
    assert_eq!((fleet.home.server.requests(), fleet.sent()), (2, "RT-2".to_owned()), "the old one was not sent again");
    assert_eq!(number(token_of(&fleet.sibling().1)), 3);
}

/// Another machine had an older token, and was the first to write it again.
#[test]
fn of_two_machines_that_write_it_again_the_later_token_stays() {
    let Some(fleet) = Fleet::start() else { return };
    let (_, older) = fleet.sibling();
    assert_eq!(number(token_of(&older)), 1);
    let login = fleet.login();
    let before: Vec<u8> = fleet.ask(&["DUMP", &login]);
    fleet.home.pass(3600);
    assert_eq!(fleet.home.token(), 2);
    let mut admin = fleet.redis.admin();
    redis::cmd("FLUSHALL").exec(&mut admin).expect("flushed");
    // as the other one would write it: under the number that the token had, and a later fencing number
    redis::cmd("RESTORE").arg(&login).arg(0).arg(before).exec(&mut admin).expect("restored");
    redis::cmd("HSET").arg(&login).arg("fence").arg("8000000000000000").exec(&mut admin).expect("set");
    fleet.home.pass(3600);
    assert_eq!(fleet.home.token(), 3);
    assert_eq!(fleet.sent(), "RT-2");
}

#[test]
fn a_login_that_was_forgotten_elsewhere_is_not_written_again() {
    let Some(fleet) = Fleet::start() else { return };
    assert_eq!(fleet.home.token(), 1);
    fleet.sibling().1.forget(false, None).expect("forgotten");
    fleet.home.pass(3600);
    assert_eq!(fleet.home.failure().status, Status::LoginRequired);
    assert!(!fleet.ask::<bool>(&["HEXISTS", &fleet.login(), "value"]));
    assert_eq!(fleet.home.server.requests(), 0);
    fleet.home.session.adopt(&fleet.home.server.log_in(), None).expect("adopted");
    let (_, sibling) = fleet.sibling();
    assert_eq!(number(token_of(&sibling)), fleet.home.token());
}

#[test]
fn a_login_that_is_over_does_not_stay_for_ever() {
    let Some(fleet) = Fleet::start() else { return };
    assert_eq!(fleet.ask::<i64>(&["TTL", &fleet.login()]), -1);
    fleet.home.server.end();
    fleet.home.pass(3600);
    assert_eq!(fleet.home.failure().status, Status::LoginRequired);
    let days = fleet.ask::<i64>(&["TTL", &fleet.login()]) / (24 * 3600);
    assert!((29..=31).contains(&days), "{days}");
}

#[test]
fn a_renewal_takes_five_round_trips() {
    let Some(fleet) = Fleet::start() else { return };
    let scripts = || fleet.scripts();
    let store = Arc::new(Redis::open(&fleet.redis.url(), Settings::default()).expect("a store"));
    let session = Session::open(fleet.home.server.client(), store, KEY, Arc::default()).expect("a good session");
    fleet.home.pass(3600);
    assert_eq!(number(token_of(&session)), 2);
    let before = scripts();
    fleet.home.pass(3600);
    assert_eq!(number(token_of(&session)), 3);
    assert_eq!(scripts() - before, 4, "lock, mark, save, unlock; the fifth is a read");
    let connected: String = fleet.ask(&["INFO", "stats"]);
    let connections = connected.lines().find_map(|line| line.strip_prefix("total_connections_received:"));
    assert!(connections.is_some_and(|count| count.trim().parse::<u32>().is_ok_and(|count| count < 10)), "{connected}");
}

/// The one that noted the loss had nothing to do with it yet.
#[test]
fn what_was_forgotten_after_a_loss_does_not_come_back() {
    let Some(fleet) = Fleet::start() else { return };
    let (store, sibling) = fleet.sibling();
    assert_eq!(number(token_of(&sibling)), 1);
    fleet.ask::<()>(&["FLUSHALL"]);
    let lock = fleet.home.store.try_lock(&store.place()).expect("it answers").expect("free");
    fleet.home.pass(3400); // due, and valid
    assert_eq!(fleet.home.token(), 1);
    wait_for("the loss, which is noted, and no more: the lock is taken", || !fleet.home.session.login().is_saved());
    drop(lock);
    sibling.forget(false, None).expect("forgotten");
    fleet.home.pass(200);
    assert_eq!(fleet.home.failure().status, Status::LoginRequired);
    assert_eq!(token_of(&fleet.sibling().1).expect_err("forgotten").status, Status::LoginRequired);
    assert_eq!(fleet.home.server.requests(), 0);
}

/// A read of a server that is stopped takes three seconds; no call waits for it.
#[test]
fn a_stopped_redis_takes_no_call_longer_than_its_deadline() {
    let Some(fleet) = Fleet::start() else { return };
    let mut options = RequestOptions::default();
    options.deadline_ms = Some(100);
    let ask = || fleet.home.session.with_token(Some(&options), access_token);
    assert_eq!(number(ask()), 1);
    fleet.home.pass(3400); // due, and valid
    fleet.redis.pause();
    let began = Instant::now();
    assert_eq!(number(ask()), 1, "a caller whose token is good waits for no store");
    fleet.home.pass(200);
    let error = ask().expect_err("it has expired");
    assert_eq!(error.status, Status::Timeout, "{error}");
    let cancel = Arc::new(Cancel::default());
    let mut cancelled = RequestOptions::default();
    cancelled.cancel = Some(cancel.clone());
    thread::scope(|scope| {
        let caller = scope.spawn(|| fleet.home.session.with_token(Some(&cancelled), access_token));
        cancel.trigger();
        assert_eq!(caller.join().expect("no panic").expect_err("cancelled").status, Status::Cancelled);
    });
    let adopted = fleet.home.session.adopt_refresh_token("RT-1", Some(&options));
    assert_eq!(adopted.expect_err("it is stopped").status, Status::Timeout);
    let forgotten = fleet.home.session.forget(false, Some(&options));
    assert_eq!(forgotten.expect_err("it is stopped").status, Status::Timeout);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    fleet.redis.go_on();
    fleet.home.pass(120); // beyond any pause
    assert_eq!(fleet.home.token(), 2);
    assert_eq!(fleet.home.server.requests(), 1);
}

/// Redis is 50 ms away, and all need the next token at the same moment: 400 machines, or as many as FLEET_MACHINES says.
#[test]
fn many_machines_that_wait_cost_redis_next_to_nothing() {
    let Some(fleet) = Fleet::start() else { return };
    let said = std::env::var("FLEET_MACHINES");
    let many = said.map_or(400_u32, |said| said.parse().expect("FLEET_MACHINES is a number"));
    let url = format!("redis://127.0.0.1:{}", Away::from(fleet.redis.port, Duration::from_millis(25)).port);
    let machines: Vec<Session> = (0..many)
        .map(|_| {
            let store = Arc::new(Redis::open(&url, Settings::default()).expect("a store"));
            Session::open(fleet.home.server.client(), store, KEY, Arc::default()).expect("a good session")
        })
        .collect();
    let all = |expected: u32| {
        let began = Instant::now();
        thread::scope(|scope| {
            let callers: Vec<_> = machines.iter().map(|session| scope.spawn(|| token_of(session))).collect();
            for caller in callers {
                assert_eq!(number(caller.join().expect("no panic")), expected);
            }
        });
        began.elapsed()
    };
    all(1);
    let scripts = || fleet.scripts();
    fleet.home.pass(3600);
    let before = scripts();
    let took = all(2);
    let each = f64::from(scripts() - before) / f64::from(many);
    println!("{many} waiters, 50 ms away: {took:?}, {each:.1} scripts each");
    assert_eq!(fleet.home.server.requests(), 1);
    assert!(each < 12.0, "{each}");
}

/// The server dies right after a renewal, and a replica to which a write takes 100 ms, or a second, takes over. Another
/// machine, which has not seen the new token, renews next.
#[test]
fn a_replica_that_takes_over_has_the_new_token() {
    if !is_installed() {
        return;
    }
    for lag_ms in [100, 100, 1000] {
        let mut master = RedisServer::start(&["--repl-diskless-sync-delay", "0"]);
        let link = Away::from(master.port, Duration::from_millis(lag_ms));
        let replica = RedisServer::start(&["--replicaof", "127.0.0.1", &link.port.to_string()]);
        let knows = || {
            let role: redis::Value = redis::cmd("ROLE").query(&mut master.admin()).expect("an answer");
            let (_, _, replicas): (String, u64, Vec<redis::Value>) = redis::from_redis_value(role).expect("a master");
            !replicas.is_empty()
        };
        wait_for("the master's view of the replica", knows);
        let (server, store) = (Server::new(3600), machine(&master));
        let session = open(&server, &store, Options::default());
        session.adopt(&server.log_in(), None).expect("adopted");
        let home = Home { server, store, session };
        home.pass(3600);
        assert_eq!(home.token(), 2);
        link.cut();
        master.kill();
        redis::cmd("REPLICAOF").arg("NO").arg("ONE").exec(&mut replica.admin()).expect("it takes over");
        leases_end(&mut replica.admin()); // whether the lock was given back is not waited for
        let other = open(&home.server, &machine(&replica), Options::default());
        home.pass(3600);
        assert_eq!(number(token_of(&other)), 3);
        assert_eq!(home.server.last_request()["refresh_token"], "RT-2");
    }
}
