//! Whole exchanges through the C ABI. All that the program itself holds is static, so that what is found is the library's.

use std::ffi::{CStr, c_char, c_void};
use std::ptr::{from_ref, null, null_mut};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::abi::*;
use crate::planted::*;

/// What the server of an exchange does.
pub struct Server {
    /// What the transport returns: OAUTH_OK for an answer.
    outcome: i32,
    status: i32,
    content_type: &'static CStr,
    /// In pieces, so that the library has to put them together.
    body: &'static [&'static [u8]],
    pub asked: AtomicUsize,
}

impl Server {
    pub const fn answers(status: i32, content_type: &'static CStr, body: &'static [&'static [u8]]) -> Self {
        Self { outcome: OAUTH_OK, status, content_type, body, asked: AtomicUsize::new(0) }
    }

    pub const fn fails(outcome: i32) -> Self {
        Self { outcome, ..Self::answers(0, c"", &[]) }
    }
}

unsafe extern "C" fn transport(
    server: *mut c_void,
    request: *const TransportRequest,
    response: *mut TransportResponse,
) -> i32 {
    // SAFETY: what `client` registered, which is static, and the library's handles, valid during this call.
    unsafe {
        let server = &*server.cast::<Server>();
        server.asked.fetch_add(1, Ordering::Relaxed);
        let mut length = 0;
        let body = oauth_transport_request_body(request, &mut length);
        let is_there = |secret: &CStr| {
            let mark = secret.to_bytes()[..12].as_ptr().cast();
            !libc::memmem(body.cast(), length, mark, 12).is_null()
        };
        assert!(is_there(PASSWORD) || is_there(CLIENT_SECRET), "the secrets are in the request");
        oauth_transport_response_set_status(response, server.status);
        oauth_transport_response_add_header(response, c"Content-Type".as_ptr(), server.content_type.as_ptr());
        oauth_transport_response_add_header(response, c"Set-Cookie".as_ptr(), HEADER.as_ptr());
        for piece in server.body {
            oauth_transport_response_append_body(response, piece.as_ptr(), piece.len());
        }
        server.outcome
    }
}

unsafe extern "C" fn log(_: *mut c_void, _: i32, line: *const c_char) {
    assert!(!line.is_null());
}

/// What is given for a token.
#[derive(Clone, Copy, PartialEq)]
pub enum Grant {
    Code,
    Refresh,
}

/// How the client says who it is.
#[derive(Clone, Copy, PartialEq)]
pub enum Credentials {
    /// One of OAUTH_CLIENT_AUTHENTICATION_...
    Configured(i32),
    Header,
}

pub fn client(server: &'static Server, credentials: Credentials) -> *mut Client {
    // SAFETY: static strings, and handles of the library, freed once.
    unsafe {
        let config = oauth_config_new();
        oauth_config_set_token_endpoint(config, c"https://as.example/token".as_ptr());
        oauth_config_set_device_authorization_endpoint(config, c"https://as.example/device".as_ptr());
        oauth_config_set_client(config, CLIENT_ID.as_ptr(), PASSWORD.as_ptr());
        oauth_config_set_client(config, CLIENT_ID.as_ptr(), CLIENT_SECRET.as_ptr());
        oauth_config_add_header(config, c"X-Key".as_ptr(), HEADER.as_ptr());
        oauth_config_set_proxy(config, c"http://p:1".as_ptr(), c"u".as_ptr(), PROXY_PASSWORD.as_ptr());
        if let Credentials::Configured(method) = credentials {
            oauth_config_set_client_authentication(config, method);
        }
        oauth_config_set_retry_policy(config, 2, 0, true);
        oauth_config_set_max_response_bytes(config, 4096);
        oauth_config_set_log(config, OAUTH_LOG_DEBUG, Some(log), null_mut(), None);
        oauth_config_set_transport(config, Some(transport), from_ref(server).cast_mut().cast(), None);
        let (mut client, mut error) = (null_mut(), null_mut());
        assert_eq!(oauth_client_new(config, &mut client, &mut error), OAUTH_OK);
        oauth_config_free(config);
        client
    }
}

pub fn params(grant: Grant) -> *mut Params {
    // SAFETY: static strings.
    unsafe {
        let params = oauth_params_new();
        oauth_params_set(params, c"password".as_ptr(), HEADER.as_ptr());
        oauth_params_set(params, c"password".as_ptr(), PASSWORD.as_ptr());
        if grant == Grant::Code {
            oauth_params_add(params, c"code_verifier".as_ptr(), VERIFIER.as_ptr());
        }
        params
    }
}

/// One exchange from the config to the last free.
pub fn run(server: &'static Server, grant: Grant, credentials: Credentials, expected: i32) {
    let (client, params) = (client(server, credentials), params(grant));
    let header = if credentials == Credentials::Header { AUTHORIZATION.as_ptr() } else { null() };
    let (mut token, mut error) = (null_mut(), null_mut());
    // SAFETY: static strings, and handles of the library, freed once.
    unsafe {
        let options = oauth_request_options_new();
        oauth_request_options_add_header(options, c"X-More".as_ptr(), HEADER.as_ptr());
        let status = match grant {
            Grant::Code => {
                oauth_request_token(client, header, CODE.as_ptr(), null(), params, options, &mut token, &mut error)
            }
            Grant::Refresh => oauth_refresh_token(
                client,
                header,
                REFRESH_TOKEN.as_ptr(),
                null(),
                params,
                options,
                &mut token,
                &mut error,
            ),
        };
        oauth_params_free(params);
        oauth_request_options_free(options);
        oauth_client_free(client);
        if !token.is_null() {
            use_token(token);
        }
        let message = oauth_error_message(error);
        assert!(status == expected, "{status}: {:?}", (!message.is_null()).then(|| CStr::from_ptr(message)));
        use_error(error);
    }
}

/// Asks everything that makes new text, and frees the token.
pub fn use_token(token: *mut Token) {
    // SAFETY: handles and strings of the library, freed once.
    unsafe {
        let other = oauth_token_ref(token);
        assert!(!oauth_token_authorization(token).is_null());
        oauth_token_response_json(token);
        let (mut json, mut again, mut error) = (null_mut(), null_mut(), null_mut());
        assert_eq!(oauth_token_to_json(token, &mut json, &mut error), OAUTH_OK);
        oauth_token_free(token);
        oauth_token_free(other);
        assert_eq!(oauth_token_from_json(json, &mut again, &mut error), OAUTH_OK);
        assert!(!oauth_token_authorization(again).is_null());
        // Damaged in its middle: the error must not quote it.
        *json.add(libc::strlen(json) / 2) = 1;
        assert_eq!(oauth_token_from_json(json, &mut null_mut(), &mut error), OAUTH_ERROR_INVALID_ARGUMENT);
        use_error(error);
        oauth_string_free(json);
        oauth_token_free(again);
    }
}

pub fn use_error(error: *mut Error) {
    // SAFETY: a handle of the library or NULL, freed once.
    unsafe {
        oauth_error_provider_description(error);
        oauth_response_header(oauth_error_response(error), c"set-cookie".as_ptr());
        oauth_error_free(error);
    }
}

/// What a program keeps itself, and the header that it makes itself.
pub fn make_values() {
    let mut error = null_mut();
    // SAFETY: static strings, and strings and handles of the library, freed once.
    unsafe {
        for encoding in [0, 1] {
            let mut header = null_mut();
            let (id, secret) = (CLIENT_ID.as_ptr(), CLIENT_SECRET.as_ptr());
            assert_eq!(oauth_basic_authorization(id, secret, encoding, &mut header, &mut error), OAUTH_OK);
            oauth_string_free(header);
        }
        let mut token = null_mut();
        let (access, refresh) = (CODE.as_ptr(), REFRESH_TOKEN.as_ptr());
        assert_eq!(oauth_token_new(access, null(), refresh, null(), -1, &mut token, &mut error), OAUTH_OK);
        use_token(token);
    }
}

/// Calls that are refused before anything is sent.
pub fn make_mistakes(server: &'static Server) {
    let (mut token, mut error) = (null_mut(), null_mut());
    // SAFETY: static strings, and handles of the library, freed once.
    unsafe {
        let client = client(server, Credentials::Header);
        let broken_header = c"Basic zL5tPw9aCd7Q\nzL5tPw9aCd7Q".as_ptr();
        let status =
            oauth_request_token(client, broken_header, CODE.as_ptr(), null(), null(), null(), &mut token, &mut error);
        assert_eq!(status, OAUTH_ERROR_INVALID_ARGUMENT);
        use_error(error);
        let params = params(Grant::Code);
        oauth_params_add(params, c"code".as_ptr(), CODE.as_ptr());
        let options = oauth_request_options_new();
        let status =
            oauth_request_token(client, null(), CODE.as_ptr(), null(), params, options, &mut token, &mut error);
        assert_eq!(status, OAUTH_ERROR_INVALID_ARGUMENT);
        use_error(error);
        oauth_request_options_add_header(options, c"Host".as_ptr(), HEADER.as_ptr());
        oauth_request_options_add_header(options, c"X".as_ptr(), c"a\nhX3nEo8zDl4B".as_ptr());
        let status =
            oauth_refresh_token(client, null(), CODE.as_ptr(), null(), null(), options, &mut token, &mut error);
        assert_eq!(status, OAUTH_ERROR_INVALID_ARGUMENT);
        use_error(error);
        oauth_request_options_free(options);
        oauth_params_free(params);
        oauth_client_free(client);
    }
}
