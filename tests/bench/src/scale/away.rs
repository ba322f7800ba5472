//! A way to a server that takes its time: a proxy in a process of its own, so that its CPU is nobody's.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::Result;
use crate::child::Owned;

/// The hidden first argument that makes this program the proxy.
pub const COMMAND: &str = "away";
const STACK_BYTES: usize = 64 * 1024;
const PIECE_BYTES: usize = 16 * 1024;

pub struct Away {
    _process: Owned,
    pub port: u16,
}

impl Away {
    /// Each piece that comes is passed on after half of the round trip.
    pub fn start(port: u16, round_trip_ms: u32) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let half_us = round_trip_ms * 500;
        command.args([COMMAND, &port.to_string(), &half_us.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Owned::spawn(&mut command)?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no output of the proxy")?).read_line(&mut line)?;
        Ok(Self { _process: process, port: line.trim().parse()? })
    }
}

/// Until standard input closes.
pub fn pass_on(arguments: &[String]) -> Result<()> {
    let [port, half_us] = arguments else { return Err("a port and a time".into()) };
    let (port, half) = (port.parse::<u16>()?, Duration::from_micros(half_us.parse()?));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("{}", listener.local_addr()?.port());
    thread::spawn(move || {
        for client in listener.incoming().map_while(std::result::Result::ok) {
            if let Err(error) = join(client, port, half) {
                eprintln!("the proxy: {error}");
            }
        }
    });
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn join(client: TcpStream, port: u16, half: Duration) -> Result<()> {
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let forth = (client.try_clone()?, server.try_clone()?);
    for (from, to) in [forth, (server, client)] {
        thread::Builder::new().stack_size(STACK_BYTES).spawn(move || pass(from, to, half))?;
    }
    Ok(())
}

/// One piece is under way at a time: those who ask here wait for the answer.
fn pass(mut from: TcpStream, mut to: TcpStream, half: Duration) {
    let mut piece = [0; PIECE_BYTES];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        thread::sleep(half);
        if to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
