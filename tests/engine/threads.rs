//! One client for many threads, and calls that begin inside other calls.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex, OnceLock};

use oauthclient::blocking::Client;
use oauthclient::client::log::{Level, Log};
use oauthclient::protocol::token_request::Grant;
use oauthclient_test_server::scripted::{Scripted, handler};

use crate::support::c::{Linkage, Program};
use crate::support::calls::{access_token, authority, call, client, client_of, config, echo, refreshed, token};

/// Several threads at once, each with calls whose answers only it may get.
fn run(threads: usize, calls: usize, server: &Scripted) {
    let (client, together) = (client(&server.url("/token")), Barrier::new(threads));
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (client, together) = (&client, &together);
            scope.spawn(move || {
                together.wait();
                for number in 0..calls {
                    let refresh_token = format!("{thread}-{number}");
                    let token = call(client, Grant::RefreshToken { refresh_token: &refresh_token, scope: None }, None);
                    let token = token.unwrap_or_else(|error| panic!("{error}"));
                    assert_eq!(access_token(&token), format!("for-{refresh_token}"));
                }
            });
        }
    });
    assert_eq!(server.requests().len(), threads * calls);
    assert!(server.connections().len() <= threads, "a thread needs one connection at most");
}

#[test]
fn two_threads_share_a_client() {
    run(2, 100, &Scripted::start(echo));
}

#[test]
fn sixty_four_threads_share_a_client() {
    run(64, 10, &Scripted::start(echo));
}

#[test]
fn sixty_four_threads_share_a_client_over_tls() {
    run(64, 3, &Scripted::start_tls(echo, &authority().good()));
}

#[test]
fn a_call_waits_for_no_other_call() {
    let server = Scripted::start(|mut exchange| {
        while let Some(request) = exchange.read_request()? {
            if request.form_value("refresh_token").as_deref() == Some("slow") {
                exchange.wait_for_go()?;
            }
            exchange.answer(&crate::support::calls::token())?;
        }
        Ok(())
    });
    let client = client(&server.url("/token"));
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| call(&client, Grant::RefreshToken { refresh_token: "slow", scope: None }, None));
        server.wait_for(|seen| seen.requests.len() == 1);
        refreshed(&client);
        assert!(!slow.is_finished());
        server.go();
        assert!(slow.join().expect("no panic").is_ok());
    });
}

/// A client that its own callbacks can reach once it is made.
#[derive(Clone, Default)]
struct Reachable {
    client: Arc<OnceLock<Client>>,
    inside: Arc<AtomicBool>,
    results: Arc<Mutex<Vec<String>>>,
}

impl Reachable {
    /// Calls the client once, the first time; the call itself comes here again.
    fn call_inside(&self) {
        if !self.inside.swap(true, Ordering::SeqCst) {
            let client = self.client.get().expect("it was made");
            let result = call(client, Grant::RefreshToken { refresh_token: "inner", scope: None }, None);
            let result = result.map_or_else(|error| error.to_string(), |token| access_token(&token).to_owned());
            self.results.lock().expect("no panic").push(result);
        }
    }

    fn call_outside(&self, client: Client) {
        let client = self.client.get_or_init(|| client);
        let outer = call(client, Grant::RefreshToken { refresh_token: "outer", scope: None }, None);
        assert_eq!(outer.as_ref().map(access_token).ok(), Some("for-outer"), "{:?}", outer.as_ref().err());
        assert_eq!(*self.results.lock().expect("no panic"), ["for-inner"]);
    }
}

#[test]
fn a_log_function_may_call_the_client_that_logs() {
    let server = Scripted::start(echo);
    let reachable = Reachable::default();
    let mut settings = config(&server.url("/token"));
    let inner = reachable.clone();
    settings.log = Log::new(Level::Debug, Arc::new(move |_, _: &str| inner.call_inside()));
    reachable.call_outside(client_of(&settings));
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_log_function_may_free_another_client() {
    let server = Scripted::start(echo);
    let other = client(&server.url("/token"));
    refreshed(&other); // it keeps a connection, and so a runtime
    let other = Mutex::new(Some(other));
    let mut settings = config(&server.url("/token"));
    let freed = Arc::new(other);
    let inner = freed.clone();
    settings.log = Log::new(Level::Debug, Arc::new(move |_, _: &str| drop(inner.lock().expect("no panic").take())));
    let client = client_of(&settings);
    refreshed(&client);
    assert!(freed.lock().expect("no panic").is_none());
    server.wait_for(|seen| seen.open() == 1);
}

/// A Rust program may hold a runtime of its own, in which another cannot be entered.
#[test]
fn calls_work_inside_a_runtime_of_the_host() {
    let server = Scripted::start(echo);
    let client = Arc::new(client(&server.url("/token")));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        refreshed(&client);
        let (task, blocking) = (client.clone(), client.clone());
        tokio::join!(async { refreshed(&client) }, async { refreshed(&client) });
        tokio::task::spawn_blocking(move || drop(refreshed(&blocking))).await.expect("no panic");
        tokio::spawn(async move { drop(refreshed(&task)) }).await.expect("no panic");
    });
    let entered = runtime.enter();
    refreshed(&client);
    assert_eq!(server.requests().len(), 6);
    drop(client);
    drop(entered);
    server.wait_for(|seen| seen.open() == 0);
}

#[test]
fn a_call_may_be_made_while_its_thread_ends() {
    let server = Scripted::start(handler::always(token()));
    let program = Program::build_with("engine_thread_end", Linkage::Shared, &["-pthread"]);
    assert_eq!(program.run(&[("ENDPOINT", &server.url("/token"))]), "");
    assert_eq!(server.requests().len(), 17, "one before, and two in each of four rounds of two threads");
}

/// Daemons close all descriptors, and what they open next has the same numbers.
#[test]
fn a_host_may_close_all_descriptors() {
    let program = Program::build_with("engine_descriptors", Linkage::Shared, &["-D_GNU_SOURCE"]);
    let plain = Scripted::start(handler::always(token()));
    assert_eq!(program.run(&[("ENDPOINT", &plain.url("/token"))]), "");
    let tls = Scripted::start_tls(handler::always(token()), &authority().good());
    let ca_file = authority().pem_file();
    let ca_file = ca_file.path().to_str().expect("text");
    assert_eq!(program.run(&[("ENDPOINT", &tls.url("/token")), ("CA_FILE", ca_file)]), "");
}
