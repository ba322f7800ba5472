//! A login that the library shares with a second implementation (tests/stores/second.py), which knows src/store/FORMAT.md
//! alone, at a server that ends the login for a replay.

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use oauthclient_test_server::rotation::{Fault, Options, Outcome, Reuse, Rotation};

use crate::seconds;
use crate::support::c::root;
use crate::support::skipped::say_skipped;
use crate::worker::{Said, Work, Worker};

const PROCESSES: usize = 4;
/// At least so long: each token lasts for two, and both have to renew.
const SECONDS: u64 = 10;

#[test]
fn second_implementation_shares_files() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    share(&directory.path().display().to_string(), || name_a_process_that_is_gone(directory.path()));
}

/// The first to take the lock finds that a holder was killed.
fn name_a_process_that_is_gone(directory: &Path) {
    let mut gone = Command::new("true").spawn().expect("it starts");
    gone.wait().expect("it ends");
    let mut files = fs::read_dir(directory).expect("the directory").map(|entry| entry.expect("an entry").path());
    let lock = files.find(|file| file.to_string_lossy().ends_with(".lock")).expect("a lock file");
    fs::write(lock, format!("{:010} {:020}\n", gone.id(), 0)).expect("written");
}

#[cfg(feature = "redis")]
#[test]
fn second_implementation_shares_redis() {
    use crate::redis_server::{RedisServer, is_installed};
    if is_installed() {
        share(&RedisServer::start(&[]).url(), || ());
    }
}

/// `prepare`: once there is a login.
fn share(store: &str, prepare: impl FnOnce()) {
    if !is_python_installed() {
        return;
    }
    let server = Rotation::start(Options { access_token_lifetime_s: 2, reuse: Reuse::Revoke });
    let work = work(store, &server);
    prepare();
    let second = Second::start(&work, &server);
    server.wait_for_newer(0, 0); // the token that was adopted has expired
    let seconds = seconds().max(SECONDS);
    let workers: Vec<Worker> = (0..PROCESSES).map(|_| work.start(&["call", "8", &seconds.to_string()])).collect();
    let said: Vec<Said> = workers.into_iter().map(Worker::said).collect();
    let (its_renewals, its_finds, its_failures) = second.stop();
    let failures: Vec<&String> = said.iter().flat_map(|said| &said.failures).chain(&its_failures).collect();
    let tokens: HashSet<&String> =
        said.iter().flat_map(|said| &said.tokens).chain(&its_renewals).chain(&its_finds).collect();
    let calls: u64 = said.iter().map(|said| said.calls).sum();
    let renewals = server.take_renewals();
    println!(
        "{seconds} s, {PROCESSES} processes, 8 threads each, and a second implementation: {calls} calls, {} tokens, {} \
         requests, {} of them by the second",
        tokens.len(),
        renewals.len(),
        its_renewals.len(),
    );
    assert!(failures.is_empty(), "{failures:#?}");
    for (sequence, renewal) in (0..).zip(&renewals) {
        assert_eq!((renewal.sequence, renewal.outcome), (sequence, Outcome::Renewed), "{renewal:?}");
    }
    assert_eq!(renewals.len(), tokens.len(), "one request brought each token");
    let its = renewals.iter().filter(|renewal| renewal.user_agent == Second::USER_AGENT).count();
    assert_eq!(its, its_renewals.len());
    assert!(its > 0 && its < renewals.len(), "{its} of {} renewals are the second's", renewals.len());
    assert!(!its_finds.is_empty(), "it has used tokens of the library");
}

/// Each finds the mark and the lock of the other, which was killed before its answer came, and sends the token once more.
#[test]
fn second_implementation_and_library_follow_each_other_after_a_kill() {
    if !is_python_installed() {
        return;
    }
    for second_is_killed in [true, false] {
        let reuse = Reuse::Fresh(Duration::from_secs(60));
        let server = Rotation::start(Options { access_token_lifetime_s: 3600, reuse });
        let directory = tempfile::tempdir().expect("a temporary directory");
        let work = work(&directory.path().display().to_string(), &server);
        server.fail(&[Fault::HoldAnswer]);
        match second_is_killed {
            true => {
                let second = Second::start(&work, &server);
                assert_eq!(server.wait_for_held().user_agent, Second::USER_AGENT);
                drop(second);
                server.release();
                let said = work.run(&["recover"]);
                assert!(said.failures.is_empty() && said.tokens.len() == 2, "{:?}", said.failures);
            }
            false => {
                let mut worker = work.start(&["renew"]);
                server.wait_for_held();
                worker.kill();
                drop(worker);
                server.release();
                let second = Second::start(&work, &server);
                server.wait_for_newer(0, 1);
                let (renewed, _, failures) = second.stop();
                assert!(failures.is_empty() && renewed.len() == 1, "{failures:?}");
            }
        }
        let outcomes: Vec<_> =
            server.take_renewals().iter().map(|renewal| (renewal.sequence, renewal.outcome)).collect();
        let expected = [(0, Outcome::Renewed), (0, Outcome::Replayed), (2, Outcome::Renewed)];
        assert_eq!(outcomes, expected[..outcomes.len().max(2)], "{second_is_killed}");
    }
}

/// False where it is not; then a line on stderr says why the calling test was skipped. In CI it must be there.
fn is_python_installed() -> bool {
    let found = Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        say_skipped("python3 did not start: install it (Debian: apt install python3)");
    }
    found
}

/// A login in the store, with a token that has expired.
fn work(store: &str, server: &Rotation) -> Work {
    let work = Work {
        store: store.to_owned(),
        token_endpoint: server.token_endpoint(),
        userinfo_endpoint: Some(server.resource()),
        client: ("client".to_owned(), "secret".to_owned()),
        timeout_ms: 30_000,
    };
    work.adopt(&server.log_in());
    work
}

/// The program. It is killed with the test that has it.
struct Second {
    process: Child,
    /// Reads what it says, so that it need not wait for that.
    listener: Option<JoinHandle<Vec<String>>>,
}

impl Second {
    const USER_AGENT: &str = "second";

    fn start(work: &Work, server: &Rotation) -> Self {
        let mut command = Command::new("python3");
        command.arg(root().join("tests/stores/second.py")).args([&work.store, "proof"]);
        command.env("TOKEN_ENDPOINT", &work.token_endpoint).env("RESOURCE", server.resource());
        command.env("CLIENT_ID", &work.client.0).env("CLIENT_SECRET", &work.client.1);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut process = command.spawn().expect("it starts");
        let output = BufReader::new(process.stdout.take().expect("a pipe"));
        let listener = thread::spawn(|| output.lines().map(|line| line.expect("UTF-8")).collect());
        Self { process, listener: Some(listener) }
    }

    /// What it has renewed, what it has found, and what went wrong.
    fn stop(mut self) -> (Vec<String>, Vec<String>, Vec<String>) {
        drop(self.process.stdin.take());
        let (mut renewed, mut found, mut failures) = (Vec::new(), Vec::new(), Vec::new());
        for line in self.listener.take().map_or_else(Vec::new, |listener| listener.join().expect("what it said")) {
            match line.split_once(' ') {
                Some(("renewed", token)) => renewed.push(token.to_owned()),
                Some(("found", token)) => found.push(token.to_owned()),
                _ => failures.push(line),
            }
        }
        let status = self.process.wait().expect("it ends");
        assert!(status.success(), "{status}: {failures:?}");
        (renewed, found, failures)
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
