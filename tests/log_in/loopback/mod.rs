//! The loopback listener (RFC 8252 section 7.3), with raw sockets in place of browsers.

mod accepted;
mod hostile;
mod open;
mod pages;
mod refused;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::pin::Pin;
use std::thread;
use std::time::Duration;

use oauthclient::error::Result;
use oauthclient::transport::loopback::Options;
use oauthclient::transport::loopback::gate::Expected;
use oauthclient::transport::loopback::listener::Listener;

/// The target that is waited for, in whatever request.
const RIGHT: &str = "code=s3cret&state=right";
const EXPECTED: Expected<'static> =
    Expected { url: "https://as.example/authorize?state=right", good_for_s: 60, is_answered_by: &is_right };
const PATIENCE: Duration = Duration::from_secs(30);

/// Without a check of the browser, which is for tests/c/api_log_in.c.
fn options() -> Options {
    let mut options = Options::default();
    (options.path, options.check_browser) = ("/cb".to_owned(), false);
    options
}

fn listener() -> Listener {
    Listener::open(&options()).expect("a free port")
}

fn is_right(redirect: &str) -> bool {
    redirect.ends_with(RIGHT)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// One wait, in a runtime of its own; a hang is a failure.
fn wait(listener: &mut Listener) -> Result<String> {
    let waiting: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(listener.wait(&EXPECTED));
    let bounded = async { tokio::time::timeout(PATIENCE, waiting).await };
    runtime().block_on(bounded).expect("it ends").map(|redirect| redirect.as_str().to_owned())
}

/// Host and port of the redirect URI.
fn address(listener: &Listener) -> String {
    let uri = listener.redirect_uri().as_str();
    uri.split('/').nth(2).expect("an authority").to_owned()
}

fn connect(address: &str) -> TcpStream {
    let socket = TcpStream::connect(address).expect("it listens");
    socket.set_read_timeout(Some(PATIENCE)).expect("a bound");
    socket
}

/// Sends this, which may be refused before it is all gone.
fn send(address: &str, request: &[u8]) -> TcpStream {
    let mut socket = connect(address);
    drop(socket.write_all(request));
    socket
}

/// All that comes until the other side ends the connection.
fn answer(mut socket: TcpStream) -> String {
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).expect("a proper end");
    String::from_utf8(answer).expect("UTF-8")
}

fn get(target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\n\r\n").into_bytes()
}

fn right() -> Vec<u8> {
    get(&format!("/cb?{RIGHT}"))
}

/// A redirect that was accepted, and the browser that waits for its page.
fn accepted(listener: &mut Listener) -> TcpStream {
    let browser = send(&address(listener), &right());
    wait(listener).expect("the right one");
    browser
}

/// Lets `clients` act while somebody waits; gives what was accepted.
fn during_wait(listener: &mut Listener, clients: impl FnOnce(&str)) -> String {
    let address = address(listener);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| wait(listener).expect("the right one"));
        clients(&address);
        waiting.join().expect("no panic")
    })
}

fn is_silent(socket: &TcpStream) -> bool {
    socket.set_nonblocking(true).expect("a socket");
    let seen = socket.peek(&mut [0]);
    socket.set_nonblocking(false).expect("a socket");
    seen.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}
