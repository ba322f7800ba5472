//! Cookies by name and path (RFC 6265), for one host: ports do not tell cookies apart.

use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct Cookies(BTreeMap<(String, String), String>);

impl Cookies {
    /// Keeps what a Set-Cookie header says. A server takes a cookie back by setting it to nothing.
    pub fn keep(&mut self, set_cookie: &str) {
        let mut parts = set_cookie.split(';').map(|part| part.trim().split_once('=').unwrap_or((part.trim(), "")));
        let (name, value) = parts.next().unwrap_or_default();
        let path = parts.find(|(name, _)| name.eq_ignore_ascii_case("path")).map_or("/", |(_, path)| path);
        let key = (name.to_string(), path.to_string());
        match value {
            "" => self.0.remove(&key),
            value => self.0.insert(key, value.to_string()),
        };
    }

    /// The value of the Cookie header for a path.
    pub fn header(&self, path: &str) -> String {
        let sent = self.0.iter().filter(|((_, prefix), _)| path.starts_with(prefix.as_str()));
        sent.map(|((name, _), value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }
}
