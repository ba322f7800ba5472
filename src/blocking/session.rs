//! Sessions for many threads: one thread drives a renewal for all that need the token.
//!
//! A driver leaves at its deadline or when it is cancelled. A renewal that may have been sent is still finished: by a
//! waiting thread, or by a short-lived thread if none waits.

use std::future::Future;
use std::mem;
use std::pin::{Pin, pin};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use crate::blocking::Client;
use crate::client::options::{Bounds, RequestOptions};
use crate::engine::flight::{Flight, Turn};
use crate::engine::outside_of_runtimes;
use crate::engine::slot::Slot;
use crate::engine::sync::{self, Mutex};
use crate::error::{Error, Result, Status};
use crate::host;
use crate::process::{self, PerProcess};
use crate::protocol::saved_token;
use crate::protocol::token::Token;
use crate::session::options::Options;
use crate::session::renewal::{Purpose, Watch};
use crate::session::{Held, Login, Standing};
use crate::store::{Key, Store};

/// How long a token has to be valid unless the program says otherwise, in seconds.
const MIN_VALIDITY_S: u32 = 60;

/// How often a waiting thread checks whether its call was cancelled.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A call whose token is still valid waits no longer than this for the next one.
const EARLY_PATIENCE: Duration = Duration::from_secs(3);

/// A session that many threads may use at once; clones share it.
#[derive(Clone)]
pub struct Session(Arc<Inside>);

struct Inside {
    client: Arc<Client>,
    login: Login,
    flight: PerProcess<Flight<Work, Outcome>>,
    /// Of the renewal under way, for the calls that wait for it.
    watch: PerProcess<std::sync::Mutex<Option<Arc<Watch>>>>,
}

/// The outcome of a renewal, for the threads that waited.
type Outcome = std::result::Result<Arc<Held>, Arc<Error>>;

type Running = Pin<Box<dyn Future<Output = Result<Arc<Held>>> + Send>>;

/// A renewal under way, which a thread has to drive to its end.
struct Work {
    slot: Option<Box<Slot>>,
    future: Option<Running>,
    watch: Arc<Watch>,
    /// The callers have no valid token meanwhile.
    hurry: bool,
    process: u64,
}

impl Session {
    /// Opens a session. Nothing is read or sent before the first call that needs the login.
    pub fn open(client: Arc<Client>, store: Arc<dyn Store>, key: &str, options: Arc<Options>) -> Result<Self> {
        let login = Login::new(&client.client, store, Key::new(key)?, options)?;
        Ok(Self(Arc::new(Inside { client, login, flight: PerProcess::default(), watch: PerProcess::default() })))
    }

    /// Passes a valid token to `use_it`, at once or after a renewal.
    pub fn with_token<T>(&self, options: Option<&RequestOptions>, use_it: impl FnOnce(&Arc<Token>) -> T) -> Result<T> {
        let inside = &*self.0;
        inside.check_not_within()?;
        let bounds = options.map(|options| RequestOptions::begin(Some(options))).transpose()?;
        let min_validity_s = options.and_then(|options| options.min_validity_s).unwrap_or(MIN_VALIDITY_S);
        let min_validity_ms = i64::from(min_validity_s) * 1000;
        if let Some(held) = &*inside.login.glance()
            && inside.login.standing(held, min_validity_ms) == Standing::Good
        {
            return Ok(use_it(&held.token));
        }
        let bounds = bounds.map_or_else(|| RequestOptions::begin(None), Ok)?;
        self.renewed(&bounds, min_validity_ms).map(|held| use_it(&held.token))
    }

    /// Stores a token that was obtained elsewhere; it replaces the login before.
    pub fn adopt(&self, token: &Token, options: Option<&RequestOptions>) -> Result<()> {
        let inside = &*self.0;
        inside.check_not_within()?;
        let client = &inside.client;
        process::within(inside.address(), || {
            client.run(options, async |_, bounds| inside.login.adopt(&client.client, token, bounds).await)
        })
    }

    /// Stores a refresh token that was obtained elsewhere: the next call that needs a token renews with it.
    pub fn adopt_refresh_token(&self, refresh_token: &str, options: Option<&RequestOptions>) -> Result<()> {
        self.adopt(&saved_token::from_refresh_token(refresh_token)?, options)
    }

    /// A resource refused this access token: treats it as expired.
    pub fn invalidate(&self, access_token: &str) -> Result<()> {
        self.0.check_not_within()?;
        process::within(self.0.address(), || self.0.login.invalidate(access_token));
        Ok(())
    }

    /// Waits until no renewal is under way; finishes one that nobody drives.
    pub fn finish(&self, options: Option<&RequestOptions>) -> Result<()> {
        let inside = &self.0;
        inside.check_not_within()?;
        let bounds = RequestOptions::begin(options)?;
        let until = inside.until(&bounds);
        match inside.flight().join(patience(&bounds, until)) {
            Turn::Begin => drop(Seat(inside.flight())),
            Turn::Resume(renewal) => {
                let seat = Seat(inside.flight());
                let finished = inside.drive(seat, renewal, &bounds, until);
                let is_ours = |error: &Error| matches!(error.status, Status::Timeout | Status::Cancelled);
                finished.map(drop).or_else(|error| if is_ours(&error) { Err(error) } else { Ok(()) })?;
            }
            Turn::Ended(_) => {}
            Turn::Left => return Err(inside.left(&bounds)),
        }
        Ok(())
    }

    /// Deletes the login from the store and then, with `revoke`, revokes its token at the server.
    pub fn forget(&self, revoke: bool, options: Option<&RequestOptions>) -> Result<()> {
        let inside = &*self.0;
        inside.check_not_within()?;
        let client = &inside.client;
        process::within(inside.address(), || {
            client.run(options, async |transport, bounds| {
                inside.login.forget(&client.client, transport, revoke, bounds).await
            })
        })
    }

    /// What is wrong with the login, as far as is known without a request. A session that has not read its login yet does.
    pub fn last_error(&self) -> Option<Error> {
        let inside = &*self.0;
        let stored = || {
            inside.check_not_within().ok()?;
            process::within(inside.address(), || inside.client.engine.guarded(|| inside.login.stored_end()))
        };
        inside.login.last_error().or_else(stored)
    }

    /// The login, for what is known of it without a read of the store or a request.
    pub fn login(&self) -> &Login {
        &self.0.login
    }

    fn renewed(&self, bounds: &Bounds<'_>, min_validity_ms: i64) -> Result<Arc<Held>> {
        let inside = &self.0;
        let (login, flight) = (&inside.login, inside.flight());
        let good_enough =
            || login.glance().clone().filter(|held| login.standing(held, min_validity_ms) != Standing::Bad);
        let until = inside.until(bounds);
        if let Some(held) = good_enough() {
            let is_idle = login.stopped().is_some() || !login.can_renew(&held);
            if is_idle && !login.only_saving_is_due(&held) || !flight.try_begin() {
                return Ok(held);
            }
            let seat = Seat(flight);
            let renewal = inside.begin(Purpose { min_validity_ms, early: true });
            let until = until.min(Instant::now() + EARLY_PATIENCE);
            return Ok(renewal.and_then(|renewal| inside.drive(seat, renewal, bounds, until)).unwrap_or(held));
        }
        let mut again = true;
        loop {
            let held = match flight.join(patience(bounds, until)) {
                Turn::Begin => {
                    let seat = Seat(flight);
                    return match (good_enough(), login.stopped()) {
                        (Some(held), _) => Ok(held), // renewed before this call took the seat
                        (None, Some(error)) if !inside.is_overtaken() => Err(error),
                        (None, _) => {
                            let renewal = inside.begin(Purpose { min_validity_ms, early: false })?;
                            inside.drive(seat, renewal, bounds, until)
                        }
                    };
                }
                Turn::Resume(renewal) => inside.drive(Seat(flight), renewal, bounds, until)?,
                Turn::Ended(outcome) => outcome.map_err(|error| error.repeated())?,
                Turn::Left => return Err(inside.left(bounds)),
            };
            // The call that began it may have had a shorter margin, or renewed early. One more try only, for some
            // tokens never last.
            if login.standing(&held, min_validity_ms) != Standing::Bad || !mem::take(&mut again) {
                return Ok(held);
            }
        }
    }
}

impl Inside {
    /// Identifies this session among those at work on a thread.
    fn address(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    fn flight(&self) -> &Flight<Work, Outcome> {
        self.flight.get(Flight::default)
    }

    /// When a call gives up.
    fn until(&self, bounds: &Bounds<'_>) -> Instant {
        bounds.deadline.unwrap_or_else(|| bounds.exchange_ends(self.client.client.config.timeout))
    }

    /// The error of a call that waited for another one's renewal.
    fn left(&self, bounds: &Bounds<'_>) -> Error {
        let watch = self.watch.lock().clone().unwrap_or_default();
        left(bounds, &watch)
    }

    fn check_not_within(&self) -> Result<()> {
        match process::is_within(self.address()) {
            true => {
                Err(Error::new(Status::Busy, "the session is at work, and this call was made from its own callback"))
            }
            false => Ok(()),
        }
    }

    fn is_overtaken(&self) -> bool {
        process::within(self.address(), || self.client.engine.guarded(|| self.login.is_overtaken()))
    }

    fn begin(self: &Arc<Self>, purpose: Purpose) -> Result<Work> {
        let slot = self.client.engine.take()?;
        let transport = slot.transport()?.clone();
        let watch = Arc::new(Watch::default());
        *self.watch.lock() = Some(watch.clone());
        let (inside, watched) = (self.clone(), watch.clone());
        let renewal = async move { inside.login.renew(&inside.client.client, &*transport, purpose, &watched).await };
        let process = host::generation();
        Ok(Work { slot: Some(slot), future: Some(Box::pin(renewal)), watch, hurry: !purpose.early, process })
    }

    /// Drives a renewal to its end, or until this call has to leave.
    fn drive(
        self: &Arc<Self>,
        seat: Seat<'_>,
        mut renewal: Work,
        bounds: &Bounds<'_>,
        until: Instant,
    ) -> Result<Arc<Held>> {
        let why = match self.run(&mut renewal, bounds, Some(until)) {
            Ok(Some(outcome)) => return self.landed(seat, renewal, outcome),
            Ok(None) => left(bounds, &renewal.watch),
            Err(error) => error,
        };
        if !renewal.watch.committed.load(Ordering::SeqCst) {
            if !renewal.hurry {
                self.login.note(Err(&why), false); // pause: else every call would wait as long as this one
            }
            let (slot, future) = (renewal.slot.take(), renewal.future.take());
            if let Some(slot) = slot {
                let drop_it = async {
                    drop(future); // in the runtime of its timers
                    Ok(())
                };
                let dropped = outside_of_runtimes(|| slot.block_on(pin!(drop_it)));
                self.client.engine.put_back(slot, dropped.err().as_ref());
            }
            return Err(why); // the seat is given up: a waiting thread begins anew
        }
        self.login.note_left(&why);
        if let Some(renewal) = seat.leave(renewal) {
            self.finish_elsewhere(renewal);
        }
        Err(why)
    }

    /// `None` if the deadline passed, or the call was cancelled.
    fn run(
        &self,
        renewal: &mut Work,
        bounds: &Bounds<'_>,
        until: Option<Instant>,
    ) -> Result<Option<Result<Arc<Held>>>> {
        let (Some(slot), Some(future)) = (&renewal.slot, &mut renewal.future) else {
            return Err(Error::new(Status::Internal, "a renewal was driven beyond its end"));
        };
        let run = async || Ok(bounds.wait_until(until, "", future).await.ok());
        let run = || self.client.engine.guarded(|| slot.block_on(pin!(run())));
        process::within(self.address(), || outside_of_runtimes(run))
    }

    fn landed(&self, seat: Seat<'_>, mut renewal: Work, outcome: Result<Arc<Held>>) -> Result<Arc<Held>> {
        if let Some(slot) = renewal.slot.take() {
            self.client.engine.put_back(slot, outcome.as_ref().err());
        }
        self.login.note(outcome.as_ref().map(|_| ()), renewal.hurry);
        seat.end(match &outcome {
            Ok(held) => Ok(held.clone()),
            Err(error) => Err(Arc::new(error.repeated())),
        });
        outcome
    }

    /// No thread waits: a short-lived thread drives the renewal on, so that the answer reaches the store.
    fn finish_elsewhere(self: &Arc<Self>, renewal: Work) {
        let baton = Arc::new(Mutex::new(Some(renewal)));
        let (inside, other) = (self.clone(), baton.clone());
        if host::spawn_quiet("oauth-renewal", move || inside.finish(&other)).is_err() {
            self.finish(&baton); // on this thread: late, but not lost
        }
    }

    fn finish(&self, baton: &Mutex<Option<Work>>) {
        let seat = Seat(self.flight());
        let renewal = sync::lock(baton).take();
        let Some((mut renewal, bounds)) = renewal.zip(RequestOptions::begin(None).ok()) else { return };
        if let Ok(Some(outcome)) = self.run(&mut renewal, &bounds, None) {
            drop(self.landed(seat, renewal, outcome));
        }
    }
}

/// The seat of the thread that drives the flight; given up when it is dropped, also by a panic.
struct Seat<'a>(&'a Flight<Work, Outcome>);

impl Seat<'_> {
    fn end(self, outcome: Outcome) {
        self.0.end(outcome);
        mem::forget(self);
    }

    /// Hands the work to a waiting thread. If none waits, returns it with the seat still taken.
    fn leave(self, renewal: Work) -> Option<Work> {
        let renewal = self.0.leave(renewal);
        mem::forget(self);
        renewal
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.0.give_up();
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if self.process != host::generation() {
            mem::forget(self.future.take()); // it has the parent's lock and connection
        }
    }
}

/// How long a waiting call goes on waiting before it is asked again; `None`: it gives up.
fn patience(bounds: &Bounds<'_>, until: Instant) -> impl Fn() -> Option<Duration> {
    move || {
        let cancel = bounds.options.cancel.as_deref();
        let left = until.saturating_duration_since(Instant::now());
        let over = left.is_zero() || cancel.is_some_and(|cancel| cancel.is_triggered());
        (!over).then(|| if cancel.is_some() { left.min(LOOK_EVERY) } else { left })
    }
}

/// The error of a call that leaves without a token: what it waited for, and whether that goes on.
fn left(bounds: &Bounds<'_>, watch: &Watch) -> Error {
    let said = watch.progress.said();
    let goes_on = match watch.committed.load(Ordering::SeqCst) {
        true => "; the renewal of the token goes on without this call",
        false => "",
    };
    let error = match &bounds.options.cancel {
        Some(cancel) if cancel.is_triggered() => {
            let when = if said.is_empty() { "before it began".to_owned() } else { format!("while waiting for {said}") };
            Error::new(Status::Cancelled, &format!("the call was cancelled {when}{goes_on}"))
        }
        _ if said.is_empty() => Error::new(Status::Timeout, "the time ran out before the renewal of the token began"),
        _ => Error::new(Status::Timeout, &format!("the time ran out while waiting for {said}{goes_on}")),
    };
    watch.progress.complete(error)
}
