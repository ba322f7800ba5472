//! Log lines for the program's log function. They hold no secrets; without a function nothing is logged.

use std::sync::Arc;

use crate::text::shorten;

/// The severity of a line. The numbers are part of the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Level {
    Error = 1,
    Warn = 2,
    Info = 3,
    Debug = 4,
}

/// The program's log function.
pub type Sink = dyn Fn(Level, &str) + Send + Sync;

/// The log function, and the least severe level that it gets.
#[derive(Clone, Default)]
pub struct Log(Option<(Level, Arc<Sink>)>);

impl Log {
    pub fn new(least: Level, sink: Arc<Sink>) -> Self {
        Self(Some((least, sink)))
    }

    /// Makes and logs a line, if the program wants this level. Text from outside must be clean already.
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
