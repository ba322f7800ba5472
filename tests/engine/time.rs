//! Every call ends: by its timeout, by its deadline, or after as many tries as were allowed.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use oauthclient::blocking::Client;
use oauthclient::client::options::{RequestOptions, RetryPolicy};
use oauthclient::error::{Advice, Error, Status};
use oauthclient::protocol::jose::algorithm::Algorithm;
use oauthclient::protocol::jose::key::Key;
use oauthclient::protocol::token_request::Grant;
use oauthclient::transport::cancel::Cancel;
use oauthclient_test_server::answers;
use oauthclient_test_server::scripted::{Answer, Exchange, Scripted};

use crate::support::calls::{call, client, client_of, config, failure, grants, refresh, refreshed, timeout_ms, token};

/// Tells an answer from a hang: far beyond what any call here may take, far below the 10 s of the client.
const BOUND: Duration = Duration::from_secs(5);

/// A call that must fail; one that does not come back is cancelled, so that it fails its test and does not hang it.
fn bounded(client: &Client, grant: Grant<'_>, mut options: RequestOptions) -> Error {
    let cancel = Arc::new(Cancel::default());
    options.cancel = Some(cancel.clone());
    let (done, waiting) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if waiting.recv_timeout(BOUND) == Err(mpsc::RecvTimeoutError::Timeout) {
                cancel.trigger();
            }
        });
        let error = failure(call(client, grant, Some(&options)));
        drop(done);
        error
    })
}

/// A call of 300 ms against what a server does after it has read the request.
fn timed_out(handle: impl Fn(&mut Exchange) -> std::io::Result<()> + Send + Sync + 'static) {
    let server = Scripted::start(move |mut exchange| {
        exchange.read_request()?;
        handle(&mut exchange)
    });
    let client = client(&server.url("/token"));
    for grant in grants() {
        check_timeout(&bounded(&client, grant, timeout_ms(300)));
    }
    assert_eq!(server.requests().len(), 2, "nothing was sent twice");
    server.wait_for(|seen| seen.open() == 0);
}

fn check_timeout(error: &Error) {
    assert_eq!(error.status, Status::Timeout, "{error}");
    assert_eq!((error.request_sent, error.advice, error.attempts), (true, Advice::OutcomeUnknown, 1));
    assert!(error.response.is_none());
}

#[test]
fn a_silent_server_is_a_timeout() {
    timed_out(|exchange| {
        exchange.wait_for_close();
        Ok(())
    });
}

#[test]
fn endless_1xx_answers_are_a_timeout() {
    timed_out(|exchange| answers::endless_informational(exchange, Duration::from_millis(1)));
}

#[test]
fn a_flood_of_1xx_answers_is_a_timeout() {
    let flood = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n".repeat(5_000);
    timed_out(move |exchange| {
        exchange.write(&flood)?;
        exchange.wait_for_close();
        Ok(())
    });
}

#[test]
fn a_body_that_drips_is_a_timeout() {
    timed_out(|exchange| answers::endless_drip(exchange, Duration::from_millis(5)));
}

#[test]
fn a_header_that_drips_is_a_timeout() {
    timed_out(|exchange| answers::drip(exchange, &token(), Duration::from_millis(50)));
}

#[test]
fn the_smaller_of_timeout_and_deadline_counts_and_the_client_has_one_too() {
    let server = Scripted::start(|mut exchange| {
        exchange.read_request()?;
        exchange.wait_for_close();
        Ok(())
    });
    let mut settings = config(&server.url("/token"));
    settings.timeout_ms = 60_000;
    let patient = client_of(&settings);
    settings.timeout_ms = 100;
    let hasty = client_of(&settings);
    for (client, timeout_ms, deadline_ms) in [
        (&patient, Some(100), None),
        (&patient, None, Some(100)),
        (&patient, Some(100), Some(60_000)),
        (&patient, Some(60_000), Some(100)),
        (&hasty, None, None),
        (&hasty, None, Some(60_000)),
    ] {
        let mut options = RequestOptions::default();
        (options.timeout_ms, options.deadline_ms) = (timeout_ms, deadline_ms);
        check_timeout(&bounded(client, grants()[1], options));
    }
}

/// A call may have more time than the client allows: what is set for it is meant.
#[test]
fn a_call_may_be_given_more_time_than_its_client() {
    let server = Scripted::start(|mut exchange| {
        exchange.read_request()?;
        exchange.pause(Duration::from_millis(100))?;
        exchange.answer(&token())
    });
    let mut settings = config(&server.url("/token"));
    settings.timeout_ms = 20;
    let client = client_of(&settings);
    assert_eq!(failure(refresh(&client)).status, Status::Timeout);
    let mut options = RequestOptions::default();
    options.timeout_ms = Some(10_000);
    assert!(call(&client, grants()[1], Some(&options)).is_ok());
}

/// A loopback port at which nobody listens.
fn closed_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

fn policy(max_retries: u32) -> RetryPolicy {
    RetryPolicy { max_retries, backoff_ms: 1, retry_statuses: false }
}

#[test]
fn a_refused_connection_is_tried_three_times_unless_told_otherwise() {
    let mut settings = config(&format!("http://127.0.0.1:{}/token", closed_port()));
    let usual = client_of(&settings);
    settings.retry = policy(0);
    let once = client_of(&settings);
    let mut options = RequestOptions::default();
    options.retry = Some(policy(4));
    for (client, options, attempts) in [(&usual, None, 3), (&once, None, 1), (&once, Some(&options), 5)] {
        for grant in grants() {
            let error = failure(call(client, grant, options));
            assert_eq!((error.status, error.attempts), (Status::Connect, attempts), "{error}");
            assert_eq!((error.request_sent, error.advice), (false, Advice::Retry));
        }
    }
}

#[test]
fn a_server_that_comes_up_between_two_attempts_is_reached() {
    let port = closed_port();
    let mut settings = config(&format!("http://127.0.0.1:{port}/token"));
    settings.retry = RetryPolicy { max_retries: 200, backoff_ms: 1, retry_statuses: false };
    let lines = crate::support::calls::Lines::default();
    settings.log = lines.log();
    let client = client_of(&settings);
    std::thread::scope(|scope| {
        let calling = scope.spawn(|| refresh(&client));
        while !lines.all().iter().any(|line| line.contains("trying again")) {
            std::thread::yield_now();
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the port is still free");
        let (mut socket, _) = listener.accept().expect("the next try");
        let request_begins = socket.read(&mut [0; 4096]).expect("it writes");
        assert!(request_begins > 0);
        socket.write_all(&token().bytes()).expect("it reads");
        assert!(calling.join().expect("no panic").is_ok());
    });
}

#[test]
fn retries_end_with_the_timeout() {
    let mut settings = config(&format!("http://127.0.0.1:{}/token", closed_port()));
    // Few tries in a long time: hardly ever is one under way when time is up, also on a busy machine.
    settings.retry = RetryPolicy { max_retries: u32::MAX, backoff_ms: 1_000, retry_statuses: false };
    settings.timeout_ms = 2_000;
    let started = Instant::now();
    let error = failure(refresh(&client_of(&settings)));
    assert!(started.elapsed() < BOUND);
    assert_eq!((error.status, error.request_sent), (Status::Connect, false), "the cause, not that time was up");
    assert!(error.attempts > 1);
}

#[test]
fn nothing_is_sent_again_after_a_byte_was_sent() {
    let endings: [fn(Exchange) -> std::io::Result<()>; 4] =
        [answers::reset_before_headers, answers::reset_in_headers, answers::reset_after_headers, |exchange| {
            answers::truncated_body(exchange, b"{", 10)
        }];
    for ending in endings {
        let server = Scripted::start(move |mut exchange| {
            exchange.read_request()?;
            ending(exchange)
        });
        let mut settings = config(&server.url("/token"));
        settings.retry = RetryPolicy { max_retries: 5, backoff_ms: 1, retry_statuses: true };
        let client = client_of(&settings);
        for (number, grant) in grants().into_iter().enumerate() {
            let error = failure(call(&client, grant, None));
            assert_eq!((error.status, error.attempts), (Status::ConnectionLost, 1), "{error}");
            assert_eq!(server.requests().len(), number + 1);
        }
    }
}

#[test]
fn a_code_or_refresh_token_is_never_resent_after_an_http_status() {
    for status in [429, 502, 503, 504] {
        let server = Scripted::sequence(vec![Answer::new(status, &[("Retry-After", "0")], ""); 3]);
        let mut settings = config(&server.url("/token"));
        settings.retry = RetryPolicy { max_retries: 5, backoff_ms: 1, retry_statuses: true };
        let client = client_of(&settings);
        for (number, grant) in grants().into_iter().enumerate() {
            let error = failure(call(&client, grant, None));
            assert_eq!((error.status, error.attempts), (Status::Http, 1), "{error}");
            let behind_a_gateway = matches!(status, 502 | 504);
            let advice = if behind_a_gateway { Advice::OutcomeUnknown } else { Advice::RetryLater };
            assert_eq!((error.advice, error.retry_after_s), (advice, Some(0)));
            assert_eq!(server.requests().len(), number + 1);
        }
    }
}

/// The server accepts, and never says a word of TLS.
#[test]
fn a_connection_that_is_never_ready_ends_with_its_own_timeout() {
    let server = Scripted::start(|exchange| exchange.wait_for_go());
    let mut settings = config(&server.url("/token").replace("http://", "https://"));
    settings.connect_timeout_ms = 100;
    settings.retry = policy(1);
    let client = client_of(&settings);
    let started = Instant::now();
    let error = failure(refresh(&client));
    assert!(started.elapsed() < BOUND);
    assert_eq!((error.status, error.request_sent), (Status::Timeout, false), "{error}");
    assert_eq!((error.advice, error.attempts), (Advice::Retry, 2));
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_call_after_a_timeout_works() {
    let server = Scripted::start(|mut exchange| {
        let first = exchange.connection() == 0;
        exchange.read_request()?;
        if first {
            exchange.wait_for_close();
            return Ok(());
        }
        exchange.answer(&token())
    });
    let client = client(&server.url("/token"));
    check_timeout(&bounded(&client, grants()[1], timeout_ms(100)));
    refreshed(&client);
}

/// A person may have to touch a card: the request would be sent after the caller has gone.
#[test]
fn what_is_signed_too_late_is_not_sent() {
    let server = Scripted::start(move |mut exchange| exchange.read_request().and_then(|_| exchange.answer(&token())));
    let inside = Key::generate(None).expect("a key");
    let public = inside.public_jwk().clone();
    let sign = move |_: Algorithm, message: &[u8]| {
        std::thread::sleep(Duration::from_millis(80)); // the time that is meant, not a wait for anything
        inside.sign(message)
    };
    let mut settings = config(&server.url("/token"));
    settings.client = settings.client.map(|(client_id, _)| (client_id, None));
    settings.client_key = Some(Key::from_signer(public.as_str(), None, Box::new(sign)).expect("a key").into());
    let client = client_of(&settings);
    let error = failure(call(&client, grants()[0], Some(&timeout_ms(40))));
    assert_eq!((error.status, error.request_sent, server.requests().len()), (Status::Timeout, false, 0), "{error}");
    refreshed(&client);
}
