//! A switch by which another thread or a signal handler stops calls.

#[cfg(unix)]
use std::io::Write;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

#[cfg(unix)]
use crate::host;
use crate::transport::interrupt::{self, Interrupt};

/// Once triggered, it stays triggered: every call that uses it stops, now and later.
pub struct Cancel {
    triggered: AtomicBool,
    wake: Wake,
}

/// How waiting calls notice.
enum Wake {
    /// By a pipe, because a signal handler may write to one. Without it (no descriptors left) they poll.
    #[cfg(unix)]
    Pipe(Option<(std::io::PipeReader, std::io::PipeWriter)>),
    #[cfg(not(unix))]
    Poll,
    /// Without a descriptor: for one call, which another switch may stop, too.
    Notify(Notify, Option<Arc<Cancel>>),
    /// They ask the program; another switch may stop them, too.
    Ask(Interrupt, Option<Arc<Cancel>>),
}

/// How often a call polls when there is no pipe to wake it.
const LOOK_EVERY: Duration = Duration::from_millis(5);

impl Default for Cancel {
    fn default() -> Self {
        #[cfg(unix)]
        let wake = Wake::Pipe(std::io::pipe().ok());
        #[cfg(not(unix))]
        let wake = Wake::Poll;
        Self { triggered: AtomicBool::new(false), wake }
    }
}

impl Cancel {
    /// A switch for one call, which takes no descriptor; the other one works, too. Its own [`trigger`](Self::trigger) is not
    /// for signal handlers.
    pub fn for_one(other: Option<Arc<Self>>) -> Self {
        Self { triggered: AtomicBool::new(false), wake: Wake::Notify(Notify::new(), other) }
    }

    /// A switch that the program is asked for, beside the other one.
    pub fn asking(interrupt: Interrupt, other: Option<Arc<Self>>) -> Self {
        Self { triggered: AtomicBool::new(false), wake: Wake::Ask(interrupt, other) }
    }

    /// A call begins on this thread: that one before it was stopped does not matter.
    pub fn begin(&self) {
        if let Wake::Ask(interrupt, _) = &self.wake {
            interrupt.begin();
        }
    }

    /// Async-signal-safe: an atomic and at most one `write` of one byte.
    pub fn trigger(&self) {
        if self.triggered.swap(true, Ordering::SeqCst) {
            return;
        }
        match &self.wake {
            #[cfg(unix)]
            Wake::Pipe(Some((_, writer))) => host::keeping_errno(|| drop((&mut &*writer).write(&[1]))),
            Wake::Notify(notify, _) => notify.notify_waiters(),
            _ => {}
        }
    }

    pub fn is_triggered(&self) -> bool {
        self.triggered.load(Ordering::SeqCst)
            || match &self.wake {
                Wake::Notify(_, other) => is_triggered(other),
                Wake::Ask(interrupt, other) => interrupt.has_stopped() || is_triggered(other),
                _ => false,
            }
    }

    /// The same while a call waits: the program is asked, too.
    pub fn look(&self) -> bool {
        let asked = matches!(&self.wake, Wake::Ask(interrupt, _) if interrupt.look());
        asked || self.is_triggered()
    }

    /// Waits, in a runtime, until triggered.
    pub async fn wait(&self) {
        match &self.wake {
            Wake::Notify(notify, other) => self.wait_for_notice(notify, other.as_deref()).await,
            Wake::Ask(..) => {
                while !self.look() {
                    tokio::time::sleep(interrupt::EVERY).await;
                }
            }
            _ => self.wait_for_signal_handlers().await,
        }
    }

    async fn wait_for_notice(&self, notify: &Notify, other: Option<&Self>) {
        let mut notified = pin!(notify.notified());
        notified.as_mut().enable();
        if self.is_triggered() {
            return;
        }
        match other {
            None => notified.await,
            Some(other) => tokio::select! {
                () = notified => {}
                () = Box::pin(other.wait()) => {}
            },
        }
    }

    async fn wait_for_signal_handlers(&self) {
        if self.is_triggered() {
            return;
        }
        #[cfg(unix)]
        if let Some(reader) = self.reader() {
            // The byte stays in the pipe: it is for every call.
            drop(reader.readable().await);
        }
        // There is no pipe, or a forked child, which shares the pipe, has triggered its own copy of this switch.
        while !self.is_triggered() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    #[cfg(unix)]
    fn reader(&self) -> Option<tokio::net::unix::pipe::Receiver> {
        let Wake::Pipe(Some((reader, _))) = &self.wake else { return None };
        tokio::net::unix::pipe::Receiver::from_owned_fd(reader.try_clone().ok()?.into()).ok()
    }
}

fn is_triggered(other: &Option<Arc<Cancel>>) -> bool {
    other.as_ref().is_some_and(|other| other.is_triggered())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wakes_every_waiter_and_stays() {
        let cancel = Cancel::default();
        std::thread::scope(|scope| {
            let waiters: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let runtime =
                            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
                        runtime.block_on(cancel.wait());
                    })
                })
                .collect();
            cancel.trigger();
            cancel.trigger();
            waiters.into_iter().for_each(|waiter| waiter.join().expect("woken"));
        });
        assert!(cancel.is_triggered());
    }
}
