//! The engine from outside: threads, connections, time, cancelling, fork, and what a host program must not notice.

mod callbacks;
mod cancel;
mod connections;
mod discovery;
mod fork;
mod operations;
mod resolver;
mod sigpipe;
#[path = "../support/mod.rs"]
mod support;
mod threads;
mod time;

#[test]
fn the_same_holds_for_clients_that_know_a_proxy() {
    support::calls::pass_behind_a_proxy_too(&["resolver", "proxy"]);
}
