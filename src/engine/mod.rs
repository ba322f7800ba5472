//! Drives the library's futures on the program's threads.
//!
//! A slot is a runtime with its own connections; a call pops one from a stack and pushes it back afterwards. A flight
//! is one piece of work that one thread drives for all that need it. After a fork the child starts with an empty stack
//! and never touches inherited slots.

use std::future::Future;
use std::panic::catch_unwind;
use std::thread;

use tokio::runtime::Handle;

use crate::client::config::Route;
use crate::error::{Error, Result, Status};
use crate::host;
use crate::process::{self, PerProcess};
use crate::transport::Transport;

pub mod driver;
pub mod flight;
mod sentinel;
pub mod slot;
mod stack;
pub mod sync;

use driver::{Begin, Driver};
use slot::{Driven, Slot, Slots, block_on, new_runtime};

/// Slots for the calls of one client.
pub struct Engine {
    route: Route,
    slots: PerProcess<Slots>,
    driver: Driver,
}

impl Engine {
    pub fn new(route: Route) -> Self {
        let slots = PerProcess::new(Slots::new(&route));
        Self { route, slots, driver: Driver::default() }
    }

    /// Runs a call to its end on the caller's thread.
    pub fn run<T: Send>(&self, call: impl AsyncFnOnce(&dyn Transport) -> Result<T> + Send) -> Result<T> {
        outside_of_runtimes(|| {
            let (slot, mut result) = (self.take()?, None);
            let driven = self.drive(
                &slot,
                Box::pin(async {
                    result = Some(call(&**slot.transport()?).await);
                    Ok(())
                }),
            );
            let result = driven.and_then(|()| result.unwrap_or_else(|| Err(without_result())));
            self.put_back(slot, result.as_ref().err()); // perhaps in a child, if a callback has forked
            result
        })
    }

    /// Apart from `run`, so that it is compiled once and not for each kind of result.
    fn drive(&self, slot: &Slot, call: Driven<'_, ()>) -> Result<()> {
        let run = || slot.block_on(call);
        if self.route.raises_sigpipe() { host::without_sigpipe(run) } else { run() }
    }

    pub fn take(&self) -> Result<Box<Slot>> {
        self.slots().take(&self.route)
    }

    /// Begins work on the client's own thread.
    pub fn start(&self, begin: Begin) -> Result<()> {
        self.driver.start(begin, || self.slots().new_slot(&self.route))
    }

    /// `error` is why the call failed, if it did.
    pub fn put_back(&self, slot: Box<Slot>, error: Option<&Error>) {
        self.slots().put_back(slot, error);
    }

    /// Runs work of a session, which may write to connections of stores too, without SIGPIPE.
    pub fn guarded<T>(&self, run: impl FnOnce() -> T) -> T {
        match self.route {
            Route::Native(_) => host::without_sigpipe(run),
            Route::Callback(_) => run(), // the program's transport, and its children, keep the program's signals
        }
    }

    fn slots(&self) -> &Slots {
        self.slots.get(|| Slots::new(&self.route))
    }
}

/// Waits on this thread for an event that needs no client.
pub fn wait<T: Send>(event: impl Future<Output = Result<T>> + Send) -> Result<T> {
    outside_of_runtimes(|| {
        let runtime =
            new_runtime().map_err(|why| Error::new(Status::System, &format!("no resources to wait: {why}")))?;
        host::without_sigpipe(|| block_on(&runtime, Box::pin(event)))
    })
}

/// Runs a call on this thread, or on another one if this thread is inside a runtime (a callback of this library, or a
/// runtime of a Rust program), which cannot be entered twice, or has given back what a runtime needs, at its end.
pub fn outside_of_runtimes<T: Send>(call: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let (mut call, mut result) = (Some(call), None);
    run_outside(&mut || result = call.take().map(|call| call()));
    result.unwrap_or_else(|| Err(without_result()))
}

fn run_outside(run: &mut (dyn FnMut() + Send)) {
    // Where the thread is at its end, the second asks for more than is left of it, and panics.
    if Handle::try_current().is_err_and(|why| why.is_missing_context()) && catch_unwind(thread::current).is_ok() {
        return run();
    }
    let surroundings = process::surroundings();
    host::on_other_thread(&mut || {
        process::enter(surroundings);
        run();
    });
}

#[cold]
fn without_result() -> Error {
    Error::new(Status::Internal, "a call inside a callback could not be run on a thread of its own")
}
