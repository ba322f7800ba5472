//! Sessions whose tokens come from sources: by an exchange, with an assertion, or as they are.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use oauthclient::blocking::session::Session;
use oauthclient::blocking::source::SessionToken;
use oauthclient::client::options::RequestOptions;
use oauthclient::error::{Error, Result, Status};
use oauthclient::operations::Operation;
use oauthclient::protocol::jose::algorithm::Algorithm;
use oauthclient::protocol::jose::key::Key;
use oauthclient::secret::Secret;
use oauthclient::session::options::{Options, Typed};
use oauthclient::source::Source;
use oauthclient::source::file::File;

use super::server::{Fate, Server};
use super::store::Faulty;
use super::{Home, KEY, access_token, number, open, options, token_of};

const BOUND: Duration = Duration::from_secs(20);
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// Gives one text after the other, then the last for ever; an empty one is a failure.
struct Texts(Mutex<VecDeque<String>>, AtomicUsize);

fn texts(texts: &[&str]) -> Arc<Texts> {
    Arc::new(Texts(Mutex::new(texts.iter().map(ToString::to_string).collect()), AtomicUsize::new(0)))
}

impl Texts {
    fn reads(&self) -> usize {
        self.1.load(Ordering::SeqCst)
    }
}

impl Source for Texts {
    fn read(&self) -> Result<Secret> {
        self.1.fetch_add(1, Ordering::SeqCst);
        let mut texts = self.0.lock().expect("no panic holds it");
        let text = if texts.len() > 1 { texts.pop_front() } else { texts.front().cloned() };
        let text = text.filter(|text| !text.is_empty());
        text.and_then(|text| Secret::new(&text)).ok_or_else(|| Error::new(Status::Source, "the vault is closed"))
    }
}

/// Waits until the test lets it go on.
struct Slow(Mutex<Receiver<()>>, Mutex<Sender<()>>);

fn slow() -> (Arc<Slow>, Sender<()>, Receiver<()>) {
    let ((go, gone), (tell, told)) = (channel(), channel());
    (Arc::new(Slow(Mutex::new(gone), Mutex::new(tell))), go, told)
}

impl Source for Slow {
    fn read(&self) -> Result<Secret> {
        self.1.lock().expect("one reader").send(()).expect("the test listens");
        let gone = self.0.lock().expect("one reader").recv_timeout(BOUND);
        gone.map(|()| Secret::new("t").expect("no NUL")).map_err(|_| Error::new(Status::Source, "nobody let it go on"))
    }
}

fn typed(token: Arc<dyn Source>, kind: &str) -> Option<Typed> {
    Some(Typed { token, kind: Secret::new(kind).expect("no NUL") })
}

fn exchange(source: Arc<dyn Source>) -> Options {
    options(|options| options.sources_mut().subject_token = typed(source, JWT))
}

fn bearer(source: Arc<dyn Source>) -> Options {
    options(|options| options.sources_mut().assertion = Some(source))
}

fn taken(source: Arc<dyn Source>) -> Options {
    options(|options| options.sources_mut().token = Some(source))
}

fn within(session: &Session, ms: u32) -> Result<String> {
    let mut options = RequestOptions::default();
    options.deadline_ms = Some(ms);
    session.with_token(Some(&options), access_token)
}

#[test]
fn each_exchange_reads_its_tokens_anew() {
    let (subject, actor) = (texts(&["s1", "s2"]), texts(&["a1", "a2"]));
    let mut options = exchange(subject.clone());
    options.sources_mut().actor_token = typed(actor, "urn:x:actor");
    options.scope = Secret::new("read");
    let set = |name| (Secret::new(name).expect("no NUL"), Secret::new("https://r.example").expect("no NUL"));
    let (audience, value) = set("audience");
    options.field_parameters.set(audience, value);
    let home = Home::without_login(3600, options.clone());
    assert_eq!((home.token(), home.token(), subject.reads()), (1, 1, 1));
    let request = home.server.last_request();
    for (name, value) in [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", "s1"),
        ("subject_token_type", JWT),
        ("actor_token", "a1"),
        ("actor_token_type", "urn:x:actor"),
        ("scope", "read"),
        ("audience", "https://r.example"),
    ] {
        assert_eq!(request.get(name).map(String::as_str), Some(value), "{name}");
    }
    let sibling = open(&home.server, &home.store, options);
    assert_eq!(number(token_of(&sibling)), 1, "the store has it");
    home.pass(3600);
    assert_eq!((home.token(), subject.reads()), (2, 2));
    assert_eq!(home.server.last_request()["subject_token"], "s2");
    assert_eq!(home.server.last_request()["actor_token"], "a2");
}

#[test]
fn an_assertion_is_read_for_each_token() {
    let source = texts(&["j1", "j2"]);
    let home = Home::without_login(3600, bearer(source));
    assert_eq!(home.token(), 1);
    let request = home.server.last_request();
    assert_eq!(request["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
    assert_eq!(request["assertion"], "j1");
    home.pass(3600);
    home.server.next(&[Fate::Refused]);
    assert_eq!(home.failure().status, Status::Connect);
    assert_eq!((home.token(), &*home.server.last_request()["assertion"]), (2, "j2"));
}

#[test]
fn a_token_is_taken_as_it_is() {
    let azure = r#"{"access_token":"AT-7","expires_in":"3599","expires_on":"9999999999","token_type":"Bearer"}"#;
    let source = texts(&[azure, r#"{"access_token":"AT-8","token_type":"Bearer","expires_in":3599}"#]);
    let home = Home::without_login(3600, taken(source.clone()));
    assert_eq!((home.token(), home.token(), source.reads(), home.server.requests()), (7, 7, 1, 0));
    home.pass(3000);
    assert_eq!(home.token(), 7);
    home.pass(599);
    assert_eq!((home.token(), source.reads(), home.server.requests()), (8, 2, 0));

    let source = texts(&["AT-1", "AT-2"]);
    let home = Home::without_login(3600, taken(source.clone()));
    assert_eq!((home.token(), home.token(), source.reads()), (1, 1, 1), "it lasts for a minute");
    home.pass(60);
    assert_eq!((home.token(), source.reads()), (2, 2));
}

#[test]
fn what_is_no_token_is_not_shown() {
    for (text, why) in [
        (r#"{"error":"s3cr3t","access_token":"s3cr3t"}"#, "an error"),
        (r#"{"token":"s3cr3t"}"#, "access_token was missing"),
        (r#"{"access_token":"s3cr3t","access_token":"x"}"#, "twice"),
        ("{s3cr3t", "no JSON object"),
        ("s3cr3t\u{1}", "control character"),
    ] {
        let error = Home::without_login(3600, taken(texts(&[text]))).failure();
        let message = error.message.as_str();
        assert_eq!(error.status, Status::Source, "{error}");
        assert!(message.starts_with("the source's function gave no token: ") && message.contains(why), "{message}");
        assert!(!message.contains("s3cr3t"), "{message}");
    }
}

#[test]
fn a_source_that_fails_is_asked_again_after_a_pause() {
    let source = texts(&["", "", "t"]);
    let home = Home::without_login(3600, exchange(source.clone()));
    let error = home.failure();
    assert_eq!(
        (error.status, error.message.as_str(), error.request_sent),
        (Status::Source, "the vault is closed", false)
    );
    assert_eq!(home.failure().status, Status::Source);
    assert!(home.failure().retry_after_s > Some(0) && source.reads() == 2, "the second failure begins a pause");
    home.pass(2);
    assert_eq!((home.token(), home.server.requests()), (1, 1));
}

#[test]
fn the_ways_are_logins_of_their_own() {
    let (server, store) = (Server::new(3600), Faulty::default());
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = |name: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, name).expect("written");
        Arc::new(File::new(path.to_str().expect("UTF-8"), None).expect("a good source"))
    };
    let client_credentials = options(|options| options.client_credentials = true);
    let mut scoped = exchange(file("a"));
    scoped.scope = Secret::new("x");
    let all = [client_credentials, exchange(file("a")), exchange(file("b")), scoped, bearer(file("a"))];
    for (index, options) in all.iter().enumerate() {
        assert_eq!(number(token_of(&open(&server, &store, options.clone()))) as usize, index + 1);
    }
    for (index, options) in all.into_iter().enumerate() {
        assert_eq!(number(token_of(&open(&server, &store, options))) as usize, index + 1, "each finds its own");
    }
}

#[test]
fn ways_that_contradict_each_other_are_named() {
    let server = Server::new(3600);
    let refused = |options: Options, named: &str| {
        let opened = Session::open(server.client(), Arc::new(Faulty::default()), KEY, Arc::new(options));
        let error = opened.err().expect("it is refused");
        assert!(error.status == Status::InvalidArgument && error.message.as_str().contains(named), "{error}");
    };
    let mut both = exchange(texts(&["t"]));
    both.client_credentials = true;
    refused(both, "client_credentials and token_exchange");
    let mut both = bearer(texts(&["t"]));
    both.sources_mut().token = Some(texts(&["t"]));
    refused(both, "jwt_bearer and source");
    refused(options(|options| options.sources_mut().actor_token = typed(texts(&["t"]), JWT)), "actor_token");
    refused(options(|options| options.sources_mut().subject_token = typed(texts(&["t"]), "")), "subject_token_type");
    let mut given_twice = bearer(texts(&["t"]));
    let value = || Secret::new("assertion").expect("no NUL");
    given_twice.field_parameters.set(value(), value());
    refused(given_twice, "assertion");
}

/// Identity chaining: an exchange at one server, and the new token as assertion at the next.
#[test]
fn one_session_is_the_source_of_another() {
    let source = texts(&["s"]);
    let first = Home::without_login(3600, exchange(source.clone()));
    let second = Home::without_login(1800, bearer(Arc::new(SessionToken::new(first.session.clone()))));
    assert_eq!((second.token(), first.token()), (1, 1));
    assert_eq!(second.server.last_request()["assertion"], "AT-1");
    second.pass(1800);
    assert_eq!((second.token(), source.reads(), first.server.requests()), (2, 1, 1), "the first one is still good");
    first.pass(3600);
    second.pass(1800);
    assert_eq!((second.token(), source.reads()), (3, 2));
    assert_eq!(second.server.last_request()["assertion"], "AT-2");

    first.server.next(&[Fate::Says(400, r#"{"error":"invalid_grant"}"#)]);
    first.pass(3600);
    second.pass(1800);
    let error = second.failure();
    assert!(error.status == Status::Provider && !error.request_sent, "{error}");
    assert!(
        error
            .message
            .as_str()
            .starts_with("the session of token endpoint https://as.example/token, client client, key alice: "),
        "{error}"
    );
}

/// A session that waits for itself, over however many others, is told so.
#[test]
fn no_session_is_its_own_source() {
    struct Late(Mutex<Option<Session>>);
    impl Source for Late {
        fn read(&self) -> Result<Secret> {
            let session = self.0.lock().expect("no panic holds it").clone().expect("set below");
            SessionToken::new(session).read()
        }
    }
    let late = Arc::new(Late(Mutex::new(None)));
    let mut homes = vec![Home::without_login(3600, exchange(late.clone()))];
    for _ in 0..2 {
        let before = homes.last().expect("the first").session.clone();
        homes.push(Home::without_login(3600, exchange(Arc::new(SessionToken::new(before)))));
    }
    *late.0.lock().expect("no panic holds it") = Some(homes[2].session.clone());
    let began = Instant::now();
    for home in &homes {
        let error = home.failure();
        assert_eq!(error.status, Status::Busy, "{error}");
    }
    assert!(began.elapsed() < BOUND);
    *late.0.lock().expect("no panic holds it") = None; // or they would keep each other
}

#[test]
fn a_caller_leaves_a_slow_source_and_the_renewal_goes_on() {
    let (source, go, asked) = slow();
    let home = Home::without_login(3600, exchange(source));
    let error = within(&home.session, 50).expect_err("no token yet");
    assert_eq!(error.status, Status::Timeout);
    assert!(error.message.as_str().contains("a source") && !error.request_sent, "{error}");
    asked.recv_timeout(BOUND).expect("it was asked");
    go.send(()).expect("it waits");
    home.session.finish(None).expect("it ends");
    assert_eq!((home.token(), home.server.requests()), (1, 1));
    assert!(asked.try_recv().is_err(), "asked once");
}

/// While a source was slow, another session may have got the lock, and the turn to renew.
#[test]
fn nothing_is_sent_after_the_lock_was_lost() {
    let (source, go, asked) = slow();
    let home = Home::without_login(3600, exchange(source));
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| token_of(&home.session));
        asked.recv_timeout(BOUND).expect("it was asked");
        home.store.fail_hold(true);
        go.send(()).expect("it waits");
        assert_eq!(waits.join().expect("it ends").expect_err("no token").status, Status::Store);
    });
    assert_eq!(home.server.requests(), 0);
    home.store.fail_hold(false);
    go.send(()).expect("it will wait");
    assert_eq!(home.token(), 1);
}

/// The same while a function of the program signs.
#[test]
fn nothing_is_sent_after_the_lock_was_lost_to_a_slow_signer() {
    let (server, store) = (Server::new(3600), Faulty::default());
    let (inside, losing) = (Key::generate(None).expect("a key"), store.clone());
    let public = inside.public_jwk().clone();
    let sign = move |_: Algorithm, message: &[u8]| {
        losing.fail_hold(true);
        inside.sign(message)
    };
    let key = Key::from_signer(public.as_str(), None, Box::new(sign)).expect("a key");
    let client = server.client_with(|config| config.client_key = Some(key.into()));
    let session = Session::open(client, Arc::new(store.clone()), KEY, Arc::new(Options::default())).expect("good");
    session.adopt(&server.log_in(), None).expect("adopted");
    session.invalidate("AT-1").expect("noted");
    assert_eq!(token_of(&session).expect_err("no token").status, Status::Store);
    assert_eq!(server.requests(), 0);
}

/// The thread of the operations is not held up by a source that blocks.
#[test]
fn an_operation_waits_for_a_slow_source_and_holds_up_no_other() {
    let ((source, go, asked), (server, store)) = (slow(), (Server::new(3600), Faulty::default()));
    let client = server.client();
    let opened =
        |options| Session::open(client.clone(), Arc::new(store.clone()), KEY, Arc::new(options)).expect("good");
    let (waits, other) = (opened(exchange(source)), opened(options(|options| options.client_credentials = true)));
    let started = |session| {
        let (tell, told) = channel();
        let operation = Operation::session_token(session, None).expect("started");
        operation.on_done(Box::new(move || _ = tell.send(()))).expect("this process");
        (operation, told)
    };
    let slow = started(&waits);
    asked.recv_timeout(BOUND).expect("it was asked");
    let quick = started(&other);
    quick.1.recv_timeout(BOUND).expect("it ends");
    assert!(!slow.0.is_done());
    go.send(()).expect("it waits");
    slow.1.recv_timeout(BOUND).expect("it ends");
}

/// A platform replaces the file by a rename, at any moment: no renewal may see half of one, or none.
#[test]
fn a_file_is_swapped_a_hundred_times_while_sessions_renew() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (path, next) = (directory.path().join("token"), directory.path().join("next"));
    let swap = |number: usize| {
        std::fs::write(&next, format!("{number:0>2000}\n")).expect("written");
        std::fs::rename(&next, &path).expect("swapped");
    };
    swap(0);
    let file = || Arc::new(File::new(path.to_str().expect("UTF-8"), None).expect("a good source"));
    let homes: Vec<_> = [exchange(file()), bearer(file()), exchange(file()), bearer(file())]
        .into_iter()
        .map(|options| Home::without_login(60, options))
        .collect();
    let (done, renewals) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for home in &homes {
            scope.spawn(|| {
                while done.load(Ordering::SeqCst) == 0 {
                    home.token();
                    let request = home.server.last_request();
                    let sent = request.get("subject_token").or_else(|| request.get("assertion")).expect("one of both");
                    assert_eq!(sent.len(), 2000);
                    renewals.fetch_add(1, Ordering::SeqCst);
                    home.pass(60);
                }
            });
        }
        for number in 1..=100 {
            swap(number);
            let before = renewals.load(Ordering::SeqCst);
            while renewals.load(Ordering::SeqCst) < before + 2 && !scope_failed(&homes) {
                std::thread::yield_now();
            }
        }
        done.store(1, Ordering::SeqCst);
    });
    assert!(renewals.load(Ordering::SeqCst) >= 200);
}

/// A failed renewal has ended a thread: the test must not wait for its next one.
fn scope_failed(homes: &[Home]) -> bool {
    homes.iter().any(|home| home.session.login().last_error().is_some())
}
