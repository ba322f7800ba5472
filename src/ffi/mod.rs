//! The C ABI: checks, calls, converts. One noun a file; each export is written out, because the header is made from it.
//!
//! Safety of every export: pointers are NULL or valid, as the head of `oauth.h` asks of its callers.
#![allow(unsafe_code, non_camel_case_types, clippy::missing_safety_doc)]
#![deny(clippy::undocumented_unsafe_blocks)]

pub mod authorization;
pub mod browser;
pub mod callbacks;
pub mod cancel;
pub mod challenges;
pub mod client;
pub mod config;
pub mod device_authorization;
pub mod error;
pub mod grants;
mod guard;
pub mod introspection;
pub mod listener;
pub mod log_in;
pub mod members;
pub mod metadata;
pub mod options;
pub mod params;
mod pointer;
pub mod response;
pub mod revocation;
pub mod server;
pub mod session;
pub mod session_options;
pub mod status;
pub mod store;
pub mod store_callbacks;
pub mod store_keyring;
pub mod store_redis;
pub mod token;
pub mod token_endpoint;
pub mod userinfo;
pub mod version;
