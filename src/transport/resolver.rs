//! Resolves host names by the system's resolver, each on a short-lived thread: a lookup blocks and cannot be stopped.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
#[cfg(feature = "redis")]
use std::sync::mpsc::{Receiver, channel};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::oneshot;

use crate::host;

/// The addresses of a host. Leaves no thread behind once the system has answered; no call waits for a lookup that hangs.
pub async fn addresses(host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    let (answer, answered) = oneshot::channel();
    host::spawn_quiet("oauth-resolve", move || {
        drop(answer.send((host, port).to_socket_addrs())); // the call may have ended
    })?;
    Ok(answered.await.map_err(io::Error::other)??.collect())
}

/// The same for a thread that blocks: where the answer comes.
#[cfg(feature = "redis")]
pub fn lookup(host: String, port: u16) -> io::Result<Receiver<io::Result<Vec<SocketAddr>>>> {
    let (answer, answered) = channel();
    host::spawn_quiet("oauth-resolve", move || {
        let found = (host, port).to_socket_addrs();
        drop(answer.send(found.map(Iterator::collect)));
    })?;
    Ok(answered)
}

/// The same for reqwest.
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let found = addresses(name.as_str().to_owned(), 0);
        Box::pin(async { Ok(Box::new(found.await?.into_iter()) as Addrs) })
    }
}
