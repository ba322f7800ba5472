//! A redis-server of the run alone, and a way in for looking.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::Result;
use crate::child::Owned;

const STARTS_WITHIN: Duration = Duration::from_secs(10);

pub struct Redis {
    _process: Owned,
    pub port: u16,
    connection: Connection,
}

impl Redis {
    /// `setpriv` ends it with whoever started it, however that ends.
    pub fn start(directory: &Path, more: &[&str]) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "redis-server", "--bind", "127.0.0.1", "--save", "", "--port"]);
        command.arg(port.to_string()).arg("--dir").arg(directory).args(more).stdout(Stdio::null());
        let process = Owned::spawn(&mut command)?;
        let began = Instant::now();
        let connection = loop {
            match Connection::open(port) {
                Ok(connection) => break connection,
                Err(error) if began.elapsed() > STARTS_WITHIN => return Err(format!("redis-server: {error}").into()),
                Err(_) => sleep(Duration::from_millis(20)),
            }
        };
        Ok(Self { _process: process, port, connection })
    }

    pub fn ask(&mut self, words: &[&str]) -> Result<Reply> {
        self.connection.ask(words)
    }

    pub fn number(&mut self, words: &[&str]) -> Result<i64> {
        match self.ask(words)? {
            Reply::Number(number) => Ok(number),
            other => Err(format!("{words:?}: {other:?}").into()),
        }
    }

    pub fn info(&mut self) -> Result<String> {
        self.ask(&["INFO", "everything"])?.text()
    }

    /// The keys whose names match, without SCAN's repetitions.
    pub fn keys(&mut self, pattern: &str) -> Result<Vec<String>> {
        match self.ask(&["KEYS", pattern])? {
            Reply::Array(names) => names.into_iter().map(Reply::text).collect(),
            other => Err(format!("KEYS: {other:?}").into()),
        }
    }

    /// A second connection, on which the server tells of every command.
    pub fn watch(&self) -> Result<Watch> {
        let mut connection = Connection::open(self.port)?;
        connection.ask(&["MONITOR"])?;
        connection.0.get_ref().set_read_timeout(Some(Duration::from_millis(300)))?;
        Ok(Watch(connection))
    }
}

pub struct Watch(Connection);

impl Watch {
    /// The commands since it began: their names, and whether a script ran them.
    pub fn commands(mut self) -> Result<Vec<(String, bool)>> {
        let mut commands = Vec::new();
        let mut line = Vec::new();
        while self.0.0.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            // +1800000000.000000 [0 127.0.0.1:40000] "EVALSHA" ... or [0 lua]
            let text = String::from_utf8_lossy(&line).into_owned();
            line.clear();
            let (from, said) = text.split_once("] \"").ok_or_else(|| format!("MONITOR: {text}"))?;
            let name = said.split('"').next().unwrap_or_default().to_uppercase();
            commands.push((name, from.ends_with("lua")));
        }
        Ok(commands)
    }
}

#[derive(Debug)]
pub enum Reply {
    Text(String),
    Number(i64),
    Array(Vec<Reply>),
    Nil,
}

impl Reply {
    pub fn text(self) -> Result<String> {
        match self {
            Self::Text(text) => Ok(text),
            other => Err(format!("no text: {other:?}").into()),
        }
    }
}

struct Connection(BufReader<TcpStream>);

impl Connection {
    /// Open only when the server answers.
    fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        let mut connection = Self(BufReader::new(stream));
        connection.ask(&["PING"])?;
        Ok(connection)
    }

    fn ask(&mut self, words: &[&str]) -> Result<Reply> {
        let mut command = format!("*{}\r\n", words.len());
        words.iter().for_each(|word| command += &format!("${}\r\n{word}\r\n", word.len()));
        self.0.get_mut().write_all(command.as_bytes())?;
        self.reply()
    }

    fn reply(&mut self) -> Result<Reply> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        let line = line.trim_end();
        let (kind, rest) = line.split_at_checked(1).ok_or("Redis closed the connection")?;
        Ok(match kind {
            "+" => Reply::Text(rest.to_owned()),
            ":" => Reply::Number(rest.parse()?),
            "$" if rest == "-1" => Reply::Nil,
            "$" => {
                let mut bytes = vec![0; rest.parse::<usize>()? + 2];
                self.0.read_exact(&mut bytes)?;
                bytes.truncate(bytes.len() - 2);
                Reply::Text(String::from_utf8_lossy(&bytes).into_owned())
            }
            "*" => Reply::Array((0..rest.parse::<u32>()?).map(|_| self.reply()).collect::<Result<_>>()?),
            _ => return Err(format!("Redis: {line}").into()),
        })
    }
}
