//! Connections are kept, let go in time, and never trusted further than they can be seen.

use std::time::Duration;

use oauthclient::error::{Advice, Status};
use oauthclient::protocol::dpop;
use oauthclient::protocol::jose::key::Key;
use oauthclient_test_server::answers;
use oauthclient_test_server::scripted::{Answer, Exchange, Scripted};

use crate::support::calls::{
    access_token, authority, client, client_of, config, echo, failure, is_proxied, refresh, refreshed, timeout_ms,
    token,
};
use crate::support::calls::{call, grants};

#[test]
fn a_hundred_calls_share_one_connection() {
    let server = Scripted::start(echo);
    let client = client(&server.url("/token"));
    (0..100).for_each(|_| drop(refreshed(&client)));
    assert_eq!((server.connections().len(), server.requests().len()), (1, 100));
}

#[test]
fn a_connection_is_not_used_again_beyond_its_idle_time() {
    let server = Scripted::start(echo);
    let mut settings = config(&server.url("/token"));
    settings.idle_timeout_ms = 0;
    let never = client_of(&settings);
    (0..5).for_each(|_| drop(refreshed(&never)));
    assert_eq!(server.connections().len(), 5);

    settings.idle_timeout_ms = 50;
    let briefly = client_of(&settings);
    refreshed(&briefly);
    std::thread::sleep(Duration::from_millis(60)); // the time that is meant, not a wait for anything
    refreshed(&briefly);
    assert_eq!(server.connections().len(), 7);

    settings.idle_timeout_ms = 60_000;
    let long = client_of(&settings);
    refreshed(&long);
    std::thread::sleep(Duration::from_millis(60));
    refreshed(&long);
    assert_eq!(server.connections().len(), 8);
}

#[test]
fn thousands_of_calls_survive_a_server_that_closes_idle_connections() {
    const CALLERS: usize = 30;
    const CLOSES: usize = 50;
    let caller = |_: usize| {
        // A server and a client for each, so that every close is of the one connection that the next call would take.
        let server = Scripted::idle_close(Duration::from_millis(20), token().body);
        let client = client(&server.url("/token"));
        let mut calls = 0;
        for close in 1..=CLOSES {
            for _ in 0..2 {
                let outcome = refresh(&client);
                calls += 1;
                assert!(outcome.is_ok(), "{:?} after {close} closes", outcome.err());
            }
            server.wait_for(|seen| seen.open() == 0);
        }
        assert!(server.connections().len() >= CLOSES);
        calls
    };
    let calls: usize = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS).map(|number| scope.spawn(move || caller(number))).collect();
        callers.into_iter().map(|caller| caller.join().expect("no call failed")).sum()
    });
    assert_eq!(calls, 2 * CALLERS * CLOSES);
}

/// Ends a connection of which the second request was read, wholly or in part.
type Ending = fn(Exchange) -> std::io::Result<()>;

/// A kept connection may have ended before the request came. On a fresh one nothing is ever sent twice.
#[test]
fn a_request_lost_on_a_reused_connection_is_sent_once_more_on_a_fresh_one() {
    let after_request: Ending = |mut exchange| exchange.read_request().map(|_| exchange.reset());
    let after_first_byte: Ending = |mut exchange| exchange.read_bytes(1).map(|_| exchange.reset());
    let by_a_close: Ending = |mut exchange| exchange.read_request().map(|_| exchange.close());
    for (ending, lost) in [(after_request, 1), (after_first_byte, 0), (by_a_close, 1)] {
        for grant in grants() {
            let server = Scripted::start(move |mut exchange| {
                exchange.read_request()?;
                exchange.answer(&token())?;
                ending(exchange)
            });
            let mut settings = config(&server.url("/token"));
            settings.retry.max_retries = 0;
            let client = client_of(&settings);
            refreshed(&client);
            assert!(call(&client, grant, None).is_ok());
            assert_eq!(server.requests().len(), 2 + lost, "the first call, what was lost, and the same again");
            assert_eq!(server.connections().len(), 2);
        }
    }
}

/// A server takes each signature once: what may have come twice is signed anew.
#[test]
fn what_is_signed_is_made_anew_when_a_reused_connection_had_been_closed() {
    let server = Scripted::start(move |mut exchange| {
        exchange.read_request()?;
        exchange.answer(&token())?;
        exchange.read_request().map(|_| exchange.reset())
    });
    let mut settings = config(&server.url("/token"));
    settings.retry.max_retries = 0;
    settings.client = settings.client.map(|(client_id, _)| (client_id, None));
    settings.client_key = Some(Key::generate(None).expect("a key").into());
    settings.dpop = dpop::Setting::Generated;
    let client = client_of(&settings);
    refreshed(&client);
    refreshed(&client);
    let requests = server.requests();
    let assertions: Vec<_> = requests.iter().map(|request| request.form_value("client_assertion")).collect();
    let proofs: Vec<_> = requests.iter().map(|request| request.header("dpop").map(str::to_owned)).collect();
    assert_eq!((requests.len(), server.connections().len()), (3, 2), "the first call, what was lost, and another");
    assert!(assertions[1].is_some() && assertions[1] != assertions[2]);
    assert!(proofs[1].is_some() && proofs[1] != proofs[2]);
    assert_eq!(requests[1].form_value("refresh_token"), requests[2].form_value("refresh_token"));
}

/// The server has acted then: what it said is lost, and is not asked for again.
#[test]
fn a_request_is_not_sent_again_once_a_byte_of_the_answer_has_come() {
    if is_proxied() {
        return; // those connections do not tell
    }
    for grant in grants() {
        let server = Scripted::start(|mut exchange| {
            exchange.read_request()?;
            exchange.answer(&token())?;
            exchange.read_request()?;
            exchange.write(b"H")?;
            exchange.close();
            Ok(())
        });
        let client = client(&server.url("/token"));
        refreshed(&client);
        let error = failure(call(&client, grant, None));
        assert_eq!((error.status, error.advice), (Status::ConnectionLost, Advice::OutcomeUnknown), "{error}");
        assert_eq!((server.requests().len(), server.connections().len()), (2, 1));
    }
}

/// What TLS cannot read, or not yet, may be the answer.
#[test]
fn over_tls_a_request_is_not_sent_again_once_anything_has_come_but_an_orderly_end() {
    const BEGINNING: [u8; 4] = [23, 3, 3, 0]; // of a record
    const FALSE_RECORD: [u8; 25] = [23, 3, 3, 0, 20, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7];
    if is_proxied() {
        return; // those connections do not tell
    }
    let begins: Ending = |mut exchange| exchange.write_below_tls(&BEGINNING).map(|()| exchange.close_tcp());
    let is_damaged: Ending = |mut exchange| exchange.write_below_tls(&FALSE_RECORD).map(|()| exchange.wait_for_close());
    let ends: Ending = |exchange| {
        exchange.close();
        Ok(())
    };
    for (ending, is_sent_again) in [(begins, false), (is_damaged, false), (ends, true)] {
        for grant in grants() {
            let server = Scripted::start_tls(
                move |mut exchange| {
                    exchange.read_request()?;
                    exchange.answer(&token())?;
                    if exchange.connection() == 0 {
                        exchange.read_request()?;
                        ending(exchange)?;
                    }
                    Ok(())
                },
                &authority().good(),
            );
            let client = client(&server.url("/token"));
            refreshed(&client);
            let outcome = call(&client, grant, None);
            assert_eq!(outcome.is_ok(), is_sent_again);
            if let Err(error) = outcome {
                assert_eq!((error.status, error.advice), (Status::ConnectionLost, Advice::OutcomeUnknown), "{error}");
            }
            assert_eq!(server.requests().len(), 2 + usize::from(is_sent_again));
        }
    }
}

/// An answer that is whole was given, whatever comes after it.
#[test]
fn over_tls_what_comes_after_an_answer_does_not_undo_it() {
    if is_proxied() {
        return;
    }
    let server = Scripted::start_tls(
        |mut exchange| {
            while exchange.read_request()?.is_some() {
                exchange.answer(&token())?;
                exchange.write_below_tls(b"HTTP/1.1 400 Bad Request\r\n\r\n")?;
            }
            Ok(())
        },
        &authority().good(),
    );
    let mut settings = config(&server.url("/token"));
    settings.idle_timeout_ms = 0;
    let client = client_of(&settings);
    for _ in 0..20 {
        assert_eq!(access_token(&refreshed(&client)), "at");
    }
}

/// The rest of it would be taken for the answer to the next request.
#[test]
fn a_connection_with_a_piece_of_a_record_is_not_used_again() {
    if is_proxied() {
        return;
    }
    let server = Scripted::start_tls(
        |mut exchange| {
            exchange.read_request()?;
            exchange.answer(&token())?;
            exchange.wait_for_go()?;
            exchange.write_below_tls(&[23, 3, 3])?;
            exchange.wait_for_close();
            Ok(())
        },
        &authority().good(),
    );
    let client = client(&server.url("/token"));
    refreshed(&client);
    server.wait_for(|seen| seen.connections[0].last_write_at.is_some());
    let answered = server.connections()[0].last_write_at;
    server.go();
    server.wait_for(|seen| seen.connections[0].last_write_at != answered);
    std::thread::sleep(Duration::from_millis(5)); // until the bytes have crossed the loopback
    refreshed(&client);
    assert_eq!(server.connections().len(), 2);
}

#[test]
fn a_request_that_is_lost_on_a_fresh_connection_too_is_not_sent_a_third_time() {
    for grant in grants() {
        let server = Scripted::start(|mut exchange| {
            exchange.read_request()?;
            if exchange.connection() == 0 {
                exchange.answer(&token())?;
                exchange.read_request()?;
            }
            exchange.reset();
            Ok(())
        });
        let mut settings = config(&server.url("/token"));
        settings.retry.max_retries = 5;
        let client = client_of(&settings);
        refreshed(&client);
        let error = failure(call(&client, grant, None));
        assert_eq!(error.status, Status::ConnectionLost, "{error}");
        assert_eq!((error.advice, error.request_sent, error.attempts), (Advice::OutcomeUnknown, true, 1));
        assert_eq!((server.requests().len(), server.connections().len()), (3, 2));
    }
}

/// The server has closed the first connection; the second is fresh, whether by name or by address.
#[test]
fn nothing_is_sent_twice_on_a_fresh_connection() {
    for host in ["127.0.0.1", "localhost"] {
        for grant in grants() {
            let server = Scripted::start(|mut exchange| {
                exchange.read_request()?;
                if exchange.connection() == 0 {
                    exchange.answer(&token())?;
                }
                exchange.close();
                Ok(())
            });
            let client = client(&server.url_at(host, "/token"));
            refreshed(&client);
            let error = failure(call(&client, grant, None));
            assert_eq!(error.status, Status::ConnectionLost, "{error}");
            assert_eq!(server.requests().len(), 2, "{host}: one of each call");
        }
    }
}

/// Metadata, then a token request, against a server that closes after each answer without saying so.
#[test]
fn the_first_token_request_survives_a_server_that_closes_after_each_answer() {
    const ROUNDS: usize = 334;
    for delay in [Duration::ZERO, Duration::from_micros(500), Duration::from_millis(10)] {
        let server = Scripted::start(move |mut exchange| {
            exchange.read_request()?;
            exchange.answer(&token())?;
            exchange.pause(delay)?;
            exchange.close();
            Ok(())
        });
        for round in 0..ROUNDS {
            let client = client(&server.url("/token"));
            for call in 0..2 {
                let outcome = refresh(&client);
                assert!(outcome.is_ok(), "{delay:?}, round {round}, call {call}: {:?}", outcome.err());
            }
        }
    }
}

#[test]
fn a_call_that_gives_up_closes_its_connection() {
    let server = Scripted::start(|mut exchange| {
        exchange.read_request()?;
        exchange.wait_for_close();
        Ok(())
    });
    let client = client(&server.url("/token"));
    for given_up in 1..=3 {
        let error = failure(call(&client, grants()[1], Some(&timeout_ms(100))));
        assert_eq!((error.status, error.advice), (Status::Timeout, Advice::OutcomeUnknown));
        server.wait_for(|seen| seen.connections.len() == given_up && seen.open() == 0);
    }
}

/// What a server sends beyond its answer belongs to no request, least of all to the next one.
#[test]
fn an_unsolicited_answer_is_dropped() {
    let stray = Answer::json(200, r#"{"access_token":"stray","token_type":"Bearer"}"#);
    let server = Scripted::start(move |mut exchange| {
        while exchange.read_request()?.is_some() {
            exchange.write(&[token().bytes(), stray.bytes()].concat())?;
        }
        Ok(())
    });
    let client = client(&server.url("/token"));
    for _ in 0..20 {
        assert_eq!(access_token(&refreshed(&client)), "at");
    }
    assert_eq!(server.connections().len(), 20);
}

/// The same, when it comes while the connection is idle.
#[test]
fn a_late_answer_of_an_abandoned_call_is_dropped() {
    let stray = Answer::json(408, r#"{"error":"stray"}"#);
    let server = Scripted::start(move |mut exchange| {
        exchange.read_request()?;
        exchange.answer(&token())?;
        exchange.wait_for_go()?;
        exchange.answer(&stray)?;
        exchange.wait_for_close();
        Ok(())
    });
    let client = client(&server.url("/token"));
    for earlier in 0..10 {
        assert_eq!(access_token(&refreshed(&client)), "at");
        server.wait_for(|seen| seen.connections.get(earlier).is_some_and(|seen| seen.last_write_at.is_some()));
        let answered = server.connections()[earlier].last_write_at;
        server.go();
        server.wait_for(|seen| seen.connections[earlier].last_write_at != answered);
        std::thread::sleep(Duration::from_millis(5)); // until the bytes have crossed the loopback
    }
}

#[test]
fn a_truncated_body_is_never_completed_from_the_next_answer() {
    let server = Scripted::start(|mut exchange| {
        exchange.read_request()?;
        answers::too_short_length(&mut exchange, &token().body, 5)
    });
    let client = client(&server.url("/token"));
    for _ in 0..3 {
        let error = failure(refresh(&client));
        assert_eq!((error.status, error.request_sent), (Status::InvalidResponse, true), "{error}");
    }
    assert_eq!(server.requests().len(), 3);
}
