//! What goes over the wire, and what the library makes of what comes back.

mod cases;
mod counting;
mod device_polling;
mod faults;
mod memory;
mod proxies;
mod proxies_environment;
mod secrets;
#[path = "../support/mod.rs"]
mod support;
mod tls;
mod token_response;
mod tolerance;

#[global_allocator]
static COUNTED: counting::Counting = counting::Counting;
