//! What a scripted server does with each connection, and the usual handlers ready-made.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::{Answer, Exchange};

/// Serves one connection. It is called on the connection's own thread; an error ends the connection and is otherwise
/// ignored, because clients of these servers go away by design. A panic fails the test when the server is dropped.
pub trait Handler: Fn(Exchange) -> io::Result<()> + Send + Sync + 'static {}

impl<F: Fn(Exchange) -> io::Result<()> + Send + Sync + 'static> Handler for F {}

/// Keeps connections open and gives the same answer to every request.
pub fn always(answer: Answer) -> impl Handler {
    move |mut exchange| {
        while exchange.read_request()?.is_some() {
            exchange.answer(&answer)?;
        }
        Ok(())
    }
}

/// Keeps connections open and gives one answer per request, counted over all connections; then repeats the last.
///
/// # Panics
/// When there is no answer at all.
pub fn sequence(answers: Vec<Answer>) -> impl Handler {
    assert!(!answers.is_empty(), "a sequence needs an answer");
    let next = AtomicUsize::new(0);
    move |mut exchange| {
        while exchange.read_request()?.is_some() {
            let index = next.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1);
            exchange.answer(&answers[index])?;
        }
        Ok(())
    }
}

/// As [`always`], but closes a connection on which no request came for `after`.
pub fn idle_close(after: Duration, answer: Answer) -> impl Handler {
    move |mut exchange| {
        while exchange.wait_for_bytes(after)? && exchange.read_request()?.is_some() {
            exchange.answer(&answer)?;
        }
        exchange.close();
        Ok(())
    }
}

/// Answers one request, then resets the idle connection when the test calls `Scripted::go`.
pub fn reset_on_go(answer: Answer) -> impl Handler {
    move |mut exchange| {
        exchange.read_request()?;
        exchange.answer(&answer)?;
        exchange.wait_for_go()?;
        exchange.reset();
        Ok(())
    }
}
