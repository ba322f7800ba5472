//! A switch by which another thread or a signal handler stops calls.

#[cfg(unix)]
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[cfg(unix)]
use crate::host;

/// Once triggered, it stays triggered: every call that uses it stops, now and later.
pub struct Cancel {
    triggered: AtomicBool,
    /// A pipe, because a signal handler may write to one. Without it (no descriptors left) calls poll.
    #[cfg(unix)]
    pipe: Option<(std::io::PipeReader, std::io::PipeWriter)>,
}

/// How often a call polls when there is no pipe to wake it.
const LOOK_EVERY: Duration = Duration::from_millis(5);

impl Default for Cancel {
    fn default() -> Self {
        Self {
            triggered: AtomicBool::new(false),
            #[cfg(unix)]
            pipe: std::io::pipe().ok(),
        }
    }
}

impl Cancel {
    /// Async-signal-safe: an atomic and at most one `write` of one byte.
    pub fn trigger(&self) {
        if self.triggered.swap(true, Ordering::SeqCst) {
            return;
        }
        #[cfg(unix)]
        if let Some((_, writer)) = &self.pipe {
            host::keeping_errno(|| drop((&mut &*writer).write(&[1])));
        }
    }

    pub fn is_triggered(&self) -> bool {
        self.triggered.load(Ordering::SeqCst)
    }

    /// Waits, in a runtime, until triggered.
    pub async fn wait(&self) {
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
        let (reader, _) = self.pipe.as_ref()?;
        tokio::net::unix::pipe::Receiver::from_owned_fd(reader.try_clone().ok()?.into()).ok()
    }
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
