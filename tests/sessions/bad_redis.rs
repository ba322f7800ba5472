//! Redis servers that cannot be used, and ways to them on which nothing moves: a named error in the time of the call, and
//! nothing is sent or lost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use oauthclient::blocking::session::Session;
use oauthclient::client::options::RequestOptions;
use oauthclient::error::{Result, Status};
use oauthclient::store::options::Settings;
use oauthclient::store::redis::Redis;

use super::far::Away;
use super::redis_server::{RedisServer, cluster, is_installed};
use super::server::Server;
use super::{KEY, access_token, number, token_of};

/// A login whose token has expired.
struct Expired {
    redis: RedisServer,
    server: Arc<Server>,
}

fn session(server: &Arc<Server>, url: &str) -> Session {
    let store = Redis::open(url, Settings::default()).expect("a store");
    Session::open(server.client(), Arc::new(store), KEY, Arc::default()).expect("a good session")
}

fn within(session: &Session, deadline_ms: u32) -> Result<String> {
    session.with_token(Some(&deadline(deadline_ms)), access_token)
}

impl Expired {
    fn start() -> Self {
        let expired = Self { redis: RedisServer::start(&[]), server: Server::new(3600) };
        expired.here().adopt(&expired.server.log_in(), None).expect("adopted");
        expired.server.clock.advance(Duration::from_secs(3600));
        expired
    }

    fn here(&self) -> Session {
        session(&self.server, &self.redis.url())
    }

    fn ask(&self, command: &[&str]) {
        let mut packed = redis::cmd(command[0]);
        command[1..].iter().for_each(|word| _ = packed.arg(word));
        packed.exec(&mut self.redis.admin()).expect("the server answers");
    }

    /// It fails with these words, also for a session that has been used, and nothing is sent.
    fn refuses(&self, url: &str, words: &[&str]) {
        let began = Instant::now();
        let error = within(&session(&self.server, url), 10_000).expect_err("it cannot be");
        assert_eq!(error.status, Status::Store, "{error}");
        let message = error.message.as_str();
        assert!(words.iter().all(|word| message.contains(word)), "{message} does not say {words:?}");
        assert!(!message.contains("hunter2"), "{message}");
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        assert_eq!(self.server.requests(), 0, "{message}");
    }

    /// And then all is as it was.
    fn goes_on(self) {
        assert_eq!(number(token_of(&self.here())), 2);
        assert_eq!(self.server.last_request()["refresh_token"], "RT-1");
        assert_eq!((number(token_of(&self.here())), self.server.requests()), (2, 1));
    }
}

#[test]
fn a_server_that_refuses_is_named() {
    if !is_installed() {
        return;
    }
    let expired = Expired::start();
    let port = expired.redis.port.to_string();
    let as_app = format!("redis://app:hunter2@127.0.0.1:{port}");
    expired.refuses(&as_app, &[&port, "refused (WRONGPASS)"]);
    let user = ["ACL", "SETUSER", "app", "on", ">hunter2", "~*", "+hmget"];
    expired.ask(&user);
    expired.refuses(&as_app, &[&port, "NOPERM", "evalsha"]);
    expired.ask(&["ACL", "SETUSER", "app", "+evalsha", "+eval"]);
    expired.refuses(&as_app, &[&port, "ERR"]); // the script may not GET
    expired.ask(&["ACL", "SETUSER", "app", "resetkeys", "~other:*", "+@all"]);
    expired.refuses(&as_app, &[&port, "NOPERM"]);
    expired.ask(&["REPLICAOF", "127.0.0.1", "1"]);
    expired.refuses(&expired.redis.url(), &[&port, "READONLY"]);
    expired.ask(&["CONFIG", "SET", "replica-serve-stale-data", "no"]);
    expired.refuses(&expired.redis.url(), &[&port, "MASTERDOWN"]);
    expired.ask(&["REPLICAOF", "NO", "ONE"]);
    expired.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    expired.refuses(&expired.redis.url(), &[&port, "OOM"]);
    expired.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    expired.goes_on();
}

#[test]
fn a_server_that_is_another_one_is_named() {
    if !is_installed() {
        return;
    }
    let expired = Expired::start();
    expired.refuses("redis://127.0.0.1:1", &["127.0.0.1:1", "refused"]);
    expired.refuses("redis://nowhere.invalid", &["nowhere.invalid:6379"]);
    expired.refuses(&format!("rediss://127.0.0.1:{}", expired.redis.port), &[&expired.redis.port.to_string()]);
    expired.refuses(&format!("{}/99", expired.redis.url()), &["ERR", "DB index"]);
    let http = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = http.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for mut stream in http.incoming().map_while(std::result::Result::ok) {
            drop(std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 hunter2\r\n\r\n"));
            drop(std::io::Read::read(&mut stream, &mut [0; 1024]));
        }
    });
    expired.refuses(&format!("redis://127.0.0.1:{port}"), &[&port.to_string(), "not Redis's"]);
    // Nodes of a cluster, for a store that was not told so: one of them has the slot.
    let nodes = cluster();
    let errors = nodes.iter().filter_map(|node| within(&session(&expired.server, &node.url()), 10_000).err());
    let moved = errors.filter(|error| error.status == Status::Store && error.message.as_str().contains("MOVED"));
    assert_eq!(moved.count(), 2);
    expired.goes_on();
}

/// A way that swallows everything, and one on which bytes trickle.
#[test]
fn a_way_on_which_nothing_moves_takes_no_call_longer_than_its_deadline() {
    if !is_installed() {
        return;
    }
    for stop in [Away::swallow as fn(&Away), Away::trickle] {
        let (redis, server) = (RedisServer::start(&[]), Server::new(3600));
        let away = Away::from(redis.port, Duration::ZERO);
        let session = session(&server, &format!("redis://127.0.0.1:{}", away.port));
        session.adopt(&server.log_in(), None).expect("adopted");
        assert_eq!(number(token_of(&session)), 1);
        server.clock.advance(Duration::from_secs(3400)); // due, and good
        stop(&away);
        let began = Instant::now();
        assert_eq!(number(within(&session, 5000)), 1);
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        server.clock.advance(Duration::from_secs(200));
        let error = within(&session, 100).expect_err("it has expired");
        assert_eq!(error.status, Status::Timeout, "{error}");
        let error = session.adopt_refresh_token("RT-1", Some(&deadline(100))).expect_err("nothing moves");
        assert_eq!(error.status, Status::Timeout, "{error}");
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
        away.open();
        server.clock.advance(Duration::from_secs(120)); // beyond any pause
        assert_eq!(number(token_of(&session)), 2);
        assert_eq!((server.requests(), &*server.last_request()["refresh_token"]), (1, "RT-1"));
    }
}

fn deadline(deadline_ms: u32) -> RequestOptions {
    let mut options = RequestOptions::default();
    options.deadline_ms = Some(deadline_ms);
    options
}
