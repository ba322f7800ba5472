//! The outcome of a call: status, error, and the server's response.

pub mod challenges;
pub mod deviations;
pub mod error;
pub mod json;
mod json_text;
pub mod report;
pub mod response;
pub mod status;
