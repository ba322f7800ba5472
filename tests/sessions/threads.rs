//! Many callers of one session: one request for all, and none has less than it asked for.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use oauthclient::blocking::session::Session;
use oauthclient::client::options::RequestOptions;
use oauthclient::error::Status;
use oauthclient::protocol::saved_session::SavedSession;
use oauthclient::store::Store;

use super::server::Fate;
use super::{Home, access_token, number, token_of};

/// Tells a stopped call from one that ran into its timeout.
const BOUND: Duration = Duration::from_secs(20);

#[test]
fn sixty_four_threads_and_a_thousand_expiries_make_a_thousand_requests() {
    const THREADS: usize = 64;
    const EXPIRIES: u32 = 1000;
    let home = Home::new(3600);
    let (barrier, wrong) = (Barrier::new(THREADS + 1), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for round in 0..EXPIRIES {
                    barrier.wait();
                    // Everybody gets the new one, and nobody one that has expired.
                    if number(token_of(&home.session)) != round + 2 {
                        wrong.fetch_add(1, Ordering::Relaxed);
                    }
                    barrier.wait();
                }
            });
        }
        for round in 0..EXPIRIES {
            home.pass(3600);
            barrier.wait();
            barrier.wait();
            assert_eq!(home.server.requests(), round as usize + 1);
        }
    });
    assert_eq!(wrong.into_inner(), 0);
}

#[test]
fn no_caller_has_a_token_before_the_store() {
    let home = Home::new(3600);
    home.pass(4000);
    let session = Arc::new(home.session);
    let (other, old) = (session.clone(), session.login().expires_at_s());
    let (note, held) = channel();
    home.store.at("save", move || note.send(other.login().expires_at_s()).expect("the test listens"));
    assert_eq!(number(token_of(&session)), 2);
    assert_eq!(held.recv().expect("saved"), old);
}

#[test]
fn waiters_share_the_first_failure() {
    let home = Home::new(3600);
    home.pass(4000);
    home.server.next(&[Fate::Unavailable(0); 3]);
    let session = Arc::new(home.session);
    let (begins, waiter) = channel();
    let other = session.clone();
    home.store.at("mark", move || {
        begins.send(thread::spawn(move || token_of(&other))).expect("the test listens");
        thread::sleep(Duration::from_millis(100)); // nothing says that it waits
    });
    assert_eq!(token_of(&session).expect_err("down").status, Status::Http);
    let error = waiter.recv().expect("it began").join().expect("no panic").expect_err("down");
    assert_eq!((error.status, home.server.requests()), (Status::Http, 1));
}

#[test]
fn a_failed_renewal_is_one_request_and_fails_all_waiters() {
    const THREADS: usize = 16;
    let home = Home::new(3600);
    home.pass(4000);
    home.server.next(&[Fate::Unavailable(60); THREADS]);
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                barrier.wait();
                assert_eq!(home.failure().status, Status::Http);
            });
        }
    });
    assert_eq!(home.server.requests(), 1, "the server asked for a minute");
}

/// A holder may be slow to give the lock back, or be stopped after it has saved.
#[test]
fn a_waiter_takes_the_token_as_soon_as_it_is_there() {
    let home = Home::new(3600);
    home.pass(3600);
    let (store, place) = (home.store.clone(), home.store.place());
    let mut lock = store.try_lock(&place).expect("works").expect("free");
    let next = home.server.log_in();
    let (waits, is_waiting) = channel();
    home.store.at("busy", move || waits.send(()).expect("somebody listens"));
    thread::scope(|scope| {
        let waiter = scope.spawn(|| token_of(&home.session));
        is_waiting.recv_timeout(BOUND).expect("it finds the lock taken");
        let kept = home.store.kept().expect("a login");
        let text = home.store.load(&place).expect("loaded").expect("a login");
        let (owner, _) = SavedSession::read(&text).expect("what a session wrote");
        let saved = SavedSession { token: Some(Arc::new(next)), ..kept };
        lock.save(&saved.write(&owner), None).expect("saved");
        assert_eq!(number(waiter.join().expect("no panic")), 2);
    });
    assert_eq!(home.server.requests(), 0);
    drop(lock);
}

#[test]
fn a_reader_of_the_store_never_undoes_a_change_made_meanwhile() {
    let home = Home::new(3600);
    let session = Arc::new(home.sibling());
    let other = session.clone();
    home.store.at("peek", move || {
        thread::spawn(move || other.forget(false, None)).join().expect("no panic").expect("forgotten");
    });
    for _ in 0..2 {
        assert_eq!(token_of(&session).expect_err("forgotten").status, Status::LoginRequired);
    }

    home.pass(60);
    let (other, token) = (session.clone(), home.server.log_in());
    home.store.at("peek", move || {
        thread::spawn(move || other.adopt(&token, None)).join().expect("no panic").expect("adopted");
    });
    for _ in 0..2 {
        assert_eq!(number(token_of(&session)), 2);
    }

    let session = Arc::new(home.sibling());
    let (other, token) = (session.clone(), home.server.log_in());
    home.store.at("peek", move || {
        thread::spawn(move || other.adopt(&token, None)).join().expect("no panic").expect("adopted");
    });
    for _ in 0..2 {
        assert_eq!(number(token_of(&session)), 3, "what was read is the older one");
    }
}

#[test]
fn a_waiter_gets_a_token_that_serves_its_own_min_validity() {
    let home = Home::new(3600);
    let sibling = home.sibling();
    home.pass(3600);
    assert_eq!(number(token_of(&sibling)), 2);
    home.pass(3400);
    let session = Arc::new(home.session);
    let ask = |session: &Session, min_validity_s| {
        let mut options = RequestOptions::default();
        options.min_validity_s = Some(min_validity_s);
        number(session.with_token(Some(&options), access_token))
    };
    let (begins, waiter) = channel();
    let other = session.clone();
    home.store.at("peek", move || {
        begins.send(thread::spawn(move || ask(&other, 300))).expect("the test listens");
        thread::sleep(Duration::from_millis(100)); // nothing says that it waits
    });
    assert_eq!(ask(&session, 10), 2);
    assert_eq!(waiter.recv().expect("it began").join().expect("no panic"), 3);
    assert_eq!(home.server.requests(), 2);
}
