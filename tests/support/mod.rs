//! What the integration tests share.
#![allow(dead_code, reason = "each test file is a crate of its own and uses a part")]

pub mod browser;
pub mod c;
pub mod calls;
pub mod fork;
pub mod interop;
pub mod page;
pub mod skipped;
pub mod snippet;
