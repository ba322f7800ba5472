//! Servers that the tests and the demo talk to: one that follows the RFCs, and one that does what a test tells it; and
//! a scripted browser for the user in between.
//!
//! Every server listens on a free loopback port, runs on threads of its own, and is gone when its value is dropped.

pub mod answers;
pub mod authorization_server;
pub mod browser;
pub mod certificates;
pub mod proxy;
pub mod rotation;
pub mod scripted;

/// The name of every thread these servers start, so that a test can leave them out when it counts threads.
pub const THREAD_NAME: &str = "test-server";
