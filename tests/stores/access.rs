//! Who may use a Redis server: passwords that change, certificates of both sides, several hosts.

use std::io::Write;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use oauthclient::error::{Error, Result, Status};
use oauthclient::secret::Secret;
use oauthclient::source::Source;
use oauthclient::store::Store;
use oauthclient::store::options::redis::TlsOptions;
use oauthclient::store::options::{RedisOptions, Settings};
use oauthclient::store::redis::Redis;
use oauthclient::transport::limit::limited;
use oauthclient_test_server::certificates::{Authority, SelfSigned};

use crate::contract::{key, load, locked, save};
use crate::redis_server::{RedisServer, is_installed};

fn with(redis: RedisOptions) -> Settings {
    Settings { redis, ..Settings::default() }
}

fn refused(store: &Redis, words: &[&str]) {
    let error = store.load(&key("alice")).expect_err("it cannot be");
    let message = error.message.as_str();
    assert_eq!(error.status, Status::Store, "{error}");
    assert!(words.iter().all(|word| message.contains(word)), "{message} does not say {words:?}");
    assert!(!message.contains("battery") && !message.contains("horse"), "{message}");
}

/// A vault, whose password changes.
#[derive(Default)]
struct Vault {
    password: Mutex<Option<&'static str>>,
    reads: AtomicUsize,
}

impl Vault {
    fn put(&self, password: Option<&'static str>) {
        *self.password.lock().expect("no panic") = password;
    }
}

impl Source for Vault {
    fn read(&self) -> Result<Secret> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let password = *self.password.lock().expect("no panic");
        password.and_then(Secret::new).ok_or_else(|| Error::new(Status::Callback, "the vault is closed"))
    }
}

#[test]
fn a_password_that_changes_is_asked_for_each_connection() {
    if !is_installed() {
        return;
    }
    let server = RedisServer::start(&["--requirepass", "battery"]);
    let vault = Arc::new(Vault::default());
    let open = |user: &str| {
        let options = RedisOptions { password: Some(vault.clone()), ..RedisOptions::default() };
        Redis::open(&format!("redis://{user}127.0.0.1:{}", server.port), with(options))
    };
    let store = open("default@").expect("a user needs no password in the URL then");
    refused(&store, &["the vault is closed", &server.port.to_string()]);
    vault.put(Some("battery"));
    save(&store, &key("alice"), b"text");
    save(&open("").expect("the default user"), &key("alice"), b"text");
    vault.put(Some("horse"));
    save(&store, &key("alice"), b"text"); // over the connection that is there
    let before = vault.reads.load(Ordering::SeqCst);
    let admin = redis::Client::open(format!("redis://:battery@127.0.0.1:{}", server.port)).expect("a URL");
    let mut admin = admin.get_connection().expect("a connection");
    let kill = |admin: &mut redis::Connection| {
        redis::cmd("CLIENT").arg(&["KILL", "TYPE", "normal", "SKIPME", "yes"]).exec(admin).expect("closed");
    };
    kill(&mut admin);
    refused(&store, &["refused (WRONGPASS)"]);
    redis::cmd("CONFIG").arg(&["SET", "requirepass", "horse"]).exec(&mut admin).expect("changed");
    save(&store, &key("alice"), b"later");
    assert_eq!(vault.reads.load(Ordering::SeqCst) - before, 2, "one for each connection");
    let error = open(":battery@").err().expect("two passwords");
    assert!(error.message.as_str().contains("url has a password"), "{error}");
}

fn write(directory: &Path, name: &str, text: &str) -> String {
    let path = directory.join(name);
    std::fs::write(&path, text).expect("written");
    path.to_str().expect("UTF-8").to_owned()
}

#[test]
fn a_store_has_authorities_and_a_certificate_of_its_own() {
    if !is_installed() {
        return;
    }
    let (authority, directory) = (Authority::new(), tempfile::tempdir().expect("a directory"));
    let (certificate, private_key) = authority.good_pem();
    for (name, text) in [("certificate", &certificate), ("key", &private_key), ("ca", &authority.pem())] {
        write(directory.path(), name, text);
    }
    let settings = ["--port", "0", "--tls-port", "{port}", "--tls-auth-clients", "yes", "--tls-cert-file"];
    let files = ["{dir}/certificate", "--tls-key-file", "{dir}/key", "--tls-ca-cert-file", "{dir}/ca"];
    let server = RedisServer::start_in(directory, &[&settings[..], &files].concat());
    let url = format!("rediss://localhost:{}", server.port);
    let own = tempfile::tempdir().expect("a directory");
    let (certificate, private_key) = authority.client_pem();
    let (certificate, private_key) =
        (write(own.path(), "certificate", &certificate), write(own.path(), "key", &private_key));
    let tls = TlsOptions { ca_files: vec![server.path("ca")], without_system_ca: true, ..TlsOptions::default() };
    let open = |tls: &TlsOptions| {
        Redis::open(&url, with(RedisOptions { tls: tls.clone(), connections: Some(0), ..RedisOptions::default() }))
    };
    refused(&open(&tls).expect("a store"), &["ertificate"]);
    let both = TlsOptions { client_certificate: Some(((&certificate).into(), (&private_key).into())), ..tls.clone() };
    let store = open(&both).expect("a store");
    locked(&store, &key("alice")).save(b"text", None).expect("saved");
    // as bytes, and beside the system's
    let given =
        TlsOptions { ca_files: vec![], ca_pem: vec![authority.pem().into()], without_system_ca: false, ..both.clone() };
    assert_eq!(load(&open(&given).expect("a store"), &key("alice")).as_deref(), Some(&b"text"[..]));
    let stranger = TlsOptions { ca_files: vec![], ca_pem: vec![Authority::new().pem().into()], ..both.clone() };
    refused(&open(&stranger).expect("a store"), &["UnknownIssuer"]);

    // While the files are being replaced, the pair before is used; then the new one is.
    std::fs::write(&private_key, Authority::new().client_pem().1).expect("written");
    assert_eq!(load(&store, &key("alice")).as_deref(), Some(&b"text"[..]));
    let (other, other_key) = Authority::new().client_pem();
    std::fs::write(&certificate, other).expect("written");
    std::fs::write(&private_key, other_key).expect("written");
    refused(&store, &["UnknownCA"]);

    for (tls, words) in [
        (
            TlsOptions { ca_files: vec!["/nowhere".to_owned()], ..TlsOptions::default() },
            "redis_ca_file /nowhere cannot be read",
        ),
        (
            TlsOptions { ca_pem: vec![b"text".to_vec()], ..TlsOptions::default() },
            "redis_ca_pem holds no PEM certificate",
        ),
        (TlsOptions { without_system_ca: true, ..TlsOptions::default() }, "redis_use_system_ca is off"),
        (of(&own, "nothing", "key"), "nothing cannot be read"),
        (of(&own, "key", "key"), "key holds no PEM certificate"),
        (of(&own, "certificate", "certificate"), "certificate, read as a private key, has no private key in PEM"),
    ] {
        let error = open(&tls).err().expect("it cannot be");
        assert_eq!(error.status, Status::InvalidConfig, "{error}");
        assert!(error.message.as_str().contains(words), "{error} does not say {words}");
    }
    // As plain `openssl x509 -req` makes it.
    let old = SelfSigned { common_name: "app", names: &[], authority: false, version_1: true, year: None }.make();
    write(own.path(), "old", &old.pem());
    let error = open(&of(&own, "old", "key")).err().expect("it cannot be");
    assert!(error.message.as_str().contains("has a first certificate that is not of"), "{error}");
    write(own.path(), "old-key", &old.key_pem());
    assert!(open(&of(&own, "old", "old-key")).is_ok());
    let pipe = own.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().is_ok_and(|made| made.success()));
    let error = open(&of(&own, "pipe", "key")).err().expect("it cannot be");
    assert!(error.message.as_str().contains("no regular file"), "{error}");
    std::fs::write(&private_key, Authority::new().client_pem().1).expect("written");
    let error = open(&of(&own, "certificate", "key")).err().expect("it cannot be");
    assert!(error.message.as_str().contains("has a first certificate that is not of"), "{error}");
}

fn of(directory: &tempfile::TempDir, certificate: &str, key: &str) -> TlsOptions {
    let pair = (directory.path().join(certificate), directory.path().join(key));
    TlsOptions { client_certificate: Some(pair), ..TlsOptions::default() }
}

#[test]
fn an_entry_that_nobody_writes_leaves() {
    if !is_installed() {
        return;
    }
    let server = RedisServer::start(&[]);
    let open = |max_idle_s| {
        let options = RedisOptions { max_idle_s, ..RedisOptions::default() };
        Redis::open(&server.url(), with(options)).expect("a store")
    };
    let left = |store: &Redis, expires_at_s: Option<i64>| -> i64 {
        locked(store, &key("alice")).save(b"text", expires_at_s).expect("saved");
        let mut admin = server.admin();
        let found: Vec<String> = redis::cmd("KEYS").arg("*:login:*").query(&mut admin).expect("the keys");
        redis::cmd("TTL").arg(&found[0]).query(&mut admin).expect("an answer")
    };
    assert!((9_990..=10_001).contains(&left(&open(10_000), None)));
    assert!((9_990..=10_001).contains(&left(&open(10_000), Some(4_000_000_000))));
    assert!((3_590..=3_601).contains(&left(&open(10_000), Some(now_s()))), "one whose token ends before");
    assert_eq!(left(&open(0), None), -1);
    assert!(left(&open(u32::MAX), None) > 4_000_000_000);
}

fn now_s() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_secs()).expect("before the end")
}

/// One byte after the other, or a queue in which nobody is served.
#[test]
fn what_comes_without_end_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let trickling = format!("redis://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(std::result::Result::ok) {
            std::thread::spawn(move || while stream.write_all(b"*").is_ok() {});
        }
    });
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("socket");
    let _busy = UnixListener::bind(&path).expect("a socket");
    let queued = fill(&path);
    std::thread::scope(|scope| {
        let full = format!("unix://{}", path.display());
        for url in [trickling, full] {
            scope.spawn(move || {
                let store = Redis::open(&url, Settings::default()).expect("a store");
                let _limited = limited(Some(Instant::now() + Duration::from_millis(200)), None);
                refused(&store, &["Redis at"]);
            });
        }
    });
    drop(queued);
}

/// Connections until there is room for no more.
fn fill(path: &Path) -> Vec<OwnedFd> {
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
    let mut queued = Vec::new();
    loop {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).expect("a socket");
        if connect(&socket, &SocketAddrUnix::new(path).expect("short")).is_err() {
            return queued;
        }
        queued.push(socket);
    }
}

#[test]
fn a_name_without_an_address_is_said_at_once() {
    let store = Redis::open("redis://nowhere.invalid", Settings::default()).expect("a store");
    refused(&store, &["Redis at nowhere.invalid:6379"]);
    let several = Redis::open("redis://one.invalid,two.invalid", Settings::default()).err().expect("no cluster");
    assert!(several.message.as_str().contains("url has several hosts"), "{several}");
}
