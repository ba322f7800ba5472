//! Resolves host names by the system's resolver, each on a short-lived thread: a lookup blocks and cannot be stopped.

use std::net::ToSocketAddrs;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::oneshot;

use crate::host;

/// Leaves no thread behind once the system has answered; no call waits for a lookup that hangs.
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (answer, answered) = oneshot::channel();
        let started = host::spawn_quiet("oauth-resolve", move || {
            let found = (name.as_str(), 0).to_socket_addrs().map(|found| Box::new(found) as Addrs);
            drop(answer.send(found)); // the call may have ended
        });
        Box::pin(async move {
            started?;
            Ok(answered.await??)
        })
    }
}
