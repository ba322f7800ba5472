//! A renewal whose answer never came.

use std::sync::Arc;

use oauthclient::error::{Advice, Status};
use oauthclient::protocol::id_token;
use oauthclient::secret::Secret;
use oauthclient::session::options::Options;

use super::server::{self, Fate};
use super::{Home, number, token_of};

#[test]
fn the_same_refresh_token_is_tried_once_more_and_the_login_survives() {
    for mine in [true, false] {
        let home = Home::new(3600);
        home.server.allow_replays(1);
        home.pass(4000);
        home.server.next(&[Fate::AnswerLost]);
        let error = home.failure();
        assert_eq!((error.status, error.advice), (Status::ConnectionLost, Advice::OutcomeUnknown), "{error}");
        assert!(home.store.kept().is_some_and(|kept| kept.renewal_began_s.is_some()), "the mark stays");
        let token = if mine { home.token() } else { number(token_of(&home.sibling())) };
        assert_eq!(token, 3);
        assert_eq!(home.server.last_request()["refresh_token"], "RT-1");
        assert!(home.store.kept().is_some_and(|kept| kept.renewal_began_s.is_none()));
    }
}

#[test]
fn where_a_replay_ends_the_login_there_is_exactly_one() {
    let home = Home::new(3600);
    home.pass(4000);
    home.server.next(&[Fate::AnswerLost]);
    assert_eq!(home.failure().advice, Advice::OutcomeUnknown, "not a word of logging in again yet");
    let error = home.failure();
    assert_eq!(error.status, Status::LoginRequired);
    assert!(error.message.as_str().contains("answer to an earlier renewal was lost"), "{error}");
    for _ in 0..5 {
        home.pass(60);
        assert_eq!(home.failure().status, Status::LoginRequired);
        assert_eq!(token_of(&home.sibling()).expect_err("over").status, Status::LoginRequired);
    }
    assert_eq!(home.server.requests(), 2);
}

#[test]
fn a_request_that_was_not_sent_or_was_refused_leaves_no_mark() {
    for (fate, status) in [(Fate::Refused, Status::Connect), (Fate::WrongClient, Status::Provider)] {
        let home = Home::new(3600);
        home.pass(4000);
        home.server.next(&[fate]);
        assert_eq!(home.failure().status, status);
        assert!(home.store.kept().is_some_and(|kept| kept.renewal_began_s.is_none()), "{fate:?}");
        assert_eq!(home.token(), 2);
    }
}

#[test]
fn the_mark_of_a_lost_answer_stays_until_an_answer_comes() {
    let home = Home::new(3600);
    home.server.rotates(false);
    home.pass(4000);
    let mut marks = Vec::new();
    for fate in [Fate::AnswerLost, Fate::AnswerLost, Fate::WrongClient, Fate::Refused] {
        home.server.next(&[fate]);
        home.failure();
        home.pass(120);
        marks.push(home.store.kept().expect("kept").renewal_began_s.expect("marked"));
    }
    assert!(marks.iter().all(|mark| *mark == marks[0]), "{marks:?}");
}

#[test]
fn a_server_that_does_not_rotate_loses_nothing() {
    let home = Home::new(3600);
    home.server.rotates(false);
    home.pass(4000);
    home.server.next(&[Fate::AnswerLost, Fate::AnswerLost, Fate::AnswerLost]);
    for _ in 0..3 {
        assert_eq!(home.failure().advice, Advice::OutcomeUnknown);
        home.pass(60);
    }
    assert_eq!(home.token(), 5, "the login is as good as ever");
}

#[test]
fn after_a_refused_id_token_the_new_refresh_token_is_used() {
    for (subject, refresh_token) in [("alice", "RT-2"), ("mallory", "RT-1")] {
        let home = Home::without_login(3600, Options::default());
        let mut token = home.server.log_in();
        token.id_token = Secret::new(&server::id_token("alice"));
        token.claims = id_token::claims(&server::id_token("alice")).map(Arc::new);
        home.session.adopt(&token, None).expect("adopted");
        home.session.invalidate("AT-1").expect("noted");
        home.server.next(&[Fate::OldIdToken(subject)]);
        let error = home.failure();
        assert_eq!((error.status, error.advice == Advice::RetryLater), (Status::IdToken, subject == "alice"));
        let kept = home.store.kept().expect("kept");
        let next = kept.token.as_ref().and_then(|token| token.refresh_token.as_ref());
        assert_eq!(next.map(Secret::as_str), Some(refresh_token));
        assert_eq!(kept.renewal_began_s.is_some(), subject == "mallory", "nobody else's");
        if subject == "alice" {
            home.pass(2);
            assert_eq!(home.token(), 3, "not the refused one");
            assert_eq!(home.server.last_request()["refresh_token"], "RT-2");
        }
    }
}
