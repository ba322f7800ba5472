//! Any strings in any argument of the C ABI, and any answer: a status, and all handles in order.
//!
//! An input is fields with a NUL between them: switches, then a string for each argument, then the answer.

use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::{from_ref, null, null_mut};
use std::sync::Once;

use crate::abi::*;
use crate::answer::Answer;
use crate::{c_handles, checks};

/// One switch is one byte; a missing one is 0.
struct Switches<'a>(&'a [u8]);

impl Switches<'_> {
    fn next(&mut self) -> i32 {
        let (first, rest) = self.0.split_first().unwrap_or((&b'0', &[]));
        self.0 = rest;
        i32::from(*first) - i32::from(b'0')
    }

    fn on(&mut self) -> bool {
        self.next() & 1 == 1
    }
}

/// How many strings an input has.
const STRINGS: usize = 18;

/// A field of an input as a C string; "(null)" is NULL.
struct Text(Option<CString>);

impl Text {
    fn of(field: &[u8]) -> Self {
        Self(if field == b"(null)" { None } else { CString::new(field).ok() })
    }

    fn pointer(&self) -> *const c_char {
        self.0.as_ref().map_or(null(), |text| text.as_ptr())
    }
}

/// What the transport is told.
struct Server<'a> {
    answer: Answer<'a>,
    outcome: i32,
    code: *const c_char,
}

unsafe extern "C" fn transport(
    server: *mut c_void,
    request: *const TransportRequest,
    response: *mut TransportResponse,
) -> i32 {
    // SAFETY: the `Server` of the caller, which waits; handles that are valid during this call.
    unsafe {
        let server = &*server.cast::<Server<'_>>();
        check_request(request, server.code);
        oauth_transport_response_set_status(response, server.answer.status);
        for (name, value) in &server.answer.headers {
            if let (Ok(name), Ok(value)) = (CString::new(*name), CString::new(*value)) {
                oauth_transport_response_add_header(response, name.as_ptr(), value.as_ptr());
            }
        }
        let (first, second) = server.answer.body.split_at(server.answer.body.len() / 2);
        oauth_transport_response_append_body(response, first.as_ptr(), first.len());
        oauth_transport_response_append_body(response, second.as_ptr(), second.len());
        server.outcome
    }
}

/// Nothing that a program passes makes two requests, or another one, of what is sent.
unsafe fn check_request(request: *const TransportRequest, code: *const c_char) {
    // SAFETY: handles and strings that are valid during the call.
    unsafe {
        assert_eq!(CStr::from_ptr(oauth_transport_request_method(request)), c"POST");
        for index in 0..oauth_transport_request_header_count(request) {
            let name = CStr::from_ptr(oauth_transport_request_header_name_at(request, index)).to_bytes();
            let value = CStr::from_ptr(oauth_transport_request_header_value_at(request, index)).to_bytes();
            assert!(!name.is_empty() && name.iter().all(|byte| byte.is_ascii_graphic() && *byte != b':'));
            assert!(value.iter().all(|byte| (*byte >= 0x20 || *byte == b'\t') && *byte != 0x7f));
        }
        let mut length = 0;
        let body = oauth_transport_request_body(request, &mut length);
        let body = std::slice::from_raw_parts(body, length);
        let pairs: Vec<_> = form_urlencoded::parse(body).collect();
        let of =
            |wanted: &str| pairs.iter().filter(|(name, _)| name == wanted).map(|(_, value)| value).collect::<Vec<_>>();
        let expected = match of("grant_type")[..] {
            [grant] if grant == "authorization_code" => "code",
            [grant] if grant == "refresh_token" => "refresh_token",
            _ => panic!("{pairs:?}"),
        };
        assert_eq!(of(expected), [CStr::from_ptr(code).to_str().expect("the library has checked it")]);
        std::hint::black_box(oauth_transport_request_remaining_ms(request));
        assert!(!oauth_transport_request_cancelled(request));
    }
}

unsafe extern "C" fn log(_: *mut c_void, level: i32, line: *const c_char) {
    assert!((1..=OAUTH_LOG_DEBUG).contains(&level));
    // SAFETY: valid during the call.
    checks::line(unsafe { CStr::from_ptr(line) }.to_str().expect("UTF-8"));
}

/// The library catches its own panics; here each of them is a defect, also inside a getter.
fn count_panics() -> usize {
    static ONCE: Once = Once::new();
    thread_local!(static PANICS: Cell<usize> = const { Cell::new(0) });
    ONCE.call_once(|| {
        // SAFETY: NULL is allowed. The first call sets the library's hook, which hides its panics.
        unsafe { oauth_error_free(null_mut()) };
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.set(PANICS.get() + 1);
            eprintln!("{panic}");
            before(panic);
        }));
    });
    PANICS.get()
}

pub fn run(input: &[u8]) {
    let panics = count_panics();
    let mut fields = input.splitn(STRINGS + 2, |byte| *byte == 0);
    let switches = Switches(fields.next().unwrap_or_default());
    let strings = std::array::from_fn(|_| Text::of(fields.next().unwrap_or(b"(null)")));
    let answer = Answer::of(fields.next().unwrap_or_default());
    // SAFETY: strings and handles that live long enough, and each handle is freed once.
    unsafe { exchange(switches, &strings, answer) };
    assert_eq!(count_panics(), panics, "the library has caught a panic");
}

unsafe fn exchange(mut switches: Switches<'_>, strings: &[Text; STRINGS], answer: Answer<'_>) {
    let [endpoint, id, secret, agent, config_name, config_value, header, code, uri, ..] =
        strings.each_ref().map(Text::pointer);
    let [.., name_1, value_1, name_2, value_2, name_3, value_3, lookup, json, proxy] =
        strings.each_ref().map(Text::pointer);
    let outcome = switches.next();
    let server = Server { answer, outcome, code };
    // SAFETY: strings and handles that live long enough, and each handle is freed once.
    unsafe {
        let config = oauth_config_new();
        oauth_config_set_token_endpoint(config, endpoint);
        if switches.on() {
            oauth_config_set_client(config, id, secret);
        }
        if let method @ 0..=5 = switches.next() {
            oauth_config_set_client_authentication(config, method);
        }
        if switches.on() {
            oauth_config_set_user_agent(config, agent);
        }
        if switches.on() {
            oauth_config_add_header(config, config_name, config_value);
        }
        oauth_config_set_retry_policy(config, switches.next() as u32 % 4, 0, switches.on());
        oauth_config_set_allow_http(config, switches.on());
        oauth_config_set_max_response_bytes(config, if switches.on() { 64 } else { 1 << 20 });
        oauth_config_set_log(config, 4 - switches.next() % 6, Some(log), null_mut(), None);
        if switches.on() {
            wire_settings(config, proxy, json);
        }
        oauth_config_set_transport(config, Some(transport), from_ref(&server).cast_mut().cast(), None);
        let params = oauth_params_new();
        for (name, value) in [(name_1, value_1), (name_2, value_2)] {
            match switches.next() {
                1 => oauth_params_set(params, name, value),
                2 => oauth_params_add(params, name, value),
                _ => {}
            }
        }
        let options = oauth_request_options_new();
        if switches.on() {
            oauth_request_options_add_header(options, name_3, value_3);
        }
        match switches.next() {
            1 => oauth_request_options_set_timeout_ms(options, 0),
            2 => oauth_request_options_set_deadline_ms(options, 0),
            _ => {}
        }
        let (mut client, mut token, mut error) = (null_mut(), null_mut(), null_mut());
        let status = oauth_client_new(config, &mut client, &mut error);
        oauth_config_free(config);
        finish(status, client.is_null(), error, lookup);
        let status = match switches.on() {
            true => oauth_refresh_token(client, header, code, uri, params, options, &mut token, &mut error),
            false => oauth_request_token(client, header, code, uri, params, options, &mut token, &mut error),
        };
        oauth_params_free(params);
        oauth_request_options_free(options);
        oauth_client_free(client);
        finish(status, token.is_null(), error, lookup);
        if !token.is_null() {
            c_handles::token(token, lookup);
        }
        values([id, secret, code, uri], json, switches, lookup);
    }
}

/// Settings of the library's own transport: read when a client is made, which then sends nothing.
unsafe fn wire_settings(config: *mut Config, proxy: *const c_char, pem: *const c_char) {
    // SAFETY: as the caller's.
    unsafe {
        oauth_config_set_use_system_ca(config, false);
        oauth_config_set_use_environment(config, false);
        oauth_config_set_proxy(config, proxy, null(), null());
        let length = if pem.is_null() { 0 } else { CStr::from_ptr(pem).count_bytes() };
        oauth_config_add_ca_pem(config, pem.cast(), length);
        let (mut client, mut error) = (null_mut(), null_mut());
        let status = oauth_client_new(config, &mut client, &mut error);
        finish(status, client.is_null(), error, null());
        oauth_client_free(client);
    }
}

/// What needs no client.
unsafe fn values(strings: [*const c_char; 4], json: *const c_char, mut switches: Switches<'_>, lookup: *const c_char) {
    let [id, secret, code, uri] = strings;
    // SAFETY: as the caller's.
    unsafe {
        let (mut token, mut text, mut error) = (null_mut(), null_mut(), null_mut());
        let status = oauth_basic_authorization(id, secret, switches.next(), &mut text, &mut error);
        finish(status, text.is_null(), error, lookup);
        oauth_string_free(text);
        let status = oauth_token_from_json(json, &mut token, &mut error);
        finish(status, token.is_null(), error, lookup);
        if !token.is_null() {
            c_handles::token(token, lookup);
        }
        let expires_at_s = i64::from(switches.next()) << 56;
        let status = oauth_token_new(code, id, secret, uri, expires_at_s, &mut token, &mut error);
        finish(status, token.is_null(), error, lookup);
        if !token.is_null() {
            c_handles::token(token, lookup);
        }
    }
}

/// A result or an error, never both, never neither.
unsafe fn finish(status: i32, absent: bool, error: *mut Error, lookup: *const c_char) {
    assert_eq!(status != OAUTH_OK, absent);
    assert_eq!(error.is_null(), !absent);
    if absent {
        // SAFETY: the library has just made it, and nobody uses it again.
        unsafe { c_handles::error(error, status, lookup) };
    }
}
