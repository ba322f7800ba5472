//! The thread of a client that drives what the program has started and does not wait for. It begins with the first piece
//! of work, and ends after the last one, once the client is freed.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{LocalSet, spawn_local};

use super::sentinel::Sentinel;
use super::slot::Slot;
use crate::error::{Advice, Error, Result, Status};
use crate::host;
use crate::process::PerProcess;
use crate::transport::Transport;

/// Makes a piece of work, on the thread that drives it.
pub type Begin = Box<dyn FnOnce(Arc<dyn Transport>) -> Pin<Box<dyn Future<Output = ()>>> + Send>;

/// The thread, if there is one. A forked child has none.
#[derive(Default)]
pub struct Driver(PerProcess<Mutex<Option<Running>>>);

struct Running {
    begin: UnboundedSender<Begin>,
    /// Of its runtime, whose descriptors the program may have closed.
    sentinel: Sentinel,
}

impl Driver {
    /// Gives the work to the thread; `new_slot` makes what a new one needs.
    pub fn start(&self, begin: Begin, new_slot: impl FnOnce() -> Result<Box<Slot>>) -> Result<()> {
        let mut running = self.0.lock();
        let begin = match &*running {
            Some(thread) if !thread.sentinel.is_gone() => match thread.begin.send(begin) {
                Ok(()) => return Ok(()),
                Err(not_sent) => not_sent.0, // it has panicked
            },
            _ => begin,
        };
        let slot = new_slot()?;
        let (sender, receiver) = unbounded_channel();
        host::spawn_quiet("oauth-operations", move || drive(&slot, receiver)).map_err(no_thread)?;
        drop(sender.send(begin));
        *running = Some(Running { begin: sender, sentinel: Sentinel::new() });
        Ok(())
    }
}

#[allow(clippy::needless_pass_by_value, reason = "it is mapped over")]
pub fn no_thread(why: io::Error) -> Error {
    Error::new(Status::System, &format!("no thread for operations: {why}")).with_advice(Advice::RetryLater)
}

fn drive(slot: &Slot, mut begun: UnboundedReceiver<Begin>) {
    let Ok(transport) = slot.transport().cloned() else { return };
    let run = async move {
        let all = LocalSet::new();
        all.run_until(async {
            while let Some(begin) = begun.recv().await {
                spawn_local(begin(transport.clone()));
            }
        })
        .await;
        all.await;
        Ok(())
    };
    drop(slot.block_on(Box::pin(run)));
}
