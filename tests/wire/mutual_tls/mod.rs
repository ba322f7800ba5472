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

mod endpoints;
mod keys;
mod refused;
mod replaced;

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
