//! TLS: read once, resumed everywhere, whole-hearted about refusing, and nothing installed for the whole process.

use std::io::Write;

use oauthclient::client::config::Builder;
use oauthclient::error::{Advice, Status};
use oauthclient::protocol::token_request::Grant;
use oauthclient_test_server::certificates::{Authority, Identity, SelfSigned};
use oauthclient_test_server::scripted::{Scripted, handler};

use crate::support::c::{Linkage, Program};
use crate::support::calls::{
    Lines, authority, call, client, client_of, config, echo, failure, grants, refresh, refreshed, token,
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
        ("untrusted", Identity::untrusted(), "issued by nobody who is trusted"),
        ("expired", authority().expired(), "expired on 2001-12-31 00:00 UTC; the clock here says 20"),
        ("not yet valid", authority().not_yet_valid(), "only from 2999-01-01 00:00 UTC on"),
        ("wrong host", authority().wrong_host(), "not valid for the name \"localhost\", only for other.example"),
        ("an authority", authority().lower_authority(), "CA:TRUE"),
        ("no server", authority().not_for_servers(), "serverAuth"),
        ("version 1", SelfSigned { version_1: true, ..own() }.make().identity(), "not X.509 version 3"),
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

/// A certificate as plain `openssl req -x509` makes it.
fn own() -> SelfSigned {
    SelfSigned { common_name: "localhost", names: &[], authority: true, version_1: false, year: None }
}

/// A client that trusts these certificates and nobody else.
fn trusting(endpoint: &str, pem: String) -> Builder {
    let mut settings = config(endpoint);
    settings.ca_pem = vec![pem.into_bytes()];
    settings
}

#[test]
fn a_servers_own_certificate_is_accepted_if_it_was_given() {
    for certificate in [
        own(),
        SelfSigned { authority: false, ..own() },
        SelfSigned { version_1: true, ..own() },
        SelfSigned { common_name: "LOCALHOST", ..own() },
        SelfSigned { common_name: "other", names: &["other.example", "localhost"], ..own() },
        SelfSigned { common_name: "other", names: &["localhost"], authority: false, ..own() },
    ] {
        let certificate = certificate.make();
        for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
            for pem in [certificate.pem(), certificate.trusted_pem(), authority().pem() + &certificate.pem()] {
                let server = Scripted::start_tls(handler::always(token()), &certificate.identity_with(version));
                refreshed(&client_of(&trusting(&server.url_at("localhost", "/token"), pem)));
            }
        }
    }
    let by_address = SelfSigned { common_name: "127.0.0.1", ..own() }.make();
    let server = Scripted::start_tls(handler::always(token()), &by_address.identity());
    refreshed(&client_of(&trusting(&server.url_at("127.0.0.1", "/token"), by_address.pem())));
}

#[test]
fn the_name_and_the_dates_of_a_given_certificate_are_checked() {
    for (certificate, words) in [
        (SelfSigned { year: Some(2001), ..own() }, "expired on 2001-12-31"),
        (SelfSigned { year: Some(2001), version_1: true, ..own() }, "expired on 2001-12-31"),
        (SelfSigned { year: Some(2999), ..own() }, "only from 2999-01-01"),
        (SelfSigned { common_name: "other.example", ..own() }, "name \"localhost\", only for other.example"),
        (SelfSigned { common_name: "*", version_1: true, ..own() }, "name \"localhost\", only for *"),
        // Where there are alternative names, the common name does not count.
        (SelfSigned { names: &["other.example"], ..own() }, "name \"localhost\", only for other.example"),
    ] {
        let certificate = certificate.make();
        let server = Scripted::start_tls(handler::always(token()), &certificate.identity());
        let settings = trusting(&server.url_at("localhost", "/token"), certificate.pem());
        let error = failure(call(&client_of(&settings), grants()[1], None));
        assert_eq!((error.status, error.advice), (Status::Tls, Advice::FixConfig), "{error}");
        assert!(error.message.as_str().contains(words), "{error}");
        assert!(server.requests().is_empty());
    }
}

#[test]
fn a_server_without_the_key_of_a_given_certificate_is_refused() {
    for certificate in [own(), SelfSigned { version_1: true, ..own() }] {
        let certificate = certificate.make();
        for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
            let server = Scripted::start_tls(handler::always(token()), &certificate.impostor(version));
            let settings = trusting(&server.url_at("localhost", "/token"), certificate.pem());
            let error = failure(call(&client_of(&settings), grants()[1], None));
            assert_eq!((error.status, error.advice), (Status::Tls, Advice::FixConfig), "{error}");
            assert!(error.message.as_str().contains("a signature is wrong"), "{error}");
            assert!(server.requests().is_empty());
        }
    }
}

#[test]
fn another_certificate_is_not_accepted_for_a_given_one() {
    let (given, other) = (own().make(), own().make());
    let server = Scripted::start_tls(handler::always(token()), &other.identity());
    let settings = trusting(&server.url_at("localhost", "/token"), given.pem());
    let error = failure(call(&client_of(&settings), grants()[1], None));
    assert_eq!((error.status, error.advice), (Status::Tls, Advice::FixConfig), "{error}");
    assert!(server.requests().is_empty());
}

#[test]
fn a_servers_own_certificate_vouches_for_no_other() {
    let authority = own().make();
    let server = Scripted::start_tls(handler::always(token()), &authority.issue());
    refreshed(&client_of(&trusting(&server.url("/token"), authority.pem())));
    let servers_own = SelfSigned { names: &["localhost"], authority: false, ..own() }.make();
    for others in [String::new(), Authority::new().pem()] {
        let server = Scripted::start_tls(handler::always(token()), &servers_own.issue());
        let settings = trusting(&server.url("/token"), servers_own.pem() + &others);
        let error = failure(call(&client_of(&settings), grants()[1], None));
        assert_eq!((error.status, error.advice), (Status::Tls, Advice::FixConfig), "{error}");
        assert!(error.message.as_str().contains("issued by nobody who is trusted"), "{error}");
    }
}

#[test]
fn a_bad_certificate_among_good_ones_is_passed_over_with_a_line() {
    let server = Scripted::start_tls(echo, &authority().good());
    let damaged = authority().pem().replace("MII", "*II");
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().to_str().expect("text");
    std::fs::write(path, format!("{damaged}{}", authority().pem())).expect("written");
    let mut settings = trusting(&server.url("/token"), authority().pem() + &damaged);
    settings.ca_files = vec![path.to_owned()];
    let lines = Lines::default();
    settings.log = lines.log();
    refreshed(&client_of(&settings));
    let passed_over: Vec<_> = lines.all().into_iter().filter(|line| line.contains("passed over")).collect();
    assert_eq!(
        passed_over,
        [
            format!("ca_file {path}: certificate 1 is passed over: it is damaged PEM"),
            "ca_pem: certificate 2 is passed over: it is damaged PEM".to_owned(),
        ]
    );
    settings.ca_pem = vec![damaged.into_bytes()];
    let error = settings.build().err().expect("none is good");
    assert_eq!(error.status, Status::InvalidConfig, "{error}");
    assert!(error.message.as_str().contains("ca_pem is damaged PEM"), "{error}");
}

#[test]
fn a_handshake_without_common_ground_is_not_tried_again() {
    const HANDSHAKE_FAILURE: u8 = 40;
    const PROTOCOL_VERSION: u8 = 70;
    for (alert, words) in [(HANDSHAKE_FAILURE, "cipher suite"), (PROTOCOL_VERSION, "neither TLS 1.2 nor TLS 1.3")] {
        let server = Scripted::start(move |mut exchange| {
            exchange.read_some()?;
            exchange.write(&[21, 3, 3, 0, 2, 2, alert])
        });
        let error = failure(call(&client(&server.url("/token").replace("http://", "https://")), grants()[1], None));
        assert_eq!((error.status, error.advice, error.attempts), (Status::Tls, Advice::FixConfig, 1), "{error}");
        assert!(error.message.as_str().contains(words), "{error}");
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

/// The usual mistakes with a port, in words that say what to do; none is tried again.
#[test]
fn what_does_not_speak_tls_is_called_that() {
    let plain = Scripted::start(|mut exchange| {
        exchange.read_some()?;
        exchange.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
    });
    let silent = Scripted::start(|mut exchange| exchange.read_some().map(|_| exchange.close()));
    for (server, words, connections) in
        [(&plain, "does not speak TLS", 1), (&silent, "ended the connection during the TLS handshake", 3)]
    {
        let error = failure(refresh(&client(&server.url("/token").replace("http:", "https:"))));
        assert!(error.message.as_str().contains(words) && !error.request_sent, "{error}");
        assert_eq!(server.connections().len(), connections, "{error}");
    }
}

/// The same for the system's certificates, which the environment can put elsewhere.
#[test]
fn the_systems_certificates_are_read_when_the_first_server_is_verified() {
    let server = Scripted::start_tls(handler::always(token()), &authority().good());
    let program = Program::build("engine_certificates", Linkage::Shared);
    let directory = tempfile::tempdir().expect("a directory");
    let other = Authority::new().pem_file(); // a bundle that lacks the certificate of the directory
    let other = other.path().to_str().expect("text");
    for (variable, bundle) in [("SSL_CERT_FILE", None), ("SSL_CERT_DIR", None), ("SSL_CERT_DIR", Some(other))] {
        let file = directory.path().join("0123abcd.0"); // as OpenSSL names them in a directory
        std::fs::File::create(&file).and_then(|mut file| file.write_all(authority().pem().as_bytes())).expect("kept");
        let place = if variable == "SSL_CERT_DIR" { directory.path() } else { &file };
        let url = server.url("/token");
        let (place, gone) = (place.to_str().expect("text"), file.to_str().expect("text"));
        let mut settings = vec![("ENDPOINT", &*url), (variable, place), ("FILE", gone)];
        settings.extend(bundle.map(|bundle| ("SSL_CERT_FILE", bundle)));
        program.run(&settings);
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
