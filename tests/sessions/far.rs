//! A way to a server that takes its time, or gives nothing on.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::Duration;

/// A proxy that passes each piece on after some time, in both directions. It ends with the program.
pub struct Away {
    pub port: u16,
    way: Arc<AtomicU8>,
}

const OPEN: u8 = 0;
const CUT: u8 = 1;
const SWALLOWS: u8 = 2;
const TRICKLES: u8 = 3;

impl Away {
    pub fn from(port: u16, time: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let away = Self { port: listener.local_addr().expect("an address").port(), way: Arc::default() };
        let way = away.way.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                let ends = |socket: &TcpStream| socket.try_clone().expect("a descriptor");
                let (back, forth) = ((ends(&server), ends(&client)), (client, server));
                for (from, to) in [back, forth] {
                    let way = way.clone();
                    thread::spawn(move || pass(from, to, time, &way));
                }
            }
        });
        away
    }

    /// What is under way is lost, and connections end.
    pub fn cut(&self) {
        self.way.store(CUT, Ordering::SeqCst);
    }

    /// Connections stay, and nothing comes out of them any more.
    pub fn swallow(&self) {
        self.way.store(SWALLOWS, Ordering::SeqCst);
    }

    /// Some bytes at a time come out.
    pub fn trickle(&self) {
        self.way.store(TRICKLES, Ordering::SeqCst);
    }

    /// As in the beginning, for what comes from now on.
    pub fn open(&self) {
        self.way.store(OPEN, Ordering::SeqCst);
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, time: Duration, way: &AtomicU8) {
    let mut piece = [0; 16 << 10];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        thread::sleep(time);
        let passed = match way.load(Ordering::SeqCst) {
            CUT => break,
            SWALLOWS => Ok(()),
            TRICKLES => piece[..length].chunks(4).try_for_each(|bytes| {
                thread::sleep(Duration::from_millis(20));
                to.write_all(bytes)
            }),
            _ => to.write_all(&piece[..length]),
        };
        if passed.is_err() {
            break;
        }
    }
    drop(to.shutdown(Shutdown::Both));
}
