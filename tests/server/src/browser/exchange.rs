//! One request and its answer, on a connection of their own.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use url::{Position, Url};

/// Long enough for a program that redeems the code before it shows its page.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next()
    }

    pub fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// A GET, or a POST of a form; https where somebody is trusted.
pub(super) fn send(
    url: &Url,
    cookies: &str,
    form: Option<&str>,
    trusted: Option<&Arc<ClientConfig>>,
) -> io::Result<Answer> {
    let addresses = url.socket_addrs(|| None)?;
    if !addresses.iter().all(|address| address.ip().is_loopback()) {
        return Err(invalid("only loopback is asked"));
    }
    let stream = TcpStream::connect(&*addresses)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut stream: Box<dyn Stream> = match (url.scheme(), trusted) {
        ("http", _) => Box::new(stream),
        ("https", Some(trusted)) => {
            let name = ServerName::try_from(url.host_str().unwrap_or_default().to_owned()).map_err(io::Error::other)?;
            let connection = ClientConnection::new(trusted.clone(), name).map_err(io::Error::other)?;
            Box::new(StreamOwned::new(connection, stream))
        }
        _ => return Err(invalid("only http is asked, and https of a trusted authority")),
    };
    let target = &url[Position::BeforePath..Position::AfterQuery];
    let (method, body) = form.map_or(("GET", ""), |form| ("POST", form));
    let mut head = format!(
        "{method} {target} HTTP/1.1\r\nHost: {}\r\nAccept: text/html\r\nConnection: close\r\n",
        &url[Position::BeforeHost..Position::AfterPort]
    );
    if !cookies.is_empty() {
        head.push_str(&format!("Cookie: {cookies}\r\n"));
    }
    if form.is_some() {
        head.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    stream.write_all(format!("{head}\r\n{body}").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    read(&answer).ok_or_else(|| invalid("it is not HTTP"))
}

fn read(answer: &str) -> Option<Answer> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_string(), value.trim().to_string())).collect();
    let answer = Answer { status, headers, body: body.to_string() };
    let length = answer.header("content-length").map_or(Some(body.len()), |length| length.parse().ok())?;
    (length == body.len()).then_some(answer)
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
