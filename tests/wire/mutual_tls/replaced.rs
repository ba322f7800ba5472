//! A certificate that is replaced on disk while the client runs.

use super::*;

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
    refused_settings(&settings, "client_certificate /");
    let other = Arc::new(Key::generate(Some("EdDSA")).expect("a key"));
    settings.client_certificate = Some((pem.name(), Some(other)));
    refused_settings(&settings, "client_certificate /");
}
