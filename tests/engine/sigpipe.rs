//! The library is a guest: a connection that the server resets must not raise SIGPIPE in its host.

use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use oauthclient_test_server::scripted::{Scripted, handler};

use crate::support::c::{Linkage, Program};
use crate::support::calls::{authority, token};

/// Runs the program, whose connections end in this way each time that it says so.
fn run(linkage: Linkage, endpoint: &str, server: &Scripted) {
    let ca_file = authority().pem_file();
    let program = Program::build_with("engine_sigpipe", linkage, &["-D_GNU_SOURCE"]);
    let mut child = Command::new(program.path())
        .env("ENDPOINT", endpoint)
        .env("CA_FILE", ca_file.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut others = String::new();
    for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
        match line.expect("text").as_str() {
            "answered" => server.go(),
            other => others.push_str(other),
        }
    }
    let status = child.wait().expect("it ends");
    assert!(status.success() && others.is_empty(), "{linkage:?}: {status:?} {others}");
    let ended = server.connections().iter().filter(|seen| seen.closed.is_some()).count();
    assert!(ended >= 5, "the program has lost five connections, and noticed none");
}

#[test]
fn a_reset_idle_connection_raises_no_sigpipe() {
    let server = Scripted::start_tls(handler::reset_on_go(token()), &authority().good());
    run(Linkage::Shared, &server.url("/token"), &server);
}

/// Whoever reads the end of such a connection and says goodbye, as TLS does, gets the signal: the reset came after it.
#[test]
fn closing_tls_on_a_connection_that_was_reset_raises_no_sigpipe() {
    for linkage in [Linkage::Shared, Linkage::Static] {
        let server = Scripted::start_tls(
            |mut exchange| {
                exchange.read_request()?;
                exchange.answer(&token())?;
                exchange.wait_for_go()?;
                exchange.close();
                Ok(())
            },
            &authority().good(),
        );
        let forwarder = ResetAfterTheEnd::start(server.address());
        run(linkage, &format!("https://{}/token", forwarder.address), &server);
    }
}

/// Forwards connections to `target`; when it ends one, the client gets that end, and then a reset.
struct ResetAfterTheEnd {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
}

impl ResetAfterTheEnd {
    fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free loopback port");
        let address = listener.local_addr().expect("its address");
        let stopping = Arc::new(AtomicBool::new(false));
        let stop = stopping.clone();
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let server = TcpStream::connect(target).expect("the target listens");
                thread::spawn(move || forward(client, server));
            }
        });
        Self { address, stopping }
    }
}

impl Drop for ResetAfterTheEnd {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address)); // wakes the thread out of accept
    }
}

fn forward(client: TcpStream, server: TcpStream) -> io::Result<()> {
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    let up = thread::spawn(move || io::copy(&mut from_client, &mut to_server));
    io::copy(&mut &server, &mut &client)?;
    reset_when_closed(&client)?;
    client.shutdown(Shutdown::Both)?; // the end; it ends the other direction here too
    drop(up.join());
    Ok(()) // the last handle goes: the reset
}

fn reset_when_closed(socket: &TcpStream) -> io::Result<()> {
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    let (place, size) = ((&raw const linger).cast(), size_of::<libc::linger>() as libc::socklen_t);
    // SAFETY: an open socket, and an option of the type and size that SO_LINGER has.
    match unsafe { libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_LINGER, place, size) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
