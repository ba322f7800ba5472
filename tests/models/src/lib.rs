//! Models of what threads do to one another in src/blocking: its very files, on locks whose every order can be tried.

#[path = "../../../src/blocking/flight.rs"]
pub mod flight;
#[path = "../../../src/blocking/stack.rs"]
pub mod stack;
pub mod sync;

#[cfg(test)]
mod flight_model;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod stack_model;
