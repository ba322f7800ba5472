//! TLS: read once, resumed everywhere, whole-hearted about refusing, and nothing installed for the whole process.

use std::io::Write;

use oauthclient::error::{Advice, Status};
use oauthclient::protocol::token_request::Grant;
use oauthclient_test_server::certificates::{Authority, Identity};
use oauthclient_test_server::scripted::{Scripted, handler};

use crate::support::c::{Linkage, Program};
use crate::support::calls::{
    Lines, authority, call, client, client_of, config, echo, failure, grants, refreshed, token,
};

#[test]
fn no_crypto_provider_is_installed_for_the_process() {
    let server = Scripted::start_tls(echo, &authority().good());
    refreshed(&client(&server.url("/token")));
    assert!(server.connections()[0].tls.is_some());
    assert!(rustls::crypto::CryptoProvider::get_default().is_none());
}

#[test]
fn a_bad_certificate_is_named_and_nothing_is_sent() {
    for (what, identity, words) in [
        ("untrusted", Identity::untrusted(), "UnknownIssuer"),
        ("expired", authority().expired(), "expired"),
        ("wrong host", authority().wrong_host(), "not valid for name"),
    ] {
        let server = Scripted::start_tls(handler::always(token()), &identity);
        let mut settings = config(&server.url_at("localhost", "/token"));
        let lines = Lines::default();
        settings.log = lines.log();
        let client = client_of(&settings);
        for (number, grant) in grants().into_iter().enumerate() {
            let error = failure(call(&client, grant, None));
            assert_eq!((error.status, error.request_sent), (Status::Tls, false), "{what}: {error}");
            assert!(error.message.as_str().contains("certificate"), "{what}: {error}");
            assert!(error.message.as_str().contains(words), "{what}: {error}");
            assert_eq!(error.attempts, 1, "{what}: a certificate gets no better by trying again");
            assert!(error.response.is_none());
            server.wait_for(|seen| seen.connections.len() == number + 1);
        }
        server.wait_for(|seen| seen.connections.iter().all(|seen| seen.handshake_error.is_some()));
        assert!(server.requests().is_empty() && server.connections().iter().all(|seen| seen.received == 0));
    }
}

#[test]
fn a_refused_certificate_advises_fix_config() {
    let server = Scripted::start_tls(handler::always(token()), &Identity::untrusted());
    let error = failure(call(&client(&server.url("/token")), grants()[1], None));
    assert_eq!(error.advice, Advice::FixConfig, "{error}");
}

#[test]
fn a_server_without_tls_is_refused() {
    let server = Scripted::start(|exchange| {
        let mut exchange = exchange;
        exchange.read_some()?;
        exchange.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    });
    let client = client(&server.url("/token").replace("http://", "https://"));
    let error = failure(call(&client, grants()[1], None));
    assert_eq!((error.status, error.request_sent), (Status::Tls, false), "{error}");
}

#[test]
fn certificates_are_read_when_the_client_is_made_and_never_again() {
    let server = Scripted::start_tls(echo, &authority().good());
    let file = authority().pem_file();
    let mut settings = config(&server.url("/token"));
    settings.ca_pem.clear();
    settings.ca_files = vec![file.path().to_str().expect("text").to_owned()];
    settings.idle_timeout_ms = 0;
    let client = client_of(&settings);
    // Once replaced by somebody else's, then gone: whoever reads it again trusts the server no more.
    std::fs::write(file.path(), Authority::new().pem()).expect("written");
    (0..25).for_each(|_| drop(refreshed(&client)));
    file.close().expect("removed");
    std::thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(|| (0..5).for_each(|_| drop(refreshed(&client))));
        }
    });
    assert_eq!(server.connections().len(), 50);
    assert!(settings.build().err().is_some_and(|error| error.status == Status::InvalidConfig));
}

/// The same for the system's certificates, which the environment can put elsewhere.
#[test]
fn the_systems_certificates_are_read_when_the_client_is_made() {
    let server = Scripted::start_tls(handler::always(token()), &authority().good());
    let program = Program::build("engine_certificates", Linkage::Shared);
    let directory = tempfile::tempdir().expect("a directory");
    for variable in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
        let file = directory.path().join("0123abcd.0"); // as OpenSSL names them in a directory
        std::fs::File::create(&file).and_then(|mut file| file.write_all(authority().pem().as_bytes())).expect("kept");
        let place = if variable == "SSL_CERT_DIR" { directory.path() } else { &file };
        program.run(&[
            ("ENDPOINT", &server.url("/token")),
            (variable, place.to_str().expect("text")),
            ("FILE", file.to_str().expect("text")),
        ]);
        assert!(!file.exists(), "the program has removed it");
    }
}

#[test]
fn sessions_are_resumed_on_other_connections_and_threads() {
    let server = Scripted::start_tls(
        |mut exchange| {
            while let Some(request) = exchange.read_request()? {
                if request.form_value("refresh_token").as_deref() == Some("held") {
                    exchange.wait_for_go()?;
                }
                exchange.answer(&token())?;
            }
            Ok(())
        },
        &authority().good(),
    );
    let client = client(&server.url("/token"));
    refreshed(&client);
    std::thread::scope(|scope| {
        // While this one keeps the first connection busy, another is needed.
        let held = scope.spawn(|| call(&client, Grant::RefreshToken { refresh_token: "held", scope: None }, None));
        server.wait_for(|seen| seen.requests.len() == 2);
        refreshed(&client);
        server.go();
        assert!(held.join().expect("no panic").is_ok());
    });
    let resumed: Vec<_> =
        server.connections().iter().map(|seen| seen.tls.as_ref().is_some_and(|tls| tls.resumed)).collect();
    assert_eq!(resumed, [false, true]);
}
