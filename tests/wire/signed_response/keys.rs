//! How often the server's keys are fetched, and what follows where they cannot be had.

use std::time::Duration;

use oauthclient::error::Status;
use oauthclient::protocol::metadata::Endpoint;

use super::*;

/// Anybody can send a redirect with a signature by no key; servers replace their keys.
#[tokio::test(start_paused = true)]
async fn a_signature_by_an_unknown_key_costs_one_fetch_a_minute() {
    let (old, new) = (key("1"), key("2"));
    let (client, server) = (client(true), Server::new(JWKS_URI, &old));
    let mut begun = begin(&client, &server, None).await.expect("begun");
    let by_new = signed(&new, good_claims(&begun));
    // The keys were fetched just now, so that nothing newer is expected.
    for _ in 0..3 {
        assert_eq!(fails(&client, &server, &mut begun, &by_new).await.status, Status::InvalidResponse);
    }
    assert_eq!(server.asked("/jwks"), 1);
    tokio::time::advance(Duration::from_secs(60)).await;
    for _ in 0..3 {
        assert_eq!(fails(&client, &server, &mut begun, &by_new).await.status, Status::InvalidResponse);
    }
    assert_eq!(server.asked("/jwks"), 2);
    // They are replaced, and the server fails for a while: the old ones are good for what they have signed.
    let mut asked = 2;
    for (status, jwks) in [(503, "{}"), (200, "<html>"), (302, ""), (200, r#"{"keys":7}"#)] {
        server.has_keys(status, jwks);
        tokio::time::advance(Duration::from_secs(60)).await;
        asked += 1;
        for _ in 0..2 {
            let error = fails(&client, &server, &mut begun, &by_new).await;
            assert!(error.message.as_str().contains("the server's keys have none"), "{error}");
        }
        let mut other = begin(&client, &server, None).await.expect("begun");
        let by_old = signed(&old, good_claims(&other));
        finish(&client, &server, &mut other, &by_old).await.expect("a token");
        assert_eq!(server.asked("/jwks"), asked);
    }
    server.has_keys(200, new.public_jwks().as_str());
    assert_eq!(fails(&client, &server, &mut begun, &by_new).await.status, Status::InvalidResponse);
    tokio::time::advance(Duration::from_secs(60)).await;
    finish(&client, &server, &mut begun, &by_new).await.expect("a token");
    assert_eq!(server.asked("/jwks"), asked + 1);
}

#[tokio::test(start_paused = true)]
async fn log_ins_that_end_together_share_a_fetch() {
    let (old, new) = (key("1"), key("2"));
    let (client, mut server) = (client(true), Server::new(JWKS_URI, &old));
    server.takes = Duration::from_secs(1);
    for (signer, fetches) in [(&old, 1), (&new, 2)] {
        let (mut one, mut other) =
            (begin(&client, &server, None).await.expect("begun"), begin(&client, &server, None).await.expect("begun"));
        let redirects = [&one, &other].map(|begun| signed(signer, good_claims(begun)));
        server.has_keys(200, signer.public_jwks().as_str());
        let (first, second) = tokio::join!(
            finish(&client, &server, &mut one, &redirects[0]),
            finish(&client, &server, &mut other, &redirects[1])
        );
        assert!(first.is_ok() && second.is_ok(), "{:?} {:?}", first.err(), second.err());
        assert_eq!(server.asked("/jwks"), fetches);
        tokio::time::advance(Duration::from_secs(60)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn keys_that_cannot_be_had_end_nothing() {
    let key = key("k");
    let (client, server) = (client(true), Server::new(JWKS_URI, &key));
    let mut begun = begin(&client, &server, None).await.expect("begun");
    let redirect = signed(&key, good_claims(&begun));
    for (status, jwks, expected, named) in [
        (503, "busy", Status::Http, "HTTP 503"),
        (404, "", Status::Http, "HTTP 404"),
        (302, "", Status::Redirect, "redirect"),
        (200, "<html>", Status::InvalidResponse, "HTTP 200"),
        (200, "{}", Status::InvalidResponse, "no array of keys"),
        (200, r#"{"keys":7}"#, Status::InvalidResponse, "no array of keys"),
    ] {
        server.has_keys(status, jwks);
        let error = fails(&client, &server, &mut begun, &redirect).await;
        assert_eq!(error.status, expected, "{error}");
        assert!(error.message.as_str().contains(named) && !error.request_sent, "{error}");
        assert_eq!(error.endpoint.as_ref().map(|endpoint| endpoint.as_str()), Some("https://as.example/jwks"));
    }
    server.has_keys(200, key.public_jwks().as_str());
    finish(&client, &server, &mut begun, &redirect).await.expect("a token");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_verified_is_not_asked_for() {
    let key = key("k");
    for (metadata, named) in [
        ("", "jwks_uri is not set, and the server's metadata name none"),
        (r#","jwks_uri":"http://as.example/jwks""#, "jwks_uri is not set, and the server's metadata name none"),
        (
            r#","jwks_uri":"https://as.example/jwks","response_modes_supported":["query","form_post"]"#,
            "signed_responses",
        ),
    ] {
        let server = Server::new(metadata, &key);
        let error = calls::failure(begin(&client(true), &server, None).await);
        assert!(error.status == Status::InvalidConfig && error.message.as_str().contains(named), "{error}");
        begin(&client(false), &server, None).await.expect("nobody needs the keys");
    }
    let modes = r#","response_modes_supported":["query","query.jwt"]"#;
    let server = Server::new(&format!("{JWKS_URI}{modes}"), &key);
    begin(&client(true), &server, None).await.expect("begun");
    // Where the server has no metadata, the program says where its keys are.
    let mut config = calls::config("https://as.example/token");
    config.set_endpoint(Endpoint::Authorization, format!("{ISSUER}/a"));
    config.signed_responses = true;
    let error = calls::failure(config.build().map(|_| ()));
    assert!(error.message.as_str().starts_with("issuer is not set"), "{error}");
    config.issuer = Some(ISSUER.to_owned());
    config.set_endpoint(Endpoint::Jwks, format!("{ISSUER}/jwks"));
    let client = Client::new(config.build().expect("a good configuration").0);
    let mut begun = begin(&client, &server, None).await.expect("begun");
    let redirect = signed(&key, good_claims(&begun));
    finish(&client, &server, &mut begun, &redirect).await.expect("a token");
    // Without an issuer nobody knows whose answer it would be.
    let mut config = calls::config("https://as.example/token");
    config.set_endpoint(Endpoint::Authorization, format!("{ISSUER}/a"));
    let client = Client::new(config.build().expect("a good configuration").0);
    let error = calls::failure(begin(&client, &server, Some(&parameter("response_mode", "jwt"))).await);
    assert!(error.message.as_str().starts_with("issuer is not set"), "{error}");
}
