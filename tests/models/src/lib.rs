//! Models of what threads do to one another in src/engine: its very files, on locks whose every order can be tried.

#[path = "../../../src/engine/flight.rs"]
pub mod flight;
#[path = "../../../src/engine/stack.rs"]
pub mod stack;
pub mod sync;

#[cfg(test)]
mod flight_model;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod stack_model;
