//! A transport of the program, which does the HTTP itself.

use std::sync::Arc;

use crate::http::Response;
use crate::transport::{Call, Failure, Sending, Transport};

/// The program's function that sends one request, on the calling thread.
pub type Send = dyn Fn(&Call<'_>) -> Result<Response, Failure> + std::marker::Send + Sync;

/// Sends requests by the program's function.
pub struct Callback(pub Arc<Send>);

impl Transport for Callback {
    fn send<'a>(&'a self, call: &'a Call<'a>) -> Sending<'a> {
        Box::pin(async move {
            call.mark_sent(); // the program's code may have sent it or not
            let response = (self.0)(call)?;
            if response.body.len() > call.max_response_bytes {
                return Err(Failure::too_large(&format!("the body had more than {} bytes", call.max_response_bytes)));
            }
            Ok(response)
        })
    }
}
