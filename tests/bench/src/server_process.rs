//! The server as the one who started it sees it.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;
use crate::child::Owned;
use crate::load::COUNTERS_PATH;

/// The hidden first argument that makes this program the server.
pub const COMMAND: &str = "serve";
pub const CA_FILE: &str = "ca.pem";

pub struct ServerProcess {
    process: Owned,
    pub plain_port: u16,
    pub tls_port: u16,
    pub ca_file: PathBuf,
    /// What this system trusts, with the certificate of `ca_file` at its end.
    pub system_ca_file: PathBuf,
}

/// Where Debian and Fedora have theirs.
const SYSTEM_CA_FILES: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/// What the server saw between two looks.
#[derive(Clone, Copy, Default)]
pub struct Seen {
    pub connections: u64,
    pub resumed: u64,
    pub refused: u64,
    pub granted: u64,
}

impl Seen {
    pub fn since(self, earlier: Self) -> Self {
        Self {
            connections: self.connections - earlier.connections,
            resumed: self.resumed - earlier.resumed,
            refused: self.refused - earlier.refused,
            granted: self.granted - earlier.granted,
        }
    }
}

impl ServerProcess {
    pub fn start(directory: &Path) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(COMMAND).arg(directory).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Owned::spawn(&mut command)?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no output of the server")?).read_line(&mut line)?;
        let (plain, tls) = line.trim().split_once(' ').ok_or("the server did not start")?;
        let (ca_file, system_ca_file) = (directory.join(CA_FILE), directory.join("system-ca.pem"));
        let system = SYSTEM_CA_FILES.iter().find_map(|file| std::fs::read(file).ok());
        let system = system.ok_or("the system trusts nobody: install ca-certificates")?;
        std::fs::write(&system_ca_file, [system, b"\n".to_vec(), std::fs::read(&ca_file)?].concat())?;
        Ok(Self { process, plain_port: plain.parse()?, tls_port: tls.parse()?, ca_file, system_ca_file })
    }

    pub fn seen(&self) -> Result<Seen> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.plain_port))?;
        stream.write_all(format!("GET {COUNTERS_PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let body = answer.split("\r\n\r\n").nth(1).ok_or("no counters")?;
        let numbers: HashMap<&str, &str> = body.split(' ').filter_map(|pair| pair.split_once('=')).collect();
        let number = |name| -> Result<u64> { Ok(numbers.get(name).ok_or(name)?.parse()?) };
        Ok(Seen {
            connections: number("connections")?,
            resumed: number("resumed")?,
            refused: number("refused")?,
            granted: number("granted")?,
        })
    }

    /// Of the process from its start on, to a hundredth of a second.
    pub fn cpu_us(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        let after_name = stat.rsplit_once(')').ok_or("bad stat")?.1;
        let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
        Ok(ticks.sum::<std::result::Result<f64, _>>()? * 10_000.0)
    }
}
