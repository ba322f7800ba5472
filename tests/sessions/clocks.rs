//! Time is wall time, and sane all the same.

use std::time::Duration;

use oauthclient::error::Status;

use super::Home;
use super::server::Fate;

const HOUR_MS: i64 = 3_600_000;

#[test]
fn a_clock_that_jumps_costs_at_most_a_renewal() {
    let home = Home::new(3600);
    home.server.clock.set_wall(HOUR_MS);
    assert_eq!((home.token(), home.token(), home.server.requests()), (2, 2, 1), "ahead: renewed once");
    home.server.clock.set_wall(-HOUR_MS);
    assert_eq!((home.token(), home.server.requests()), (2, 1), "and back: still good");
    home.pass(3540);
    assert_eq!((home.token(), home.server.requests()), (3, 2), "an hour has passed, whatever the wall clock says");
}

#[test]
fn a_token_read_after_the_clock_was_set_back_is_renewed() {
    let home = Home::new(3600);
    home.server.clock.set_wall(-HOUR_MS);
    let sibling = home.sibling();
    assert_eq!(super::number(super::token_of(&sibling)), 2);
    assert_eq!(home.token(), 1, "this process knows that no time has passed");
}

#[test]
fn a_lifetime_of_zero_means_that_the_server_did_not_say() {
    let home = Home::new(0);
    assert_eq!((home.token(), home.token(), home.server.requests()), (2, 2, 1));
}

#[test]
fn the_getters_say_when_the_token_expires_and_is_renewed() {
    let home = Home::new(3600);
    let login = home.session.login();
    let now_s = home.server.clock.now_s();
    let (expires_at_s, next_s) = (login.expires_at_s().expect("known"), login.next_renewal_at_s().expect("known"));
    assert!((3598..=3600).contains(&(expires_at_s - now_s)), "{}", expires_at_s - now_s);
    assert!((300..=601).contains(&(expires_at_s - next_s)), "{}", expires_at_s - next_s);
    assert!(login.is_saved() && login.last_error().is_none());
}

#[test]
fn a_token_that_expires_while_a_call_renews_it_is_not_given() {
    let home = Home::new(3600);
    home.pass(3400); // due, and valid
    home.server.next(&[Fate::Unavailable(0)]);
    let clock = home.server.clock.clone();
    home.store.at("mark", move || clock.advance(Duration::from_secs(400)));
    assert_eq!(home.failure().status, Status::Http);
    home.pass(10);
    assert_eq!(home.token(), 2);
}
