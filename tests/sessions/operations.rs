//! Operations of sessions over a Redis: the renewal is one, whoever waits for it, and a Redis that stands still holds up nobody.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use oauthclient::blocking::session::Session;
use oauthclient::client::options::RequestOptions;
use oauthclient::error::{Result, Status};
use oauthclient::operations::{Operation, Outcome};
use oauthclient::store::options::Settings;
use oauthclient::store::redis::Redis;

use super::redis_server::{RedisServer, is_installed};
use super::server::Server;
use super::{KEY, access_token, number, token_of};

/// Tells one that waits for ever.
const BOUND: Duration = Duration::from_secs(20);

fn open(server: &Arc<Server>, redis: &RedisServer) -> Session {
    let store = Redis::open(&redis.url(), Settings::default()).expect("a store");
    Session::open(server.client(), Arc::new(store), KEY, Arc::default()).expect("a good session")
}

/// Waits for its end, as a loop does.
fn ended(operation: &Operation) -> Result<String> {
    let (tell, told) = channel();
    operation.on_done(Box::new(move || _ = tell.send(()))).expect("this process");
    told.recv_timeout(BOUND).expect("it ends");
    operation.result("token", |outcome| match outcome {
        Outcome::Token(token) => Some(access_token(token)),
        _ => None,
    })
}

fn deadline(ms: u32) -> RequestOptions {
    let mut options = RequestOptions::default();
    options.deadline_ms = Some(ms);
    options
}

fn started(session: &Session, deadline_ms: Option<u32>) -> Operation {
    Operation::session_token(session, deadline_ms.map(deadline).as_ref()).expect("started")
}

#[test]
fn operations_and_calls_of_many_machines_share_one_renewal() {
    if !is_installed() {
        return;
    }
    let (redis, server) = (RedisServer::start(&[]), Server::new(3600));
    let machines: Vec<_> = (0..8).map(|_| open(&server, &redis)).collect();
    machines[0].adopt(&server.log_in(), None).expect("adopted");
    server.clock.advance(Duration::from_secs(3600));
    let operations: Vec<_> = machines.iter().chain(&machines).map(|session| started(session, None)).collect();
    assert_eq!(number(token_of(&machines[3])), 2);
    operations.iter().for_each(|operation| assert_eq!(number(ended(operation)), 2));
    assert_eq!(server.requests(), 1);
}

#[test]
fn a_redis_that_stands_still_holds_up_no_loop() {
    if !is_installed() {
        return;
    }
    let (redis, server) = (RedisServer::start(&[]), Server::new(3600));
    let session = open(&server, &redis);
    session.adopt(&server.log_in(), None).expect("adopted");
    server.clock.advance(Duration::from_secs(3400)); // due, and valid
    redis.pause();
    assert_eq!(number(ended(&started(&session, None))), 1, "the token is good");
    server.clock.advance(Duration::from_secs(200));
    let (bounded, cancelled, freed) = (started(&session, Some(100)), started(&session, None), started(&session, None));
    assert!(!cancelled.is_done());
    cancelled.cancel();
    assert_eq!(ended(&cancelled).expect_err("cancelled").status, Status::Cancelled);
    assert_eq!(ended(&bounded).expect_err("its time is over").status, Status::Timeout);
    drop(freed);
    let adopted = Operation::adopt_refresh_token(&session, "RT-9", Some(&deadline(100))).expect("started");
    assert_eq!(ended(&adopted).expect_err("its time is over").status, Status::Timeout);
    redis.go_on();
    server.clock.advance(Duration::from_secs(120)); // beyond any pause
    assert_eq!(number(ended(&started(&session, None))), 2);
    assert_eq!(server.requests(), 1);
}
