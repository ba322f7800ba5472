//! What a call came to: status and error, and what the server said.

pub mod challenges;
pub mod deviations;
pub mod error;
pub mod json;
pub mod report;
pub mod response;
pub mod status;
