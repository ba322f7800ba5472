//! Callbacks hold no lock of ours and stand in nobody's way: they may call, and free, what the program has.

mod support;

use oauthclient_test_server::scripted::{Scripted, handler};
use support::c::{Linkage, Program};
use support::calls::token;

#[test]
fn callbacks_may_call_the_same_client_and_free_others() {
    let server = Scripted::start(handler::always(token()));
    for linkage in [Linkage::Shared, Linkage::Static] {
        let program = Program::build("engine_callbacks", linkage);
        assert_eq!(program.run(&[("ENDPOINT", &server.url("/token"))]), "");
    }
    let of = |name: &str| {
        server.requests().iter().filter(|seen| seen.form_value("refresh_token").as_deref() == Some(name)).count()
    };
    assert_eq!((of("other"), of("inner"), of("outer"), of("later")), (4, 2, 2, 2), "the transport sends its own");
    server.wait_for(|seen| seen.open() == 0);
    let program = Program::build("engine_callbacks", Linkage::Shared);
    program.run_under_valgrind(&[("ENDPOINT", &server.url("/token"))]);
}
