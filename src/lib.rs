//! An OAuth 2 client with a C ABI. Programs in C, or in a language that can call C, use `oauth.h`; this is behind it.
//!
//! A call goes from [`ffi`] through [`blocking`] to [`client`], which builds and reads messages with [`protocol`] and
//! sends them with [`transport`]. A [`session`] renews its token through the client and keeps it in a [`store`]. The
//! [`engine`] drives both on the program's threads. A [`profile`] is a file that says how a session is opened. A lower layer never names an upper one.
//!
//! Only the C ABI is stable: the modules are public for the tests.
#![deny(unsafe_code)]

pub mod clock;
pub mod error;
pub mod host;
pub mod http;
pub mod process;
pub mod secret;
pub mod source;
pub mod text;

pub mod protocol;
pub mod transport;

pub mod client;
pub mod session;
pub mod store;

pub mod engine;

pub mod blocking;
pub mod operations;

pub mod profile;

pub mod ffi;
