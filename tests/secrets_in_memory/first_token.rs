//! Ways to a first token through the C ABI, with planted secrets: what was saved, what comes back, what a device gets.

use std::ffi::CStr;
use std::ptr::{null, null_mut};

use crate::abi::*;
use crate::exchange::{Credentials, Grant, Server, client, params, use_error, use_token};

/// As `oauth_authorization_to_json` writes it.
const SAVED: &CStr = c"{\"oauthclient_authorization\":1,\"url\":\"https://as.example/?state=sT8aZe1uGh4D\",\
    \"state\":\"sT8aZe1uGh4D+/%=&sT8aZe1uGh4D\",\"code_verifier\":\"\\u0076F6bRu3eXs5M~.-_vF6bRu3eXs5M\",\
    \"redirect_uri\":\"https://app.example/cb\",\"client_id\":\"client\",\"requires_iss\":false,\"wants_id_token\":false,\
    \"expires_at_s\":4102444800}";

const REDIRECT: &CStr = c"https://app.example/cb?code=kD4wNz8yHj1P%2B%2F%25%3D%26kD4wNz8yHj1P\
    &state=sT8aZe1uGh4D%2B%2F%25%3D%26sT8aZe1uGh4D";

/// Of the same code, with the state of somebody else.
const FOREIGN: &CStr = c"?code=kD4wNz8yHj1P%2B%2F%25%3D%26kD4wNz8yHj1P&state=sT8aZe1uGh4D";

/// The same, of one whose redirect must be signed; and such a redirect, with the code and the state in its claims.
const SAVED_SIGNED: &CStr = c"{\"oauthclient_authorization\":1,\"url\":\"https://as.example/?state=sT8aZe1uGh4D\",\
    \"state\":\"sT8aZe1uGh4D+/%=&sT8aZe1uGh4D\",\"redirect_uri\":\"https://app.example/cb\",\"client_id\":\"client\",\
    \"requires_iss\":false,\"wants_id_token\":false,\"signed_response\":true,\"expires_at_s\":4102444800}";
const SIGNED: &CStr = c"https://app.example/cb?response=eyJhbGciOiJFUzI1NiJ9\
    .eyJpc3MiOiJodHRwczovL2FzLmV4YW1wbGUiLCJhdWQiOiJjbGllbnQiLCJleHAiOjQxMDI0NDQ4MDAsInN0YXRlIjoiXHUwMDc\
    zVDhhWmUxdUdoNEQrLyU9JnNUOGFaZTF1R2g0RCIsImNvZGUiOiJcdTAwNmJENHdOejh5SGoxUCsvJT0ma0Q0d056OHlIajFQIn0.AAAA";

/// It is read, and refused because nobody knows by which keys it could be verified.
pub fn refuse_signed_redirect(server: &'static Server) {
    let client = client(server, Credentials::Configured(3));
    let (mut authorization, mut token, mut error) = (null_mut(), null_mut(), null_mut());
    // SAFETY: static strings, and handles of the library, freed once.
    unsafe {
        let saved = SAVED_SIGNED.as_ptr();
        assert_eq!(oauth_authorization_from_json(client, saved, &mut authorization, null_mut()), OAUTH_OK);
        oauth_client_free(client);
        let redirect = SIGNED.as_ptr();
        let status = oauth_authorization_finish(authorization, redirect, null(), null(), &mut token, &mut error);
        assert_eq!(status, OAUTH_ERROR_INVALID_CONFIG);
        use_error(error);
        oauth_authorization_free(authorization);
    }
}

pub fn finish_authorization(server: &'static Server, expected: i32) {
    let (client, params) = (client(server, Credentials::Configured(3)), params(Grant::Refresh));
    let (mut authorization, mut token, mut error, mut json) = (null_mut(), null_mut(), null_mut(), null_mut());
    // SAFETY: static strings, and handles and strings of the library, freed once.
    unsafe {
        assert_eq!(oauth_authorization_from_json(client, SAVED.as_ptr(), &mut authorization, null_mut()), OAUTH_OK);
        oauth_client_free(client);
        assert_eq!(oauth_authorization_to_json(authorization, &mut json, null_mut()), OAUTH_OK);
        oauth_string_free(json);
        let foreign = FOREIGN.as_ptr();
        let status = oauth_authorization_finish(authorization, foreign, params, null(), &mut token, &mut error);
        assert_eq!(status, OAUTH_ERROR_STATE_MISMATCH);
        use_error(error);
        let redirect = REDIRECT.as_ptr();
        let status = oauth_authorization_finish(authorization, redirect, params, null(), &mut token, &mut error);
        assert_eq!(status, expected);
        use_error(error);
        oauth_params_free(params);
        oauth_authorization_free(authorization);
        if !token.is_null() {
            use_token(token);
        }
    }
}

/// The server's one answer holds the codes and the token.
pub fn wait_for_device(server: &'static Server) {
    let (client, params) = (client(server, Credentials::Configured(3)), params(Grant::Refresh));
    let (mut device, mut token) = (null_mut(), null_mut());
    // SAFETY: static strings, and handles of the library, freed once.
    unsafe {
        let status = oauth_device_authorization_begin(client, null(), params, null(), &mut device, null_mut());
        assert_eq!(status, OAUTH_OK);
        oauth_params_free(params);
        oauth_client_free(client);
        assert_eq!(oauth_device_authorization_wait(device, null(), &mut token, null_mut()), OAUTH_OK);
        oauth_device_authorization_free(device);
        use_token(token);
    }
}
