//! The URL of a Redis server: its address, and the user and password there, which no message shows.

use percent_encoding::percent_decode_str;
use url::{Host, Url};
use zeroize::Zeroize;

use crate::error::{Error, Result};
use crate::secret::SecretBytes;
use crate::transport::stream::Place;

const USUAL_PORT: u16 = 6379;

/// A server, and how to log in to it.
#[derive(Debug)]
pub struct Address {
    pub place: Place,
    pub tls: bool,
    /// `None`: the default user.
    pub user: Option<SecretBytes>,
    pub password: Option<SecretBytes>,
    pub database: u32,
}

impl Address {
    /// `redis://[user:password@]host[:port][/database]`, the same with `rediss` for TLS, or
    /// `unix:///path[?db=number][&user=name][&pass=password]`. `valkey` means the same as `redis`.
    pub fn parse(text: &str) -> Result<Self> {
        let url = Url::parse(text).map_err(|_| bad("is not a URL"))?;
        let address = match url.scheme() {
            "redis" | "valkey" => tcp(&url, false),
            "rediss" | "valkeys" => tcp(&url, true),
            "unix" | "redis+unix" | "valkey+unix" => unix(&url),
            _ => Err(bad("does not begin with redis://, rediss:// or unix://")),
        };
        String::from(url).zeroize();
        let address = address?;
        if address.user.is_some() && address.password.is_none() {
            return Err(bad("names a user without a password"));
        }
        Ok(address)
    }
}

fn tcp(url: &Url, tls: bool) -> Result<Address> {
    if url.query().is_some() || url.fragment().is_some() {
        // Perhaps a password with ? or # in it was not percent-encoded: then the parsed host is a part of the
        // credentials.
        return Err(bad("has a ? or #: in a password, they are to be percent-encoded"));
    }
    let host = match url.host() {
        Some(Host::Domain("")) | None => return Err(bad("has no host")),
        Some(Host::Domain(name)) => name.to_owned(),
        Some(Host::Ipv4(address)) => address.to_string(),
        Some(Host::Ipv6(address)) => address.to_string(),
    };
    let user = Some(url.username()).filter(|user| !user.is_empty()).map(decoded);
    Ok(Address {
        place: Place::Tcp { host, port: url.port().unwrap_or(USUAL_PORT) },
        tls,
        user,
        password: url.password().map(decoded),
        database: database(url.path().trim_matches('/'))?,
    })
}

fn unix(url: &Url) -> Result<Address> {
    let path = url.to_file_path().map_err(|()| bad("has no path"))?;
    let mut address = Address { place: Place::Unix(path), tls: false, user: None, password: None, database: 0 };
    for (name, value) in url.query_pairs() {
        match &*name {
            "db" => address.database = database(&value)?,
            "user" => address.user = Some(value.into_owned().into_bytes().into()),
            "pass" => address.password = Some(value.into_owned().into_bytes().into()),
            _ => return Err(bad("has a query with other names than db, user and pass")),
        }
    }
    Ok(address)
}

fn database(number: &str) -> Result<u32> {
    if number.is_empty() {
        return Ok(0);
    }
    number.parse().map_err(|_| bad("has a path that is not the number of a database"))
}

fn decoded(text: &str) -> SecretBytes {
    let mut bytes = Vec::with_capacity(text.len()); // enough: no copy is left behind by a buffer that grows
    bytes.extend(percent_decode_str(text));
    bytes.into()
}

fn bad(why: &str) -> Error {
    Error::argument("url", why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_say_where_and_who() {
        let cases = [
            ("redis://localhost", "localhost:6379 false - - 0"),
            ("valkey://localhost/", "localhost:6379 false - - 0"),
            ("redis://:p%40ss@[::1]:7000/3", "[::1]:7000 false - p@ss 3"),
            ("rediss://app:secret@redis.example:6380", "redis.example:6380 true app secret 0"),
            ("unix:///run/redis.sock", "/run/redis.sock false - - 0"),
            ("redis+unix:///run/a%20b?db=2&user=app&pass=p%26s", "/run/a b false app p&s 2"),
        ];
        for (url, expected) in cases {
            let found = Address::parse(url).expect(url);
            let shown = |secret: &Option<SecretBytes>| {
                secret.as_ref().map_or("-".to_owned(), |secret| String::from_utf8_lossy(secret).into_owned())
            };
            let (user, password) = (shown(&found.user), shown(&found.password));
            assert_eq!(format!("{} {} {user} {password} {}", found.place, found.tls, found.database), expected);
            assert!(!format!("{found:?}").contains("p@ss"));
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        let cases = [
            ("", "not a URL"),
            ("localhost:6379", "begin"),
            ("http://:hunter2@localhost", "begin"),
            ("redis://:hunter2@", "URL"),
            ("redis://", "no host"),
            ("redis://app@localhost", "without a password"),
            ("redis://:hunter2@localhost/first", "database"),
            ("redis://:hunter2@localhost/-1", "database"),
            ("redis://:hunter2?@localhost", "URL"),
            ("redis://app:12#34@localhost", "percent-encoded"),
            ("redis://:hunter2@localhost:99999", "not a URL"),
            ("unix:///run/redis.sock?password=hunter2", "db, user and pass"),
        ];
        for (url, expected) in cases {
            let error = Address::parse(url).expect_err(url);
            let message = error.message.as_str();
            assert!(message.contains(expected), "{url}: {message}");
            assert!(!message.contains("hunter2") && !message.contains("12"), "{message}");
        }
    }
}
