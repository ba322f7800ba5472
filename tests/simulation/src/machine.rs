//! One process of a program that uses a session, as `blocking::session` drives it.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use oauthclient::client::Client;
use oauthclient::client::config::Builder;
use oauthclient::client::options::RequestOptions;
use oauthclient::clock::Clock;
use oauthclient::error::{Error, Result, Status};
use oauthclient::protocol::metadata::Endpoint;
use oauthclient::protocol::saved_token;
use oauthclient::secret::Secret;
use oauthclient::session::options::Options;
use oauthclient::session::renewal::{Purpose, Watch};
use oauthclient::session::{Held, Login, Standing};
use oauthclient::store::Key;
use oauthclient::store::options::Settings;
use oauthclient::store::redis::Redis;
use tokio::time::{Instant, sleep, timeout_at};

use crate::authorization::Way;
use crate::coroutine::{self, Running};
use crate::network::Network;
use crate::world;

/// As the library has it.
const MIN_VALIDITY_MS: i64 = 60_000;
/// Between two calls of a busy program.
const OFTEN_MS: (u64, u64) = (500, 9000);
const EARLY_PATIENCE: Duration = Duration::from_secs(3);

/// Begins a process.
pub fn start(machine: usize, process: u32) {
    tokio::task::spawn_local(Running::new(machine, process, move || run(machine)));
}

fn run(machine: usize) {
    let (login, clock, timeout_ms) = world::with(|world| {
        let one = &world.machines[machine];
        (one.login, one.clock.clone(), world.schedule.timeout_ms)
    });
    let session = Session::open(login, clock, timeout_ms);
    world::with(|world| world.machines[machine].session = Some(session.login.clone()));
    let is_first = world::with(|world| machine < world.schedule.logins && !world.families.contains_key(&login));
    coroutine::block_on(async {
        if is_first {
            session.log_in(login).await;
        }
        loop {
            let mut pause_ms = world::with(|world| {
                let is_busy = machine < world.schedule.busy;
                let (least, most) = if is_busy { OFTEN_MS } else { world.schedule.asks_ms };
                world.random.u64(least..=most)
            });
            while pause_ms > 0 {
                let part_ms = pause_ms.min(OFTEN_MS.1);
                sleep(Duration::from_millis(part_ms)).await;
                pause_ms -= part_ms;
                if !session.login.is_saved() || world::with(|world| world.now() > world.heals_at) {
                    pause_ms = 0; // after the faults all ask often, and always who has a token that could not be saved
                }
            }
            if world::with(|world| std::mem::take(&mut world.machines[machine].is_refused)) {
                session.is_refused();
            }
            let outcome = session.ask().await;
            world::with(|world| {
                world.counts.asked += 1;
                let last = outcome.map(|held| token_of(&held)).map_err(|error| error.message.as_str().to_owned());
                if world.machines[machine].last != last {
                    world.note(|| format!("m{machine} gets {last:?}"));
                    world.machines[machine].last = last;
                }
            });
        }
    });
}

fn token_of(held: &Held) -> u64 {
    let token = held.token.access_token.as_ref().and_then(|token| token.as_str().strip_prefix("AT-"));
    token.and_then(|token| token.parse().ok()).unwrap_or(0)
}

/// What the library's blocking session has, without its threads.
struct Session {
    client: Client,
    login: Arc<Login>,
    timeout: Duration,
}

impl Session {
    fn open(login: usize, clock: Clock, timeout_ms: u32) -> Self {
        let mut config = Builder::default();
        config.set_endpoint(Endpoint::Token, "https://as.example/token".to_owned());
        config.client = Some((Secret::new("client").expect("no NUL"), None));
        config.transport = Some(Arc::new(|_| unreachable!("requests go the way of the simulation")));
        config.timeout_ms = timeout_ms;
        config.clock = clock;
        let client = Client::new(config.build().expect("a good configuration").0);
        let store = Redis::open_over("redis://redis.example", Arc::new(Network), Settings::default());
        let key = Key::new(&format!("login-{login}")).expect("a key");
        let login = Login::new(&client, Arc::new(store.expect("a store")), key, Arc::new(Options::default()));
        let timeout = Duration::from_millis(timeout_ms.into());
        Self { client, login: Arc::new(login.expect("good options")), timeout }
    }

    async fn log_in(&self, login: usize) {
        let first = world::with(|world| world.log_in(login));
        let token = saved_token::from_refresh_token(&format!("RT-{first}")).expect("a token");
        let bounds = RequestOptions::begin(None).expect("good options");
        self.login.adopt(&self.client, &token, &bounds).await.expect("no fault comes so early");
    }

    /// A resource has refused the token that the session has.
    fn is_refused(&self) {
        let held = self.login.glance().clone();
        if let Some(token) = held.as_ref().and_then(|held| held.token.access_token.as_ref()) {
            self.login.invalidate(token.as_str());
        }
    }

    /// As `Session::with_token`.
    async fn ask(&self) -> Result<Arc<Held>> {
        let login = &self.login;
        let good_enough =
            || login.glance().clone().filter(|held| login.standing(held, MIN_VALIDITY_MS) != Standing::Bad);
        if let Some(held) = good_enough() {
            if login.standing(&held, MIN_VALIDITY_MS) == Standing::Good {
                return Ok(held);
            }
            let is_idle = login.stopped().is_some() || !login.may_renew_early() || !login.can_renew(&held);
            if !is_idle || login.only_saving_is_due(&held) {
                drop(self.renew(true).await); // on another thread: the caller has a good token
            }
            return Ok(held);
        }
        let mut again = true;
        loop {
            let held = match (good_enough(), login.stopped()) {
                (Some(held), _) => held,
                (None, Some(error)) if !login.is_overtaken() => return Err(error),
                (None, _) => self.renew(false).await?,
            };
            let is_good = login.standing(&held, MIN_VALIDITY_MS) != Standing::Bad;
            if is_good || !std::mem::take(&mut again) && login.standing(&held, 0) != Standing::Bad {
                return Ok(held);
            }
        }
    }

    /// As `Inside::drive`.
    async fn renew(&self, early: bool) -> Result<Arc<Held>> {
        let until = Instant::now() + if early { EARLY_PATIENCE } else { self.timeout };
        let (watch, purpose) = (Watch::default(), Purpose { min_validity_ms: MIN_VALIDITY_MS, early });
        let outcome = {
            let mut renewal = pin!(self.login.renew(&self.client, &Way, purpose, &watch));
            match timeout_at(until, renewal.as_mut()).await {
                Ok(outcome) => Some(outcome),
                Err(_) if watch.committed.load(Ordering::SeqCst) => Some(renewal.await), // finished by another thread
                Err(_) => None,
            }
        };
        let Some(outcome) = outcome else {
            let why = Error::new(Status::Timeout, "the time ran out");
            if early {
                self.login.note(Err(&why), false);
            }
            self.login.note_left(&why);
            return Err(why);
        };
        self.login.note(outcome.as_ref().map(drop), !early);
        outcome
    }
}
