//! One row of the matrix.

use std::fmt;

use crate::load::Load;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Tls,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    Kept,
    New,
}

/// A scheme and a way with connections: what counts are taken for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    pub scheme: Scheme,
    pub connection: Connection,
}

#[derive(Clone, Copy)]
pub struct Case {
    pub kind: Kind,
    pub threads: u32,
}

pub const HTTP_KEPT: Kind = Kind { scheme: Scheme::Http, connection: Connection::Kept };
pub const TLS_NEW: Kind = Kind { scheme: Scheme::Tls, connection: Connection::New };
pub const KINDS: [Kind; 4] = [
    HTTP_KEPT,
    Kind { scheme: Scheme::Tls, connection: Connection::Kept },
    Kind { scheme: Scheme::Http, connection: Connection::New },
    TLS_NEW,
];

pub fn matrix() -> impl Iterator<Item = Case> {
    KINDS.into_iter().flat_map(|kind| [1, 8, 64].map(|threads| Case { kind, threads }))
}

impl Case {
    /// Enough calls for a steady second or so on one core.
    pub fn load(&self, quick: bool) -> Load {
        let calls = match (self.kind.scheme, self.kind.connection) {
            (_, Connection::Kept) => 19_200,
            (Scheme::Http, Connection::New) => 9_600,
            (Scheme::Tls, Connection::New) => 3_200,
        };
        Load::new(self.kind.scheme, self.kind.connection, self.threads, if quick { calls / 10 } else { calls })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "HTTP",
            Scheme::Tls => "TLS",
        };
        let connection = match self.connection {
            Connection::Kept => "keep-alive",
            Connection::New => "new connection",
        };
        write!(f, "{scheme} {connection}")
    }
}
