//! Resolves host names by the system's resolver, each on a short-lived thread: a lookup blocks and cannot be stopped.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::oneshot;
use tower_service::Service;

use crate::host;

/// Leaves no thread behind once the system has answered; no call waits for a lookup that hangs.
#[derive(Clone)]
pub struct SystemResolver;

type Addresses = std::vec::IntoIter<SocketAddr>;

async fn addresses(name: String) -> io::Result<Addresses> {
    let (answer, answered) = oneshot::channel();
    host::spawn_quiet("oauth-resolve", move || {
        drop(answer.send((name, 0).to_socket_addrs())); // the call may have ended
    })?;
    answered.await.map_err(io::Error::other)?
}

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let found = addresses(name.as_str().to_owned());
        Box::pin(async { Ok(Box::new(found.await?) as Addrs) })
    }
}

impl Service<dns::Name> for SystemResolver {
    type Response = Addresses;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Addresses>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: dns::Name) -> Self::Future {
        Box::pin(addresses(name.as_str().to_owned()))
    }
}
