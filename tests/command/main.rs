//! The command `oauth-token`, run as its users run it.
#![cfg(unix)]

mod exec;
mod format;
mod grant;
mod keep;
mod log_in;
mod manual;
mod recipe;
mod status;
#[path = "../support/mod.rs"]
mod support;
mod terminal;
mod user;
