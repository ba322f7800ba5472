//! How tokens come into a session, are renewed, and go.

use std::sync::{Arc, Mutex, OnceLock};

use oauthclient::blocking::session::Session;
use oauthclient::error::{Advice, Error, ProviderCode, Result, Status};
use oauthclient::http::{Headers, Response};
use oauthclient::protocol::saved_token;
use oauthclient::protocol::token::Token;
use oauthclient::secret::{Secret, SecretBytes};
use oauthclient::session::options::Options;

use super::server::Fate;
use super::{Home, KEY, access_token, number, open, options, token_of};

#[test]
fn a_token_is_given_until_it_is_due_and_renewed_once() {
    let home = Home::new(3600);
    assert_eq!((home.token(), home.token(), home.server.requests()), (1, 1, 0));
    home.pass(2900);
    assert_eq!((home.token(), home.server.requests()), (1, 0), "ten minutes and more are left");
    home.pass(500);
    assert_eq!((home.token(), home.token(), home.server.requests()), (2, 2, 1));
    assert_eq!(home.server.last_request()["refresh_token"], "RT-1");
    let kept = home.store.kept().expect("kept").token.expect("a token");
    assert_eq!(kept.refresh_token.as_ref().map(Secret::as_str), Some("RT-2"));
    home.pass(4000);
    assert_eq!((home.token(), home.server.requests()), (3, 2));
}

#[test]
fn a_renewal_locks_reads_marks_sends_writes_and_unlocks_in_this_order() {
    let home = Home::new(3600);
    let (adopted, store) = (home.store.notes().len(), home.store.clone());
    let change = move |_: &str, _: Option<&Arc<_>>| store.note("told");
    let session = open(&home.server, &home.store, options(|options| options.change = Some(Arc::new(change))));
    home.pass(4000);
    assert_eq!(number(token_of(&session)), 2);
    let order = ["peek", "lock", "load", "mark", "hold", "save", "unlock", "told"];
    assert_eq!(home.store.notes()[adopted..], order, "told, and given out, only when it is kept");
}

#[test]
fn a_token_renewed_by_another_session_is_read_from_the_store() {
    let home = Home::new(3600);
    let sibling = home.sibling();
    assert_eq!(number(token_of(&sibling)), 1);
    home.pass(4000);
    assert_eq!((home.token(), number(token_of(&sibling)), home.server.requests()), (2, 2, 1));
}

#[test]
fn a_token_prolonged_by_another_session_is_read_from_the_store() {
    let home = Home::new(3600);
    let sibling = home.sibling();
    assert_eq!(number(token_of(&sibling)), 1);
    home.pass(3500);
    let expires_at_s = Some(home.server.clock.now_s() + 3600);
    let token =
        saved_token::from_values("AT-1", Some("Bearer"), Some("RT-1"), None, expires_at_s).expect("good values");
    home.session.adopt(&token, None).expect("adopted");
    home.pass(200);
    assert_eq!((number(token_of(&sibling)), home.server.requests()), (1, 0));
}

#[test]
fn a_refused_token_is_renewed_unless_there_is_a_newer_one() {
    let home = Home::new(3600);
    let sibling = home.sibling();
    let first = home.session.with_token(None, Clone::clone).expect("a token");
    assert_eq!(number(token_of(&sibling)), 1);
    home.session.invalidate(&access_token(&first)).expect("noted");
    assert_eq!((home.token(), home.server.requests()), (2, 1));
    home.session.invalidate(&access_token(&first)).expect("an old one");
    assert_eq!((home.token(), home.server.requests()), (2, 1));
    sibling.invalidate(&access_token(&first)).expect("noted");
    assert_eq!((number(token_of(&sibling)), home.server.requests()), (2, 1), "the store had a newer one");
    let late = home.sibling();
    late.invalidate(&token_of(&home.session).expect("a token")).expect("noted");
    assert_eq!((number(token_of(&late)), home.server.requests()), (3, 2), "before it was ever asked for a token");
}

/// The note goes with the token that it is about, also through a renewal that fails.
#[test]
fn a_refusal_by_a_resource_outlasts_its_process() {
    let home = Home::new(3600);
    let is_noted = || home.store.kept().expect("a login").access_token_refused;
    home.session.invalidate("AT-0").expect("not the one that is held");
    assert!(!is_noted());
    home.session.invalidate("AT-1").expect("noted");
    assert!(is_noted());
    home.server.next(&[Fate::Unavailable(0)]);
    assert!(token_of(&home.sibling()).is_err());
    assert!(is_noted() && home.store.kept().expect("a login").renewal_began_s.is_some());
    assert_eq!(number(token_of(&home.sibling())), 2);
    assert!(!is_noted());
}

/// The store is full, or somebody else has the lock: this process knows it, and the others as before.
#[test]
fn a_refusal_that_cannot_be_noted_counts_here() {
    let home = Home::new(3600);
    let sibling = home.sibling();
    home.store.fail_save(true);
    home.session.invalidate("AT-1").expect("it counts");
    assert_eq!(number(token_of(&sibling)), 1);
    home.store.fail_save(false);
    assert_eq!(home.token(), 2);
    home.store.fail_lock(true);
    home.session.invalidate("AT-2").expect("it counts");
    home.store.fail_lock(false);
    assert_eq!(home.token(), 3);
}

#[test]
fn a_refusal_that_was_not_noted_is_noted_when_it_is_reported_again() {
    let home = Home::new(3600);
    home.store.fail_lock(true);
    home.session.invalidate("AT-1").expect("it counts");
    home.store.fail_lock(false);
    home.session.invalidate("AT-1").expect("noted");
    assert!(home.store.kept().expect("a login").access_token_refused);
}

/// The save had come through, and its answer had not.
#[test]
fn a_refused_token_is_not_good_again_when_the_store_turns_out_to_have_it() {
    let home = Home::new(3600);
    home.pass(4000);
    home.store.fail_save_of_answers(true);
    let token = home.session.with_token(None, Clone::clone).expect("in memory");
    home.store.fail_save_of_answers(false);
    home.sibling().adopt(&token, None).expect("adopted");
    home.store.fail_lock(true);
    home.session.invalidate(&access_token(&token)).expect("it counts");
    home.store.fail_lock(false);
    assert_eq!(home.token(), 3);
}

/// The token that takes the place of one to which a resource has answered 401.
fn replaced(session: &Session, token: &Token) -> Option<String> {
    session.replace(token, 401, None, None).expect("no failure").map(|token| access_token(&token))
}

fn held(session: &Session) -> Arc<Token> {
    session.with_token(None, Clone::clone).expect("a token")
}

/// A server may end a token when it gives the next one, which is not there yet when the resource refuses.
#[test]
fn a_token_that_is_due_is_replaced_also_if_it_was_renewed_just_now() {
    let home = Home::new(60);
    let first = held(&home.session);
    assert_eq!(replaced(&home.session, &first).as_deref(), Some("AT-2"));
    let second = held(&home.session);
    assert_eq!(replaced(&home.session, &first).as_deref(), Some("AT-2"));
    assert_eq!((replaced(&home.session, &second), home.server.requests()), (None, 1), "one that refuses everything");
    home.pass(55);
    assert_eq!(replaced(&home.session, &second).as_deref(), Some("AT-3"));
    assert_eq!(home.server.requests(), 2);
}

#[test]
fn a_token_is_replaced_by_that_of_another_session_also_if_it_was_renewed_just_now() {
    let home = Home::new(3600);
    assert_eq!(replaced(&home.session, &held(&home.session)).as_deref(), Some("AT-2"));
    let (sibling, second) = (home.sibling(), held(&home.session));
    assert_eq!(replaced(&sibling, &second).as_deref(), Some("AT-3"));
    assert_eq!((replaced(&home.session, &second).as_deref(), home.server.requests()), (Some("AT-3"), 2));
    sibling.invalidate("AT-3").expect("noted");
    assert_eq!(
        replaced(&home.session, &held(&home.session)).as_deref(),
        Some("AT-4"),
        "which the other one wants, too"
    );
    assert_eq!(home.server.requests(), 3);
}

#[test]
fn a_damaged_login_is_reported_by_the_call_that_needs_it() {
    let home = Home::new(3600);
    home.store.put(b"damage");
    home.session.invalidate("AT-1").expect("it counts");
    assert_eq!(home.failure().status, Status::Store);
}

#[test]
fn without_a_login_the_status_is_login_required_and_nothing_is_sent() {
    let home = Home::without_login(3600, Options::default());
    for _ in 0..3 {
        let error = home.failure();
        assert_eq!((error.status, error.advice), (Status::LoginRequired, Advice::LogInAgain), "{error}");
    }
    let token = saved_token::from_values("AT-9", None, None, None, Some(home.server.clock.now_s() + 100));
    home.session.adopt(&token.expect("good values"), None).expect("adopted");
    assert!(home.session.login().last_error().is_none());
    assert_eq!(home.token(), 9);
    home.pass(200);
    let error = home.failure();
    assert!(error.status == Status::LoginRequired && error.message.as_str().contains("no refresh token"), "{error}");
    assert_eq!(home.server.requests(), 0);
}

#[test]
fn a_login_that_the_server_ended_is_over_for_all_until_there_is_a_new_one() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let note = told.clone();
    let change = move |key: &str, token: Option<&Arc<_>>| {
        note.lock().expect("no panic").push((key.to_owned(), token.is_some()));
    };
    let home = Home::without_login(3600, options(|options| options.change = Some(Arc::new(change))));
    home.session.adopt(&home.server.log_in(), None).expect("adopted");
    let sibling = home.sibling();
    home.server.end();
    home.pass(4000);
    let error = home.failure();
    assert_eq!(error.status, Status::LoginRequired);
    assert_eq!(error.provider.as_ref().map(|provider| provider.code), Some(ProviderCode::InvalidGrant));
    for session in [&home.session, &sibling, &home.sibling()] {
        home.pass(60);
        assert_eq!(token_of(session).expect_err("ended").status, Status::LoginRequired);
    }
    assert_eq!(home.server.requests(), 1, "nobody tries again what was refused permanently");
    sibling.adopt(&home.server.log_in(), None).expect("adopted");
    home.pass(60);
    assert_eq!(home.token(), 2, "the new login of another process is found");
    let told = told.lock().expect("no panic").clone();
    assert_eq!(told, [(KEY.to_owned(), true), (KEY.to_owned(), false)]);
}

#[test]
fn a_pause_ends_when_another_process_has_renewed() {
    let home = Home::new(3600);
    let sibling = home.sibling();
    home.pass(4000);
    home.server.next(&[Fate::Unavailable(600)]);
    let looks = || home.store.notes().iter().filter(|note| **note == "peek").count();
    let before = looks();
    for _ in 0..100 {
        assert!(home.failure().retry_after_s.is_some());
    }
    assert!(looks() - before < 10, "once a second");
    assert_eq!(number(token_of(&sibling)), 2);
    home.pass(1);
    assert_eq!((home.token(), home.server.requests()), (2, 2), "renewed by a sibling");
    assert!(home.session.login().last_error().is_none());

    home.server.end();
    for _ in 0..9 {
        home.pass(4000);
        assert_eq!(home.failure().status, Status::LoginRequired);
    }
    sibling.adopt(&home.server.log_in(), None).expect("adopted");
    home.pass(1);
    assert_eq!(home.token(), 3, "logged in again by a sibling");
}

#[test]
fn a_valid_token_is_given_after_its_login_has_ended() {
    let home = Home::new(3600);
    home.server.end();
    home.pass(3400);
    assert_eq!((home.token(), home.server.requests()), (1, 1), "asked early, and refused");
    home.pass(60);
    assert_eq!((home.token(), home.server.requests()), (1, 1));
    home.pass(120);
    assert_eq!(home.failure().status, Status::LoginRequired);
    assert_eq!(home.server.requests(), 1);
}

#[test]
fn client_credentials_and_the_acquire_callback_need_no_login() {
    let home = Home::without_login(
        3600,
        options(|options| {
            options.client_credentials = true;
            options.scope = Secret::new("s");
        }),
    );
    assert_eq!((home.token(), home.token(), home.server.requests()), (1, 1, 1));
    let request = home.server.last_request();
    assert_eq!((request["grant_type"].as_str(), request["scope"].as_str()), ("client_credentials", "s"));
    home.pass(4000);
    assert_eq!((home.token(), home.server.requests()), (2, 2));

    let home = Home::without_login(3600, Options::default());
    let server = home.server.clone();
    let acquire = move |key: &str, before: Option<&Arc<_>>| {
        assert_eq!(key, KEY);
        match before {
            None => Ok(Arc::new(server.log_in())),
            Some(_) => Err(Error::new(Status::LoginRequired, "nobody is there")),
        }
    };
    let session = open(&home.server, &home.store, options(|options| options.acquire = Some(Arc::new(acquire))));
    assert_eq!(number(token_of(&session)), 1);
    home.pass(4000);
    assert_eq!(number(token_of(&session)), 2, "its refresh token comes first");
    home.server.end();
    home.pass(4000);
    assert_eq!(token_of(&session).expect_err("refused").status, Status::LoginRequired);
    home.pass(60);
    let error = token_of(&session).expect_err("the program has none");
    assert!(error.message.as_str().contains("nobody is there"), "{error}");
}

#[test]
fn a_forgotten_login_is_gone_for_all_sessions() {
    let home = Home::new(3600);
    let sibling = home.sibling();
    assert_eq!(number(token_of(&sibling)), 1);
    home.session.forget(true, None).expect("forgotten");
    assert_eq!(home.server.revoked(), ["RT-1"]);
    assert!(home.store.kept().is_none());
    assert_eq!(home.failure().status, Status::LoginRequired);
    home.pass(4000);
    assert_eq!(token_of(&sibling).expect_err("forgotten").status, Status::LoginRequired);
    assert_eq!(home.server.requests(), 0);
    home.session.forget(false, None).expect("once more");
    assert_eq!(home.server.revoked().len(), 1);

    let home = Home::new(3600);
    home.pass(3400);
    home.sibling().forget(false, None).expect("forgotten");
    assert_eq!(home.token(), 1, "what was at hand is given once more");
    assert_eq!(home.failure().status, Status::LoginRequired);
}

#[test]
fn a_callback_that_uses_its_own_session_is_told_that_it_is_busy() {
    let home = Home::without_login(3600, Options::default());
    let place: Arc<OnceLock<Session>> = Arc::default();
    let (own, token) = (place.clone(), Arc::new(home.server.log_in()));
    let acquire = move |_: &str, _: Option<&Arc<Token>>| {
        let session = own.get().expect("opened");
        let busy = |outcome: Result<()>| assert_eq!(outcome.expect_err("busy").status, Status::Busy);
        busy(token_of(session).map(drop));
        busy(session.adopt(&token, None));
        busy(session.invalidate(&access_token(&token)).map(drop));
        busy(session.forget(false, None));
        Ok(token.clone())
    };
    let session = open(&home.server, &home.store, options(|options| options.acquire = Some(Arc::new(acquire))));
    assert_eq!(number(token_of(place.get_or_init(|| session))), 1);
}

#[test]
fn failures_back_off_and_end_with_the_first_success() {
    let home = Home::new(3600);
    home.pass(4000);
    home.server.next(&[Fate::Unavailable(0), Fate::Unavailable(0), Fate::Unavailable(0)]);
    assert_eq!(home.failure().status, Status::Http);
    assert_eq!((home.failure().status, home.server.requests()), (Status::Http, 2), "the first one does not stick");
    let error = home.failure();
    assert_eq!((error.advice, home.server.requests()), (Advice::RetryLater, 2), "then there is a pause");
    assert!(error.retry_after_s.is_some());
    home.pass(2);
    assert_eq!((home.failure().status, home.server.requests()), (Status::Http, 3));
    assert_eq!(home.session.login().last_error().map(|error| error.status), Some(Status::Http));
    home.pass(4);
    assert_eq!(home.token(), 2);
    assert!(home.session.login().last_error().is_none());

    home.pass(4000);
    home.server.next(&[Fate::Unavailable(30)]);
    assert_eq!(home.failure().retry_after_s, Some(30));
    home.pass(20);
    assert!(home.failure().retry_after_s.is_some_and(|seconds| seconds <= 11));
    assert_eq!(home.server.requests(), 5);
    home.pass(11);
    assert_eq!(home.token(), 3);
}

#[test]
fn a_token_without_a_refresh_token_is_given_until_it_expires() {
    let home = Home::without_login(3600, Options::default());
    let mut token = home.server.log_in();
    token.refresh_token = None;
    home.session.adopt(&token, None).expect("adopted");
    home.pass(3400);
    let before = home.store.notes();
    assert_eq!((home.token(), home.token()), (1, 1));
    assert!(home.session.login().last_error().is_none(), "nothing went wrong");
    assert_eq!(home.store.notes(), before);
}

#[test]
fn while_the_server_is_down_a_valid_token_is_given() {
    let home = Home::new(3600);
    home.pass(3400);
    home.server.next(&[Fate::Refused, Fate::Unavailable(0), Fate::AnswerLost]);
    for _ in 0..100 {
        assert_eq!(home.token(), 1);
    }
    assert_eq!(home.server.requests(), 0, "one try, refused; the others wait for a while");
    assert_eq!(home.session.login().last_error().map(|error| error.status), Some(Status::Connect));
    home.pass(10);
    assert_eq!((home.token(), home.server.requests()), (1, 1));
}

#[test]
fn a_token_of_the_acquire_callback_is_kept_only_if_it_can_be_used() {
    let home = Home::without_login(3600, Options::default());
    let returned = Arc::new(Mutex::new(Arc::new(home.server.log_in())));
    let source = returned.clone();
    let acquire = move |_: &str, _: Option<&Arc<Token>>| Ok(source.lock().expect("no panic").clone());
    let session = open(&home.server, &home.store, options(|options| options.acquire = Some(Arc::new(acquire))));
    let give = |set: &dyn Fn(&mut Token)| {
        let mut token = home.server.log_in();
        set(&mut token);
        *returned.lock().expect("no panic") = Arc::new(token);
    };
    give(&|token| {
        token.response =
            Some(Response { status: 200, headers: Headers::default(), body: SecretBytes::default(), cut: false })
    });
    let token = session.with_token(None, Clone::clone).expect("a token");
    assert!(token.response.is_none(), "it would stay for as long as the token");

    home.pass(4000);
    let old_s = home.server.clock.now_s() - 10;
    give(&|token| (token.expires_at_s, token.refresh_token) = (Some(old_s), None));
    let error = token_of(&session).expect_err("expired");
    assert!(error.status == Status::Callback && error.message.as_str().contains("expired"), "{error}");
    home.pass(60);
    let requests = home.server.requests();
    give(&|token| token.expires_at_s = Some(old_s));
    assert_eq!((number(token_of(&session)), home.server.requests()), (5, requests + 1), "refreshed at once");
}
