//! A client that was made before a fork works on both sides of it, whatever its other threads were doing.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use oauthclient::error::Status;
use oauthclient::protocol::jose::key::Key;
use oauthclient_test_server::certificates::Authority;
use oauthclient_test_server::scripted::{Answer, Scripted, handler};

use crate::support::c::{Linkage, Program};
use crate::support::calls::{authority, client_of, config, refresh, token};
use crate::support::fork::Child;

fn run(mode: &str, linkage: Linkage) -> Scripted {
    let server = Scripted::start_tls(handler::always(token()), &authority().good());
    let ca_file = authority().pem_file();
    let settings = [
        ("ENDPOINT", server.url("/token")),
        ("CA_FILE", ca_file.path().to_str().expect("text").to_owned()),
        ("MODE", mode.to_owned()),
    ];
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(Program::build("engine_fork", linkage).run(&settings), "");
    server
}

#[test]
fn each_process_has_connections_of_its_own_and_keeps_them() {
    for linkage in [Linkage::Shared, Linkage::Static] {
        let server = run("idle", linkage);
        let mut by_process: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for request in server.requests() {
            let process = request.form_value("refresh_token").expect("each call has one");
            by_process.entry(process).or_default().push(request.connection);
        }
        let connections = |process: &str| by_process[process].clone();
        assert_eq!(connections("parent"), [0; 5], "no child disturbed it");
        assert_eq!(connections("child"), [1; 3], "nor did the grandchild disturb the child");
        assert_eq!(connections("grandchild"), [2; 2]);
    }
}

#[test]
fn a_fork_amid_calls_leaves_both_sides_working() {
    let server = run("busy", Linkage::Shared);
    let of_children =
        server.requests().iter().filter(|seen| seen.form_value("refresh_token").as_deref() == Some("child")).count();
    assert_eq!(of_children, 60);
}

#[test]
fn a_fork_amid_a_renewal_leaves_it_to_the_parent_and_both_get_the_token() {
    let server = Scripted::start(|mut exchange| {
        while let Some(request) = exchange.read_request()? {
            if request.form_value("refresh_token").as_deref() == Some("child") {
                exchange.answer(&token())?;
                continue;
            }
            exchange.wait_for_go()?;
            let fresh = r#"{"access_token":"AT-2","token_type":"Bearer","expires_in":3600,"refresh_token":"RT-2"}"#;
            exchange.answer(&Answer::json(200, fresh))?;
        }
        Ok(())
    });
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = directory.path().join("store");
    let settings = [("ENDPOINT", server.url("/token")), ("STORE", store.display().to_string())];
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            server.wait_for(|seen| seen.requests.len() == 2); // the child has asked in vain
            server.go();
        });
        assert_eq!(Program::build("engine_fork_session", Linkage::Shared).run(&settings), "");
    });
    let of = |name: &str| {
        server.requests().iter().filter(|seen| seen.form_value("refresh_token").as_deref() == Some(name)).count()
    };
    assert_eq!((of("RT-1"), of("child"), server.requests().len()), (1, 1, 2));
}

#[test]
fn an_operation_is_that_of_the_process_that_started_it() {
    let server = Scripted::start(|mut exchange| {
        while let Some(request) = exchange.read_request()? {
            if request.form_value("code").as_deref() == Some("parent") {
                exchange.wait_for_go()?;
            }
            exchange.answer(&token())?;
        }
        Ok(())
    });
    std::thread::scope(|scope| {
        scope.spawn(|| {
            server.wait_for(|seen| seen.requests.len() == 2); // the child has one of its own
            server.go();
        });
        let program = Program::build("engine_fork_operation", Linkage::Shared);
        assert_eq!(program.run(&[("ENDPOINT", &server.url("/token"))]), "");
    });
    assert_eq!(server.requests().len(), 2);
}

/// A function of the program may fork while the library waits for it. Only the parent goes on with what was begun.
#[test]
fn a_fork_inside_a_callback_sends_nothing_twice_and_unlocks_nothing_of_the_parent() {
    for mode in ["lock", "save", "log", "call", "handler", "metadata", "transport", "change"] {
        let program = Program::build("engine_fork_callbacks", Linkage::Shared);
        assert_eq!(program.run(&[("MODE", mode)]), "", "{mode}");
    }
}

/// The same amid a TLS handshake, by the function that signs it.
#[cfg(unix)]
#[test]
fn a_fork_inside_a_signer_leaves_the_handshake_to_the_parent() {
    let clients = Authority::new();
    let server = Scripted::start_tls(
        handler::always(token()),
        &authority().good().asking(Some(&clients), &rustls::version::TLS13),
    );
    let (certificate, key_pem) = clients.client_pem();
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(certificate.as_bytes()).expect("written");
    let inside = Key::from_pem(&key_pem, None).expect("a key");
    let public_jwk = inside.public_jwk().clone();
    let child = Arc::new(AtomicI32::new(-1));
    let forked = child.clone();
    let sign = move |_, message: &[u8]| {
        // SAFETY: the child goes on with this thread alone, in the library and in what follows below.
        forked.store(unsafe { libc::fork() }, Ordering::SeqCst);
        inside.sign(message)
    };
    let key = Key::from_signer(public_jwk.as_str(), None, Box::new(sign)).expect("a key");
    let mut settings = config(&server.url("/token"));
    settings.use_proxy = false; // the connections of the other kind are not the library's
    let path = file.path().to_str().expect("UTF-8").to_owned();
    settings.client_certificate = Some((path, Some(Arc::new(key))));
    let outcome = refresh(&client_of(&settings));
    let id = child.load(Ordering::SeqCst);
    if id == 0 {
        let is_told = outcome.is_err_and(|error| error.status == Status::Busy && !error.request_sent);
        // SAFETY: takes a number; nothing of the parent's is run.
        unsafe { libc::_exit(if is_told { 0 } else { 1 }) }
    }
    assert!(id > 0 && Child(id).succeeds(), "the child was told");
    outcome.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((server.connections().len(), server.requests().len()), (1, 1));
}
