//! The C ABI as a C program sees it: `include/oauth.h`, word for word.
#![allow(dead_code, reason = "each user of this file uses a part")]

use std::ffi::{c_char, c_void};

#[repr(C)]
pub struct Authorization([u8; 0]);
#[repr(C)]
pub struct Cancel([u8; 0]);
#[repr(C)]
pub struct Client([u8; 0]);
#[repr(C)]
pub struct Config([u8; 0]);
#[repr(C)]
pub struct Device([u8; 0]);
#[repr(C)]
pub struct Error([u8; 0]);
#[repr(C)]
pub struct Json([u8; 0]);
#[repr(C)]
pub struct Params([u8; 0]);
#[repr(C)]
pub struct RequestOptions([u8; 0]);
#[repr(C)]
pub struct Response([u8; 0]);
#[repr(C)]
pub struct Token([u8; 0]);
#[repr(C)]
pub struct TransportRequest([u8; 0]);
#[repr(C)]
pub struct TransportResponse([u8; 0]);

pub type LogFn = unsafe extern "C" fn(*mut c_void, i32, *const c_char);
pub type DestroyFn = unsafe extern "C" fn(*mut c_void);
pub type TransportFn = unsafe extern "C" fn(*mut c_void, *const TransportRequest, *mut TransportResponse) -> i32;

unsafe extern "C" {
    pub fn oauth_authorization_from_json(
        client: *const Client,
        json: *const c_char,
        authorization: *mut *mut Authorization,
        error: *mut *mut Error,
    ) -> i32;
    pub fn oauth_authorization_to_json(
        authorization: *const Authorization,
        json: *mut *mut c_char,
        error: *mut *mut Error,
    ) -> i32;
    pub fn oauth_authorization_finish(
        authorization: *mut Authorization,
        redirect: *const c_char,
        field_parameters: *const Params,
        options: *const RequestOptions,
        token: *mut *mut Token,
        error: *mut *mut Error,
    ) -> i32;
    pub fn oauth_authorization_free(authorization: *mut Authorization);
    pub fn oauth_config_set_device_authorization_endpoint(config: *mut Config, url: *const c_char);
    pub fn oauth_device_authorization_begin(
        client: *const Client,
        scope: *const c_char,
        parameters: *const Params,
        options: *const RequestOptions,
        device: *mut *mut Device,
        error: *mut *mut Error,
    ) -> i32;
    pub fn oauth_device_authorization_wait(
        device: *mut Device,
        options: *const RequestOptions,
        token: *mut *mut Token,
        error: *mut *mut Error,
    ) -> i32;
    pub fn oauth_device_authorization_free(device: *mut Device);
    pub fn oauth_status_name(status: i32) -> *const c_char;
    pub fn oauth_error_free(error: *mut Error);
    pub fn oauth_error_status(error: *const Error) -> i32;
    pub fn oauth_error_message(error: *const Error) -> *const c_char;
    pub fn oauth_error_provider_error(error: *const Error) -> *const c_char;
    pub fn oauth_error_provider_code(error: *const Error) -> i32;
    pub fn oauth_error_provider_description(error: *const Error) -> *const c_char;
    pub fn oauth_error_provider_uri(error: *const Error) -> *const c_char;
    pub fn oauth_error_advice(error: *const Error) -> i32;
    pub fn oauth_error_retry_after_s(error: *const Error) -> i64;
    pub fn oauth_error_request_sent(error: *const Error) -> bool;
    pub fn oauth_error_attempts(error: *const Error) -> u32;
    pub fn oauth_error_endpoint(error: *const Error) -> *const c_char;
    pub fn oauth_error_deviations(error: *const Error) -> u32;
    pub fn oauth_error_ref(error: *const Error) -> *mut Error;
    pub fn oauth_error_provider_json(error: *const Error) -> *const Json;
    pub fn oauth_error_response(error: *const Error) -> *const Response;
    pub fn oauth_response_status(response: *const Response) -> i32;
    pub fn oauth_response_header_count(response: *const Response) -> usize;
    pub fn oauth_response_header_name_at(response: *const Response, index: usize) -> *const c_char;
    pub fn oauth_response_header_value_at(response: *const Response, index: usize) -> *const c_char;
    pub fn oauth_response_header(response: *const Response, name: *const c_char) -> *const c_char;
    pub fn oauth_response_body(response: *const Response, length: *mut usize) -> *const u8;
    pub fn oauth_token_new(
        access_token: *const c_char,
        token_type: *const c_char,
        refresh_token: *const c_char,
        scope: *const c_char,
        expires_at_s: i64,
        token: *mut *mut Token,
        error: *mut *mut Error,
    ) -> i32;
    pub fn oauth_token_ref(token: *const Token) -> *mut Token;
    pub fn oauth_token_free(token: *mut Token);
    pub fn oauth_token_access_token(token: *const Token) -> *const c_char;
    pub fn oauth_token_type(token: *const Token) -> *const c_char;
    pub fn oauth_token_expires_in_s(token: *const Token) -> i64;
    pub fn oauth_token_expires_at_s(token: *const Token) -> i64;
    pub fn oauth_token_scope(token: *const Token) -> *const c_char;
    pub fn oauth_token_refresh_token(token: *const Token) -> *const c_char;
    pub fn oauth_token_id_token(token: *const Token) -> *const c_char;
    pub fn oauth_token_rotated(token: *const Token) -> bool;
    pub fn oauth_token_deviations(token: *const Token) -> u32;
    pub fn oauth_token_claims(token: *const Token) -> *const Json;
    pub fn oauth_token_json(token: *const Token) -> *const Json;
    pub fn oauth_json_text(json: *const Json, name: *const c_char) -> *const c_char;
    pub fn oauth_json_number(json: *const Json, name: *const c_char, missing: i64) -> i64;
    pub fn oauth_json_raw(json: *const Json, name: *const c_char) -> *const c_char;
    pub fn oauth_json_string_count(json: *const Json, name: *const c_char) -> usize;
    pub fn oauth_json_string_at(json: *const Json, name: *const c_char, index: usize) -> *const c_char;
    pub fn oauth_json_object(json: *const Json, name: *const c_char) -> *const Json;
    pub fn oauth_json_count(json: *const Json) -> usize;
    pub fn oauth_json_name_at(json: *const Json, index: usize) -> *const c_char;
    pub fn oauth_json_item_at(json: *const Json, index: usize) -> *const Json;
    pub fn oauth_token_authorization(token: *const Token) -> *const c_char;
    pub fn oauth_token_expired(token: *const Token, leeway_s: i64) -> bool;
    pub fn oauth_token_response(token: *const Token) -> *const Response;
    pub fn oauth_token_response_json(token: *const Token) -> *const c_char;
    pub fn oauth_token_to_json(token: *const Token, json: *mut *mut c_char, error: *mut *mut Error) -> i32;
    pub fn oauth_token_from_json(json: *const c_char, token: *mut *mut Token, error: *mut *mut Error) -> i32;
    pub fn oauth_params_new() -> *mut Params;
    pub fn oauth_params_free(params: *mut Params);
    pub fn oauth_params_set(params: *mut Params, name: *const c_char, value: *const c_char);
    pub fn oauth_params_add(params: *mut Params, name: *const c_char, value: *const c_char);
    pub fn oauth_cancel_new() -> *mut Cancel;
    pub fn oauth_cancel_free(cancel: *mut Cancel);
    pub fn oauth_cancel_trigger(cancel: *const Cancel);
    pub fn oauth_request_options_new() -> *mut RequestOptions;
    pub fn oauth_request_options_free(options: *mut RequestOptions);
    pub fn oauth_request_options_set_timeout_ms(options: *mut RequestOptions, timeout_ms: u32);
    pub fn oauth_request_options_set_deadline_ms(options: *mut RequestOptions, deadline_ms: u32);
    pub fn oauth_request_options_add_header(options: *mut RequestOptions, name: *const c_char, value: *const c_char);
    pub fn oauth_request_options_set_cancel(options: *mut RequestOptions, cancel: *const Cancel);
    pub fn oauth_request_options_set_retry_policy(
        options: *mut RequestOptions,
        max_retries: u32,
        backoff_ms: u32,
        retry_statuses: bool,
    );
    pub fn oauth_transport_request_method(request: *const TransportRequest) -> *const c_char;
    pub fn oauth_transport_request_url(request: *const TransportRequest) -> *const c_char;
    pub fn oauth_transport_request_header_count(request: *const TransportRequest) -> usize;
    pub fn oauth_transport_request_header_name_at(request: *const TransportRequest, index: usize) -> *const c_char;
    pub fn oauth_transport_request_header_value_at(request: *const TransportRequest, index: usize) -> *const c_char;
    pub fn oauth_transport_request_body(request: *const TransportRequest, length: *mut usize) -> *const u8;
    pub fn oauth_transport_request_remaining_ms(request: *const TransportRequest) -> u32;
    pub fn oauth_transport_request_cancelled(request: *const TransportRequest) -> bool;
    pub fn oauth_transport_response_set_status(response: *mut TransportResponse, status: i32);
    pub fn oauth_transport_response_add_header(
        response: *mut TransportResponse,
        name: *const c_char,
        value: *const c_char,
    );
    pub fn oauth_transport_response_append_body(response: *mut TransportResponse, bytes: *const u8, length: usize);
    pub fn oauth_config_new() -> *mut Config;
    pub fn oauth_config_free(config: *mut Config);
    pub fn oauth_config_set_token_endpoint(config: *mut Config, url: *const c_char);
    pub fn oauth_config_set_client(config: *mut Config, client_id: *const c_char, client_secret: *const c_char);
    pub fn oauth_config_set_client_authentication(config: *mut Config, method: i32);
    pub fn oauth_config_set_connect_timeout_ms(config: *mut Config, connect_timeout_ms: u32);
    pub fn oauth_config_set_timeout_ms(config: *mut Config, timeout_ms: u32);
    pub fn oauth_config_set_idle_timeout_ms(config: *mut Config, idle_timeout_ms: u32);
    pub fn oauth_config_set_max_response_bytes(config: *mut Config, max_response_bytes: usize);
    pub fn oauth_config_set_retry_policy(config: *mut Config, max_retries: u32, backoff_ms: u32, retry_statuses: bool);
    pub fn oauth_config_set_user_agent(config: *mut Config, user_agent: *const c_char);
    pub fn oauth_config_set_proxy(
        config: *mut Config,
        url: *const c_char,
        username: *const c_char,
        password: *const c_char,
    );
    pub fn oauth_config_set_use_proxy(config: *mut Config, use_proxy: bool);
    pub fn oauth_config_add_ca_file(config: *mut Config, path: *const c_char);
    pub fn oauth_config_add_ca_pem(config: *mut Config, pem: *const u8, length: usize);
    pub fn oauth_config_set_use_system_ca(config: *mut Config, use_system_ca: bool);
    pub fn oauth_config_set_use_environment(config: *mut Config, use_environment: bool);
    pub fn oauth_config_set_allow_http(config: *mut Config, allow_http: bool);
    pub fn oauth_config_add_header(config: *mut Config, name: *const c_char, value: *const c_char);
    pub fn oauth_config_set_log(
        config: *mut Config,
        level: i32,
        log: Option<LogFn>,
        user_data: *mut c_void,
        destroy: Option<DestroyFn>,
    );
    pub fn oauth_config_set_transport(
        config: *mut Config,
        transport: Option<TransportFn>,
        user_data: *mut c_void,
        destroy: Option<DestroyFn>,
    );
    pub fn oauth_client_new(config: *const Config, client: *mut *mut Client, error: *mut *mut Error) -> i32;
    pub fn oauth_client_ref(client: *const Client) -> *mut Client;
    pub fn oauth_client_free(client: *mut Client);
    pub fn oauth_basic_authorization(
        client_id: *const c_char,
        client_secret: *const c_char,
        encoding: i32,
        header: *mut *mut c_char,
        error: *mut *mut Error,
    ) -> i32;
    pub fn oauth_request_token(
        client: *const Client,
        authorization_header: *const c_char,
        code: *const c_char,
        redirect_uri: *const c_char,
        field_parameters: *const Params,
        options: *const RequestOptions,
        token: *mut *mut Token,
        error: *mut *mut Error,
    ) -> i32;
    pub fn oauth_refresh_token(
        client: *const Client,
        authorization_header: *const c_char,
        refresh_token: *const c_char,
        scope: *const c_char,
        field_parameters: *const Params,
        options: *const RequestOptions,
        token: *mut *mut Token,
        error: *mut *mut Error,
    ) -> i32;
    pub fn oauth_version() -> *const c_char;
    pub fn oauth_string_free(string: *mut c_char);
}

pub const OAUTH_OK: i32 = 0;
pub const OAUTH_ERROR_INVALID_ARGUMENT: i32 = 1;
pub const OAUTH_ERROR_INVALID_CONFIG: i32 = 2;
pub const OAUTH_ERROR_INTERNAL: i32 = 6;
pub const OAUTH_ERROR_CALLBACK: i32 = 7;
pub const OAUTH_ERROR_CONNECT: i32 = 10;
pub const OAUTH_ERROR_CONNECTION_LOST: i32 = 12;
pub const OAUTH_ERROR_REDIRECT: i32 = 13;
pub const OAUTH_ERROR_RESPONSE_TOO_LARGE: i32 = 14;
pub const OAUTH_ERROR_HTTP: i32 = 15;
pub const OAUTH_ERROR_INVALID_RESPONSE: i32 = 16;
pub const OAUTH_ERROR_PROVIDER: i32 = 17;
pub const OAUTH_ERROR_STATE_MISMATCH: i32 = 20;
pub const OAUTH_LOG_DEBUG: i32 = 4;
