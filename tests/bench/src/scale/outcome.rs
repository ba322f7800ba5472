//! What the C driver's line says, of one process or of several that ran at the same time.

use std::collections::HashMap;

use crate::Result;

#[derive(Clone, Copy)]
pub struct Outcome {
    pub calls: f64,
    pub cpu_us: f64,
    /// Of the one that took longest.
    pub clock_us: f64,
    pub p50_ms: f64,
    pub longest_ms: f64,
}

impl Outcome {
    pub fn parse(line: &str) -> Result<Self> {
        let numbers: HashMap<&str, &str> = line.split_whitespace().filter_map(|pair| pair.split_once('=')).collect();
        let number = |name: &str| -> Result<f64> {
            Ok(numbers.get(name).ok_or_else(|| format!("no {name} in «{line}»"))?.parse()?)
        };
        if number("failures")? != 0.0 {
            return Err(format!("calls failed: {line}").into());
        }
        Ok(Self {
            calls: number("calls")?,
            cpu_us: number("cpu_us")?,
            clock_us: number("clock_us")?,
            p50_ms: number("p50_ns")? / 1e6,
            longest_ms: number("longest_ns")? / 1e6,
        })
    }

    /// Of both together; the median is that of the slower one.
    pub fn with(self, other: Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            cpu_us: self.cpu_us + other.cpu_us,
            clock_us: self.clock_us.max(other.clock_us),
            p50_ms: self.p50_ms.max(other.p50_ms),
            longest_ms: self.longest_ms.max(other.longest_ms),
        }
    }

    pub fn a_second(&self) -> f64 {
        self.calls / self.clock_us * 1e6
    }
}
