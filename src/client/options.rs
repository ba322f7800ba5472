//! Options of one call, and what a config and a call can both set.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::protocol::header_field;
use crate::secret::Secret;
use crate::transport::cancel::Cancel;

/// When to try again.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// More tries after the first one.
    pub max_retries: u32,
    /// The first pause; each further one is twice as long, give or take a half.
    pub backoff_ms: u32,
    /// Also after HTTP 429, 502, 503 and 504; never for what may be used only once.
    pub retry_statuses: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { max_retries: 2, backoff_ms: 100, retry_statuses: false }
    }
}

/// Options of one call; what is not set comes from the client.
#[derive(Default)]
pub struct RequestOptions {
    pub timeout_ms: Option<u32>,
    pub deadline_ms: Option<u32>,
    pub headers: Vec<(String, Secret)>,
    pub cancel: Option<Arc<Cancel>>,
    pub retry: Option<RetryPolicy>,
    rejected: Option<String>,
}

impl RequestOptions {
    /// Keeps the first thing that was wrong; the call that uses the options reports it.
    pub fn reject(&mut self, what: &str) {
        self.rejected.get_or_insert_with(|| what.to_owned());
    }

    pub fn add_header(&mut self, name: &str, value: Secret) {
        match header_field::check("header", name, value.as_str()) {
            Ok(()) => self.headers.push((name.to_owned(), value)),
            Err(error) => self.reject(error.message.as_str()),
        }
    }

    /// The first bad value, by name.
    pub fn check(&self) -> Result<()> {
        if let Some(what) = &self.rejected {
            return Err(Error::argument("options:", what));
        }
        for (name, value) in [("timeout_ms", self.timeout_ms), ("deadline_ms", self.deadline_ms)] {
            if value == Some(0) {
                return Err(Error::argument("options:", &format!("{name} is 0")));
            }
        }
        Ok(())
    }
}
