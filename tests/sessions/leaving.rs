//! Callers that leave a renewal, at their deadline or when they are cancelled, and what becomes of it.

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use oauthclient::blocking::Client;
use oauthclient::blocking::session::Session;
use oauthclient::client::config::Builder;
use oauthclient::client::options::RequestOptions;
use oauthclient::clock::Clock;
use oauthclient::error::{Advice, Result, Status};
use oauthclient::protocol::metadata::Endpoint;
use oauthclient::protocol::saved_token;
use oauthclient::protocol::token::Token;
use oauthclient::secret::Secret;
use oauthclient::store::Store;
use oauthclient::text::Text;
use oauthclient::transport::cancel::Cancel;
use oauthclient_test_server::scripted::{Answer, Scripted};

use super::store::Faulty;
use super::{Home, KEY, access_token, number, options};

/// Tells a stopped call from one that ran into its timeout.
const BOUND: Duration = Duration::from_secs(20);

#[test]
fn an_early_renewal_makes_no_caller_wait() {
    let home = Home::new(3600);
    home.pass(3400);
    let lock = home.store.try_lock(&home.store.place()).expect("works").expect("free");
    let busy = || home.store.notes().iter().filter(|note| **note == "busy").count();
    (0..10).for_each(|_| assert_eq!(home.token(), 1));
    assert_eq!(busy(), 1);
    home.pass(1);
    (0..10).for_each(|_| assert_eq!(home.token(), 1));
    assert_eq!(busy(), 2, "one look a second");
    drop(lock);

    let slow = Slow::new();
    let expires_at_s = Some(Clock::default().now_s() + 300);
    let mut token = saved_token::from_values("AT-0", None, Some("RT-0"), None, expires_at_s).expect("good values");
    token.expires_in_s = Some(3600);
    slow.session.adopt(&token, None).expect("adopted");
    assert_eq!(slow.next_kept(), "AT-0");
    let began = Instant::now();
    assert_eq!(slow.ask(|_| {}).expect("held"), "AT-0");
    assert!(began.elapsed() < BOUND, "the client's timeout is longer");
    slow.server.go();
    slow.check_kept_with_one_request();
}

/// A login of which the renewal is sent and answered only when the test says so.
struct Slow {
    server: Scripted,
    store: Faulty,
    session: Session,
    /// Which tokens were put into the store.
    kept: Mutex<Receiver<String>>,
}

impl Slow {
    fn new() -> Self {
        let server = Scripted::start(|mut exchange| {
            while exchange.read_request()?.is_some() {
                exchange.wait_for_go()?;
                let token = r#"{"access_token":"AT-2","token_type":"Bearer","expires_in":3600,"refresh_token":"RT-2"}"#;
                exchange.answer(&Answer::json(200, token))?;
            }
            Ok(())
        });
        let mut config = Builder::default();
        config.set_endpoint(Endpoint::Token, server.url("/token"));
        config.client = Some((Secret::new("client").expect("no NUL"), None));
        config.use_environment = false;
        let (config, route) = config.build().expect("a good configuration");
        let (store, (told, kept)) = (Faulty::default(), channel());
        let told = Mutex::new(told);
        let change = move |_: &str, token: Option<&Arc<Token>>| {
            let token = access_token(token.expect("nobody forgets"));
            told.lock().expect("no panic").send(token).expect("the test listens");
        };
        let options = Arc::new(options(|options| options.change = Some(Arc::new(change))));
        let session = Session::open(Arc::new(Client::new(config, route)), Arc::new(store.clone()), KEY, options);
        let slow = Self { server, store, session: session.expect("a good session"), kept: Mutex::new(kept) };
        let old = saved_token::from_values("AT-1", None, Some("RT-1"), None, Some(1));
        slow.session.adopt(&old.expect("good values"), None).expect("adopted");
        assert_eq!(slow.next_kept(), "AT-1");
        slow
    }

    fn ask(&self, set: impl FnOnce(&mut RequestOptions)) -> Result<String> {
        let mut options = RequestOptions::default();
        set(&mut options);
        self.session.with_token(Some(&options), access_token)
    }

    fn wait_until_sent(&self) {
        self.server.wait_for(|seen| seen.requests.len() == 1);
    }

    fn next_kept(&self) -> String {
        self.kept.lock().expect("no panic").recv_timeout(BOUND).expect("something is kept")
    }

    fn check_kept_with_one_request(&self) {
        assert_eq!(self.next_kept(), "AT-2");
        let kept = self.store.kept().and_then(|kept| kept.token).expect("kept");
        assert_eq!(kept.refresh_token.as_ref().map(Secret::as_str), Some("RT-2"));
        assert_eq!(self.ask(|_| {}).expect("held"), "AT-2");
        assert_eq!(self.server.requests().len(), 1);
    }
}

#[test]
fn when_the_only_caller_is_cancelled_the_answer_reaches_the_store() {
    let slow = Slow::new();
    let cancel = Arc::new(Cancel::default());
    thread::scope(|scope| {
        let caller = scope.spawn(|| slow.ask(|options| options.cancel = Some(cancel.clone())));
        slow.wait_until_sent();
        cancel.trigger();
        let error = caller.join().expect("no panic").expect_err("cancelled");
        assert_eq!((error.status, error.advice), (Status::Cancelled, Advice::None), "{error}");
    });
    slow.server.go();
    slow.check_kept_with_one_request();
}

#[test]
fn who_waits_for_the_end_gets_it() {
    let slow = Slow::new();
    let short = |deadline_ms| {
        let mut options = RequestOptions::default();
        options.deadline_ms = Some(deadline_ms);
        slow.session.finish(Some(&options))
    };
    slow.session.finish(None).expect("nothing is under way");
    let error = slow.ask(|options| options.deadline_ms = Some(100)).expect_err("too slow");
    let endpoint = slow.server.url("/token");
    let expected =
        format!("the time ran out while waiting for the answer of {endpoint}; the renewal of the token goes on");
    for error in [error, slow.session.login().last_error().expect("a call has left")] {
        assert!(error.message.as_str().starts_with(&expected), "{error}");
        assert_eq!(error.endpoint.as_ref().map(Text::as_str), Some(&*endpoint));
        assert_eq!((error.status, error.attempts, error.request_sent), (Status::Timeout, 1, true));
    }
    slow.wait_until_sent();
    let error = short(50).expect_err("it goes on");
    assert!(error.status == Status::Timeout && error.message.as_str().starts_with(&expected), "{error}");
    thread::scope(|scope| {
        let waiter = scope.spawn(|| slow.session.finish(None));
        slow.server.go();
        waiter.join().expect("no panic").expect("it has ended");
        assert_eq!(slow.store.kept().and_then(|kept| kept.renewal_began_s), None);
    });
    assert!(slow.session.login().last_error().is_none());
    slow.check_kept_with_one_request();
}

#[test]
fn a_call_that_was_cancelled_before_it_began_says_so() {
    let (slow, cancel) = (Slow::new(), Arc::new(Cancel::default()));
    cancel.trigger();
    let error = slow.ask(|options| options.cancel = Some(cancel)).expect_err("cancelled");
    assert_eq!(error.message.as_str(), "the call was cancelled before it began");
    assert!(error.status == Status::Cancelled && !error.request_sent);
}

/// A session of a client that asks this server for its metadata first.
fn of_issuer(server: &Scripted) -> Session {
    let mut config = Builder::default();
    config.issuer = Some(server.url(""));
    config.client = Some((Secret::new("client").expect("no NUL"), None));
    config.use_environment = false;
    let (config, route) = config.build().expect("a good configuration");
    let client = Arc::new(Client::new(config, route));
    Session::open(client, Arc::new(Faulty::default()), KEY, Arc::default()).expect("a good session")
}

/// Each call has less time than the fetch of the metadata takes.
#[test]
fn a_deadline_shorter_than_discovery_starves_nobody() {
    let server = Scripted::start(|mut exchange| {
        while let Some(request) = exchange.read_request()? {
            let url = format!("http://{}", request.header("host").expect("HTTP/1.1"));
            let answer = match request.target.as_str() {
                "/token" => r#"{"access_token":"AT-2","token_type":"Bearer","expires_in":3600}"#.to_owned(),
                _ => {
                    exchange.wait_for_go()?;
                    format!(r#"{{"issuer":"{url}","token_endpoint":"{url}/token"}}"#)
                }
            };
            exchange.answer(&Answer::json(200, answer))?;
        }
        Ok(())
    });
    let session = of_issuer(&server);
    session.adopt_refresh_token("RT-1", None).expect("adopted");
    let mut options = RequestOptions::default();
    options.deadline_ms = Some(50);
    for _ in 0..3 {
        let error = session.with_token(Some(&options), access_token).expect_err("too slow");
        assert!(error.message.as_str().contains("/.well-known/openid-configuration; the renewal"), "{error}");
        assert!(!error.request_sent, "a request for metadata is not the request");
    }
    assert_eq!(server.requests().len(), 1, "one fetch for all");
    server.go();
    session.finish(None).expect("it ends");
    assert_eq!(session.with_token(Some(&options), access_token).expect("renewed"), "AT-2");
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn when_the_driving_caller_times_out_the_next_waiter_goes_on() {
    let slow = Slow::new();
    thread::scope(|scope| {
        let first = scope.spawn(|| slow.ask(|options| options.deadline_ms = Some(300)));
        slow.wait_until_sent();
        let waiter = scope.spawn(|| slow.ask(|_| {}));
        let error = first.join().expect("no panic").expect_err("too slow");
        assert_eq!((error.status, error.advice), (Status::Timeout, Advice::Retry), "{error}");
        slow.server.go();
        assert_eq!(waiter.join().expect("no panic").expect("renewed"), "AT-2");
    });
    slow.check_kept_with_one_request();
}

#[test]
fn each_waiter_keeps_its_own_deadline_and_cancel() {
    let (slow, cancel) = (Slow::new(), Arc::new(Cancel::default()));
    thread::scope(|scope| {
        let driver = scope.spawn(|| slow.ask(|_| {}));
        slow.wait_until_sent();
        let began = Instant::now();
        assert_eq!(slow.ask(|options| options.deadline_ms = Some(50)).expect_err("short").status, Status::Timeout);
        assert_eq!(slow.ask(|options| options.timeout_ms = Some(50)).expect_err("short").status, Status::Timeout);
        let waiter = scope.spawn(|| slow.ask(|options| options.cancel = Some(cancel.clone())));
        cancel.trigger();
        assert_eq!(waiter.join().expect("no panic").expect_err("cancelled").status, Status::Cancelled);
        assert!(began.elapsed() < BOUND);
        slow.server.go();
        assert_eq!(driver.join().expect("no panic").expect("renewed"), "AT-2");
    });
    slow.check_kept_with_one_request();
}

#[test]
fn a_session_may_be_freed_while_its_renewal_is_under_way() {
    let slow = Slow::new();
    let error = slow.ask(|options| options.deadline_ms = Some(100)).expect_err("short");
    assert_eq!(error.status, Status::Timeout);
    let Slow { server, store, session, kept } = slow;
    server.wait_for(|seen| seen.requests.len() == 1);
    drop(session);
    server.go();
    assert_eq!(kept.into_inner().expect("no panic").recv_timeout(BOUND), Ok("AT-2".to_owned()));
    assert!(store.kept().is_some_and(|kept| kept.renewal_began_s.is_none()));
}

#[test]
fn a_failed_fetch_of_metadata_fails_all_waiters_once() {
    let server = Scripted::start(|mut exchange| {
        drop(exchange.read_request()?);
        exchange.wait_for_go()
    });
    let session = of_issuer(&server);
    let expires_at_s = Clock::default().now_s() + 300;
    let mut token =
        saved_token::from_values("AT-1", None, Some("RT-1"), None, Some(expires_at_s)).expect("good values");
    token.expires_in_s = Some(3600);
    session.adopt(&token, None).expect("adopted");
    let mut options = RequestOptions::default();
    options.deadline_ms = Some(200);
    for _ in 0..2 {
        assert_eq!(number(session.with_token(Some(&options), access_token)), 1);
        server.wait_for(|seen| !seen.requests.is_empty());
    }
    assert_eq!(server.requests().len(), 1, "the second call did not wait");
    server.go();
}

#[test]
fn a_renewal_that_sent_nothing_is_dropped_and_begun_anew() {
    let slow = Slow::new();
    let lock = slow.store.try_lock(&slow.store.place()).expect("works").expect("free");
    let cancel = Arc::new(Cancel::default());
    thread::scope(|scope| {
        let first = scope.spawn(|| slow.ask(|options| options.cancel = Some(cancel.clone())));
        let second = scope.spawn(|| slow.ask(|_| {}));
        cancel.trigger();
        assert_eq!(first.join().expect("no panic").expect_err("cancelled").status, Status::Cancelled);
        assert!(slow.server.requests().is_empty());
        drop(lock);
        slow.wait_until_sent();
        slow.server.go();
        assert_eq!(second.join().expect("no panic").expect("renewed"), "AT-2");
    });
    slow.check_kept_with_one_request();
}

#[test]
fn the_callers_time_bounds_the_wait_for_a_lock() {
    let slow = Slow::new();
    let _lock = slow.store.try_lock(&slow.store.place()).expect("works").expect("free");
    let error = slow.ask(|options| options.deadline_ms = Some(50)).expect_err("held");
    assert!(
        error.status == Status::Timeout && error.message.as_str().ends_with("waiting for the lock of the login"),
        "{error}"
    );
    let token = saved_token::from_values("AT-3", None, None, None, None).expect("good values");
    let mut options = RequestOptions::default();
    options.deadline_ms = Some(50);
    assert_eq!(slow.session.adopt(&token, Some(&options)).expect_err("held").status, Status::Timeout);
    assert_eq!(slow.session.forget(false, Some(&options)).expect_err("held").status, Status::Timeout);
}
