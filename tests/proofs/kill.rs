//! kill -9 at any moment of a renewal: at random, and right before each single call to the system.

use std::fmt;
use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::thread;
use std::time::{Duration, Instant};

use oauthclient_test_server::rotation::{Options, Outcome, Renewal, Reuse, Rotation};

use crate::worker::{Said, Work};
use crate::{number, time};

const WINDOW: Duration = Duration::from_secs(60);

/// A random kill comes at most so long after the renewals began; each takes a few milliseconds.
const LATEST: Duration = Duration::from_millis(20);

#[test]
fn kill_at_random_with_a_replay_window() {
    at_random(Reuse::Fresh(WINDOW));
}

#[test]
fn kill_at_random_where_reuse_ends_the_login() {
    at_random(Reuse::Revoke);
}

#[test]
fn kill_before_each_call_to_the_system() {
    for reuse in [Reuse::Fresh(WINDOW), Reuse::Same(WINDOW), Reuse::Revoke] {
        let mut scene = Scene::new(reuse);
        scene.log_in();
        for point in 1.. {
            let said = scene.work.run(&["crash", &point.to_string()]);
            scene.server.wait_until_idle();
            if !said.killed {
                assert!(said.failures.is_empty() && said.points < point, "{:?}", said.failures);
                break;
            }
            scene.recover();
        }
        println!("before each call to the system, {reuse:?}: {}", scene.counts);
        let counts = &scene.counts;
        assert!(counts.before > 0 && counts.between > 0 && counts.in_the_write > 0, "{counts}");
    }
}

fn at_random(reuse: Reuse) {
    let mut scene = Scene::new(reuse);
    scene.log_in();
    let (kills, end) = (number("PROOF_KILLS"), Instant::now() + time());
    while kills.map_or(Instant::now() < end, |kills| scene.counts.kills() < kills) {
        let mut worker = scene.work.start(&["renew"]);
        worker.wait_until_ready();
        let random = RandomState::new().build_hasher().finish(); // seeded anew each time
        thread::sleep(LATEST.mul_f64(random as f64 / u64::MAX as f64));
        worker.kill();
        let said = worker.said();
        assert!(said.killed && said.failures.is_empty(), "{:?}", said.failures);
        scene.server.wait_until_idle();
        scene.recover();
    }
    println!("at random, {reuse:?}: {}", scene.counts);
}

/// One login at a server and in a store, and what is known of both.
struct Scene {
    server: Rotation,
    directory: tempfile::TempDir,
    work: Work,
    reuse: Reuse,
    login: usize,
    /// The newest refresh token that the server has issued for the login.
    newest: u64,
    counts: Counts,
}

/// Where the kills hit, and what became of the login.
#[derive(Default)]
struct Counts {
    /// The mark was being written, or was there.
    before: u64,
    between: u64,
    in_the_write: u64,
    elsewhere: u64,
    survived: u64,
    logins_required: u64,
    renewals: u64,
}

impl Scene {
    fn new(reuse: Reuse) -> Self {
        let server = Rotation::start(Options { access_token_lifetime_s: 3600, reuse });
        let directory = tempfile::tempdir().expect("a temporary directory");
        let work = Work {
            store: directory.path().display().to_string(),
            token_endpoint: server.token_endpoint(),
            userinfo_endpoint: None,
            client: ("client".to_owned(), "secret".to_owned()),
            timeout_ms: 30_000,
        };
        Self { server, directory, work, reuse, login: 0, newest: 0, counts: Counts::default() }
    }

    fn log_in(&mut self) {
        let refresh_token = self.server.log_in();
        self.work.adopt(&refresh_token);
        let login = refresh_token.split('-').nth(1).expect("it is the second part");
        (self.login, self.newest) = (login.parse().expect("a number"), 0);
    }

    /// What a process of the user's finds after the kill is what it ought to find.
    fn recover(&mut self) {
        for renewal in self.server.take_renewals() {
            self.renewed(&renewal); // and the killed one did nothing else
        }
        let lost = !self.is_kept(&format!("refresh-{}-{}\"", self.login, self.newest));
        *match (lost, self.has_leftover()) {
            (true, true) => &mut self.counts.in_the_write,
            (true, false) => &mut self.counts.between,
            (false, leftover) if leftover || self.is_kept("renewal_began_s") => &mut self.counts.before,
            (false, _) => &mut self.counts.elsewhere,
        } += 1;
        let said = self.work.run(&["recover"]);
        let renewals = self.server.take_renewals();
        if lost && self.reuse == Reuse::Revoke {
            self.replayed_once(&said, &renewals, Outcome::Refused);
            // The access token may still last; the refresh token is never shown again.
            let said = self.work.run(&["recover"]);
            assert!(said.failures.last().is_some_and(|failure| is_login_required(failure)), "{:?}", said.failures);
            assert!(self.server.take_renewals().is_empty(), "a refused refresh token was sent again");
            self.counts.logins_required += 1;
            self.log_in();
            drop(self.work.run(&["recover"])); // as after other kills, the next one finds a token that is valid
            return;
        }
        assert!(said.failures.is_empty() && said.tokens.len() == 2, "{:?}", said.failures);
        self.counts.survived += 1;
        match lost {
            true => self.replayed_once(&said, &renewals, Outcome::Replayed),
            false => renewals.iter().for_each(|renewal| self.renewed(renewal)),
        }
    }

    /// The refresh token whose answer was lost was sent once more, and nothing else.
    fn replayed_once(&mut self, said: &Said, renewals: &[Renewal], outcome: Outcome) {
        let [replay, later @ ..] = renewals else { panic!("nothing was sent: {:?}", said.failures) };
        assert_eq!((replay.login, replay.sequence, replay.outcome), (self.login, self.newest - 1, outcome));
        if self.reuse == Reuse::Fresh(WINDOW) {
            self.newest += 1;
        }
        match outcome {
            Outcome::Refused => {
                assert!(later.is_empty(), "{later:?}");
                assert!(said.failures.last().is_some_and(|failure| is_login_required(failure)), "{:?}", said.failures);
            }
            _ => later.iter().for_each(|renewal| self.renewed(renewal)),
        }
    }

    /// A renewal as it should be, with the newest refresh token.
    fn renewed(&mut self, renewal: &Renewal) {
        assert_eq!((renewal.login, renewal.sequence, renewal.outcome), (self.login, self.newest, Outcome::Renewed));
        self.newest += 1;
        self.counts.renewals += 1;
    }

    fn is_kept(&self, text: &str) -> bool {
        let kept = self.files().into_iter().filter(|name| name.ends_with(".session"));
        let kept: Vec<String> =
            kept.map(|name| fs::read_to_string(self.directory.path().join(name)).expect("a file")).collect();
        assert_eq!(kept.len(), 1, "one login has one file");
        kept[0].contains(text)
    }

    fn has_leftover(&self) -> bool {
        self.files().iter().any(|name| name.ends_with(".new"))
    }

    fn files(&self) -> Vec<String> {
        let files = fs::read_dir(self.directory.path()).expect("a directory");
        files.map(|file| file.expect("a file").file_name().into_string().expect("UTF-8")).collect()
    }
}

impl Counts {
    fn kills(&self) -> u64 {
        self.before + self.between + self.in_the_write + self.elsewhere
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} kills ({} before the request, {} between request and write, {} in the write, {} elsewhere) among {} \
             renewals: {} survived, {} logins required, each after one replay",
            self.kills(),
            self.before,
            self.between,
            self.in_the_write,
            self.elsewhere,
            self.renewals,
            self.survived,
            self.logins_required
        )
    }
}

fn is_login_required(failure: &str) -> bool {
    failure.starts_with("failed OAUTH_ERROR_LOGIN_REQUIRED")
}
