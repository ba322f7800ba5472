//! The header: what it declares is what the library exports, in every language version, and its examples work.

mod abi;
mod examples;
mod languages;
mod man_pages;
#[path = "../support/mod.rs"]
mod support;
