//! The token endpoint that both clients talk to: a process of its own, so that its CPU is nobody's.

mod answer;
mod certificate;
mod connection;
mod counters;
mod grant;
mod request;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use crate::Result;
use connection::Endpoint;

/// One connection a thread, and more threads than any run has connections: a thread that never starts costs the answer no time.
const THREADS_A_PORT: usize = 160;
const STACK_BYTES: usize = 256 * 1024;

/// Serves until standard input closes, which is when whoever started it has gone.
pub fn serve(directory: &Path) -> Result<()> {
    let identity = certificate::new()?;
    std::fs::write(directory.join(crate::server_process::CA_FILE), &identity.ca_pem)?;
    let tls = Arc::new(identity.tls);
    let endpoint = Arc::new(Endpoint::default());

    let plain_port = listen(&endpoint, |stream, endpoint| {
        endpoint.serve(&mut &stream)?;
        stream.shutdown(Shutdown::Write)
    })?;
    let tls_port = listen(&endpoint, move |stream, endpoint| {
        let connection = rustls::ServerConnection::new(tls.clone()).map_err(std::io::Error::other)?;
        let mut secured = rustls::StreamOwned::new(connection, stream);
        let served = endpoint.serve(&mut secured);
        secured.conn.send_close_notify();
        secured.flush()?;
        secured.sock.shutdown(Shutdown::Write)?;
        served
    })?;

    println!("{plain_port} {tls_port}");
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// A connection that breaks is the client's to report: it fails the run there.
fn listen<F>(endpoint: &Arc<Endpoint>, serve: F) -> Result<u16>
where
    F: Fn(TcpStream, &Endpoint) -> std::io::Result<()> + Clone + Send + 'static,
{
    let listener = Arc::new(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?);
    let port = listener.local_addr()?.port();
    for _ in 0..THREADS_A_PORT {
        let (listener, endpoint, serve) = (listener.clone(), endpoint.clone(), serve.clone());
        thread::Builder::new().stack_size(STACK_BYTES).spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let _ = stream.set_nodelay(true).and_then(|()| serve(stream, &endpoint));
            }
        })?;
    }
    Ok(port)
}
