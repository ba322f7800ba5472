//! The device grant (RFC 8628).

use oauthclient::client::device::Device;
use oauthclient_test_server::authorization_server::{self, AuthorizationServer, Options};

use super::*;

fn begin(client: &Client) -> Device {
    client.device_authorization(Some("openid"), None, None).expect("codes")
}

fn visit(device: &Device, mut browser: Browser) {
    browser
        .enter_code(device.shown.codes.verification_uri.as_str(), device.shown.codes.user_code.as_str())
        .expect("a good code");
}

#[test]
fn a_device_gets_a_token_when_the_user_has_agreed() {
    let Some(interop) = interop() else { return };
    let client = client(interop, "DEVICE");
    let mut device = begin(&client);
    std::thread::sleep(device.shown.next_poll_in());
    assert_eq!(failure(client.poll(&mut device, None)).status, Status::AuthorizationPending);
    visit(&device, Browser::new().user("bob"));
    let token = client.wait(&mut device, None).expect("the user has agreed");
    assert_eq!(claim(&token, "sub"), Some("bob"));
    assert!(client.renew(&token, None, None, None).expect("a refresh token").rotated);
}

#[test]
fn a_device_learns_that_the_user_refused() {
    let Some(interop) = interop() else { return };
    let client = client(interop, "DEVICE");
    let mut device = begin(&client);
    visit(&device, Browser::new().deny());
    assert_eq!(refusal(client.wait(&mut device, None)), "access_denied");
}

#[test]
fn a_device_does_not_wait_longer_than_its_codes_live() {
    let Some(interop) = interop() else { return };
    let client = client(interop, "SHORT");
    assert_eq!(failure(client.wait(&mut begin(&client), None)).status, Status::Expired);
}

#[test]
fn codes_are_for_clients_that_may_have_them() {
    let Some(interop) = interop() else { return };
    let codes = |client: &Client| client.device_authorization(None, None, None);
    // unauthorized_client in RFC 6749 section 5.2
    assert_eq!(refusal(codes(&client(interop, "PUBLIC"))), "invalid_request");
    assert_eq!(refusal(codes(&impostor(interop, "SHORT"))), "invalid_client");
}

/// A client of the demo server, which can be told what oidc-provider cannot.
fn demo(options: Options) -> (AuthorizationServer, Client) {
    let server = AuthorizationServer::start(options);
    let mut config = Builder::default();
    config.issuer = Some(server.issuer().to_owned());
    config.client = Some((secret(authorization_server::PUBLIC_CLIENT_ID), None));
    config.use_environment = false;
    (server, client_of(&config))
}

#[test]
fn a_device_that_is_told_to_slow_down_does() {
    let (_server, client) = demo(Options { device_slow_down: true, ..Options::default() });
    let mut device = client.device_authorization(None, None, None).expect("codes");
    std::thread::sleep(device.shown.next_poll_in());
    assert_eq!(failure(client.poll(&mut device, None)).status, Status::AuthorizationPending);
    assert!(device.shown.next_poll_in().as_secs() >= 5, "{:?}", device.shown.next_poll_in());
}

#[test]
fn a_device_takes_the_server_s_word_that_its_codes_have_expired() {
    let (server, client) = demo(Options { device_pending_polls: None, ..Options::default() });
    let mut device = client.device_authorization(None, None, None).expect("codes");
    server.expire_devices();
    let error = failure(client.wait(&mut device, None));
    assert_eq!((error.status, error.response.is_some()), (Status::Expired, true));
}
