//! The loopback interface redirect (RFC 8252 section 7.3): the browser brings the answer to a listener of a native app.
//!
//! Any program on this machine, and any page in the browser, can connect. Only the expected request is accepted; no
//! other one ends the wait or takes more than its share.

mod connection;
pub mod gate;
pub mod listener;
#[cfg(target_os = "linux")]
mod owner;
mod page;
mod request;

use url::Url;

use crate::error::{Error, Result};

/// The host of the redirect URI, as it is registered at the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Host {
    /// The address that RFC 8252 asks for.
    #[default]
    Ipv4,
    Ipv6,
    /// For servers that accept no other; both addresses are listened on, because the browser chooses one.
    Localhost,
}

impl Host {
    const ALL: [(Self, &str, &str); 3] = [
        (Self::Ipv4, "127.0.0.1", "127.0.0.1"),
        (Self::Ipv6, "::1", "[::1]"),
        (Self::Localhost, "localhost", "localhost"),
    ];

    /// `None` unless the text is one of the three.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name, _)| *name == text).map(|(host, ..)| *host)
    }

    fn in_url(self) -> &'static str {
        Self::ALL.iter().find(|(host, ..)| *host == self).map_or("", |(.., in_url)| in_url)
    }
}

/// Where to listen, and which pages to show.
#[derive(Clone)]
pub struct Options {
    pub host: Host,
    /// 0: any free port.
    pub port: u16,
    /// The path of the redirect URI; may be empty.
    pub path: String,
    /// HTML in place of the library's own page.
    pub success_page: Option<String>,
    pub failure_page: Option<String>,
    /// For people to read, on the library's own pages.
    pub program_name: Option<String>,
    /// Whether the redirect must come from the browser that was opened.
    pub check_browser: bool,
    rejected: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            host: Host::default(),
            port: 0,
            path: "/".to_owned(),
            success_page: None,
            failure_page: None,
            program_name: None,
            check_browser: true,
            rejected: None,
        }
    }
}

impl Options {
    /// Records the first wrong value; the call that uses the options reports it.
    pub fn reject(&mut self, what: &str) {
        self.rejected.get_or_insert_with(|| what.to_owned());
    }

    /// The error names the first wrong value.
    pub fn check(&self) -> Result<()> {
        if let Some(what) = &self.rejected {
            return Err(Error::argument("options:", what));
        }
        // A path that a browser would write in another way would never match.
        let read = Url::parse(&format!("http://{}{}", Host::Ipv4.in_url(), self.path));
        if !self.path.is_empty() && !read.is_ok_and(|url| self.path.starts_with('/') && url.path() == self.path) {
            return Err(Error::argument("options:", "path is neither empty nor a URL's path, with / at its beginning"));
        }
        Ok(())
    }
}
