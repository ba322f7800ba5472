//! What goes over the wire, and what the library makes of what comes back.

mod cases;
mod counting;
mod device_polling;
mod faults;
mod memory;
mod mutual_tls;
mod proxies;
mod proxies_environment;
mod pushed_authorization;
mod secrets;
mod signatures;
mod signed_response;
#[path = "../support/mod.rs"]
mod support;
mod tls;
mod token_response;
mod tolerance;

#[global_allocator]
static COUNTED: counting::Counting = counting::Counting;

#[test]
fn the_same_holds_for_clients_that_know_a_proxy() {
    support::calls::pass_behind_a_proxy_too(&["proxies", "proxy"]);
}
