//! What one call is given besides its arguments.

pub mod cancel;
pub mod options;
pub mod params;
