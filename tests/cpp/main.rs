//! `oauth.hpp`: programs in C++ by each compiler and language version, under the sanitizers of memory and behaviour.

mod compiled;
mod examples;
mod headers;
mod pages;
mod programs;
#[path = "../support/mod.rs"]
mod support;
