//! The rotating server: one use for each refresh token, replays as its options say, and faults on demand.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use oauthclient_test_server::rotation::{Fault, Options, Outcome, Reuse, Rotation};

fn start(reuse: Reuse) -> Rotation {
    Rotation::start(Options { access_token_lifetime_s: 1, reuse })
}

/// The whole answer; empty when there was none, nothing when there is no server.
fn send(url: &str, headers: &str, body: &str) -> Option<String> {
    let (address, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(address.parse::<SocketAddr>().unwrap()).ok()?;
    let length = body.len();
    write!(stream, "POST /{path} HTTP/1.1\r\nContent-Length: {length}\r\n{headers}\r\n{body}").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    Some(answer)
}

fn member(answer: &str, name: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    body[name].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

fn refresh(server: &Rotation, refresh_token: &str) -> String {
    let body = format!("grant_type=refresh_token&refresh_token={refresh_token}");
    send(&server.token_endpoint(), "User-Agent: me\r\n", &body).unwrap()
}

fn refreshed(server: &Rotation, refresh_token: &str) -> String {
    member(&refresh(server, refresh_token), "refresh_token")
}

fn outcomes(server: &Rotation) -> Vec<Outcome> {
    server.take_renewals().into_iter().map(|renewal| renewal.outcome).collect()
}

#[test]
fn an_access_token_is_good_until_it_expires() {
    let server = start(Reuse::Revoke);
    let token = member(&refresh(&server, &server.log_in()), "access_token");
    let api = |token: &str| send(&server.resource(), &format!("Authorization: Bearer {token}\r\n"), "").unwrap();
    assert!(api(&token).starts_with("HTTP/1.1 200 ") && server.is_valid(&token));
    assert!(api("access-0-1").starts_with("HTTP/1.1 401 "));
    thread::sleep(Duration::from_millis(1010)); // its whole life
    assert!(api(&token).starts_with("HTTP/1.1 401 ") && !server.is_valid(&token));
}

#[test]
fn a_second_use_ends_the_login_and_no_other() {
    let server = start(Reuse::Revoke);
    let (first, other) = (server.log_in(), server.log_in());
    let answer = refresh(&server, &first);
    assert_eq!(member(&refresh(&server, &first), "error"), "invalid_grant");
    assert_eq!(member(&refresh(&server, &member(&answer, "refresh_token")), "error"), "invalid_grant");
    assert!(!server.is_valid(&member(&answer, "access_token")));
    refreshed(&server, &other);
    use Outcome::*;
    assert_eq!(outcomes(&server), [Renewed, Refused, Refused, Renewed]);
}

#[test]
fn a_replay_in_time_gets_a_fresh_token_or_the_same() {
    let window = Duration::from_secs(60);
    let server = start(Reuse::Fresh(window));
    let first = server.log_in();
    let (second, sibling) = (refreshed(&server, &first), refreshed(&server, &first));
    assert_ne!(second, sibling);
    refreshed(&server, &second);
    assert_eq!(member(&refresh(&server, &sibling), "error"), "invalid_grant", "a sibling was used");

    let server = start(Reuse::Same(window));
    let first = server.log_in();
    assert_eq!(refreshed(&server, &first), refreshed(&server, &first));
    assert_eq!(outcomes(&server), [Outcome::Renewed, Outcome::Replayed]);

    let server = start(Reuse::Same(Duration::ZERO));
    let first = server.log_in();
    refreshed(&server, &first);
    assert_eq!(member(&refresh(&server, &first), "error"), "invalid_grant", "too late");
}

#[test]
fn faults_on_demand() {
    let mut server = start(Reuse::Revoke);
    let first = server.log_in();
    server.fail(&[Fault::Unavailable { retry_after_s: 7 }, Fault::DropAnswer, Fault::HoldAnswer]);
    let answer = refresh(&server, &first);
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("Retry-After: 7\r\n"), "{answer}");
    assert_eq!(refresh(&server, &first), "");
    thread::scope(|scope| {
        let held = scope.spawn(|| refreshed(&server, "refresh-0-1"));
        let renewal = server.wait_for_held();
        assert_eq!((renewal.sequence, renewal.newest, renewal.user_agent.as_str()), (1, 1, "me"));
        server.wait_for_newer(0, 1);
        server.release();
        assert_eq!(held.join().unwrap(), "refresh-0-2");
    });
    server.wait_until_idle();
    server.go_down();
    assert!(send(&server.token_endpoint(), "", "").is_none());
    server.come_up();
    refreshed(&server, "refresh-0-2");
    use Outcome::*;
    assert_eq!(outcomes(&server), [Unavailable, Renewed, Renewed, Renewed]);
}
