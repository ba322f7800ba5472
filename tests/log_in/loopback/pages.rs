//! What the browser shows: the truth, and only once it is known.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use oauthclient::transport::loopback::listener::Listener;

use crate::loopback::{accepted, answer, is_silent, listener, options};

/// The page after an accepted redirect and whatever `end` does.
fn page(mut listener: Listener, end: impl FnOnce(Listener)) -> (String, String) {
    let browser = accepted(&mut listener);
    assert!(is_silent(&browser), "no page before the outcome is known");
    end(listener);
    let answer = answer(browser);
    let (head, html) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", html.len())), "{head}");
    for line in [
        "Content-Type: text/html; charset=utf-8",
        "Cache-Control: no-store",
        "Referrer-Policy: no-referrer",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    ] {
        assert!(head.lines().any(|found| found == line), "{line} is not in {head}");
    }
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(!answer.contains("s3cret") && !answer.contains("state"), "{answer}");
    (head.to_owned(), html.to_owned())
}

#[test]
fn each_outcome_has_its_page() {
    for (outcome, text) in [
        (Some(true), "You are signed in."),
        (Some(false), "Signing in did not work."),
        (None, "Signing in did not work."), // it is just dropped
    ] {
        let (head, html) = page(listener(), |mut listener| outcome.map_or((), |outcome| listener.finish(outcome)));
        assert!(html.contains(text), "{html}");
        assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">") && html.contains("<title>"), "{html}");
        assert!(html.contains("name=\"color-scheme\" content=\"light dark\""), "{html}");
        assert!(!html.contains("src=") && !html.contains("href="), "nothing is loaded: {html}");
        let style = html.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).expect("a style").0;
        assert!(style.contains("prefers-color-scheme:dark"), "{style}");
        let hash = STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, style.as_bytes()));
        let policy = format!("\r\nContent-Security-Policy: default-src 'none'; style-src 'sha256-{hash}'; base-uri");
        assert!(head.contains(&policy), "{head}");
    }
}

#[test]
fn the_first_outcome_stays() {
    let (_, html) = page(listener(), |mut listener| {
        listener.finish(true);
        listener.finish(false);
    });
    assert!(html.contains("You are signed in."), "{html}");
}

#[test]
fn pages_can_be_replaced() {
    let own = || {
        let mut options = options();
        options.success_page = Some("<p>Geschafft \u{e9}".repeat(100_000));
        options.failure_page = Some(String::new());
        Listener::open(&options).expect("a free port")
    };
    let (head, html) = page(own(), |mut listener| {
        std::thread::spawn(move || listener.finish(true)); // larger than what a connection holds: somebody has to read
    });
    assert_eq!(html, "<p>Geschafft \u{e9}".repeat(100_000));
    assert!(!head.contains("Content-Security-Policy"), "it would forbid what the program's page may need");
    assert_eq!(page(own(), drop).1, "");
}

#[test]
fn a_browser_that_is_gone_or_does_not_read_delays_nothing() {
    let mut options = options();
    options.success_page = Some("x".repeat(64 << 20));
    for stays in [false, true] {
        let mut listener = Listener::open(&options).expect("a free port");
        let browser = accepted(&mut listener);
        let _kept = stays.then_some(browser);
        let started = std::time::Instant::now();
        listener.finish(true);
        assert!(started.elapsed() < crate::loopback::PATIENCE);
    }
}
