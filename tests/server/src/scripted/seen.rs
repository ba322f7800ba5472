//! What a scripted server has seen so far.

use std::time::Instant;

/// Everything that happened on a server, in order.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub connections: Vec<SeenConnection>,
    /// Whole requests only; what came of a broken one is counted in [`SeenConnection::received`].
    pub requests: Vec<SeenRequest>,
    /// The panics of handlers. A test need not look here: the server's drop repeats them.
    pub panics: Vec<String>,
}

impl Seen {
    /// The connections that are still open.
    pub fn open(&self) -> usize {
        self.connections.iter().filter(|connection| connection.closed.is_none()).count()
    }

    /// When the server closed or reset connections, in order of the connections.
    pub fn closes(&self) -> Vec<Instant> {
        self.connections.iter().filter_map(|connection| connection.closed.map(|close| close.at)).collect()
    }
}

/// One accepted connection. Its index in [`Seen::connections`] is its number, from 0.
#[derive(Clone, Debug)]
pub struct SeenConnection {
    pub opened_at: Instant,
    /// Bytes read from the client, after decryption.
    pub received: usize,
    pub last_write_at: Option<Instant>,
    pub tls: Option<SeenHandshake>,
    /// Why the TLS handshake failed.
    pub handshake_error: Option<String>,
    pub closed: Option<Close>,
}

/// A finished TLS handshake.
#[derive(Clone, Debug)]
pub struct SeenHandshake {
    pub resumed: bool,
    pub server_name: Option<String>,
    /// The certificate that the client has shown, as DER.
    pub client_certificate: Option<Vec<u8>>,
}

/// The end of a connection on the server's side.
#[derive(Clone, Copy, Debug)]
pub struct Close {
    /// Taken just before the socket was closed.
    pub at: Instant,
    pub reset: bool,
}

/// One whole HTTP request.
#[derive(Clone, Debug)]
pub struct SeenRequest {
    /// The number of its connection, from 0.
    pub connection: usize,
    /// Its number on that connection, from 0.
    pub number: usize,
    /// When its last byte had been read.
    pub at: Instant,
    pub method: String,
    /// As on the request line: a path with query, an absolute URL (to a proxy), or `host:port` (CONNECT).
    pub target: String,
    /// In order and with the names' case as sent; other bytes than UTF-8 are replaced, see `head` for them.
    pub headers: Vec<(String, String)>,
    /// The request line and headers, byte for byte, with the empty line at the end.
    pub head: Vec<u8>,
    pub body: Vec<u8>,
}

impl SeenRequest {
    /// The value of the first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The values of all headers of that name, in any case, in order.
    pub fn header_all(&self, name: &str) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// The body decoded as a form, in order.
    pub fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// The first form field of that name.
    pub fn form_value(&self, name: &str) -> Option<String> {
        self.form().into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(super) fn parse_head(head: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(head);
        let mut lines = text.split("\r\n");
        let mut first = lines.next()?.splitn(3, ' ');
        let (method, target, version) = (first.next()?, first.next()?, first.next()?);
        if !version.starts_with("HTTP/1.") {
            return None;
        }
        let headers = lines
            .take_while(|line| !line.is_empty())
            .map(|line| line.split_once(':'))
            .map(|field| field.map(|(name, value)| (name.to_string(), value.trim().to_string())))
            .collect::<Option<Vec<_>>>()?;
        Some(Self {
            connection: 0,
            number: 0,
            at: Instant::now(),
            method: method.to_string(),
            target: target.to_string(),
            headers,
            head: head.to_vec(),
            body: Vec::new(),
        })
    }
}
