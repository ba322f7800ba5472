//! How a login ends: in many words, and sometimes it has not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use oauthclient::error::{Advice, Error, Status};
use oauthclient::protocol::refusal::Verdict;
use oauthclient::secret::Secret;
use oauthclient::session::options::Options;

use super::server::Fate;
use super::{Home, number, open, options, token_of};

const INACTIVE: Fate = Fate::Says(400, r#"{"error":"invalid_request","error_description":"Refresh token inactive"}"#);

fn description(error: &Error) -> Option<&str> {
    error.provider.as_ref()?.description.as_ref().map(Secret::as_str)
}

#[test]
fn a_clear_word_ends_the_login_at_once() {
    for (status, body) in [
        (200, r#"{"error":"bad_refresh_token","error_description":"why"}"#),
        (400, r#"{"error":"invalid_refresh_token","error_description":"why"}"#),
        (400, r#"{"error":"expired_token","error_description":"why"}"#),
        (400, r#"{"error":"interaction_required","error_description":"why"}"#),
        (400, r#"{"errors":[{"errorType":"invalid_grant","message":"why"}]}"#),
    ] {
        let home = Home::new(3600);
        home.pass(4000);
        home.server.next(&[Fate::Says(status, body)]);
        let error = home.failure();
        assert_eq!((error.status, error.advice), (Status::LoginRequired, Advice::LogInAgain), "{error}");
        assert_eq!(error.response.as_ref().map(|response| response.status), Some(status), "the answer is there");
        assert_eq!((error.attempts, home.failure().attempts), (1, 0), "the next call sends nothing");
        // Another process, and a session that was opened later, have the server's words.
        for session in [&home.sibling(), &home.session] {
            home.pass(60);
            let error = token_of(session).expect_err("ended");
            assert_eq!((error.status, description(&error)), (Status::LoginRequired, Some("why")), "{error}");
            let last = session.login().last_error().expect("kept");
            assert_eq!((last.status, description(&last)), (Status::LoginRequired, Some("why")));
        }
        home.pass(100_000);
        assert_eq!(home.failure().status, Status::LoginRequired);
        assert_eq!(home.server.requests(), 1, "nobody tries again what was refused permanently");
    }
}

#[test]
fn an_unclear_word_ends_the_login_the_second_time_and_the_refresh_token_is_kept() {
    for fate in [INACTIVE, Fate::Says(400, ""), Fate::Says(404, r#"{"message":"Not found"}"#)] {
        let home = Home::new(3600);
        let sibling = home.sibling();
        home.pass(4000);
        home.server.next(&[fate, fate, fate]);
        let error = home.failure();
        assert!(matches!(error.status, Status::Provider | Status::Http), "{error}");
        assert_eq!((error.advice, error.retry_after_s), (Advice::RetryLater, Some(2)));
        for session in [&home.session, &sibling] {
            let error = token_of(session).expect_err("not yet");
            assert_eq!((error.advice, error.status == Status::LoginRequired), (Advice::RetryLater, false), "{error}");
        }
        assert_eq!(home.server.requests(), 1, "nobody asks during the pause");
        home.pass(3);
        assert_eq!(home.failure().status, Status::LoginRequired);
        assert_eq!(home.server.requests(), 2);
        // As long as the login is over, it is tried again every 15 minutes, by one of all.
        for minute in 1..15 {
            home.pass(60 - minute % 2);
            assert_eq!(token_of(&sibling).expect_err("over").status, Status::LoginRequired);
            assert_eq!(home.failure().status, Status::LoginRequired);
        }
        assert_eq!(home.server.requests(), 2);
        home.pass(120);
        assert_eq!(home.failure().status, Status::LoginRequired);
        assert_eq!(home.server.requests(), 3);
        home.pass(901);
        assert_eq!((home.token(), home.server.requests()), (2, 4), "it works again: the login lives");
        home.pass(61);
        assert_eq!(number(token_of(&sibling)), 2);
        assert!(home.session.login().last_error().is_none());
        home.pass(4000);
        home.server.next(&[fate]);
        assert_ne!(home.failure().status, Status::LoginRequired, "a new count");
    }
}

/// Whatever else goes wrong at a later try, the login is over until the refresh token works.
#[test]
fn another_failure_does_not_bring_a_login_back() {
    for other in [
        Fate::Says(503, ""),
        Fate::Says(429, ""),
        Fate::Says(403, "<html>Access denied by policy</html>"),
        Fate::Says(401, r#"{"error":"invalid_client"}"#),
    ] {
        let home = Home::new(3600);
        home.pass(4000);
        home.server.next(&[INACTIVE, INACTIVE, other]);
        drop(home.failure());
        home.pass(3);
        assert_eq!(home.failure().status, Status::LoginRequired);
        home.pass(901);
        for requests in [3, 3] {
            let error = home.failure();
            assert_eq!((error.status, description(&error)), (Status::LoginRequired, Some("Refresh token inactive")));
            assert_eq!(home.server.requests(), requests, "and the next try is 15 minutes later");
            home.pass(60);
        }
        home.pass(901);
        assert_eq!((home.token(), home.server.requests()), (2, 4), "it works again: the login lives");
    }
}

#[test]
fn what_is_not_about_the_login_never_ends_it() {
    for (status, body, advice) in [
        (401, r#"{"error":"invalid_client"}"#, Advice::FixConfig),
        (429, r#"{"error":"invalid_request"}"#, Advice::RetryLater),
        (500, r#"{"error":"invalid_request"}"#, Advice::RetryLater),
        (400, r#"{"error":"temporarily_unavailable"}"#, Advice::RetryLater),
        (403, "<html>Access denied by policy</html>", Advice::FixConfig),
        (408, "", Advice::RetryLater),
        (405, "", Advice::FixConfig),
    ] {
        let home = Home::new(3600);
        home.pass(4000);
        for _ in 0..4 {
            home.server.next(&[Fate::Says(status, body)]);
            let error = home.failure();
            assert_ne!(error.status, Status::LoginRequired, "{error}");
            assert_eq!(error.advice, advice, "{error}");
            home.pass(100);
        }
        home.server.next(&[Fate::Says(status, body)]);
        assert_eq!((home.failure().advice, home.failure().advice), (advice, advice), "a pause does not change it");
        assert_eq!(home.server.requests(), 5);
        home.pass(100);
        assert_eq!(home.token(), 2, "{status}: the login goes on");
    }
}

/// The change callback hears of the end once, and the acquire callback is asked.
#[test]
fn an_unclear_end_asks_the_acquire_callback_the_second_time() {
    let home = Home::new(3600);
    let asked = Arc::new(AtomicUsize::new(0));
    let (server, count) = (home.server.clone(), asked.clone());
    let acquire = move |_: &str, _: Option<&Arc<_>>| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(Arc::new(server.log_in()))
    };
    let session = open(&home.server, &home.store, options(|options| options.acquire = Some(Arc::new(acquire))));
    home.pass(4000);
    home.server.next(&[INACTIVE, INACTIVE]);
    assert_ne!(token_of(&session).expect_err("once").status, Status::LoginRequired);
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    home.pass(3);
    assert_eq!((number(token_of(&session)), asked.load(Ordering::Relaxed)), (2, 1));
}

fn judged(verdict: Option<Verdict>) -> Options {
    options(move |options| {
        options.refusal = Some(Arc::new(move |_: &str, error: Error| {
            assert!(error.response.is_some(), "the answer is there to judge by");
            (verdict, error)
        }));
    })
}

#[test]
fn the_program_may_decide_what_ends_a_login() {
    let home = Home::new(3600);
    home.pass(4000);
    let session = open(&home.server, &home.store, judged(Some(Verdict::GoesOn)));
    for _ in 0..3 {
        home.server.next(&[Fate::Says(400, r#"{"error":"invalid_grant"}"#)]);
        assert_eq!(token_of(&session).expect_err("refused").status, Status::Provider);
        home.pass(100);
    }
    assert_eq!(number(token_of(&session)), 2);
    home.pass(4000);
    let usual = open(&home.server, &home.store, judged(None));
    home.server.next(&[INACTIVE]);
    assert_eq!(token_of(&usual).expect_err("once").status, Status::Provider);
    home.pass(100);
    let strict = open(&home.server, &home.store, judged(Some(Verdict::Ended)));
    home.server.next(&[Fate::Says(503, "")]);
    assert_eq!(token_of(&strict).expect_err("ended").status, Status::LoginRequired);
    home.pass(100_000);
    assert_eq!(token_of(&strict).expect_err("ended").status, Status::LoginRequired);
}

/// The refresh token of an answer that gave no token is the one that is sent next.
#[test]
fn a_refresh_token_without_an_access_token_goes_on_with_the_new_one() {
    let home = Home::new(3600);
    home.server.rotates(false);
    home.pass(4000);
    home.server.next(&[Fate::Says(200, r#"{"access_token":null,"refresh_token":"RT-1-next"}"#)]);
    let error = home.failure();
    assert_eq!((error.status, error.advice), (Status::InvalidResponse, Advice::RetryLater), "{error}");
    home.pass(2);
    drop(token_of(&home.session));
    assert_eq!(home.server.last_request()["refresh_token"], "RT-1-next");
}
