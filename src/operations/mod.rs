//! Calls that are started and do not block: a client's own thread drives them, and says when they are done.

pub mod about_token;
pub mod device;
pub mod log_in;
pub mod session;
pub mod token;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::blocking::Client;
use crate::client::Client as AsyncClient;
use crate::client::authorization::Authorization;
use crate::client::device::Device;
use crate::client::introspection::Introspection;
use crate::client::options::{Bounds, RequestOptions};
use crate::engine::driver;
use crate::error::{Error, Result, Status};
use crate::host;
use crate::protocol::json_value::Value;
use crate::protocol::metadata::Metadata;
use crate::protocol::token::Token;
use crate::transport::Transport;
use crate::transport::cancel::Cancel;
use crate::transport::event::Event;

/// What an operation gives.
pub enum Outcome {
    Nothing,
    Token(Arc<Token>),
    Metadata(Arc<Metadata>),
    Userinfo(Value),
    Introspection(Arc<Introspection>),
    /// `None` once it was taken.
    Authorization(Option<Box<Authorization>>),
    Device(Option<Box<Device>>),
}

/// A call that was started.
pub struct Operation {
    shared: Arc<Shared>,
    client: Arc<Client>,
}

/// What the handle and the thread that drives it share.
struct Shared {
    /// The one that started it. In a forked child it has ended.
    process: u64,
    cancel: Arc<Cancel>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    end: Option<End>,
    event: Option<Event>,
    tell: Option<Tell>,
}

type Call = Box<dyn for<'a> FnOnce(&'a Arc<dyn Transport>, &'a Bounds<'a>) -> Calling<'a> + Send>;
type CallOfClient = Box<dyn for<'a> FnOnce(&'a AsyncClient, &'a dyn Transport, &'a Bounds<'a>) -> Calling<'a> + Send>;
type Calling<'a> = Pin<Box<dyn Future<Output = Result<Outcome>> + 'a>>;

/// The program's function that wakes its loop.
pub type Tell = Box<dyn FnOnce() + Send>;

enum End {
    Done(Outcome),
    /// The error, which is given whole once, and what is given after that.
    Failed(Option<Error>, Error),
}

/// What a call that is started needs, whoever runs it.
struct Begun {
    /// A copy of the program's options, with the switch of the operation.
    own: RequestOptions,
    deadline: Option<Instant>,
    shared: Arc<Shared>,
}

impl Begun {
    fn new(options: Option<&RequestOptions>) -> Result<Self> {
        let mut own = options.map(RequestOptions::copied).unwrap_or_default();
        let cancel = Arc::new(Cancel::for_one(own.cancel.take()));
        own.cancel = Some(cancel.clone());
        let deadline = RequestOptions::begin(Some(&own))?.deadline;
        let shared = Arc::new(Shared { process: host::generation(), cancel, state: Mutex::default() });
        Ok(Self { own, deadline, shared })
    }
}

/// Fails an operation whose work was dropped, or has panicked.
struct Ending(Arc<Shared>);

impl Operation {
    /// Starts a call. The deadline of the options counts from now.
    pub fn start(
        client: &Arc<Client>,
        options: Option<&RequestOptions>,
        call: impl AsyncFnOnce(&AsyncClient, &dyn Transport, &Bounds<'_>) -> Result<Outcome> + Send + 'static,
    ) -> Result<Self> {
        Self::start_of_client(
            client,
            options,
            Box::new(|client, transport, bounds| Box::pin(call(client, transport, bounds))),
        )
    }

    fn start_of_client(client: &Arc<Client>, options: Option<&RequestOptions>, call: CallOfClient) -> Result<Self> {
        let driven = client.clone();
        Self::start_with(client, options, async move |transport: &Arc<dyn Transport>, bounds: &Bounds<'_>| {
            bounds.check_not_cancelled()?; // other calls may have held up the thread
            if bounds.is_over() {
                return Err(Error::new(Status::Timeout, "the time ran out before the call began"));
            }
            call(&driven.client, &**transport, bounds).await
        })
    }

    fn start_with(
        client: &Arc<Client>,
        options: Option<&RequestOptions>,
        call: impl AsyncFnOnce(&Arc<dyn Transport>, &Bounds<'_>) -> Result<Outcome> + Send + 'static,
    ) -> Result<Self> {
        Self::start_boxed(client, options, Box::new(|transport, bounds| Box::pin(call(transport, bounds))))
    }

    /// What all calls have in common is compiled once.
    fn start_boxed(client: &Arc<Client>, options: Option<&RequestOptions>, call: Call) -> Result<Self> {
        let Begun { own, deadline, shared } = Begun::new(options)?;
        let ending = Ending(shared.clone());
        client.engine.start(Box::new(move |transport| {
            Box::pin(async move {
                let bounds = RequestOptions::begin(Some(&own)).map(|bounds| Bounds { deadline, ..bounds });
                let outcome = match bounds {
                    Ok(bounds) => call(&transport, &bounds).await,
                    Err(error) => Err(error),
                };
                ending.0.end(outcome);
            })
        }))?;
        Ok(Self { shared, client: client.clone() })
    }

    /// Starts a call that blocks, on a short-lived thread.
    fn start_blocking(
        client: &Arc<Client>,
        options: Option<&RequestOptions>,
        call: impl FnOnce(&RequestOptions) -> Result<()> + Send + 'static,
    ) -> Result<Self> {
        let Begun { own, shared, .. } = Begun::new(options)?;
        let ending = Ending(shared.clone());
        let run = move || ending.0.end(call(&own).map(|()| Outcome::Nothing));
        host::spawn_quiet("oauth-operation", run).map_err(driver::no_thread)?;
        Ok(Self { shared, client: client.clone() })
    }

    pub fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// Whether it has ended.
    pub fn is_done(&self) -> bool {
        self.shared.is_elsewhere() || self.shared.state().end.is_some()
    }

    /// Stops it, if it has not ended. It ends within milliseconds.
    pub fn cancel(&self) {
        if !self.shared.is_elsewhere() {
            self.shared.cancel.trigger();
        }
    }

    /// Readable once it has ended, and for as long as the handle lives.
    pub fn descriptor(&self) -> Result<isize> {
        if self.shared.is_elsewhere() {
            return Err(of_the_parent());
        }
        let mut state = self.shared.state();
        if state.event.is_none() {
            let event =
                Event::new().map_err(|why| Error::new(Status::System, &format!("no descriptor for it: {why}")))?;
            if state.end.is_some() {
                event.signal();
            }
            state.event = Some(event);
        }
        Ok(state.event.as_ref().map_or(-1, Event::descriptor))
    }

    /// Calls the function once it has ended, on the client's thread, in place of any function before.
    pub fn on_done(&self, tell: Tell) -> Result<()> {
        if self.shared.is_elsewhere() {
            return Err(of_the_parent());
        }
        let mut state = self.shared.state();
        if state.end.is_none() {
            let before = state.tell.replace(tell);
            drop(state);
            drop(before); // it runs the program's destructor
            return Ok(());
        }
        drop(state);
        // Without a driver, as when no descriptors are left, by a thread of its own.
        let tell = Arc::new(Mutex::new(Some(tell)));
        let tell_once = move |tell: &Mutex<Option<Tell>>| {
            let tell = tell.lock().unwrap_or_else(PoisonError::into_inner).take();
            tell.into_iter().for_each(|tell| tell());
        };
        let ours = tell.clone();
        if self.client.engine.start(Box::new(move |_| Box::pin(async move { tell_once(&ours) }))).is_ok() {
            return Ok(());
        }
        let ours = tell.clone();
        if host::spawn_quiet("oauth-done", move || tell_once(&ours)).is_err() {
            tell_once(&tell);
        }
        Ok(())
    }

    /// What it gave, by `pick`, which returns `None` for what it did not give.
    pub fn result<T>(&self, what: &str, pick: impl FnOnce(&mut Outcome) -> Option<T>) -> Result<T> {
        if self.shared.is_elsewhere() {
            return Err(of_the_parent());
        }
        match &mut self.shared.state().end {
            None => Err(Error::new(Status::Busy, "the operation has not ended")),
            Some(End::Failed(whole, again)) => Err(whole.take().unwrap_or_else(|| again.repeated())),
            Some(End::Done(outcome)) => {
                pick(outcome).ok_or_else(|| Error::argument("operation", &format!("gives no {what}")))
            }
        }
    }
}

/// Asking again would not help, as it does with an operation that has not ended.
fn of_the_parent() -> Error {
    const WHY: &str = "the operation is that of the process that this one was forked from: start it anew";
    Error::new(Status::InvalidState, WHY)
}

impl Drop for Operation {
    /// Nobody waits for it any more, and its function is not called.
    fn drop(&mut self) {
        if self.shared.is_elsewhere() {
            std::mem::forget(self.shared.clone()); // its lock, and its descriptor, are the parent's
            return;
        }
        let tell = self.shared.state().tell.take();
        self.shared.cancel.trigger();
        drop(tell);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// In a forked child, whose lock may never be given back.
    fn is_elsewhere(&self) -> bool {
        self.process != host::generation()
    }

    fn end(&self, outcome: Result<Outcome>) {
        if self.is_elsewhere() {
            return;
        }
        let end = match outcome {
            Ok(outcome) => End::Done(outcome),
            Err(error) => {
                let again = error.repeated();
                End::Failed(Some(error), again)
            }
        };
        let mut state = self.state();
        if state.end.is_some() {
            return;
        }
        state.end = Some(end);
        if let Some(event) = &state.event {
            event.signal();
        }
        let tell = state.tell.take();
        drop(state);
        if let Some(tell) = tell {
            tell();
        }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end(Err(Error::new(Status::Internal, "a defect of the library ended the operation")));
    }
}
