//! Arguments that many calls share: options, cancelling, extra parameters.

pub mod cancel;
pub mod options;
pub mod params;
