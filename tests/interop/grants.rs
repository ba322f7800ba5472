//! The other grants: client credentials and refresh.

use oauthclient::protocol::token_request::Grant;

use super::*;

fn own_token(client: &Client, scope: &str, resource: Option<&str>) -> Result<Token> {
    let parameters = resource.map(|resource| parameters(&[("resource", resource)]));
    let arguments = TokenArguments { field_parameters: parameters.as_ref(), ..TokenArguments::default() };
    client.token(Grant::ClientCredentials { scope: Some(scope) }, arguments, None)
}

fn refresh(client: &Client, before: &Token, scope: Option<&str>) -> Result<Token> {
    client.renew(before, scope, None, None)
}

#[test]
fn a_client_gets_a_token_of_its_own() {
    let Some(interop) = interop() else { return };
    for name in ["MACHINE", "POST", "ENCODED"] {
        let token = own_token(&client(interop, name), "read", Some(interop.setting("RESOURCE"))).expect(name);
        assert_eq!((text(&token.scope), token.expires_in_s), ("read", Some(600)), "{name}");
        assert!(token.refresh_token.is_none(), "{name}");
    }
}

#[test]
fn a_client_is_refused_what_it_may_not_have() {
    let Some(interop) = interop() else { return };
    let machine = client(interop, "MACHINE");
    assert_eq!(refusal(own_token(&machine, "write", None)), "invalid_scope");
    assert_eq!(refusal(own_token(&machine, "read", Some("https://other.example/"))), "invalid_target");
    // unauthorized_client in RFC 6749 section 5.2
    assert_eq!(refusal(own_token(&client(interop, "BASIC"), "read", None)), "invalid_request");
    assert_eq!(refusal(own_token(&impostor(interop, "MACHINE"), "read", None)), "invalid_client");
}

#[test]
fn a_refresh_token_rotates_and_its_second_use_ends_the_login() {
    let Some(interop) = interop() else { return };
    let client = client(interop, "BASIC");
    let first = logged_in(&client, "openid read");
    let second = refresh(&client, &first, None).expect("a fresh refresh token");
    assert!(second.rotated && text(&second.refresh_token) != text(&first.refresh_token));
    assert_eq!(claim(&second, "sub"), Some("alice"));
    assert_eq!(refusal(refresh(&client, &first, None)), "invalid_grant");
    assert_eq!(refusal(refresh(&client, &second, None)), "invalid_grant");
}

#[test]
fn a_refresh_may_narrow_the_scope_and_never_widen_it() {
    let Some(interop) = interop() else { return };
    let client = client(interop, "BASIC");
    let token = refresh(&client, &logged_in(&client, "openid read"), Some("openid")).expect("a narrower scope");
    assert_eq!(text(&token.scope), "openid");
    assert_eq!(refusal(refresh(&client, &token, Some("openid email"))), "invalid_scope");
}
