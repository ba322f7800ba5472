//! Looking up a name may block, so it has a thread: short-lived, deaf to signals, and waited for by nobody.

use oauthclient_test_server::scripted::{Scripted, handler};

use crate::support::c::{Linkage, Program, library_directory};
use crate::support::calls::token;

#[test]
fn an_unknown_name_is_a_failure_to_connect() {
    for linkage in [Linkage::Shared, Linkage::Static] {
        let program = Program::build("engine_resolver", linkage);
        let message = program.run(&[("ENDPOINT", "https://as.invalid/token"), ("MODE", "unknown")]);
        assert!(message.contains("Name or service not known"), "{message}");
    }
}

#[test]
fn a_hung_resolver_blocks_neither_cancel_nor_free() {
    for linkage in [Linkage::Shared, Linkage::Static] {
        let program = Program::build("engine_resolver", linkage);
        program.run(&[("ENDPOINT", "https://as.invalid/token"), ("MODE", "hung")]);
    }
}

#[test]
fn no_thread_stays_after_a_call() {
    let program = Program::build("engine_threads", Linkage::Shared);
    for (kind, host) in [("address", "127.0.0.1"), ("name", "localhost")] {
        let server = Scripted::start(handler::always(token()));
        program.run(&[("ENDPOINT", &server.url_at(host, "/token")), ("HOST", kind)]);
        assert_eq!(server.connections().len(), 20);
    }
}

#[test]
fn a_name_look_up_may_outlive_the_unloaded_library() {
    // Linked with no library at all: it is loaded while the program runs, and unloaded again.
    let program = Program::build_with("engine_dlclose", Linkage::Shared, &["-rdynamic", "-Wl,--as-needed"]);
    let library = library_directory().join("liboauthclient.so");
    assert_eq!(program.run(&[("LIBRARY", library.to_str().expect("text"))]), "");
}
