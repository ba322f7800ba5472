//! The lock of a renewal: held while a request is under way, and looked at right before each attempt.

use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use crate::client::Client;
use crate::client::options::Bounds;
use crate::clock::Clock;
use crate::error::Result;
use crate::store::Lock;

/// How long the lock is held after the last moment at which an answer may come: time to write it.
const TO_WRITE: Duration = Duration::from_secs(5);

/// How long the lock of a holder that died is waited for at most, and a little more with some stores: after it, the
/// refresh token is sent once more, while servers take one for a lost answer (many for 30 s). A longer request extends it.
const LEASE: Duration = Duration::from_secs(10);
const EXTENDED_EVERY: Duration = Duration::from_secs(3);

/// How long the acquire function, which may ask the user, has the lock. Then another session may take it.
pub(super) const FOR_THE_PROGRAM: Duration = Duration::from_secs(300);

/// How long the lock is held for a request, at first.
pub(super) fn lease(client: &Client) -> Duration {
    (client.config.timeout + TO_WRITE).min(LEASE)
}

/// Holds the lock from now on, and asks again after a time in which it may have been lost: this process stood still, and would
/// send what another one has sent.
fn hold(lock: &mut dyn Lock, clock: &Clock, time: Duration) -> Result<()> {
    loop {
        let asked_ms = clock.now().steady_ms;
        lock.hold_for(time)?;
        if !has_passed(clock, asked_ms, time) {
            return Ok(());
        }
    }
}

fn has_passed(clock: &Clock, since_ms: i64, time: Duration) -> bool {
    i128::from(clock.now().steady_ms - since_ms) >= time.as_millis() as i128
}

/// The same for a lock that was asked for at that moment of the steady clock.
pub(super) fn hold_on(lock: &mut dyn Lock, clock: &Clock, asked_ms: i64, time: Duration) -> Result<()> {
    if has_passed(clock, asked_ms, time) { hold(lock, clock, time) } else { Ok(()) }
}

/// Sends a request, looks at the lock before each further attempt, and extends it as long as all that takes. What was sent
/// cannot be taken back, so a lock that is lost meanwhile stops no answer.
pub(super) async fn while_held<T>(
    lock: &mut dyn Lock,
    clock: &Clock,
    bounds: &Bounds<'_>,
    send: impl AsyncFnOnce(&Bounds<'_>) -> T,
) -> T {
    let lock = Mutex::new(lock);
    let extend = || hold(&mut **lock.lock().unwrap_or_else(PoisonError::into_inner), clock, LEASE);
    let bounds = Bounds { gate: Some(&extend), ..*bounds };
    let mut request = pin!(send(&bounds));
    loop {
        match timeout(EXTENDED_EVERY, request.as_mut()).await {
            Ok(outcome) => return outcome,
            Err(_) => drop(extend()),
        }
    }
}
