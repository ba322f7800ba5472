//! Certificates that the server refuses, or the library before.

use super::*;

#[test]
fn what_a_server_says_against_a_certificate_is_told() {
    let clients = Authority::new();
    let pem = Pem::new(&Authority::new().client_pem());
    for version in VERSIONS {
        let server = server(Some(&clients), version);
        let mut settings = settings(&server, &pem);
        refused(&client_of(&settings), "does not trust its issuer");
        settings.client_certificate = None;
        refused(&client_of(&settings), "wants a client certificate");
        server.wait_for(|seen| seen.connections.iter().all(|seen| seen.handshake_error.is_some()));
        assert!(server.requests().is_empty());
    }
}

/// A server that takes the handshake and then ends the connection is no server that says why.
#[test]
fn a_connection_that_ends_after_its_handshake_may_mean_the_certificate() {
    let clients = Authority::new();
    let pem = Pem::new(&clients.client_pem());
    let ending = |mut exchange: Exchange| exchange.read_request().map(|_| exchange.close_tcp());
    let server = Scripted::start_tls(ending, &authority().good().asking(Some(&clients), &TLS13));
    let mut settings = settings(&server, &pem);
    let words = "it may be that the server refused the client certificate";
    let error = failure(refresh(&client_of(&settings)));
    assert_eq!((error.status, error.request_sent), (Status::ConnectionLost, true), "{error}");
    assert!(error.message.as_str().ends_with(words), "{error}");
    let without = Scripted::start_tls(ending, &authority().good());
    settings.set_endpoint(Endpoint::Token, without.url("/token"));
    settings.client_certificate = None;
    let error = failure(refresh(&client_of(&settings)));
    assert!(error.status == Status::ConnectionLost && !error.message.as_str().contains(words), "{error}");
}

#[test]
fn a_certificate_that_cannot_be_shown_is_refused_before_anything_is_sent() {
    let clients = Authority::new();
    let (certificate, key) = clients.client_pem();
    let server = server(Some(&clients), &TLS13);
    let pem = Pem::new(&(certificate.clone(), key.clone()));
    let mut settings = settings(&server, &pem);
    for (text, words) in [
        (String::new(), "holds no PEM certificate"),
        (key.clone(), "holds no PEM certificate"),
        (certificate.clone(), "read as a private key, has no private key in PEM"),
        (format!("{certificate}{}", key.replace("PRIVATE", "ENCRYPTED PRIVATE")), "is encrypted: decrypt it first"),
        (format!("{certificate}{}", &key[..60]), "is damaged PEM"),
        (format!("{certificate}{}", key.replace("BEGIN PRIVATE", "BEGIN RSA PRIVATE")), "is damaged"),
        (format!("{}{key}", certificate.replace("MII", "*II")), "is damaged PEM"),
        (format!("{}{key}", certificate.replace("\nMII", "\nAII")), "cannot be read"),
        (
            format!("{certificate}{}", clients.client_pem().1),
            "has a first certificate that is not of the private key in the file",
        ),
    ] {
        pem.write(text);
        refused_settings(&settings, "client_certificate ");
        refused_settings(&settings, words);
    }
    settings.client_certificate = Some(("/nowhere/client.pem".to_owned(), None));
    refused_settings(&settings, "client_certificate /nowhere/client.pem cannot be read");
    pem.replace(&(certificate, key));
    settings.client_certificate = Some((pem.name(), None));
    settings.set_endpoint(Endpoint::Revocation, "http://127.0.0.1/revoke".to_owned());
    refused_settings(&settings, "client_certificate cannot be shown: revocation_endpoint is plain http");
    settings.set_endpoint(Endpoint::Revocation, "https://127.0.0.1/revoke".to_owned());
    settings.set_endpoint(Endpoint::Authorization, "http://127.0.0.1/authorize".to_owned()); // for the browser
    assert!(settings.build().is_ok());
    settings.client_certificate = None;
    settings.authentication = Some(Method::TlsClientAuth);
    refused_settings(&settings, "client_certificate is not set");
    assert!(server.connections().is_empty());
}

#[test]
fn a_certificate_that_is_not_valid_now_is_told_in_the_log() {
    let clients = Authority::new();
    for (year, words) in [(2001, "expired on 2001-12-31"), (2999, "is not valid before 2999-01-01")] {
        let pem = Pem::new(&clients.client_pem_of(year));
        let mut settings = config("https://127.0.0.1/token");
        settings.client_certificate = Some((pem.name(), None));
        let lines = Lines::default();
        settings.log = lines.log();
        client_of(&settings);
        let lines = lines.all();
        assert!(
            lines.len() == 1 && lines[0].starts_with("client_certificate /") && lines[0].contains(words),
            "{lines:?}"
        );
    }
}
