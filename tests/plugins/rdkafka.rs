//! `examples-c/plugins/rdkafka.c` in kcat with librdkafka 2.0, in a Python client with a newer one, and in a program that
//! sets its function.

mod broker;

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use oauthclient_test_server::authorization_server::CLIENT_SECRET;
use oauthclient_test_server::scripted::{Answer, Scripted};

use crate::home::Home;
use crate::support::c::{root, run_bounded};
use crate::support::skipped::say_skipped;
use broker::Broker;

const LIMIT: Duration = Duration::from_secs(60);
const NOBODY: &str = "127.0.0.1:1";
const OVER: &str = ": a login is required: ";

/// A user with a profile and a login, and the endpoint of its tokens.
struct User {
    home: Home,
    name: &'static str,
    plugin: PathBuf,
    endpoint: Scripted,
    tokens: Arc<Tokens>,
    refresh_token: String,
}

/// JWTs that are numbered from 1.
struct Tokens {
    name: &'static str,
    lifetime_s: u64,
    given: Mutex<Vec<String>>,
    over: AtomicBool,
}

impl User {
    fn new(name: &'static str, lifetime_s: u64) -> Self {
        let tokens = Arc::new(Tokens { name, lifetime_s, given: Mutex::default(), over: AtomicBool::new(false) });
        let endpoint = Scripted::start({
            let tokens = tokens.clone();
            move |mut exchange| {
                while exchange.read_request()?.is_some() {
                    exchange.answer(&tokens.answer())?;
                }
                Ok(())
            }
        });
        let home = Home::new();
        home.add_profile(name);
        let refresh_token = home.log_in(name);
        let plugin = home.compile(&["rdkafka.c"], "rdkafka.so", &["-shared", "-fPIC", "-fvisibility=hidden"]);
        Self { home, name, plugin, endpoint, tokens, refresh_token }
    }

    /// kcat with the plug-in; the profile is the user's.
    fn kcat(&self, broker: &str, arguments: &[&str]) -> Command {
        let mut kcat = Command::new("kcat");
        let plugin = format!("plugin.library.paths={}", self.plugin.display());
        kcat.args(["-b", broker, "-X", &plugin, "-X", "security.protocol=SASL_PLAINTEXT"]);
        kcat.args(["-X", "sasl.mechanisms=OAUTHBEARER"]).args(arguments);
        self.settle(&mut kcat).env("OAUTH_PROFILE", self.name);
        kcat
    }

    /// Lets a program find the profile, and the endpoint in place of the server's own, whose tokens Kafka does not know.
    fn settle<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let endpoint = self.endpoint.url("/token");
        let command = self.home.settle(command).env("OAUTH_TOKEN_ENDPOINT", endpoint);
        command.env("OAUTH_CLIENT_SECRET_FILE", self.home.path("secret"))
    }

    /// All that a program said; none of it is a secret.
    fn said(&self, output: &Output) -> String {
        let said = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said)).concat();
        let given = self.tokens.given();
        for secret in given.iter().chain([&self.refresh_token, &CLIENT_SECRET.to_owned()]) {
            assert!(!said.contains(secret.as_str()), "{secret} is in:\n{said}");
        }
        said
    }
}

impl Tokens {
    fn given(&self) -> MutexGuard<'_, Vec<String>> {
        self.given.lock().expect("no thread panics with it")
    }

    fn answer(&self) -> Answer {
        if self.over.load(Ordering::Relaxed) {
            return Answer::json(400, r#"{"error":"invalid_grant"}"#);
        }
        let now_s = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
        let mut given = self.given();
        let name = self.name;
        // The broker takes a token for longer than the client is told, so that which one it gets does not depend on
        // how fast this machine is.
        let claims = format!(
            r#"{{"jti":"{name}/{}/","sub":"{name}","iat":{now_s},"exp":{}}}"#,
            given.len() + 1,
            now_s + self.lifetime_s + 4
        );
        let token = format!("{}.{}.", base64url(br#"{"alg":"none"}"#), base64url(claims.as_bytes()));
        let body = format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":{}}}"#, self.lifetime_s);
        given.push(token);
        Answer::json(200, body)
    }
}

/// RFC 4648 section 5, without padding.
fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let part = |bytes: &[u8]| {
        let bits = bytes.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - bytes.len()));
        (0..=bytes.len()).map(move |at| char::from(ALPHABET[bits >> (18 - 6 * at) & 63])).collect::<String>()
    };
    bytes.chunks(3).map(part).collect()
}

/// What `tests/plugins/rdkafka/install` has installed.
fn installed(name: &str) -> PathBuf {
    root().join("target/plugins/rdkafka").join(name)
}

fn is_missing() -> bool {
    let runs = |program: &str, argument: &[&str]| {
        Command::new(program).args(argument).output().is_ok_and(|output| output.status.success())
    };
    if runs("kcat", &["-V"])
        && runs("java", &["-version"])
        && runs("valgrind", &["--version"])
        && runs("pkg-config", &["--exists", "rdkafka"])
        && installed("jars").exists()
    {
        return false;
    }
    say_skipped("kcat, librdkafka-dev, Java, valgrind or what tests/plugins/rdkafka/install installs is missing");
    true
}

#[test]
fn kcat_produces_and_consumes() {
    if is_missing() {
        return;
    }
    let (broker, user) = (Broker::get(), User::new("kcat", 3600));
    let message = user.home.path("message");
    std::fs::write(&message, "hello").expect("written");
    let message = message.to_str().expect("a path");
    // -L and -C ask for metadata without a poll before, -P and -G poll.
    for (arguments, expected) in [
        (&["-L", "-X", "sasl.oauthbearer.config=extension_cluster=c principal=me"][..], "successful (principal=me)"),
        (&["-P", "-t", "kcat", message], "successful (principal=unknown)"),
        (&["-C", "-t", "kcat", "-e"], "hello"),
        (&["-G", "kcat", "-e", "-X", "auto.offset.reset=earliest", "kcat"], "hello"),
    ] {
        let output = run_bounded(user.kcat(&broker.address, arguments).args(["-d", "all"]), LIMIT);
        let said = user.said(&output);
        assert!(output.status.success() && said.contains(expected), "{arguments:?}:\n{said}");
    }
    broker.wait_for_token("kcat", 1);
    assert_eq!(user.tokens.given().len(), 1);
}

#[test]
fn the_next_connection_gets_a_renewed_token() {
    if is_missing() {
        return;
    }
    let (broker, user) = (Broker::get(), User::new("next", 2));
    while user.tokens.given().len() < 2 {
        let output = run_bounded(&mut user.kcat(&broker.address, &["-L", "-d", "security"]), LIMIT);
        let said = user.said(&output);
        assert!(output.status.success(), "{said}");
    }
    broker.wait_for_token("next", 2);
}

#[test]
fn a_connection_goes_on_with_renewed_tokens() {
    if is_missing() {
        return;
    }
    let (broker, user) = (Broker::get(), User::new("python", 3));
    let mut client = Command::new("python3");
    client.arg(root().join("tests/plugins/rdkafka/client.py")).args([&broker.address]).arg(&user.plugin).arg("python");
    client.args(["debug=security", "sasl.oauthbearer.config=profile=python"]);
    user.settle(&mut client).env("PYTHONPATH", installed("python"));
    let mut client =
        client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("python3");
    let mut stderr = client.stderr.take().expect("it is piped");
    let log = std::thread::spawn(move || {
        let mut log = Vec::new();
        drop(stderr.read_to_end(&mut log));
        log
    });
    let mut stdout = BufReader::new(client.stdout.take().expect("it is piped"));
    let mut first = String::new();
    stdout.read_line(&mut first).expect("it says something");
    if first == "connected\n" {
        broker.wait_for_token("python", 2);
    }
    drop(client.stdin.take());
    let mut said = Vec::new();
    stdout.read_to_end(&mut said).expect("it ends");
    let output = Output {
        status: client.wait().expect("it ends"),
        stdout: [first.into_bytes(), said].concat(),
        stderr: log.join().expect("it is read"),
    };
    let said = user.said(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.starts_with("connected\nnot delivered: 0\nconsumed all\n"), "{said}");
}

#[test]
fn a_login_that_is_over_is_said() {
    if is_missing() {
        return;
    }
    let user = User::new("over", 3600);
    user.tokens.over.store(true, Ordering::Relaxed);
    // -L does not look at librdkafka's errors: the sentence is in the log alone.
    let output = run_bounded(&mut user.kcat(NOBODY, &["-L", "-m", "1", "-d", "all"]), LIMIT);
    let said = user.said(&output);
    assert!(!output.status.success(), "{said}");
    assert!(
        said.contains("|OAUTH|") && said.contains(OVER) && said.contains("log in again with this profile"),
        "{said}"
    );
}

#[test]
fn after_a_new_login_the_program_goes_on() {
    if is_missing() {
        return;
    }
    let (broker, user) = (Broker::get(), User::new("again", 3600));
    user.tokens.over.store(true, Ordering::Relaxed);
    let message = user.home.path("message");
    std::fs::write(&message, "hello").expect("written");
    let mut kcat = user.kcat(
        &broker.address,
        &["-P", "-t", "again", "-X", "message.timeout.ms=30000", message.to_str().expect("a path")],
    );
    let mut kcat = kcat.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut stderr = BufReader::new(kcat.stderr.take().expect("it is piped"));
    let mut said = String::new();
    while !said.contains("% ERROR: Local: Authentication failure") || !said.ends_with('\n') {
        assert_ne!(stderr.read_line(&mut said).expect("it is text"), 0, "{said}");
    }
    assert!(said.contains(OVER), "{said}");
    user.tokens.over.store(false, Ordering::Relaxed);
    user.home.log_in("again");
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).expect("it is text");
    assert!(kcat.wait().expect("it ends").success(), "{said}{rest}");
    broker.wait_for_token("again", 1);
}

#[test]
fn what_is_wrong_with_the_settings_is_said() {
    if is_missing() {
        return;
    }
    let user = User::new("settings", 3600);
    for (profile, config, expected) in [
        ("nobody", "", "profile nobody was not found"),
        ("settings", "profile=elsewhere", "profile elsewhere was not found"),
        ("", "", "no profile is named: set sasl.oauthbearer.config to profile=NAME, or OAUTH_PROFILE"),
        ("settings", "password=hunter2", "sasl.oauthbearer.config has password; it takes profile=NAME, principal=NAME"),
        ("settings", "hunter2", "sasl.oauthbearer.config has a setting without a value"),
        ("settings", "extension_1=x", "extension keys must only consist of A-Z or a-z characters"),
    ] {
        let mut kcat = user.kcat(NOBODY, &["-L", "-m", "1", "-X", &format!("sasl.oauthbearer.config={config}")]);
        let output = run_bounded(kcat.env("OAUTH_PROFILE", profile), LIMIT);
        let said = user.said(&output);
        assert!(!output.status.success() && said.contains(expected), "{profile}, {config}:\n{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_configuration_may_name_the_plugin_twice() {
    if is_missing() {
        return;
    }
    let user = User::new("twice", 3600);
    let again = format!("plugin.library.paths={}", user.plugin.display());
    let output = run_bounded(&mut user.kcat(&Broker::get().address, &["-L", "-X", &again]), LIMIT);
    let said = user.said(&output);
    assert!(output.status.success(), "{said}");
}

/// The file with a main function of `tests/c`.
fn program(user: &User, name: &str, flags: &[&str]) -> PathBuf {
    user.home.compile(&["rdkafka.c", &format!("../../tests/c/{name}.c")], name, flags)
}

#[test]
fn what_librdkafka_gets() {
    if is_missing() {
        return;
    }
    for (body, expected) in [
        // When the session renews: five to ten minutes before the end.
        (r#"{"access_token":"a.b~c","expires_in":3600}"#, 3000..=3302),
        (r#"{"access_token":"a.b~c","expires_in":100}"#, 80..=92),
        (r#"{"access_token":"a.b~c"}"#, 240..=240),
        (r#"{"access_token":"a.b~c","expires_in":100000000000}"#, 69120..=69120),
    ] {
        let mut user = User::new("calls", 3600);
        user.endpoint = Scripted::always(200, &[("Content-Type", "application/json")], body);
        let mut command = Command::new(program(&user, "plugin_rdkafka_calls", &[]));
        command.arg("profile=calls extension_one=1 principal=me extension_two=2=2");
        let said = user.said(&run_bounded(user.settle(&mut command), LIMIT));
        let rest = said.strip_prefix("a.b~c of me, one: 1, two: 2=2, is asked for again after ");
        let after_s = rest.and_then(|rest| rest.trim_end().parse().ok());
        assert!(after_s.is_some_and(|after_s: i64| expected.contains(&after_s)), "{body}: {said}");
    }
}

/// librdkafka's own message would show it.
#[test]
fn a_token_that_cannot_be_sent_is_not_shown() {
    if is_missing() {
        return;
    }
    let mut user = User::new("odd", 3600);
    user.endpoint = Scripted::always(200, &[("Content-Type", "application/json")], r#"{"access_token":"k\u00e4se"}"#);
    let said = user.said(&run_bounded(&mut user.kcat(NOBODY, &["-L", "-m", "1", "-d", "all"]), LIMIT));
    assert!(said.contains("profile odd: the access token has characters that Kafka does not allow"), "{said}");
    assert!(!said.contains("k\u{e4}se"), "{said}");
}

#[test]
fn a_program_sets_the_function_itself() {
    if is_missing() {
        return;
    }
    let (broker, user) = (Broker::get(), User::new("program", 3600));
    let mut command = Command::new("valgrind");
    command.args(["-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect"]);
    command.arg(program(&user, "plugin_rdkafka", &["-lrdkafka"])).args([&broker.address, "program"]);
    let output = run_bounded(user.settle(&mut command), LIMIT);
    let said = user.said(&output);
    assert!(output.status.success(), "{said}");
    broker.wait_for_token("program", 1);

    user.tokens.over.store(true, Ordering::Relaxed);
    std::fs::remove_dir_all(user.home.path("store")).expect("removed");
    let output = run_bounded(&mut command, LIMIT);
    let said = user.said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("_AUTHENTICATION: Failed to acquire SASL OAUTHBEARER token: profile program: a login"),
        "{said}"
    );
}

#[test]
fn a_server_that_does_not_answer_holds_nobody_up_for_long() {
    if is_missing() {
        return;
    }
    let mut user = User::new("slow", 3600);
    user.endpoint = Scripted::start(|mut exchange| {
        exchange.read_request()?;
        exchange.wait_for_close();
        Ok(())
    });
    let mut command = Command::new(program(&user, "plugin_rdkafka", &["-lrdkafka"]));
    let output = run_bounded(user.settle(command.args([NOBODY, "slow"])), LIMIT);
    let said = user.said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let longest = said.split("the longest poll took ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok());
    assert!(longest.is_some_and(|longest: f64| (4.9..9.0).contains(&longest)), "{said}");
}
