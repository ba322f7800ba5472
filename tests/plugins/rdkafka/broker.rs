//! One Kafka broker for all tests, which says in its log whose token it has accepted.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::Duration;

use super::installed;

/// The broker's class takes the place of `$@`. The shell outlives whatever ends the test, and ends the broker when the test
/// no longer holds the other end of its standard input.
const KEEPER: &str = r#"trap '' INT TERM HUP; "$@" & broker=$!; cat >/dev/null; kill -9 $broker; wait; rm -rf "$DATA""#;

pub struct Broker {
    pub address: String,
    log: Arc<Log>,
    _keeper: Child,
}

#[derive(Default)]
struct Log {
    lines: Mutex<Vec<String>>,
    grown: Condvar,
}

impl Broker {
    /// The broker of this process; it runs until the process ends.
    pub fn get() -> &'static Self {
        static BROKER: OnceLock<Broker> = OnceLock::new();
        BROKER.get_or_init(Self::start)
    }

    fn start() -> Self {
        let ports = [0; 2].map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("a free port"));
        let [clients, controller] = ports.map(|port| port.local_addr().expect("its address").to_string());
        let data = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("kafka-{}", std::process::id()));
        std::fs::create_dir_all(&data).expect("a directory");
        std::fs::write(data.join("meta.properties"), "version=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAA\nnode.id=1\n")
            .expect("written");
        let properties = data.join("server.properties");
        std::fs::write(&properties, settings(&clients, &controller, &data.display().to_string())).expect("written");

        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "sh", "java", "-cp"]).arg(installed("jars").join("*")).env("DATA", &data);
        keeper.args(["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "kafka.Kafka"]).arg(properties);
        let mut keeper =
            keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("a shell");
        let log = Arc::new(Log::default());
        let lines = BufReader::new(keeper.stderr.take().expect("it is piped"));
        std::thread::spawn({
            let log = log.clone();
            move || lines.lines().map_while(Result::ok).for_each(|line| log.add(line))
        });
        let broker = Self { address: clients, log, _keeper: keeper };
        let started = "Kafka Server started";
        broker.wait_for(started, |line| line.contains(started));
        broker
    }

    /// Waits until the broker has accepted this token of a user, or a later one.
    pub fn wait_for_token(&self, user: &str, number: u32) {
        let start = format!("jti={user}/");
        self.wait_for(&format!("{start}{number}/"), |line| {
            let accepted = line.split_once(&start).and_then(|(_, rest)| rest.split('/').next()?.parse().ok());
            accepted.is_some_and(|accepted: u32| accepted >= number)
        });
    }

    fn wait_for(&self, what: &str, is_it: impl Fn(&str) -> bool) {
        let lines = self.log.lines.lock().expect("no thread panics with it");
        let missing = |lines: &mut Vec<String>| !lines.iter().any(|line| is_it(line));
        let waited = self.log.grown.wait_timeout_while(lines, Duration::from_secs(30), missing);
        let (lines, timeout) = waited.expect("no thread panics with it");
        if timeout.timed_out() {
            let said = lines.join("\n");
            drop(lines);
            panic!("the broker did not say {what:?}:\n{said}");
        }
    }
}

impl Log {
    fn add(&self, line: String) {
        self.lines.lock().expect("no thread panics with it").push(line);
        self.grown.notify_all();
    }
}

/// Tokens are JWTs without a signature, which Kafka takes when it is told of no way to check one; a connection lasts no longer
/// than its token.
fn settings(clients: &str, controller: &str, data: &str) -> String {
    format!(
        "process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{controller}
controller.listener.names=CONTROLLER
listeners=CLIENT://{clients},CONTROLLER://{controller}
listener.security.protocol.map=CLIENT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENT
sasl.mechanism.inter.broker.protocol=OAUTHBEARER
sasl.enabled.mechanisms=OAUTHBEARER
listener.name.client.oauthbearer.sasl.jaas.config=\
org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub=\"broker\";
connections.max.reauth.ms=3600000
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
log.dirs={data}
"
    )
}
