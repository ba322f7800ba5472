//! Programs in C: the whole C API under valgrind, the ways to link it, and the examples.

mod answers;
mod examples;
#[cfg(target_os = "linux")]
mod linking;
mod programs;
#[path = "../support/mod.rs"]
mod support;
mod workload;
