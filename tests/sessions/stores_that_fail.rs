//! A store that cannot be read, locked or written: nothing is lost, and nothing is renewed behind the back of others.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use oauthclient::blocking::session::Session;
use oauthclient::client::options::RequestOptions;
use oauthclient::error::Status;
use oauthclient::protocol::saved_token;
use oauthclient::secret::Secret;
use oauthclient::session::options::Options;
use oauthclient::store::file::Files;
use oauthclient::store::options::Settings;
use oauthclient::transport::cancel::Cancel;

use super::server::{Fate, Server};
use super::store::Faulty;
use super::support::fork::fork;
use super::{Home, KEY, access_token, number, open, options, token_of};

#[test]
fn an_unsaved_token_is_given_and_saved_later() {
    let told = Arc::new(AtomicUsize::new(0));
    let home = Home::new(3600);
    let counter = told.clone();
    let change = move |_: &str, _: Option<&Arc<_>>| {
        counter.fetch_add(1, Ordering::SeqCst);
    };
    let session = open(&home.server, &home.store, options(|options| options.change = Some(Arc::new(change))));
    home.pass(4000);
    home.store.fail_save_of_answers(true);
    assert_eq!((number(token_of(&session)), number(token_of(&session)), home.server.requests()), (2, 2, 1));
    let login = session.login();
    assert!(!login.is_saved() && told.load(Ordering::SeqCst) == 0, "nobody is told of what is not kept");
    assert_eq!(login.last_error().map(|error| error.status), Some(Status::Store));
    let kept = home.store.kept().expect("the one before, marked");
    assert!(kept.renewal_began_s.is_some());

    home.pass(4000);
    home.store.fail_save(true);
    assert_eq!((number(token_of(&session)), home.server.requests()), (3, 2), "it goes on with what it has");
    assert_eq!(home.server.last_request()["refresh_token"], "RT-2");
    home.store.fail_save(false);
    home.store.fail_save_of_answers(false);
    assert_eq!((number(token_of(&session)), home.server.requests()), (3, 2));
    assert!(login.is_saved() && told.load(Ordering::SeqCst) == 1 && login.last_error().is_none());
    assert_eq!(number(token_of(&home.sibling())), 3);
}

#[test]
fn a_change_by_another_process_wins_over_an_unsaved_token() {
    for forgotten in [false, true] {
        let home = Home::new(3600);
        home.pass(4000);
        home.store.fail_save_of_answers(true);
        assert_eq!(home.token(), 2);
        home.store.fail_save_of_answers(false);
        let sibling = home.sibling();
        if forgotten {
            sibling.forget(false, None).expect("forgotten");
            assert_eq!(home.token(), 2, "what was at hand is given once more");
            assert_eq!(home.failure().status, Status::LoginRequired);
        } else {
            sibling.adopt(&home.server.log_in(), None).expect("adopted");
            assert_eq!((home.token(), home.token()), (3, 3));
        }
        assert!(home.session.login().is_saved());
    }
}

#[test]
fn an_invalidated_token_stays_invalid_when_it_is_saved_late() {
    let home = Home::new(3600);
    home.pass(4000);
    home.store.fail_save_of_answers(true);
    let token = home.session.with_token(None, Clone::clone).expect("a token");
    home.session.invalidate(&access_token(&token)).expect("noted");
    home.store.fail_save_of_answers(false);
    assert_eq!((home.token(), home.server.requests()), (3, 2));
}

/// A full or read-only disk: a login that works beats one that may be lost.
#[test]
fn a_renewal_goes_on_in_memory_if_not_even_the_mark_can_be_written() {
    let home = Home::new(3600);
    home.pass(4000);
    home.store.fail_save(true);
    assert_eq!((home.token(), home.token(), home.server.requests()), (2, 2, 1));
    let login = home.session.login();
    assert!(!login.is_saved());
    assert_eq!(login.last_error().map(|error| error.status), Some(Status::Store));
    home.pass(4000);
    assert_eq!((home.token(), home.server.requests()), (3, 2));
    assert_eq!(home.server.last_request()["refresh_token"], "RT-2");
    home.store.fail_save(false);
    assert_eq!((home.token(), home.server.requests()), (3, 2));
    assert!(login.is_saved());
    assert_eq!(number(token_of(&home.sibling())), 3);
}

#[test]
fn forget_revokes_an_unsaved_token() {
    let home = Home::new(3600);
    home.pass(4000);
    home.store.fail_save_of_answers(true);
    assert_eq!(home.token(), 2);
    home.session.forget(true, None).expect("forgotten");
    assert_eq!(home.server.revoked(), ["RT-2"]);
}

#[test]
fn a_write_after_the_lease_had_ended_does_not_overwrite_a_newer_one() {
    for refused in [false, true] {
        let home = Home::new(3600);
        home.pass(4000);
        let (sibling, server) = (home.sibling(), home.server.clone());
        home.store.lapse(move || {
            let expires_at_s = Some(server.clock.now_s() + 3600);
            let token = saved_token::from_values("AT-9", None, Some("RT-9"), None, expires_at_s).expect("good values");
            sibling.adopt(&token, None).expect("adopted");
            if refused {
                server.end();
            }
        });
        assert_eq!((home.token(), home.server.requests()), (9, 1), "refused: {refused}");
        assert!(home.session.login().is_saved());
    }
}

#[test]
fn a_holder_that_lost_the_lock_sends_nothing() {
    let home = Home::new(3600);
    home.pass(4000);
    home.store.fail_hold(true);
    assert_eq!((home.failure().status, home.server.requests()), (Status::Store, 0));
    home.store.fail_hold(false);
    assert_eq!(home.token(), 2);
}

/// A login in files that has to be renewed.
#[cfg(unix)]
fn expired_in(directory: &Path) -> Home {
    let files = Files::open(directory, Settings::default()).expect("a store");
    let (server, store) = (Server::new(3600), Faulty::over(Arc::new(files)));
    let session = open(&server, &store, Options::default());
    session.adopt(&server.log_in(), None).expect("adopted");
    server.clock.advance(Duration::from_secs(4000));
    Home { server, store, session }
}

/// Somebody deletes the lock file right before the request is sent.
#[cfg(unix)]
#[test]
fn a_lock_file_that_was_deleted_is_noticed_before_anything_is_sent() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let Home { server, store, session } = expired_in(directory.path());
    let path = directory.path().to_owned();
    store.at("hold", move || {
        let files = std::fs::read_dir(path).expect("the directory").map(|file| file.expect("a file").path());
        let lock = files.into_iter().find(|file| file.extension().is_some_and(|extension| extension == "lock"));
        std::fs::remove_file(lock.expect("the lock")).expect("deleted");
    });
    let error = token_of(&session).expect_err("the lock was lost");
    assert!(error.status == Status::Store && error.message.as_str().contains("was lost"), "{error}");
    assert_eq!(server.requests(), 0);
    server.clock.advance(Duration::from_secs(60));
    assert_eq!(number(token_of(&session)), 2);
}

#[test]
fn without_the_store_a_valid_token_is_given_and_nothing_is_renewed() {
    let home = Home::new(3600);
    home.pass(3400);
    home.store.fail_load(true);
    assert_eq!((home.token(), home.server.requests()), (1, 0));
    home.store.fail_load(false);
    home.store.fail_lock(true);
    home.pass(60);
    assert_eq!((home.token(), home.server.requests()), (1, 0));
    home.pass(1000);
    assert_eq!((home.failure().status, home.server.requests()), (Status::Store, 0));
    home.store.fail_lock(false);
    home.pass(60);
    assert_eq!((home.token(), home.server.requests()), (2, 1));
}

#[test]
fn a_damaged_record_is_set_aside_and_a_newer_version_left_alone() {
    let home = Home::new(3600);
    home.store.put(b"no session at all");
    let other = home.sibling();
    let error = token_of(&other).expect_err("damaged");
    assert!(error.status == Status::Store && error.message.as_str().contains("set aside"), "{error}");
    home.pass(60);
    assert_eq!(token_of(&other).expect_err("nothing is left").status, Status::LoginRequired);
    other.adopt(&home.server.log_in(), None).expect("adopted");
    assert_eq!(number(token_of(&other)), 2);

    let newer = br#"{"oauthclient_session":3,"token":{"oauthclient_token":7}}"#;
    for newer in [&newer[..], br#"{"oauthclient_session":2,"login":{"key":"alice"},"token":{"oauthclient_token":7}}"#] {
        home.store.put(newer);
        let other = home.sibling();
        for _ in 0..2 {
            let error = token_of(&other).expect_err("newer");
            assert!(error.status == Status::Store && error.message.as_str().contains("newer"), "{error}");
            home.pass(120);
        }
        let error = other.adopt(&home.server.log_in(), None).expect_err("it is somebody's login");
        assert_eq!(error.status, Status::Store);
        assert_eq!(other.forget(true, None).expect_err("nobody knows what to revoke").status, Status::Store);
        assert!(home.server.revoked().is_empty());
    }
}

#[test]
fn a_token_that_adopt_cannot_save_is_not_held() {
    let home = Home::new(3600);
    home.store.fail_save(true);
    assert_eq!(home.session.adopt(&home.server.log_in(), None).expect_err("not kept").status, Status::Store);
    assert_eq!(home.token(), 1);
    let kept = home.store.kept().and_then(|kept| kept.token).expect("the one before");
    assert_eq!(kept.access_token.as_ref().map(Secret::as_str), Some("AT-1"));
}

/// A token that could not be saved is for the process that got it. Its forked child has a copy, and never uses the refresh
/// token without a mark that the parent can see.
#[cfg(unix)]
#[test]
fn a_forked_child_sends_no_unsaved_refresh_token_without_a_mark() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let Home { server, store, session } = expired_in(directory.path());
    store.fail_save_of_answers(true);
    assert_eq!(number(token_of(&session)), 2, "in memory only");
    server.clock.advance(Duration::from_secs(4000));
    store.fail_save(true);
    let before = server.requests();
    let child = fork(|| token_of(&session).is_err() && server.requests() == before);
    assert!(child.succeeds(), "the child sent its parent's refresh token");
    assert_eq!(number(token_of(&session)), 3, "the parent goes on with what only it has");
}

/// Between two attempts to connect, somebody deletes the lock file, or the lease ends.
#[test]
fn a_lock_that_is_lost_between_two_attempts_stops_the_next_one() {
    let home = Home::new(3600);
    home.pass(3600);
    home.server.next(&[Fate::Refused]);
    let store = home.store.clone();
    home.store.at("hold", move || {
        let later = store.clone();
        store.at("hold", move || later.fail_hold(true));
    });
    let client = home.server.client_that_retries(2);
    let session = Session::open(client, Arc::new(home.store.clone()), KEY, Arc::default()).expect("a good session");
    let error = token_of(&session).expect_err("the lock was lost");
    assert_eq!((error.status, error.request_sent), (Status::Store, false), "{error}");
    assert_eq!(home.store.notes().iter().filter(|note| **note == "hold").count(), 2);
    home.store.fail_hold(false);
    home.pass(120);
    assert_eq!(home.token(), 2);
}

#[test]
fn the_last_error_says_how_often_it_was_tried() {
    let home = Home::new(3600);
    home.pass(3600);
    home.server.next(&[Fate::Unavailable(0)]);
    let error = home.failure();
    let last = home.session.last_error().expect("it has failed");
    assert_eq!((error.attempts, last.attempts), (1, 1));
}

#[test]
fn a_change_of_the_login_that_is_cancelled_before_it_begins_says_so() {
    let home = Home::new(3600);
    let cancel = Arc::new(Cancel::default());
    cancel.trigger();
    let mut options = RequestOptions::default();
    options.cancel = Some(cancel);
    for error in [
        home.session.adopt_refresh_token("RT-1", Some(&options)).expect_err("cancelled"),
        home.session.forget(false, Some(&options)).expect_err("cancelled"),
    ] {
        assert_eq!(error.status, Status::Cancelled);
        assert!(error.message.as_str().contains("before it began"), "{error}");
    }
}
