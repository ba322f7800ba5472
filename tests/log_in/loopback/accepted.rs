//! The right request, in all its forms.

use std::io::Write;

use oauthclient::error::Status;

use crate::loopback::{
    EXPECTED, RIGHT, accepted, address, answer, during_wait, get, listener, right, runtime, send, wait,
};

#[test]
fn a_get_gives_the_whole_url() {
    let mut listener = listener();
    let uri = listener.redirect_uri().as_str().to_owned();
    let redirect = during_wait(&mut listener, |address| drop(send(address, &right())));
    assert_eq!(redirect, format!("{uri}?{RIGHT}"));
}

#[test]
fn a_form_gives_its_body() {
    let mut listener = listener();
    let form = format!(
        "POST /cb HTTP/1.1\r\nHost: 127.0.0.1\r\ncontent-type: Application/X-WWW-Form-Urlencoded; charset=utf-8\r\n\
         content-length: {}\r\n\r\n{RIGHT}and what follows does not count",
        RIGHT.len()
    );
    assert_eq!(during_wait(&mut listener, |address| drop(send(address, form.as_bytes()))), RIGHT);
}

#[test]
fn a_request_may_come_byte_by_byte() {
    for request in [
        right(),
        format!("POST /cb HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\nContent-Length: 23\n\n{RIGHT}")
            .into(),
    ] {
        let mut listener = listener();
        during_wait(&mut listener, |address| {
            let mut socket = crate::loopback::connect(address);
            socket.set_nodelay(true).expect("connected");
            for byte in request {
                socket.write_all(&[byte]).expect("it is read");
            }
        });
    }
}

#[test]
fn a_long_request_is_accepted() {
    let mut listener = listener();
    let request = get(&format!("/cb?code={}&{RIGHT}", "x".repeat(60_000)));
    assert!(during_wait(&mut listener, |address| drop(send(address, &request))).len() > 60_000);
}

#[test]
fn a_redirect_that_came_before_the_wait_is_accepted() {
    let mut listener = listener();
    let favicon = send(&address(&listener), &get("/favicon.ico"));
    let _browser = accepted(&mut listener);
    assert!(answer(favicon).starts_with("HTTP/1.1 400 "));
}

#[test]
fn a_second_wait_after_the_redirect_is_a_wrong_state() {
    let mut listener = listener();
    let _browser = accepted(&mut listener);
    let error = wait(&mut listener).expect_err("it is over");
    assert_eq!(error.status, Status::InvalidState);
}

/// The half that was read in the first wait, and the other half, make the right request of the second.
#[test]
fn a_wait_that_is_dropped_loses_nothing() {
    let mut listener = listener();
    let address = address(&listener);
    let request = right();
    let (first, second) = request.split_at(20);
    let mut browser = send(&address, first);
    let other = send(&address, &get("/favicon.ico"));
    let (refused, is_refused) = tokio::sync::oneshot::channel();
    let answered = std::thread::spawn(move || refused.send(answer(other)));
    runtime().block_on(async {
        tokio::select! {
            biased;
            _ = is_refused => {} // whoever came before it has been read
            _ = listener.wait(&EXPECTED) => panic!("half a request was accepted"),
        }
    });
    answered.join().expect("no panic").expect("received");
    browser.write_all(second).expect("still connected");
    wait(&mut listener).expect("the whole of it");
    listener.finish(true);
    assert!(answer(browser).contains("You are signed in."));
}
