//! Mutual TLS (RFC 8705): the client shows a certificate, which is replaced on disk while it runs.

use std::path::PathBuf;
use std::sync::Arc;

use oauthclient::blocking::Client;
use oauthclient::client::config::Builder;
use oauthclient::error::{Advice, Error, Status};
use oauthclient::protocol::client_authentication::Method;
use oauthclient::protocol::jose::key::{Key, Sign};
use oauthclient::protocol::metadata::Endpoint;
use oauthclient::transport::proxy::Choice;
use oauthclient_test_server::certificates::{Authority, SelfSigned};
use oauthclient_test_server::proxy::HttpProxy;
use oauthclient_test_server::scripted::{Answer, Exchange, Scripted, handler};
use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};

use crate::support::calls::{
    Lines, access_token, authority, client_of, config, failure, refresh, refreshed, secret, token,
};

const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

/// A file with a certificate and its key.
struct Pem {
    directory: tempfile::TempDir,
}

impl Pem {
    fn new(pair: &(String, String)) -> Self {
        let pem = Self { directory: tempfile::tempdir().expect("a directory") };
        pem.replace(pair);
        pem
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("client.pem")
    }

    fn name(&self) -> String {
        self.path().to_str().expect("UTF-8").to_owned()
    }

    fn write(&self, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(), text).expect("written");
    }

    /// At once, as those do who replace certificates.
    fn replace(&self, (certificate, key): &(String, String)) {
        let new = self.directory.path().join("new");
        std::fs::write(&new, format!("{certificate}{key}")).expect("written");
        std::fs::rename(new, self.path()).expect("replaced");
    }
}

/// Answers with a token, and asks for a certificate of this authority, or for any.
fn server(clients: Option<&Authority>, version: &'static SupportedProtocolVersion) -> Scripted {
    Scripted::start_tls(handler::always(token()), &authority().good().asking(clients, version))
}

/// A client of this server with a certificate, and without a secret.
fn settings(server: &Scripted, pem: &Pem) -> Builder {
    let mut settings = config(&server.url("/token"));
    settings.client = Some((secret("client"), None));
    settings.client_certificate = Some((pem.name(), None));
    settings
}

fn shown(server: &Scripted) -> Vec<Option<Vec<u8>>> {
    server.connections().into_iter().filter_map(|seen| Some(seen.tls?.client_certificate)).collect()
}

fn resumed(server: &Scripted) -> Vec<bool> {
    server.connections().into_iter().filter_map(|seen| Some(seen.tls?.resumed)).collect()
}

fn refused_settings(settings: &Builder, words: &str) {
    let error = settings.build().err().expect("it cannot be");
    assert_eq!(error.status, Status::InvalidConfig, "{error}");
    assert!(error.message.as_str().contains(words), "{error} does not say {words}");
}

/// What a server refuses in the handshake was not sent, and is not sent again.
fn refused(client: &Client, words: &str) -> Error {
    let error = failure(refresh(client));
    assert_eq!((error.status, error.advice), (Status::Tls, Advice::FixConfig), "{error}");
    assert_eq!((error.request_sent, error.attempts), (false, 1), "{error}");
    assert!(error.message.as_str().contains(words), "{error} does not say {words}");
    error
}

#[test]
fn a_client_with_a_certificate_needs_no_secret() {
    let clients = Authority::new();
    let pem = Pem::new(&clients.client_pem());
    for version in VERSIONS {
        for method in [None, Some(Method::TlsClientAuth), Some(Method::SelfSignedTlsClientAuth)] {
            let server = server(Some(&clients), version);
            let mut settings = settings(&server, &pem);
            settings.authentication = method;
            refreshed(&client_of(&settings));
            let request = &server.requests()[0];
            assert_eq!(request.form_value("client_id").as_deref(), Some("client"));
            assert!(request.form_value("client_secret").is_none() && request.header("authorization").is_none());
            assert!(shown(&server)[0].is_some());
        }
    }
}

/// For tokens that are bound to the certificate, or a secret that is there and not needed.
#[test]
fn a_secret_beside_a_certificate_is_sent_unless_the_certificate_is_chosen() {
    let clients = Authority::new();
    let pem = Pem::new(&clients.client_pem());
    let server = server(Some(&clients), &TLS13);
    let mut settings = settings(&server, &pem);
    settings.client = Some((secret("client"), Some(secret("s3cret"))));
    refreshed(&client_of(&settings));
    settings.authentication = Some(Method::TlsClientAuth);
    refreshed(&client_of(&settings));
    let requests = server.requests();
    assert!(requests[0].header("authorization").is_some() && requests[1].header("authorization").is_none());
    assert!(requests[1].form_value("client_secret").is_none());
}

#[test]
fn a_replaced_certificate_is_shown_from_the_next_request_on() {
    let clients = Authority::new();
    for version in VERSIONS {
        for idle_timeout_ms in [0, 60_000] {
            let pem = Pem::new(&clients.client_pem());
            let server = server(Some(&clients), version);
            let mut settings = settings(&server, &pem);
            settings.idle_timeout_ms = idle_timeout_ms;
            let client = client_of(&settings);
            (0..2).for_each(|_| drop(refreshed(&client)));
            pem.replace(&clients.client_pem());
            (0..2).for_each(|_| drop(refreshed(&client)));
            let shown = shown(&server);
            match idle_timeout_ms {
                // A session is resumed only with the certificate that it was made with.
                0 => {
                    assert_eq!(resumed(&server), [false, true, false, true]);
                    assert!(shown[0] == shown[1] && shown[1] != shown[2] && shown[2] == shown[3]);
                }
                _ => assert!(shown.len() == 2 && shown[0] != shown[1]),
            }
        }
    }
}

#[test]
fn the_pair_before_is_used_while_the_file_is_no_pair() {
    let clients = Authority::new();
    let (certificate, key) = clients.client_pem();
    let pem = Pem::new(&(certificate.clone(), key));
    let server = server(Some(&clients), &TLS13);
    let mut settings = settings(&server, &pem);
    settings.idle_timeout_ms = 0;
    let client = client_of(&settings);
    refreshed(&client);
    let other = clients.client_pem();
    for text in [String::new(), certificate.clone(), other.0.clone(), format!("{certificate}{}", other.1)] {
        pem.write(text);
        refreshed(&client);
    }
    std::fs::remove_file(pem.path()).expect("removed");
    refreshed(&client);
    let before = shown(&server);
    assert!(before.iter().all(|shown| *shown == before[0]));
    pem.replace(&other);
    refreshed(&client);
    assert_ne!(shown(&server).last(), before.last());
}

#[test]
fn an_error_says_that_the_file_was_not_used() {
    let clients = Authority::new();
    let pem = Pem::new(&clients.client_pem_of(2001));
    for version in VERSIONS {
        let server = server(Some(&clients), version);
        let client = client_of(&settings(&server, &pem));
        refused(&client, "it has expired (alert certificate_expired)");
        let good = std::fs::read(pem.path()).expect("a file");
        pem.write("");
        let error = refused(&client, "an earlier client certificate was used, because ");
        assert!(error.message.as_str().ends_with("holds no PEM certificate"), "{error}");
        pem.write(good);
    }
}

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

#[test]
fn certificates_belong_to_one_client() {
    let clients = Authority::new();
    let server = server(Some(&clients), &TLS13);
    let (one, other) = (Pem::new(&clients.client_pem()), Pem::new(&clients.client_pem()));
    let mut without = settings(&server, &one);
    without.client_certificate = None;
    let [one, other, without] =
        [settings(&server, &one), settings(&server, &other), without].map(|one| client_of(&one));
    refreshed(&one);
    refreshed(&other);
    refused(&without, "wants a client certificate");
    let shown = shown(&server);
    assert!(shown.len() == 2 && shown[0] != shown[1]);
    assert_eq!(resumed(&server), [false, false]);
}

#[test]
fn a_self_signed_certificate_is_shown() {
    let own = SelfSigned { common_name: "app", names: &[], authority: false, version_1: false, year: None };
    let certificate = own.make();
    let pem = Pem::new(&(certificate.key_pem(), certificate.pem())); // in either order
    let server = server(None, &TLS13);
    refreshed(&client_of(&settings(&server, &pem)));
    assert!(shown(&server)[0].is_some());
    // As plain `openssl x509 -req` makes it; the server is of rustls, which reads none of that version.
    let old = SelfSigned { version_1: true, ..own }.make();
    pem.replace(&(old.pem(), old.key_pem()));
    assert!(settings(&server, &pem).build().is_ok());
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
        (certificate.clone(), "holds no private key in PEM that is not encrypted"),
        (format!("{certificate}{}", key.replace("PRIVATE", "ENCRYPTED PRIVATE")), "that is not encrypted"),
        (format!("{certificate}{}", &key[..60]), "that is not encrypted"),
        (format!("{certificate}{}", key.replace("BEGIN PRIVATE", "BEGIN RSA PRIVATE")), "RSA from 2,048 bits on"),
        (format!("{}{key}", certificate.replace("MII", "*II")), "is damaged PEM"),
        (format!("{}{key}", certificate.replace("\nMII", "\nAII")), "cannot be read"),
        (format!("{certificate}{}", clients.client_pem().1), "the private key in the file is not the key of"),
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

#[test]
fn a_certificate_is_shown_through_a_proxy_too() {
    let clients = Authority::new();
    for version in VERSIONS {
        let pem = Pem::new(&clients.client_pem());
        let target = server(Some(&clients), version);
        let proxy = HttpProxy::start(target.address(), None);
        let mut settings = settings(&target, &pem);
        settings.proxy = Choice::Set { url: secret(&proxy.url("")), credentials: None };
        let client = client_of(&settings);
        (0..2).for_each(|_| drop(refreshed(&client)));
        pem.replace(&clients.client_pem());
        refreshed(&client);
        pem.replace(&Authority::new().client_pem());
        refused(&client, "does not trust its issuer");
        let shown = shown(&target);
        assert!(shown.len() == 2 && shown[0] != shown[1], "a kept connection is of one certificate");
        assert_eq!((resumed(&target), proxy.connections().len()), (vec![false, false], 3));
    }
}

/// Serves metadata, and a token whose text is the path that was asked.
fn authorization_server(members: &'static str, clients: Option<&Authority>) -> Scripted {
    let identity = authority().good();
    let identity = clients.map(|clients| identity.asking(Some(clients), &TLS13)).unwrap_or(identity);
    let serve = move |mut exchange: Exchange| {
        while let Some(request) = exchange.read_request()? {
            let host = request.header("host").unwrap_or_default();
            let body = match request.method.as_str() {
                "GET" => format!(r#"{{"issuer":"https://{host}",{}}}"#, members.replace("HOST", host)),
                _ => format!(r#"{{"access_token":"{}","token_type":"Bearer"}}"#, request.target),
            };
            exchange.answer(&Answer::json(200, body))?;
        }
        Ok(())
    };
    Scripted::start_tls(serve, &identity)
}

fn discovering(server: &Scripted, pem: Option<&Pem>) -> Builder {
    let mut settings = Builder::default();
    settings.issuer = Some(server.url(""));
    settings.client = Some((secret("client"), None));
    settings.use_environment = false;
    settings.ca_pem = vec![authority().pem().into_bytes()];
    settings.client_certificate = pem.map(|pem| (pem.name(), None));
    settings
}

const ALIASES: &str = r#""authorization_endpoint":"https://HOST/authorize","token_endpoint":"https://HOST/token",
    "revocation_endpoint":"https://HOST/revoke","mtls_endpoint_aliases":{
        "authorization_endpoint":"https://HOST/mtls/authorize","token_endpoint":"https://HOST/mtls/token"}"#;

#[test]
fn the_endpoints_for_clients_with_a_certificate_are_used_by_them_alone() {
    let clients = Authority::new();
    let pem = Pem::new(&clients.client_pem());
    let server = authorization_server(ALIASES, None);
    let asked = |settings: &Builder| {
        let token = refreshed(&client_of(settings));
        access_token(&token).to_owned()
    };
    let mut settings = discovering(&server, Some(&pem));
    assert_eq!(asked(&discovering(&server, None)), "/token");
    assert_eq!(asked(&settings), "/mtls/token");
    let client = client_of(&settings);
    client.revoke("rt", None, None).expect("revoked where there is no alias");
    assert!(server.requests().last().is_some_and(|request| request.target == "/revoke"));
    let metadata = client.metadata(None).expect("metadata");
    assert!(metadata.endpoint(Endpoint::Authorization).is_some_and(|url| url.path() == "/authorize"));
    settings.set_endpoint(Endpoint::Token, server.url("/own"));
    assert_eq!(asked(&settings), "/own");
}

#[test]
fn endpoints_for_clients_with_a_certificate_are_checked_like_the_others() {
    let clients = Authority::new();
    let pem = Pem::new(&clients.client_pem());
    for (members, status, words) in [
        (
            r#""mtls_endpoint_aliases":{"token_endpoint":"http://as.example/token"}"#,
            Status::InvalidResponse,
            "mtls_endpoint_aliases: token_endpoint is plain http",
        ),
        (
            r#""mtls_endpoint_aliases":{"token_endpoint":"http://127.0.0.1/token"}"#,
            Status::InvalidResponse,
            "mtls_endpoint_aliases: token_endpoint is plain http, though the issuer is not",
        ),
        (
            r#""mtls_endpoint_aliases":{"token_endpoint":7}"#,
            Status::InvalidResponse,
            "mtls_endpoint_aliases: token_endpoint is no string",
        ),
        (r#""mtls_endpoint_aliases":"x""#, Status::InvalidResponse, "mtls_endpoint_aliases is no object"),
    ] {
        let server = authorization_server(members, Some(&clients));
        let error = failure(refresh(&client_of(&discovering(&server, Some(&pem)))));
        assert_eq!((error.status, error.request_sent), (status, false), "{error}");
        assert!(error.message.as_str().contains(words), "{error}");
    }
    // Where plain http is allowed, the certificate cannot be shown to it.
    let server = authorization_server(r#""token_endpoint":"http://127.0.0.1:1/token""#, Some(&clients));
    let mut settings = discovering(&server, Some(&pem));
    settings.allow_http = true;
    let error = failure(refresh(&client_of(&settings)));
    assert_eq!((error.status, error.request_sent), (Status::InvalidConfig, false), "{error}");
    assert!(error.message.as_str().contains("client_certificate cannot be shown: token_endpoint"), "{error}");
}

/// A key that signs with a key of PEM, as if that were in an HSM.
fn signer(pem: &str, algorithm: Option<&str>, public_jwk: &str) -> Key {
    let inside = Key::from_pem(pem, algorithm).expect("a key");
    let sign = move |asked, message: &[u8]| {
        assert_eq!(asked, inside.algorithm());
        inside.sign(message)
    };
    Key::from_signer(public_jwk, algorithm, Box::new(sign)).expect("a key")
}

/// The RSA key of the C tests: none is made here.
fn rsa_pem() -> String {
    let (_, text) = include_str!("../c/api_keys.h").split_once("#define RSA_PKCS8 \\\n").expect("a key");
    let lines = text.lines().map_while(|line| line.trim().trim_end_matches('\\').trim().strip_prefix('"'));
    lines.map(|line| line.trim_end_matches('"').replace("\\n", "\n")).collect()
}

fn new_pem(algorithm: &str) -> String {
    let pem = Key::generate(Some(algorithm)).expect("a key").to_pem().expect("of a generated one");
    pem.as_str().expect("text").to_owned()
}

/// Keys of each kind, from PEM and behind a function, with what TLS makes of their algorithms.
#[test]
fn a_key_of_the_program_signs_handshakes() {
    let clients = Authority::new();
    for (key_pem, algorithm, in_tls_1_3) in [
        (new_pem("ES256"), None, true),
        (new_pem("ES384"), None, true),
        (new_pem("EdDSA"), None, true),
        (rsa_pem(), Some("PS256"), true),
        (rsa_pem(), Some("RS256"), false),
    ] {
        let pem = Pem::new(&(clients.client_certificate_of(&key_pem), String::new()));
        let own = Key::from_pem(&key_pem, algorithm).expect("a key");
        let outside = signer(&key_pem, algorithm, own.public_jwk().as_str());
        for (key, is_outside) in [(Arc::new(own), false), (Arc::new(outside), true)] {
            for version in VERSIONS {
                let server = server(Some(&clients), version);
                let mut settings = settings(&server, &pem);
                settings.client_certificate = Some((pem.name(), Some(key.clone())));
                // A function that signs with RS256 alone can do nothing for TLS 1.3.
                if is_outside && !in_tls_1_3 && version == &TLS13 {
                    refused(&client_of(&settings), "it takes no signature of its key");
                    continue;
                }
                refreshed(&client_of(&settings));
                assert!(shown(&server)[0].is_some(), "{algorithm:?}");
            }
        }
    }
}

#[test]
fn a_certificate_may_be_replaced_by_another_of_the_same_key() {
    let clients = Authority::new();
    let (certificate, key_pem) = clients.client_pem();
    let pem = Pem::new(&(certificate, String::new()));
    let server = server(Some(&clients), &TLS13);
    let mut settings = settings(&server, &pem);
    let key = Arc::new(Key::from_pem(&key_pem, None).expect("a key"));
    settings.client_certificate = Some((pem.name(), Some(key.clone())));
    let client = client_of(&settings);
    refreshed(&client);
    pem.replace(&(clients.client_certificate_of(&key_pem), String::new()));
    refreshed(&client);
    pem.replace(&clients.client_pem());
    refreshed(&client);
    let shown = shown(&server);
    assert!(shown.len() == 2 && shown[0] != shown[1]);
    refused_settings(&settings, "client_certificate the given key is not the key of /");
    let other = Arc::new(Key::generate(Some("EdDSA")).expect("a key"));
    settings.client_certificate = Some((pem.name(), Some(other)));
    refused_settings(&settings, "client_certificate the given key is not the key of /");
}

#[test]
fn a_signer_that_fails_is_told() {
    let clients = Authority::new();
    let (certificate, key_pem) = clients.client_pem();
    let pem = Pem::new(&(certificate, String::new()));
    let jwk = Key::from_pem(&key_pem, None).expect("a key").public_jwk().clone();
    let failing: Box<Sign> = Box::new(|_, _| Err(Error::new(Status::Callback, "the token is not plugged in")));
    let other = Key::generate(None).expect("a key");
    let wrong: Box<Sign> = Box::new(move |_, message| other.sign(message));
    for (sign, words) in [
        (failing, "the token is not plugged in"),
        (wrong, "the signer's function gave a signature that the public key does not verify"),
    ] {
        let server = server(Some(&clients), &TLS13);
        let mut settings = settings(&server, &pem);
        let key = Key::from_signer(jwk.as_str(), None, sign).expect("a key");
        settings.client_certificate = Some((pem.name(), Some(Arc::new(key))));
        refused(&client_of(&settings), &format!("the key of the client certificate: {words}"));
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
