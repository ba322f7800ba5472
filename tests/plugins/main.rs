//! Plug-ins of `examples-c/plugins`, run by the programs that they are for.
#![cfg(target_os = "linux")]

mod curl;
mod git_credential;
mod home;
mod libpq;
mod live;
mod rdkafka;
mod sasl;
#[path = "../support/mod.rs"]
mod support;
