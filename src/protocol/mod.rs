//! OAuth as pure functions: values in, values out; no I/O, no clock, no randomness.

pub mod answer;
pub mod authorization_response;
pub mod client_authentication;
pub mod deviation;
pub mod device_authorization;
pub mod device_polling;
pub mod endpoint;
pub mod form;
pub mod freshness;
pub mod header_field;
pub mod id_token;
pub mod issuer;
pub mod json;
pub mod members;
pub mod message;
pub mod metadata;
pub mod parameters;
pub mod pkce;
pub mod provider_error;
pub mod retry_after;
pub mod saved_token;
pub mod token;
pub mod token_request;
pub mod token_response;
