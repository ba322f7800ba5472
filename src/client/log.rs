//! Log lines to the program's own function: without secrets, off unless asked for.

use std::sync::Arc;

use crate::text::shorten;

/// How much a line matters. The numbers are part of the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Level {
    Error = 1,
    Warn = 2,
    Info = 3,
    Debug = 4,
}

/// Where lines go.
pub type Sink = dyn Fn(Level, &str) + Send + Sync;

/// The program's function, and the least important level that it wants.
#[derive(Clone, Default)]
pub struct Log(Option<(Level, Arc<Sink>)>);

impl Log {
    pub fn new(least: Level, sink: Arc<Sink>) -> Self {
        Self(Some((least, sink)))
    }

    /// Makes and sends a line if anybody wants it. What came from outside must have been cleaned.
    pub fn line(&self, level: Level, make: impl FnOnce() -> String) {
        if let Some((least, sink)) = &self.0
            && level <= *least
        {
            let mut line = make();
            shorten(&mut line);
            sink(level, &line);
        }
    }
}
