//! The tree itself: layers, circles, dependencies, and what the README says.

mod dependencies;
mod layers;
mod readme;
#[path = "../support/mod.rs"]
mod support;
