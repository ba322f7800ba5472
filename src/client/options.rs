//! The options of one call, and the settings that a config and a call have in common.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use crate::client::progress::Progress;
use crate::error::{Error, Result, Status};
use crate::host;
use crate::protocol::header_field;
use crate::secret::Secret;
use crate::transport::cancel::Cancel;
use crate::transport::interrupt::{Ask, Interrupt};
use crate::transport::limit::{Limited, limited};

/// When an exchange is tried again.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// Attempts after the first one.
    pub max_retries: u32,
    /// The first pause; each further one is twice as long, and each is [`jittered`].
    pub backoff_ms: u32,
    /// Also after HTTP 429, 502, 503 and 504; never for a grant that may be used only once.
    pub retry_statuses: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { max_retries: 2, backoff_ms: 100, retry_statuses: false }
    }
}

/// A random time between half and one and a half of a pause, so that callers that failed or wait together do not return
/// together.
pub fn jittered(pause: Duration) -> Duration {
    let jitter = getrandom::u32().map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX));
    pause.mul_f64(0.5 + jitter)
}

/// Options of one call; those that are not set come from the client.
#[derive(Default)]
pub struct RequestOptions {
    pub timeout_ms: Option<u32>,
    pub deadline_ms: Option<u32>,
    pub headers: Vec<(String, Secret)>,
    /// What stops the call: the program's switch, and its function if there is one.
    pub cancel: Option<Arc<Cancel>>,
    switch: Option<Arc<Cancel>>,
    interrupt: Option<Arc<Ask>>,
    pub retry: Option<RetryPolicy>,
    /// How long a session's token must stay valid; a tenth of its lifetime is enough in any case.
    pub min_validity_s: Option<u32>,
    rejected: Option<String>,
}

impl RequestOptions {
    /// Records the first wrong value; the call that uses the options reports it.
    pub fn reject(&mut self, what: &str) {
        self.rejected.get_or_insert_with(|| what.to_owned());
    }

    pub fn add_header(&mut self, name: &str, value: Secret) {
        match header_field::check("header", name, value.as_str()) {
            Ok(()) => self.headers.push((name.to_owned(), value)),
            Err(error) => self.reject(error.message.as_str()),
        }
    }

    pub fn set_cancel(&mut self, switch: Option<Arc<Cancel>>) {
        self.switch = switch;
        self.combine();
    }

    /// Asks this function on the thread of the call, while it waits.
    pub fn set_interrupt(&mut self, ask: Option<Arc<Ask>>) {
        self.interrupt = ask;
        self.combine();
    }

    fn combine(&mut self) {
        let asking = |ask| Arc::new(Cancel::asking(Interrupt::new(ask), self.switch.clone()));
        self.cancel = self.interrupt.clone().map(asking).or_else(|| self.switch.clone());
    }

    /// For a call that outlives the program's options, and blocks no thread that could be asked.
    pub fn copied(&self) -> Self {
        let Self { timeout_ms, deadline_ms, retry, min_validity_s, .. } = *self;
        let (headers, cancel, rejected) = (self.headers.clone(), self.switch.clone(), self.rejected.clone());
        Self {
            timeout_ms,
            deadline_ms,
            headers,
            cancel,
            retry,
            min_validity_s,
            rejected,
            switch: None,
            interrupt: None,
        }
    }

    /// Begins a call, whose deadline counts from now. The error names the first wrong value.
    pub fn begin(options: Option<&Self>) -> Result<Bounds<'_>> {
        static NONE: RequestOptions = RequestOptions {
            timeout_ms: None,
            deadline_ms: None,
            headers: Vec::new(),
            cancel: None,
            switch: None,
            interrupt: None,
            retry: None,
            min_validity_s: None,
            rejected: None,
        };
        let options = options.unwrap_or(&NONE);
        if let Some(what) = &options.rejected {
            return Err(Error::argument("options:", what));
        }
        for (name, value) in [("timeout_ms", options.timeout_ms), ("deadline_ms", options.deadline_ms)] {
            if value == Some(0) {
                return Err(Error::argument("options:", &format!("{name} is 0")));
            }
        }
        if let Some(cancel) = &options.cancel {
            cancel.begin();
        }
        let deadline = options.deadline_ms.map(|ms| Instant::now() + Duration::from_millis(ms.into()));
        Ok(Bounds { options, deadline, progress: None, process: host::generation(), gate: None })
    }
}

/// The options and the deadline of a call that has begun, shared by all its exchanges and waits.
#[derive(Clone, Copy)]
pub struct Bounds<'a> {
    pub options: &'a RequestOptions,
    pub deadline: Option<Instant>,
    /// Told of each request, for those that wait for this call.
    pub progress: Option<&'a Progress>,
    /// The one that began. A child that a callback has forked must not send what its parent sends.
    pub process: u64,
    /// Asked before each further attempt.
    pub gate: Option<&'a (dyn Fn() -> Result<()> + Sync)>,
}

impl Bounds<'_> {
    /// The latest end of an exchange that begins now; `usual` is the client's timeout.
    pub fn exchange_ends(&self, usual: Duration) -> Instant {
        let timeout = self.options.timeout_ms.map_or(usual, |ms| Duration::from_millis(ms.into()));
        let end = Instant::now() + timeout;
        self.deadline.map_or(end, |deadline| deadline.min(end))
    }

    /// Limits what blocks on this thread, which no future is interrupted by, until dropped.
    pub fn limited(&self, usual: Duration) -> Limited {
        limited(Some(self.exchange_ends(usual).into_std()), self.options.cancel.clone())
    }

    /// The error of what blocked, a store or a source; if the call's own limit has ended it, it says so.
    pub fn own_limit(&self, mut error: Error) -> Error {
        let status = match &self.options.cancel {
            Some(cancel) if cancel.is_triggered() => Status::Cancelled,
            _ if self.is_over() => Status::Timeout,
            _ => return error,
        };
        if matches!(error.status, Status::Store | Status::Source) {
            error.status = status;
        }
        error
    }

    /// For a call that has done nothing yet.
    pub fn check_not_cancelled(&self) -> Result<()> {
        match &self.options.cancel {
            Some(cancel) if cancel.is_triggered() => {
                Err(Error::new(Status::Cancelled, "the call was cancelled before it began"))
            }
            _ => Ok(()),
        }
    }

    /// Whether the deadline has passed.
    pub fn is_over(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Waits for an event that is not an exchange, until the deadline or until cancelled; `what` is for the message.
    pub async fn wait_for<T>(&self, what: &str, event: impl Future<Output = T>) -> Result<T> {
        self.wait_until(self.deadline, what, event).await
    }

    /// Waits for an exchange of another call as long as for one of this call.
    pub async fn wait_for_exchange<T>(&self, what: &str, usual: Duration, event: impl Future<Output = T>) -> Result<T> {
        self.wait_until(Some(self.exchange_ends(usual)), what, event).await
    }

    /// Waits for an event, until `end` or until cancelled.
    pub async fn wait_until<T>(&self, end: Option<Instant>, what: &str, event: impl Future<Output = T>) -> Result<T> {
        if self.process != host::generation() {
            return Err(Error::in_forked_child()); // the event may be the parent's
        }
        let over = async {
            match end {
                Some(deadline) => sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        let cancelled = async {
            match &self.options.cancel {
                Some(cancel) => cancel.wait().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = cancelled => Err(Error::new(Status::Cancelled, &format!("the call was cancelled: {what}"))),
            event = event => Ok(event),
            () = over => Err(Error::new(Status::Timeout, &format!("the time ran out: {what}"))),
        }
    }

    /// Sleeps, but not beyond the deadline, and until cancelled.
    pub async fn pause(&self, what: &str, pause: Duration) -> Result<()> {
        self.wait_for(what, sleep(pause)).await
    }
}
