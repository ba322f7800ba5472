//! What can be done with a token: userinfo, introspection, revocation.

use super::*;

#[test]
fn userinfo_is_about_the_user_and_ends_with_the_token() {
    let Some(interop) = interop() else { return };
    let client = client(interop, "BASIC");
    let token = logged_in(&client, "openid email");
    let claims = client.userinfo(&token, None).expect("a live token");
    assert_eq!((claims.string("sub"), claims.string("email")), (Some("alice"), Some("alice@example.org")));
    client.revoke(text(&token.access_token), Some("access_token"), None).expect("the client's own token");
    assert_eq!(refusal(client.userinfo(&token, None)), "invalid_token");
}

#[test]
fn userinfo_needs_the_scope_openid() {
    let Some(interop) = interop() else { return };
    let client = client(interop, "BASIC");
    assert_eq!(refusal(client.userinfo(&logged_in(&client, "read"), None)), "insufficient_scope");
}

#[test]
fn a_resource_server_sees_a_token_until_it_is_revoked() {
    let Some(interop) = interop() else { return };
    let client = client(interop, "BASIC");
    let resource_server = super::client(interop, "RESOURCE_SERVER");
    let token = logged_in(&client, "openid read");
    let access_token = text(&token.access_token);
    let seen = resource_server.introspect(access_token, None, None).expect("a live token");
    assert!(seen.active);
    assert_eq!((seen.json.string("client_id"), seen.json.string("scope")), (Some("basic"), Some("openid read")));
    client.revoke(access_token, None, None).expect("the client's own token");
    assert!(!resource_server.introspect(access_token, None, None).expect("an answer").active);
    assert!(!resource_server.introspect("no token at all", None, None).expect("an answer").active);
    assert_eq!(refusal(impostor(interop, "RESOURCE_SERVER").introspect(access_token, None, None)), "invalid_client");
}

#[test]
fn a_revoked_refresh_token_renews_nothing() {
    let Some(interop) = interop() else { return };
    let client = client(interop, "BASIC");
    let token = logged_in(&client, "openid");
    assert_eq!(refusal(impostor(interop, "BASIC").revoke(text(&token.refresh_token), None, None)), "invalid_client");
    client.revoke(text(&token.refresh_token), Some("refresh_token"), None).expect("the client's own token");
    assert_eq!(refusal(client.renew(&token, None, None, None)), "invalid_grant");
    client.revoke("no token at all", None, None).expect("it is as good as revoked");
}
