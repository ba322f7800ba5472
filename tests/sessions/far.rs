//! A way to a server that takes its time.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// The port of a proxy to `port` that passes each piece on after this time, in both directions. It ends with the program.
pub fn away(port: u16, time: Duration) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let own = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let server = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
            let ends = |socket: &TcpStream| socket.try_clone().expect("a descriptor");
            let (back, forth) = ((ends(&server), ends(&client)), (client, server));
            for (from, to) in [back, forth] {
                thread::spawn(move || pass(from, to, time));
            }
        }
    });
    own
}

fn pass(mut from: TcpStream, mut to: TcpStream, time: Duration) {
    let mut piece = [0; 16 << 10];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        thread::sleep(time);
        if to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    drop(to.shutdown(std::net::Shutdown::Both));
}
