//! A way to a server that takes its time.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// A proxy that passes each piece on after some time, in both directions. It ends with the program.
pub struct Away {
    pub port: u16,
    is_cut: Arc<AtomicBool>,
}

impl Away {
    pub fn from(port: u16, time: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let away = Self { port: listener.local_addr().expect("an address").port(), is_cut: Arc::default() };
        let is_cut = away.is_cut.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                let ends = |socket: &TcpStream| socket.try_clone().expect("a descriptor");
                let (back, forth) = ((ends(&server), ends(&client)), (client, server));
                for (from, to) in [back, forth] {
                    let is_cut = is_cut.clone();
                    thread::spawn(move || pass(from, to, time, &is_cut));
                }
            }
        });
        away
    }

    /// What is under way is lost.
    pub fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, time: Duration, is_cut: &AtomicBool) {
    let mut piece = [0; 16 << 10];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        thread::sleep(time);
        if is_cut.load(Ordering::SeqCst) || to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    drop(to.shutdown(std::net::Shutdown::Both));
}
