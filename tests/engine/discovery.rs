//! Metadata are fetched once for all threads of a process; who waits for them keeps its own bounds.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, OnceLock};
use std::time::{Duration, Instant};

use oauthclient::blocking::Client;
use oauthclient::client::Client as AsyncClient;
use oauthclient::client::config::Builder;
use oauthclient::client::log::{Level, Log};
use oauthclient::client::options::RequestOptions;
use oauthclient::error::{Advice, Error, Status};
use oauthclient::http::{Headers, Response};
use oauthclient::secret::SecretBytes;
use oauthclient::transport::cancel::Cancel;
use oauthclient::transport::{Call, Sending, Transport};
use oauthclient_test_server::scripted::{Answer, Scripted, Seen, SeenRequest};

use crate::support::c::{Linkage, Program};
use crate::support::calls::{access_token, call, client_of, failure, grants, refresh, secret, timeout_ms, token};

/// Tells a stopped call from one that ran into its timeout of 10 s.
const BOUND: Duration = Duration::from_secs(5);

/// The header field of a request that is to be answered later.
const HOLD: &str = "X-Hold";

/// Gives its metadata and tokens; requests for metadata with [`HOLD`] wait for `Scripted::go`.
fn authorization_server() -> Scripted {
    Scripted::start(|mut exchange| {
        while let Some(request) = exchange.read_request()? {
            if request.method == "POST" {
                exchange.answer(&token())?;
                continue;
            }
            if request.header(HOLD).is_some() {
                exchange.wait_for_go()?;
            }
            let issuer = format!("http://{}", request.header("host").unwrap_or_default());
            let document = format!(r#"{{"issuer":"{issuer}","token_endpoint":"{issuer}/token"}}"#);
            exchange.answer(&Answer::json(200, document))?;
        }
        Ok(())
    })
}

fn held() -> RequestOptions {
    let mut options = RequestOptions::default();
    options.add_header(HOLD, secret("1"));
    options
}

fn config(issuer: String) -> Builder {
    let mut config = Builder::default();
    config.issuer = Some(issuer);
    config.client = Some((secret("client"), None));
    config.timeout_ms = 10_000;
    config.use_environment = false;
    config
}

fn client(server: &Scripted) -> Client {
    client_of(&config(server.url("")))
}

fn asked(seen: &Seen) -> usize {
    seen.requests.iter().filter(|request| request.method == "GET").count()
}

/// Why there are none; nothing of this call was sent.
fn refused(client: &Client, options: &RequestOptions) -> Error {
    let error = client.metadata(Some(options)).expect_err("no metadata");
    assert!(!error.request_sent && error.attempts == 0, "{error}");
    error
}

#[test]
fn threads_that_need_metadata_at_once_ask_for_them_once() {
    const THREADS: usize = 64;
    let server = authorization_server();
    let (client, together) = (client(&server), Barrier::new(THREADS + 1));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                together.wait();
                let token = call(&client, grants()[1], Some(&held())).unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(access_token(&token), "at");
            });
        }
        together.wait();
        server.wait_for(|seen| asked(seen) == 1);
        server.go();
    });
    assert_eq!((asked(&server.seen()), server.requests().len()), (1, 1 + THREADS));
}

/// The first document lacks the endpoint that all of them need; the other one has it.
#[test]
fn threads_that_need_the_other_document_at_once_ask_for_it_once() {
    const THREADS: usize = 16;
    let server = Scripted::start(|mut exchange| {
        while let Some(request) = exchange.read_request()? {
            let issuer = format!("http://{}", request.header("host").unwrap_or_default());
            let more = match request.target.as_str() {
                "/.well-known/oauth-authorization-server" => {
                    exchange.wait_for_go()?;
                    format!(r#","revocation_endpoint":"{issuer}/revoke""#)
                }
                _ => String::new(),
            };
            exchange.answer(&Answer::json(200, format!(r#"{{"issuer":"{issuer}"{more}}}"#)))?;
        }
        Ok(())
    });
    let (client, together) = (client(&server), Barrier::new(THREADS + 1));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                together.wait();
                client.revoke("token", None, None).unwrap_or_else(|error| panic!("{error}"));
            });
        }
        together.wait();
        server.wait_for(|seen| asked(seen) == 2);
        server.go();
    });
    assert_eq!((asked(&server.seen()), server.requests().len()), (2, 2 + THREADS));
}

#[test]
fn a_caller_that_waits_for_metadata_keeps_its_own_deadline_timeout_and_cancel() {
    let server = authorization_server();
    let client = client(&server);
    let started = Instant::now();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| client.metadata(Some(&held())));
        server.wait_for(|seen| asked(seen) == 1);
        let mut options = RequestOptions::default();
        options.deadline_ms = Some(50);
        assert_eq!(refused(&client, &options).status, Status::Timeout);
        assert_eq!(refused(&client, &timeout_ms(50)).status, Status::Timeout);
        let cancel = Arc::new(Cancel::default());
        let mut options = RequestOptions::default();
        options.cancel = Some(cancel.clone());
        cancel.trigger();
        assert_eq!(refused(&client, &options).status, Status::Cancelled);
        assert!(started.elapsed() < BOUND && !first.is_finished());
        server.go();
        assert!(first.join().expect("no panic").is_ok());
    });
    assert_eq!(asked(&server.seen()), 1);
}

/// The first request is never answered: whoever waits asks again as soon as the one that asked is gone.
#[test]
fn a_caller_that_leaves_while_fetching_metadata_hands_over() {
    let server = authorization_server();
    let (client, cancel) = (client(&server), Arc::new(Cancel::default()));
    let mut options = held();
    options.cancel = Some(cancel.clone());
    let started = Instant::now();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| client.metadata(Some(&options)));
        server.wait_for(|seen| asked(seen) == 1);
        let others: Vec<_> = (0..8).map(|_| scope.spawn(|| refresh(&client))).collect();
        cancel.trigger();
        let error = first.join().expect("no panic").expect_err("cancelled");
        assert_eq!((error.status, error.request_sent), (Status::Cancelled, true));
        others.into_iter().for_each(|other| assert!(other.join().expect("no panic").is_ok()));
    });
    assert!(started.elapsed() < BOUND);
    assert_eq!(asked(&server.seen()), 2);
}

/// A code or refresh token that waits for metadata is still good when there are none.
#[test]
fn a_call_that_waits_for_metadata_has_sent_nothing() {
    let server = Scripted::start(|mut exchange| {
        exchange.read_request()?;
        exchange.reset();
        Ok(())
    });
    let client = client(&server);
    let error = client.metadata(None).expect_err("lost");
    assert_eq!((error.status, error.request_sent, error.attempts), (Status::ConnectionLost, true, 1), "{error}");
    for grant in grants() {
        let error = failure(call(&client, grant, None));
        assert_eq!((error.status, error.request_sent), (Status::ConnectionLost, false), "{error}");
        assert_eq!(error.advice, Advice::Retry);
    }
    assert_eq!(server.requests().len(), 3);
}

/// Nothing of the call left, but its connection still waits for metadata.
#[test]
fn a_cancelled_fetch_of_metadata_closes_its_connection() {
    let server = Scripted::start(|mut exchange| {
        exchange.read_request()?;
        exchange.wait_for_close();
        Ok(())
    });
    let (client, cancel) = (client(&server), Arc::new(Cancel::default()));
    let mut options = RequestOptions::default();
    options.cancel = Some(cancel.clone());
    let error = std::thread::scope(|scope| {
        let calling = scope.spawn(|| failure(call(&client, grants()[1], Some(&options))));
        server.wait_for(|seen| seen.requests.len() == 1);
        cancel.trigger();
        calling.join().expect("no panic")
    });
    assert_eq!((error.status, error.request_sent), (Status::Cancelled, false), "{error}");
    server.wait_for(|seen| seen.open() == 0);
}

/// It cannot wait for what waits for it, so it fetches them too; what that calls may not.
#[test]
fn a_callback_inside_the_fetch_of_metadata_may_call_the_client() {
    let server = authorization_server();
    let client = Arc::new(OnceLock::<Client>::new());
    let inside = Arc::new(Mutex::new(Vec::new()));
    let mut settings = config(server.url(""));
    let (reached, results) = (client.clone(), inside.clone());
    let log = move |_, line: &str| {
        if line.starts_with("GET ") {
            let result = refresh(reached.get().expect("it was made"));
            results.lock().expect("no panic").push(result.err().map(|error| error.status));
        }
    };
    settings.log = Log::new(Level::Debug, Arc::new(log));
    let client = client.get_or_init(|| client_of(&settings));
    let started = Instant::now();
    assert!(refresh(client).is_ok() && started.elapsed() < BOUND);
    assert_eq!(*inside.lock().expect("no panic"), [Some(Status::Busy), None]);
}

#[test]
fn a_callback_inside_the_fetch_of_metadata_may_wait_for_another_thread() {
    let server = authorization_server();
    let client = Arc::new(OnceLock::<Client>::new());
    let (reached, asked) = (client.clone(), AtomicUsize::new(0));
    let mut settings = config(server.url(""));
    settings.timeout_ms = 60_000;
    let log = move |_, line: &str| {
        if line.starts_with("GET ") && asked.fetch_add(1, Ordering::SeqCst) == 0 {
            let client = reached.clone();
            let other = std::thread::spawn(move || refresh(client.get().expect("it was made")).is_ok());
            assert!(other.join().expect("no panic"));
        }
    };
    settings.log = Log::new(Level::Debug, Arc::new(log));
    let client = client.get_or_init(|| client_of(&settings));
    let started = Instant::now();
    assert!(refresh(client).is_ok() && started.elapsed() < BOUND);
}

/// Answers 503, when told to.
#[derive(Default)]
struct Busy {
    asked: AtomicUsize,
    go: tokio::sync::Notify,
}

impl Transport for Busy {
    fn send<'a>(&'a self, call: &'a Call<'a>) -> Sending<'a> {
        Box::pin(async move {
            call.mark_sent();
            self.asked.fetch_add(1, Ordering::SeqCst);
            self.go.notified().await;
            Ok(Response { status: 503, headers: Headers::default(), body: SecretBytes::default(), cut: false })
        })
    }
}

/// On one thread, so that it is certain who was waiting already.
#[test]
fn a_failed_fetch_is_shared_by_its_waiters_and_not_by_later_calls() {
    let (config, _) = config("https://as.example".to_owned()).build().expect("a good configuration");
    let (client, busy) = (Arc::new(AsyncClient::new(config)), Arc::new(Busy::default()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let ask = |started: Arc<AtomicUsize>| {
        let (client, busy) = (client.clone(), busy.clone());
        async move {
            let bounds = RequestOptions::begin(None).expect("good options");
            started.fetch_add(1, Ordering::SeqCst);
            client.metadata(&*busy, &bounds).await.expect_err("503")
        }
    };
    runtime.block_on(tokio::task::LocalSet::new().run_until(async {
        for round in 1..=2 {
            let started = Arc::new(AtomicUsize::new(0));
            let calls: Vec<_> = (0..64).map(|_| tokio::task::spawn_local(ask(started.clone()))).collect();
            while started.load(Ordering::SeqCst) < 64 {
                tokio::task::yield_now().await;
            }
            busy.go.notify_one(); // a second request would wait for good
            let mut asked_itself = 0;
            for call in calls {
                let error = call.await.expect("no panic");
                assert_eq!(error.status, Status::Http, "{error}");
                asked_itself += usize::from(error.attempts > 0);
            }
            assert_eq!(busy.asked.load(Ordering::SeqCst), round, "{asked_itself}");
        }
    }));
}

/// Another thread of the parent asks at the moment of the fork, and never goes on in the child.
#[test]
fn a_forked_child_asks_for_itself() {
    for linkage in [Linkage::Shared, Linkage::Static] {
        let server = authorization_server();
        let program = Program::build("engine_fork_discovery", linkage);
        std::thread::scope(|scope| {
            let run = scope.spawn(|| program.run(&[("ISSUER", &server.url(""))]));
            let is_childs = |request: &SeenRequest| request.form_value("refresh_token").as_deref() == Some("child");
            server.wait_for(|seen| asked(seen) == 2 && seen.requests.iter().any(is_childs));
            server.go();
            run.join().expect("no panic");
        });
        assert_eq!(asked(&server.seen()), 2, "the parent knows them");
    }
}
