//! What the tests of the stores share.

#[path = "../../../../support/skipped.rs"]
pub mod skipped;
