//! What comes from C and goes back: pointers, panics, the program's own data.

pub mod guard;
pub mod pointer;
pub mod user_data;
pub mod version;
