//! What a driver's one line of output says.

use std::collections::HashMap;

use crate::Result;
use crate::server_process::Seen;

#[derive(Clone, Copy)]
pub struct Measurement {
    pub calls: u64,
    pub cpu_us: u64,
    /// Of the process from its start on.
    pub whole_us: u64,
    pub p50_ns: u64,
    pub p99_ns: u64,
    pub resident_half_kib: i64,
    pub resident_end_kib: i64,
    pub resident_max_kib: i64,
    pub threads_left: i64,
    pub seen: Seen,
}

impl Measurement {
    pub fn parse(line: &str, seen: Seen) -> Result<Self> {
        let numbers: HashMap<&str, &str> = line.split_whitespace().filter_map(|pair| pair.split_once('=')).collect();
        let number = |name: &str| -> Result<i64> {
            Ok(numbers.get(name).ok_or_else(|| format!("no {name} in «{line}»"))?.parse()?)
        };
        let amount = |name: &str| -> Result<u64> { Ok(number(name)?.try_into()?) };
        if amount("failures")? != 0 {
            return Err(format!("calls failed: {line}").into());
        }
        Ok(Self {
            calls: amount("calls")?,
            cpu_us: amount("user_us")? + amount("system_us")?,
            whole_us: amount("whole_us")?,
            p50_ns: amount("p50_ns")?,
            p99_ns: amount("p99_ns")?,
            resident_half_kib: number("resident_half_kib")?,
            resident_end_kib: number("resident_end_kib")?,
            resident_max_kib: number("resident_max_kib")?,
            threads_left: number("threads_left")?,
            seen,
        })
    }

    pub fn cpu_us_a_call(&self) -> f64 {
        self.cpu_us as f64 / self.calls as f64
    }
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}
