//! Host names through the system's resolver, each look-up on a short-lived thread: it blocks, and cannot be stopped.

use std::net::ToSocketAddrs;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::oneshot;

use crate::transport::host;

/// Leaves no thread behind once the system has answered; nobody ever waits for a hung one.
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (answer, answered) = oneshot::channel();
        let started = host::spawn_quiet("oauth-resolve", move || {
            let found = (name.as_str(), 0).to_socket_addrs().map(|found| Box::new(found) as Addrs);
            drop(answer.send(found)); // nobody may be left to hear it
        });
        Box::pin(async move {
            started?;
            Ok(answered.await??)
        })
    }
}
