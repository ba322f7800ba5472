//! The C ABI: checks, calls, converts. One noun a file; each export is written out, because the
//! header is made from it.
//!
//! Safety of every export: pointers are NULL or valid, as the head of `oauth.h` asks of its
//! callers.
#![allow(unsafe_code, non_camel_case_types, clippy::missing_safety_doc)]
#![deny(clippy::undocumented_unsafe_blocks)]

pub mod boundary;
pub mod call;
pub mod client;
pub mod key;
pub mod log_in;
pub mod operation;
pub mod outcome;
pub mod session;
pub mod source;
pub mod store;
pub mod token;
