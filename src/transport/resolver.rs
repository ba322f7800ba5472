//! Resolves host names by the system's resolver, each on a short-lived thread: a lookup blocks and cannot be stopped.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
#[cfg(feature = "redis")]
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::{OnceCell, Semaphore, oneshot};

use crate::host;

/// Lookups under way, for the connections of one runtime: who asks for the same name waits for the same answer.
pub struct Lookups {
    under_way: Mutex<HashMap<String, Arc<OnceCell<Found>>>>,
    /// A thread each.
    at_once: Semaphore,
}

type Found = Result<Vec<IpAddr>, io::Error>;

/// Most lookups at once.
const AT_ONCE: usize = 4;

impl Default for Lookups {
    fn default() -> Self {
        Self { under_way: Mutex::default(), at_once: Semaphore::new(AT_ONCE) }
    }
}

impl Lookups {
    pub async fn addresses(&self, host: &str) -> Found {
        let one = self.under_way().entry(host.to_owned()).or_default().clone();
        let look_up = async || {
            let _permit = self.at_once.acquire().await;
            addresses(host.to_owned(), 0).await.map(|found| found.iter().map(SocketAddr::ip).collect())
        };
        let found = one.get_or_init(look_up).await;
        self.under_way().remove(host); // the next one asks anew
        match found {
            Ok(addresses) => Ok(addresses.clone()),
            Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
        }
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<String, Arc<OnceCell<Found>>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The addresses of a host. Leaves no thread behind once the system has answered; no call waits for a lookup that hangs.
async fn addresses(host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
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
