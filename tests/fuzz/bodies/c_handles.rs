//! Asks a handle everything that it can be asked, as a C program would, and frees it.

use std::ffi::{CStr, c_char};
use std::ptr::null_mut;

use crate::abi::*;
use crate::checks;

/// # Safety
/// NULL or a string of the library's, whose owner lives.
unsafe fn text<'a>(pointer: *const c_char) -> Option<&'a str> {
    // SAFETY: the caller's promise.
    let text = (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) });
    text.map(|text| text.to_str().expect("UTF-8"))
}

/// Everything in it, as deep as it goes for a while.
///
/// # Safety
/// JSON whose owner lives, or NULL; the name is a string or NULL.
unsafe fn walk(json: *const Json, name: *const c_char, depth: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let count = oauth_json_count(json);
        assert!(text(oauth_json_raw(json, null_mut())).is_some() || json.is_null());
        assert!(oauth_json_item_at(json, count).is_null() && oauth_json_name_at(json, count).is_null());
        for index in 0..if depth < 8 { count } else { 0 } {
            let (item, own) = (oauth_json_item_at(json, index), oauth_json_name_at(json, index));
            if text(own).is_some() {
                let raw = text(oauth_json_raw(json, own));
                assert!(raw.is_some_and(|raw| raw != "null"));
                oauth_json_object(json, own);
            }
            text(oauth_json_text(item, null_mut()));
            walk(item, name, depth + 1);
        }
        let strings = oauth_json_string_count(json, name);
        assert!(strings == 0 || text(oauth_json_string_at(json, name, strings - 1)).is_some());
        assert!(oauth_json_string_at(json, name, strings).is_null());
        text(oauth_json_text(json, name));
        text(oauth_json_raw(json, name));
        oauth_json_number(json, name, -1);
        oauth_json_object(json, name);
    }
}

/// # Safety
/// A response whose owner lives, or NULL.
unsafe fn response(response: *const Response, name: *const c_char) {
    // SAFETY: the caller's promise; a name is a string or NULL.
    unsafe {
        let count = oauth_response_header_count(response);
        for index in 0..count + 1 {
            let (name, value) =
                (oauth_response_header_name_at(response, index), oauth_response_header_value_at(response, index));
            assert_eq!((name.is_null(), value.is_null()), (index == count, index == count));
            if index < count {
                assert!(!oauth_response_header(response, name).is_null());
                CStr::from_ptr(value).to_bytes().iter().for_each(|byte| assert_ne!(*byte, 0));
            }
        }
        oauth_response_header(response, name);
        let mut length = usize::MAX;
        let body = oauth_response_body(response, &mut length);
        if !body.is_null() {
            std::hint::black_box(std::slice::from_raw_parts(body, length).to_vec());
        }
        assert_eq!(response.is_null(), oauth_response_status(response) == 0);
    }
}

/// # Safety
/// A token, which is not used again, and a string or NULL.
pub unsafe fn token(token: *mut Token, name: *const c_char) {
    // SAFETY: the caller's promise, and handles and strings of the library, freed once.
    unsafe {
        let same = oauth_token_ref(token);
        let access_token = oauth_token_access_token(token);
        assert!(!access_token.is_null() || !oauth_token_claims(token).is_null(), "one of them is there");
        for other in
            [access_token, oauth_token_type(token), oauth_token_refresh_token(token), oauth_token_id_token(token)]
        {
            assert!(text(other).is_none_or(|text| !text.is_empty() && !text.chars().any(char::is_control)));
        }
        assert!(text(oauth_token_scope(token)).is_none_or(|scope| !scope.is_empty()));
        assert!(
            text(oauth_token_authorization(token))
                .is_none_or(|header| header.ends_with(text(access_token).unwrap_or_default()))
        );
        let (lasts, expires) = (oauth_token_expires_in_s(token), oauth_token_expires_at_s(token));
        assert!(lasts >= -1 && expires >= -1);
        assert!(expires == -1 || oauth_token_expired(token, i64::MAX));
        std::hint::black_box((oauth_token_rotated(token), oauth_token_deviations(token)));
        text(oauth_token_response_json(token));
        walk(oauth_token_json(token), name, 0);
        response(oauth_token_response(token), name);
        let (mut json, mut again, mut error) = (null_mut(), null_mut(), null_mut());
        assert_eq!(oauth_token_to_json(token, &mut json, &mut error), OAUTH_OK);
        oauth_token_free(token);
        assert_eq!(oauth_token_from_json(json, &mut again, &mut error), OAUTH_OK, "{:?}", text(json));
        assert_eq!(text(oauth_token_access_token(again)), text(oauth_token_access_token(same)));
        assert_eq!(text(oauth_token_refresh_token(again)), text(oauth_token_refresh_token(same)));
        assert_eq!(oauth_token_expires_at_s(again), expires);
        oauth_token_free(same);
        oauth_token_free(again);
        oauth_string_free(json);
    }
}

/// # Safety
/// An error, which is not used again, that came with this status, and a string or NULL.
pub unsafe fn error(error: *mut Error, status: i32, name: *const c_char) {
    // SAFETY: the caller's promise.
    unsafe {
        assert!((OAUTH_ERROR_INVALID_ARGUMENT..=OAUTH_ERROR_PROVIDER).contains(&status));
        assert_ne!(status, OAUTH_ERROR_INTERNAL);
        assert_eq!(oauth_error_status(error), status);
        assert!(text(oauth_status_name(status)).is_some());
        checks::line(text(oauth_error_message(error)).expect("every error has a message"));
        walk(oauth_error_provider_json(error), name, 0);
        oauth_error_free(oauth_error_ref(error));
        let is_refusal = status == OAUTH_ERROR_PROVIDER;
        assert!(is_refusal || text(oauth_error_provider_error(error)).is_none());
        assert!(is_refusal || text(oauth_error_provider_uri(error)).is_none());
        let may_have_words = is_refusal || [OAUTH_ERROR_HTTP, OAUTH_ERROR_INVALID_RESPONSE].contains(&status);
        assert!(may_have_words || text(oauth_error_provider_description(error)).is_none());
        assert!((0..=25).contains(&oauth_error_provider_code(error)));
        assert!((0..=6).contains(&oauth_error_advice(error)));
        assert!((-1..=3600).contains(&oauth_error_retry_after_s(error)));
        text(oauth_error_endpoint(error));
        let answer = oauth_error_response(error);
        assert!(answer.is_null() || oauth_error_request_sent(error));
        std::hint::black_box((oauth_error_attempts(error), oauth_error_deviations(error)));
        response(answer, name);
        oauth_error_free(error);
    }
}
