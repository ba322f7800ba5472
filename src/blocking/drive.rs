//! Renewals for many threads: one thread drives a renewal for all that need the token.
//!
//! A driver leaves at its deadline or when it is cancelled. A renewal that may have been sent is still finished: by a
//! waiting thread, or by a short-lived thread if none waits. Where the store is another machine, it is driven by a
//! short-lived thread from the beginning.

use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use tokio::time::Instant;

use crate::blocking::Client;
use crate::client::log::Level;
use crate::client::options::{Bounds, RequestOptions};
use crate::engine::flight::Flight;
use crate::engine::outside_of_runtimes;
use crate::engine::slot::Slot;
use crate::engine::sync::{self, Mutex};
use crate::error::{Error, Result, Status};
use crate::host;
use crate::process::{self, PerProcess};
use crate::session::renewal::{Purpose, Watch};
use crate::session::{Held, Login};
use crate::transport::Transport;
use crate::transport::cancel::Cancel;

/// How often a waiting thread checks whether its call was cancelled.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What the handles of a session share.
pub struct Inside {
    pub client: Arc<Client>,
    pub login: Login,
    flight: PerProcess<Flight<Work, Outcome>>,
    /// Of the renewal under way, for the calls that wait for it.
    watch: PerProcess<std::sync::Mutex<Option<Arc<Watch>>>>,
}

/// The outcome of a renewal, for the threads that waited.
pub type Outcome = std::result::Result<Arc<Held>, Arc<Error>>;

type Running = Pin<Box<dyn Future<Output = Result<Arc<Held>>> + Send>>;

/// A renewal under way, which a thread has to drive to its end.
pub struct Work {
    slot: Option<Box<Slot>>,
    future: Option<Running>,
    watch: Arc<Watch>,
    /// The callers have no valid token meanwhile.
    hurry: bool,
}

impl Inside {
    pub fn new(client: Arc<Client>, login: Login) -> Self {
        Self { client, login, flight: PerProcess::default(), watch: PerProcess::default() }
    }

    /// Identifies this session among those at work on a thread.
    pub fn address(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    pub fn flight(&self) -> &Flight<Work, Outcome> {
        self.flight.get(Flight::default)
    }

    /// When a call gives up.
    pub fn until(&self, bounds: &Bounds<'_>) -> Instant {
        bounds.deadline.unwrap_or_else(|| bounds.exchange_ends(self.client.client.config.timeout))
    }

    /// The error of a call that waited for another one's renewal.
    pub fn left(&self, bounds: &Bounds<'_>) -> Error {
        let watch = self.watch.lock().clone().unwrap_or_default();
        left(bounds, &watch)
    }

    pub fn check_not_within(&self) -> Result<()> {
        match process::is_within(self.address()) {
            true => {
                Err(Error::new(Status::Busy, "the session is at work, and this call was made from its own callback"))
            }
            false => Ok(()),
        }
    }

    pub fn is_overtaken(&self, bounds: &Bounds<'_>) -> bool {
        let _limited = bounds.limited(self.client.client.config.timeout);
        process::within(self.address(), || self.client.engine.guarded(|| self.login.is_overtaken()))
    }

    /// Whether a renewal, or a save that is due, may begin now though the held token is still good.
    pub fn may_begin_early(&self, held: &Held) -> bool {
        let login = &self.login;
        let is_idle = login.stopped().is_some() || !login.may_renew_early() || !login.can_renew(held);
        !is_idle || login.only_saving_is_due(held)
    }

    pub fn begin(self: &Arc<Self>, purpose: Purpose) -> Result<Work> {
        let slot = self.client.engine.take()?;
        let transport = slot.transport()?.clone();
        let mut renewal = self.begin_over(transport, purpose);
        renewal.slot = Some(slot);
        Ok(renewal)
    }

    /// The same on connections of the runtime that will drive it.
    pub fn begin_over(self: &Arc<Self>, transport: Arc<dyn Transport>, purpose: Purpose) -> Work {
        let watch = Arc::new(Watch::default());
        *self.watch.lock() = Some(watch.clone());
        let (inside, watched) = (self.clone(), watch.clone());
        let renewal = async move { inside.login.renew(&inside.client.client, &*transport, purpose, &watched).await };
        Work { slot: None, future: Some(Box::pin(renewal)), watch, hurry: !purpose.early }
    }

    /// Drives a renewal to its end in the runtime that this is called in.
    pub async fn drive_in_runtime(self: Arc<Self>, mut renewal: Work) {
        let seat = Seat(self.flight());
        let Some(mut future) = renewal.future.take() else { return };
        let within = poll_fn(|context| process::within(self.address(), || future.as_mut().poll(context)));
        let outcome = within.await;
        drop(self.landed(seat, renewal, outcome));
    }

    /// Drives a renewal to its end, or until this call has to leave.
    pub fn drive(
        self: &Arc<Self>,
        seat: Seat<'_>,
        renewal: Work,
        bounds: &Bounds<'_>,
        until: Instant,
    ) -> Result<Arc<Held>> {
        if !self.login.is_remote() {
            return self.drive_here(seat, renewal, bounds, until);
        }
        let watch = renewal.watch.clone();
        let outcome = match self.drive_elsewhere(seat, renewal, until) {
            Ok(outcome) => outcome,
            Err((seat, renewal)) => return self.drive_here(seat, renewal, bounds, until), // late, perhaps, but not lost
        };
        let patience = patience(bounds, until);
        while let Some(time) = patience() {
            match outcome.recv_timeout(time) {
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break, // it could not be driven to its end
                Ok(outcome) => return outcome,
            }
        }
        let why = left(bounds, &watch);
        self.login.note_left(&why);
        Err(why)
    }

    /// The same on a short-lived thread: nothing interrupts a thread that waits for another machine, and callers have their
    /// own deadlines.
    pub fn drive_elsewhere<'a>(
        self: &Arc<Self>,
        seat: Seat<'a>,
        renewal: Work,
        until: Instant,
    ) -> std::result::Result<Receiver<Result<Arc<Held>>>, (Seat<'a>, Work)> {
        let (tell, outcome) = channel();
        let drive = move |inside: &Arc<Self>, renewal| {
            let seat = Seat(inside.flight());
            if let Ok(bounds) = RequestOptions::begin(None) {
                drop(tell.send(inside.drive_here(seat, renewal, &bounds, until))); // nobody may listen any more
            }
        };
        match self.elsewhere(renewal, drive) {
            Some(renewal) => Err((seat, renewal)),
            None => {
                mem::forget(seat); // the other thread has it
                Ok(outcome)
            }
        }
    }

    pub fn drive_here(
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
        if renewal.watch.process != host::generation() {
            mem::forget(seat); // in a child that a callback has forked, which has copies of both
            return Err(why);
        }
        if !renewal.watch.committed.load(Ordering::SeqCst) {
            if !renewal.hurry {
                self.login.note(Err(&why), false); // pause: else every call would wait as long as this one
            }
            let (slot, future) = (renewal.slot.take(), renewal.future.take());
            if let Some(slot) = slot {
                let drop_it = Box::pin(async {
                    drop(future); // in the runtime of its timers
                    Ok(())
                });
                let dropped = outside_of_runtimes(|| slot.block_on(drop_it));
                self.client.engine.put_back(slot, dropped.err().as_ref());
            }
            self.login.note_left(&why);
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
        let run = || self.client.engine.guarded(|| slot.block_on(Box::pin(run())));
        process::within(self.address(), || outside_of_runtimes(run))
    }

    fn landed(&self, seat: Seat<'_>, mut renewal: Work, mut outcome: Result<Arc<Held>>) -> Result<Arc<Held>> {
        if let Some(slot) = renewal.slot.take() {
            self.client.engine.put_back(slot, outcome.as_ref().err());
        }
        match &mut outcome {
            Ok(_) => self.login.note(Ok(()), renewal.hurry),
            Err(error) => {
                if error.status == Status::Store {
                    self.client.client.config.log.line(Level::Error, || error.message.as_str().to_owned());
                }
                let pause_s = self.login.failed(error, renewal.hurry);
                error.retry_after_s = error.retry_after_s.max(pause_s);
            }
        }
        seat.end(match &outcome {
            Ok(held) => Ok(held.clone()),
            Err(error) => Err(Arc::new(error.repeated())),
        });
        outcome
    }

    /// No thread waits: a short-lived thread drives the renewal on, so that the answer reaches the store.
    fn finish_elsewhere(self: &Arc<Self>, renewal: Work) {
        if let Some(renewal) = self.elsewhere(renewal, |inside, renewal| inside.finish(renewal)) {
            self.finish(renewal); // on this thread: late, but not lost
        }
    }

    /// Gives the renewal to a short-lived thread; back if none could be started.
    fn elsewhere(
        self: &Arc<Self>,
        renewal: Work,
        drive: impl FnOnce(&Arc<Self>, Work) + Send + 'static,
    ) -> Option<Work> {
        let baton = Arc::new(Mutex::new(Some(renewal)));
        let (inside, other) = (self.clone(), baton.clone());
        let started = host::spawn_quiet("oauth-renewal", move || {
            let renewal = sync::lock(&other).take();
            if let Some(renewal) = renewal {
                drive(&inside, renewal);
            }
        });
        started.err().and_then(|_| sync::lock(&baton).take())
    }

    fn finish(&self, mut renewal: Work) {
        let seat = Seat(self.flight());
        let Ok(bounds) = RequestOptions::begin(None) else { return };
        if let Ok(Some(outcome)) = self.run(&mut renewal, &bounds, None) {
            drop(self.landed(seat, renewal, outcome));
        }
    }
}

/// The seat of the thread that drives the flight; given up when it is dropped, also by a panic.
pub struct Seat<'a>(pub &'a Flight<Work, Outcome>);

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
        if self.watch.process != host::generation() {
            mem::forget(self.future.take()); // it has the parent's lock and connection
        }
    }
}

/// How long a waiting call goes on waiting before it is asked again; `None`: it gives up.
pub fn patience(bounds: &Bounds<'_>, until: Instant) -> impl Fn() -> Option<Duration> {
    move || {
        let cancel = bounds.options.cancel.as_deref();
        let left = until.saturating_duration_since(Instant::now());
        let over = left.is_zero() || cancel.is_some_and(Cancel::look);
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
