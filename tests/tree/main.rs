//! The tree itself: layers, circles, and what the README says.

mod layers;
mod readme;
#[path = "../support/mod.rs"]
mod support;
