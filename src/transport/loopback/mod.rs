//! The loopback interface redirect (RFC 8252 section 7.3): where the browser brings the answer to a native app.
//!
//! Whatever runs on this machine, and any page in the browser, can connect: only the one request that is waited for
//! counts, and nothing else ends the wait or takes more than its share.

mod connection;
pub mod listener;
mod page;
mod request;

use url::Url;

use crate::error::{Error, Result};

/// The host of the redirect URI, as it is registered at the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Host {
    /// What RFC 8252 asks for.
    #[default]
    Ipv4,
    Ipv6,
    /// For servers that take nothing else; both addresses are listened on, because the browser chooses.
    Localhost,
}

impl Host {
    const ALL: [(Self, &str, &str); 3] = [
        (Self::Ipv4, "127.0.0.1", "127.0.0.1"),
        (Self::Ipv6, "::1", "[::1]"),
        (Self::Localhost, "localhost", "localhost"),
    ];

    /// `None` for anything but the three.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name, _)| *name == text).map(|(host, ..)| *host)
    }

    fn in_url(self) -> &'static str {
        Self::ALL.iter().find(|(host, ..)| *host == self).map_or("", |(.., in_url)| in_url)
    }
}

/// Where to listen, and what to show.
pub struct Options {
    pub host: Host,
    /// 0: any free one.
    pub port: u16,
    /// Of the redirect URI; may be empty.
    pub path: String,
    /// HTML in place of our own.
    pub success_page: Option<String>,
    pub failure_page: Option<String>,
    rejected: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        let path = "/".to_owned();
        Self { host: Host::default(), port: 0, path, success_page: None, failure_page: None, rejected: None }
    }
}

impl Options {
    /// Keeps the first thing that was wrong; the call that uses the options reports it.
    pub fn reject(&mut self, what: &str) {
        self.rejected.get_or_insert_with(|| what.to_owned());
    }

    /// The first bad value, by name.
    pub fn check(&self) -> Result<()> {
        if let Some(what) = &self.rejected {
            return Err(Error::argument("options:", what));
        }
        // A path that a browser would write in another way could never be recognised.
        let read = Url::parse(&format!("http://{}{}", Host::Ipv4.in_url(), self.path));
        if !self.path.is_empty() && !read.is_ok_and(|url| self.path.starts_with('/') && url.path() == self.path) {
            return Err(Error::argument("options:", "path is neither empty nor a URL's path, with / at its beginning"));
        }
        Ok(())
    }
}
