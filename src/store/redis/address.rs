//! The URL of Redis servers: their addresses, and the user and password there, which no message shows.

use percent_encoding::percent_decode_str;
use url::{Host, Url};
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, Result};
use crate::secret::SecretBytes;
use crate::transport::stream::Place;

/// Servers, and how to log in to them.
#[derive(Debug)]
pub struct Address {
    /// At least one.
    pub places: Vec<Place>,
    pub tls: bool,
    /// `None`: the default user.
    pub user: Option<SecretBytes>,
    pub password: Option<SecretBytes>,
    pub database: u32,
}

impl Address {
    /// `redis://[user:password@]host[:port][,host[:port]...][/database]`, the same with `rediss` for TLS, or
    /// `unix:///path[?db=number][&user=name][&pass=password]`. `valkey` means the same as `redis`.
    pub fn parse(text: &str, usual_port: u16) -> Result<Self> {
        let (first, others) = split(text)?;
        let url = Url::parse(&first).map_err(|_| bad("is not a URL"))?;
        let address = match url.scheme() {
            "redis" | "valkey" => tcp(&url, others, usual_port, false),
            "rediss" | "valkeys" => tcp(&url, others, usual_port, true),
            _ if !others.is_empty() => Err(bad("has several hosts, but is not redis:// or rediss://")),
            "unix" | "redis+unix" | "valkey+unix" => unix(&url),
            _ => Err(bad("does not begin with redis://, rediss:// or unix://")),
        };
        String::from(url).zeroize();
        address
    }
}

/// The URL with the first of its hosts alone, and the other ones.
fn split(text: &str) -> Result<(Zeroizing<String>, Vec<&str>)> {
    let begin = text.find("://").map_or(0, |at| at + "://".len());
    let end = text[begin..].find(['/', '?', '#']).map_or(text.len(), |at| begin + at);
    let hosts_at = text[begin..end].rfind('@').map_or(begin, |at| begin + at + 1);
    let credentials = &text[begin..hosts_at];
    if credentials.contains(',') && credentials.matches('@').count() > 1 {
        return Err(bad("has more than one @: user and password stand once, before the first host"));
    }
    let mut hosts = text[hosts_at..end].split(',');
    let first = hosts.next().unwrap_or_default();
    Ok((Zeroizing::new([&text[..hosts_at], first, &text[end..]].concat()), hosts.collect()))
}

fn tcp(url: &Url, others: Vec<&str>, usual_port: u16, tls: bool) -> Result<Address> {
    if url.query().is_some() || url.fragment().is_some() {
        // Perhaps a password with ? or # in it was not percent-encoded: then the parsed host is a part of the
        // credentials.
        return Err(bad("has a ? or #: in a password, they are to be percent-encoded"));
    }
    let place = |url: &Url| {
        let host = match url.host() {
            Some(Host::Domain("")) | None => return Err(bad("has no host")),
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
        };
        Ok(Place::Tcp { host, port: url.port().unwrap_or(usual_port) })
    };
    let mut places = vec![place(url)?];
    for other in others {
        let other = Url::parse(&format!("redis://{other}")).map_err(|_| bad("has a host that is none"))?;
        places.push(place(&other)?);
    }
    let user = Some(url.username()).filter(|user| !user.is_empty()).map(decoded);
    let database = database(url.path().trim_matches('/'))?;
    Ok(Address { places, tls, user, password: url.password().map(decoded), database })
}

fn unix(url: &Url) -> Result<Address> {
    let path = url.to_file_path().map_err(|()| bad("has no path"))?;
    let mut address = Address { places: vec![Place::Unix(path)], tls: false, user: None, password: None, database: 0 };
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
            ("redis://app:a,b%40c@one:1,two,[::1]:3/4", "one:1,two:6379,[::1]:3 false app a,b@c 4"),
            ("redis://one,two", "one:6379,two:6379 false - - 0"),
        ];
        for (url, expected) in cases {
            let found = Address::parse(url, 6379).expect(url);
            let shown = |secret: &Option<SecretBytes>| {
                secret.as_ref().map_or("-".to_owned(), |secret| String::from_utf8_lossy(secret).into_owned())
            };
            let (user, password) = (shown(&found.user), shown(&found.password));
            let places: Vec<_> = found.places.iter().map(Place::to_string).collect();
            let places = places.join(",");
            assert_eq!(format!("{places} {} {user} {password} {}", found.tls, found.database), expected);
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
            ("redis://:hunter2@one,", "no host"),
            ("redis://:hunter2@one,two:none/0", "a host that is none"),
            ("redis://:hunter2@one,:hunter2@two", "more than one @"),
            ("http://one,two", "several hosts"),
            ("unix://one,two/path", "several hosts"),
            ("redis://:hunter2@localhost/first", "database"),
            ("redis://:hunter2@localhost/-1", "database"),
            ("redis://:hunter2?@localhost", "URL"),
            ("redis://app:12#34@localhost", "percent-encoded"),
            ("redis://:hunter2@localhost:99999", "not a URL"),
            ("unix:///run/redis.sock?password=hunter2", "db, user and pass"),
        ];
        for (url, expected) in cases {
            let error = Address::parse(url, 6379).expect_err(url);
            let message = error.message.as_str();
            assert!(message.contains(expected), "{url}: {message}");
            assert!(!message.contains("hunter2") && !message.contains("12"), "{message}");
        }
    }
}
