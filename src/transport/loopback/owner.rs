//! Whose program holds the other end of a loopback connection: Linux tells.

use std::fs::read_to_string;
use std::net::{IpAddr, SocketAddr};

use crate::host;

/// Whether it may be the browser of whoever runs this program: of this user, of root, and with sudo of its caller. Also
/// if nobody knows, as for a connection that is forwarded from elsewhere.
pub fn may_be_ours(here: SocketAddr, there: SocketAddr) -> bool {
    let us = [rustix::process::getuid().as_raw(), rustix::process::geteuid().as_raw(), 0];
    let is_ours = |uid: &str| {
        let caller = std::env::var("SUDO_UID").ok().filter(|_| !host::is_privileged());
        uid.parse().is_ok_and(|uid| us.contains(&uid)) || caller.is_some_and(|caller| caller == uid)
    };
    owner(here, there).is_none_or(|uid| is_ours(&uid))
}

/// The number of a user; empty if the other end is closed.
fn owner(here: SocketAddr, there: SocketAddr) -> Option<String> {
    // A socket for IPv6 may speak IPv4.
    let tables = [("tcp", here.is_ipv4()), ("tcp6", true)];
    tables.iter().filter(|(_, is_for_it)| *is_for_it).find_map(|(name, _)| {
        let ends = [there, here].map(|end| written(end, *name == "tcp"));
        read_to_string(format!("/proc/thread-self/net/{name}")).ok()?.lines().find_map(|line| {
            let fields: Vec<_> = line.split_ascii_whitespace().collect();
            let is_it = fields.get(1..3).is_some_and(|found| ends == found);
            let (uid, inode) = (fields.get(7)?, fields.get(9)?);
            is_it.then(|| if *inode == "0" { String::new() } else { (*uid).to_owned() })
        })
    })
}

/// An address as the kernel writes it: 32 bits at a time, in the machine's order.
fn written(address: SocketAddr, is_short: bool) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if is_short => ip.octets().to_vec(),
        IpAddr::V4(ip) => ip.to_ipv6_mapped().octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let words = ip.chunks_exact(4).filter_map(|word| Some(u32::from_ne_bytes(word.try_into().ok()?)));
    let ip: String = words.map(|word| format!("{word:08X}")).collect();
    format!("{ip}:{:04X}", address.port())
}
