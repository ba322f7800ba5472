//! Proxies that lead every host name to one address, so that tests can use names that do not exist.

mod http;
mod socks5;

pub use http::HttpProxy;
pub use socks5::{SeenTarget, Socks5};

/// The user name and password a proxy asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    pub user: String,
    pub password: String,
}

impl Credentials {
    pub fn new(user: &str, password: &str) -> Self {
        Self { user: user.to_string(), password: password.to_string() }
    }
}
