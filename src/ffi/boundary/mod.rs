//! The boundary to C: pointers, panics, the program's user_data.

pub mod guard;
pub mod pointer;
pub mod user_data;
pub mod version;
