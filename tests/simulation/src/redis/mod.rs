//! A Redis of its own: a master, a replica that lags behind, and a disk that does.

pub mod keys;
pub mod lua;
pub mod protocol;
pub mod server;
