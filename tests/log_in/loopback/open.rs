//! Where it listens, and what stands in the way.

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};

use oauthclient::error::{Error, Status};
use oauthclient::transport::loopback::listener::Listener;
use oauthclient::transport::loopback::{Host, Options};

use crate::loopback::{RIGHT, address, during_wait, get, send, wait};

fn on(host: Host, port: u16) -> Options {
    let mut options = Options::default();
    (options.host, options.port, options.check_browser) = (host, port, false);
    options
}

fn fails(options: &Options) -> Error {
    Listener::open(options).err().expect("an error")
}

fn has_ipv6() -> bool {
    let has = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
    if !has {
        eprintln!("this machine has no ::1: what needs it was not tested");
    }
    has
}

#[test]
fn the_redirect_uri_is_what_was_asked_for() {
    for (host, path, before, after) in [
        (Host::Ipv4, "/", "http://127.0.0.1:", "/"),
        (Host::Localhost, "", "http://localhost:", ""),
        (Host::Ipv4, "/a/b%20c;d=e", "http://127.0.0.1:", "/a/b%20c;d=e"),
        (Host::Ipv6, "/cb", "http://[::1]:", "/cb"),
    ] {
        if host == Host::Ipv6 && !has_ipv6() {
            continue;
        }
        let mut options = on(host, 0);
        options.path = path.to_owned();
        let mut listener = Listener::open(&options).expect("a free port");
        let uri = listener.redirect_uri().as_str().to_owned();
        let port = uri.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).expect(&uri);
        assert!(port.parse::<u16>().is_ok_and(|port| port > 0), "{uri}");
        // An empty path is / on the wire.
        let path = if path.is_empty() { "/" } else { path };
        let redirect = during_wait(&mut listener, |address| drop(send(address, &get(&format!("{path}?{RIGHT}")))));
        assert_eq!(redirect, format!("{before}{port}{path}?{RIGHT}"));
    }
}

#[test]
fn a_chosen_port_is_taken() {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr()).expect("a port");
    let listener = Listener::open(&on(Host::Ipv4, free.port())).expect("it is free");
    assert_eq!(address(&listener), free.to_string());
}

#[test]
fn localhost_listens_on_both_addresses() {
    if !has_ipv6() {
        return;
    }
    for host in ["127.0.0.1", "[::1]"] {
        let mut listener = Listener::open(&on(Host::Localhost, 0)).expect("a free port");
        let port = address(&listener).rsplit(':').next().expect("a port").to_owned();
        let _browser = send(&format!("{host}:{port}"), &get(&format!("/?{RIGHT}")));
        wait(&mut listener).expect("by either address");
        assert!(["127.0.0.1", "[::1]"].iter().all(|host| TcpStream::connect(format!("{host}:{port}")).is_err()));
    }
}

#[test]
fn a_port_in_use_is_named_with_the_next_step() {
    let mut cases = vec![(Ipv4Addr::LOCALHOST.into(), Host::Ipv4), (Ipv4Addr::LOCALHOST.into(), Host::Localhost)];
    if has_ipv6() {
        let ipv6: std::net::IpAddr = Ipv6Addr::LOCALHOST.into();
        cases.extend([(ipv6, Host::Ipv6), (ipv6, Host::Localhost)]); // whoever has the other address gets the code
    }
    for (taken, host) in cases {
        let other = TcpListener::bind((taken, 0)).expect("a free port");
        let place = other.local_addr().expect("bound");
        let error = fails(&on(host, place.port()));
        assert_eq!(error.status, Status::System);
        let expected = format!("{place} is in use: choose another port, or 0 for any free one");
        assert_eq!(error.message.as_str(), expected);
    }
}

#[test]
fn a_path_that_no_browser_would_send_is_refused() {
    for path in [
        "cb",
        "@as.example/",
        ":80/",
        "/a/../b",
        "/a/./b",
        "/%2e%2e/b",
        "/a b",
        "/a?b",
        "/a#b",
        "/a\\b",
        "/a\tb",
        "/a\n",
        "/\u{e9}",
        "/<",
        "?",
        "#",
        " ",
    ] {
        let mut options = Options::default();
        options.path = path.to_owned();
        let error = fails(&options);
        assert_eq!(error.status, Status::InvalidArgument, "{path:?}");
        assert!(error.message.as_str().starts_with("options: path "), "{path:?}: {error}");
    }
}
