//! Callbacks hold no lock of ours and stand in nobody's way: they may call, and free, what the program has.

use oauthclient::transport::{Call, Failure, FailureKind};
use oauthclient_test_server::scripted::{Scripted, handler};

use crate::support::c::{Linkage, Program};
use crate::support::calls::{client_of, config, failure, refresh, token};

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

/// SIGPIPE is kept from the library's own writes; what the program does in its transport is the program's.
#[test]
#[cfg(target_os = "linux")]
fn a_transport_of_the_programs_own_runs_with_the_programs_signals() {
    let blocked = || {
        let status = std::fs::read_to_string("/proc/thread-self/status").expect("a thread's status");
        status.lines().find(|line| line.starts_with("SigBlk:")).expect("its mask").to_owned()
    };
    let (seen, outside) = (std::sync::Arc::new(std::sync::Mutex::new(String::new())), blocked());
    let mut settings = config("https://as.example/token");
    settings.transport = Some(std::sync::Arc::new({
        let seen = seen.clone();
        move |_: &Call<'_>| {
            *seen.lock().expect("one thread") = blocked();
            Err(Failure { kind: FailureKind::Tls, cause: String::new(), passing: false })
        }
    }));
    failure(refresh(&client_of(&settings)));
    assert_eq!(*seen.lock().expect("one thread"), outside);
}
