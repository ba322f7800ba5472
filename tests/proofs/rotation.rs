//! Many processes with many threads on one login, at a certified server that revokes a login whose refresh token comes twice.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::TcpStream;

use oauthclient::client::authorization::AuthorizationArguments;
use oauthclient::client::config::Builder;
use oauthclient::protocol::parameters::Parameters;
use oauthclient_test_server::browser::Browser;

use crate::seconds;
use crate::support::calls::{client_of, secret};
use crate::support::interop::{Interop, interop};
use crate::worker::{Said, Work, Worker};

pub const PROCESSES: usize = 8;
const REDIRECT_URI: &str = "http://127.0.0.1/callback";

#[test]
fn rotation_of_a_login_that_many_processes_share() {
    let Some(interop) = interop() else { return };
    let directory = tempfile::tempdir().expect("a temporary directory");
    // Two programs: each has its own login, in one directory and under one key.
    let programs = ["ROTATING", "ROTATING_TOO"].map(|name| {
        let (id, client_secret) = interop.client(name);
        let work = Work {
            store: directory.path().display().to_string(),
            token_endpoint: format!("{}/token", interop.issuer()),
            userinfo_endpoint: None,
            client: (id.to_owned(), client_secret.expect("a confidential client").to_owned()),
            timeout_ms: 30_000,
        };
        work.adopt(&log_in(interop, name));
        work
    });
    let seconds = seconds();
    let start = |number: usize| programs[number % 2].start(&["call", "8", &seconds.to_string()]);
    let workers: Vec<Worker> = (0..PROCESSES).map(start).collect();
    let said: Vec<Said> = workers.into_iter().map(Worker::said).collect();
    let failures: Vec<&String> = said.iter().flat_map(|said| &said.failures).collect();
    let tokens_of = |program: usize| -> HashSet<&String> {
        said.iter().skip(program).step_by(2).flat_map(|said| &said.tokens).collect()
    };
    let tokens: HashSet<&String> = tokens_of(0).union(&tokens_of(1)).copied().collect();
    let calls: u64 = said.iter().map(|said| said.calls).sum();
    let renewals = renewals(interop);
    println!(
        "{seconds} s, {PROCESSES} processes, 8 threads each: {calls} calls, {} tokens; server: {renewals}",
        tokens.len()
    );
    assert!(failures.is_empty(), "{failures:#?}");
    // One request brought each token, and none was refused: the server would have taken a second one for a theft.
    let expected = format!(r#"{{"success":{},"errors":[],"revoked":0}}"#, tokens.len());
    assert_eq!(renewals, expected);
    assert!(tokens_of(0).is_disjoint(&tokens_of(1)), "one program was given a token of the other");
    // A token lasts for two seconds, and is renewed when one at most is left.
    for program in [0, 1] {
        let count = tokens_of(program).len() as u64;
        assert!(count >= seconds / 2 && count <= seconds + 2, "{count} renewals in {seconds} s");
    }
}

/// The refresh token of a user who agrees.
fn log_in(interop: &Interop, client: &str) -> String {
    let (id, client_secret) = interop.client(client);
    let mut config = Builder::default();
    config.issuer = Some(interop.issuer().to_owned());
    config.client = Some((secret(id), client_secret.map(secret)));
    config.use_environment = false;
    let client = client_of(&config);
    let mut parameters = Parameters::default();
    parameters.set(secret("prompt"), secret("consent"));
    let arguments = AuthorizationArguments {
        redirect_uri: REDIRECT_URI,
        scope: Some("offline_access read"),
        parameters: Some(&parameters),
    };
    let mut authorization = client.authorization(arguments, None).expect("the server's metadata are good");
    let redirect = Browser::new().log_in(authorization.request.url.as_str()).expect("a way back");
    let token = client.finish(&mut authorization, &redirect.uri, None, None).expect("a token");
    token.refresh_token.as_ref().expect("a refresh token").as_str().to_owned()
}

/// How the server says that the refreshes ended.
fn renewals(interop: &Interop) -> String {
    let address = interop.issuer().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("the server runs");
    write!(stream, "GET /renewals HTTP/1.0\r\nHost: {address}\r\n\r\n").expect("it listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer.split("\r\n\r\n").nth(1).expect("a body").to_owned()
}
