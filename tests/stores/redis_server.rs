//! Redis servers on loopback, each with a directory of its own; they end with the value, by their process ids.
#![allow(dead_code, reason = "each test program uses a part")]

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::support::skipped::say_skipped;

/// A running server.
pub struct RedisServer {
    pub port: u16,
    directory: tempfile::TempDir,
    arguments: Vec<String>,
    process: Child,
}

/// False where there is no Redis; then a line on stderr says why the calling test was skipped. In CI it must be there.
pub fn is_installed() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    let found = *FOUND.get_or_init(|| Command::new("redis-server").arg("--version").output().is_ok());
    let reason = "redis-server did not start: install it (Debian: apt install redis-server)";
    assert!(found || std::env::var_os("CI").is_none(), "{reason}");
    if !found {
        say_skipped(reason);
    }
    found
}

impl RedisServer {
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().expect("a directory"), arguments)
    }

    /// `{dir}` in an argument is the server's directory, `{port}` its port.
    pub fn start_in(directory: tempfile::TempDir, arguments: &[&str]) -> Self {
        let port = free_port();
        let path = directory.path().to_str().expect("UTF-8");
        let replaced = |text: &&str| text.replace("{dir}", path).replace("{port}", &port.to_string());
        let arguments: Vec<_> = arguments.iter().map(replaced).collect();
        let process = run(&arguments, port, &directory);
        Self { port, directory, arguments, process }
    }

    pub fn path(&self, name: &str) -> String {
        self.directory.path().join(name).to_str().expect("UTF-8").to_owned()
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Another way in than the store's, for looking and for making trouble.
    pub fn admin(&self) -> redis::Connection {
        let client = redis::Client::open(self.url()).expect("a URL");
        client.get_connection().expect("a connection")
    }

    /// As after a crash of the machine.
    pub fn kill(&mut self) {
        self.process.kill().expect("it was running");
        self.process.wait().expect("it ends");
    }

    /// It answers nobody, and its connections stay.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.process.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{signal}");
    }

    pub fn start_again(&mut self) {
        self.process = run(&self.arguments, self.port, &self.directory);
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn run(arguments: &[String], port: u16, directory: &tempfile::TempDir) -> Child {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--loglevel", "notice", "--dir"]).arg(directory.path());
    if !arguments.iter().any(|argument| argument == "--port") {
        command.args(["--port", &port.to_string()]);
    }
    started(command.args(arguments), "eady to accept connections")
}

/// Starts it, and waits until it says that it is ready.
fn started(command: &mut Command, ready: &str) -> Child {
    let mut process = command.stdout(Stdio::piped()).spawn().expect("redis-server starts");
    let output = BufReader::new(process.stdout.take().expect("it is piped"));
    let mut lines = output.lines().map_while(Result::ok);
    let is_ready = lines.any(|line| line.contains(ready));
    assert!(is_ready, "redis-server ended: {:?}", process.wait());
    std::thread::spawn(move || lines.for_each(drop)); // until it ends
    process
}

/// A sentinel that watches a master, which it calls `main`. Alone, it decides about a fail-over.
pub fn sentinel(master: u16, settings: &[&str]) -> RedisServer {
    let (port, directory) = (free_port(), tempfile::tempdir().expect("a directory"));
    let file = directory.path().join("sentinel.conf");
    let own = [
        format!("bind 127.0.0.1\nport {port}\ndir {}", directory.path().display()),
        format!("sentinel monitor main 127.0.0.1 {master} 1"),
        "sentinel down-after-milliseconds main 1500\nsentinel failover-timeout main 5000".to_owned(),
    ];
    let lines = own.iter().map(String::as_str).chain(settings.iter().copied());
    std::fs::write(&file, lines.collect::<Vec<_>>().join("\n")).expect("written");
    let process = started(Command::new("redis-server").arg(&file).arg("--sentinel"), "+monitor master main");
    RedisServer { port, directory, arguments: Vec::new(), process }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Three primaries that share the slots.
pub fn cluster() -> Vec<RedisServer> {
    let servers: Vec<_> = (0..3)
        .map(|_| {
            let bus = free_port().to_string();
            let settings =
                ["--cluster-enabled", "yes", "--cluster-require-full-coverage", "no", "--cluster-port", &bus];
            RedisServer::start(&settings)
        })
        .collect();
    let ask = |server: &RedisServer, words: &[&str]| {
        let mut command = redis::cmd("CLUSTER");
        words.iter().for_each(|word| _ = command.arg(word));
        command.query::<redis::Value>(&mut server.admin()).expect("the cluster command")
    };
    for (server, (first, last)) in servers.iter().zip([("0", "5460"), ("5461", "10922"), ("10923", "16383")]) {
        ask(server, &["ADDSLOTSRANGE", first, last]);
        let bus = |server: &RedisServer| {
            let at = server.arguments.iter().position(|argument| argument == "--cluster-port").expect("set above");
            server.arguments[at + 1].clone()
        };
        let first = &servers[0];
        if first.port != server.port {
            ask(first, &["MEET", "127.0.0.1", &server.port.to_string(), &bus(server)]);
        }
    }
    let knows_all = |server: &RedisServer| {
        let slots: Vec<redis::Value> =
            redis::cmd("CLUSTER").arg("SLOTS").query(&mut server.admin()).expect("the slots");
        let info: String = redis::cmd("CLUSTER").arg("INFO").query(&mut server.admin()).expect("the state");
        slots.len() == servers.len() && info.contains("cluster_state:ok")
    };
    wait_for("the cluster", || servers.iter().all(knows_all));
    servers
}

/// Until it is so; for ten seconds, at most.
pub fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(10), "{what} did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}
