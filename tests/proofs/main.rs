//! What sessions promise across processes, proven with processes that are killed, stopped and crowded: each a test that
//! says what it counted, and runs for a few seconds, or for as long as it is told.
//!
//! ```text
//! PROOF_SECONDS=600 cargo test --test proofs rotation -- --nocapture
//! PROOF_SECONDS=600 cargo test --test proofs --features redis redis -- --nocapture
//! PROOF_SECONDS=600 cargo test --test proofs --features redis second -- --nocapture
//! PROOF_KILLS=1000 cargo test --test proofs kill -- --nocapture
//! ```

mod kill;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "redis")]
#[path = "../stores/redis_server.rs"]
mod redis_server;
mod rotation;
mod second;
#[path = "../support/mod.rs"]
mod support;
mod worker;

use std::time::Duration;

/// For how long a proof runs.
fn seconds() -> u64 {
    number("PROOF_SECONDS").unwrap_or(4)
}

fn time() -> Duration {
    Duration::from_secs(seconds())
}

fn number(name: &str) -> Option<u64> {
    Some(std::env::var(name).ok()?.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}
