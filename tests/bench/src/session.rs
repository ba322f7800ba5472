//! What a session costs while its token is good: there is no peer to compare it with.

use std::path::Path;

use crate::Result;
use crate::bar::{self, Bar};
use crate::count::Counter;
use crate::driver::Driver;
use crate::measurement::median;
use crate::options::Options;
use crate::table::Row;

const COPY: &str = "a valid token, copied out";
const HANDLE: &str = "a valid token, as a handle";

pub fn rows(driver: &Driver, options: &Options, scratch: &Path) -> Result<Vec<Row>> {
    eprintln!("sessions");
    let mut rows = Vec::new();
    let calls = if options.quick { 1_000_000 } else { 10_000_000 };
    for (what, mode, bar) in [(COPY, "copy ", bar::CACHED_COPY_NS), (HANDLE, "", bar::CACHED_HANDLE_NS)] {
        for (threads, name) in [(1, "1 thread"), (8, "8 threads")].into_iter().filter(|_| !options.gate) {
            let run = |_| number(driver, &[], &format!("{mode}threads={threads} calls={calls}"));
            let times: Vec<f64> = (0..options.runs).map(run).collect::<Result<_>>()?;
            rows.push(row(format!("{what}, {name}: CPU a call, ns"), median(times), 1, Some(bar)));
        }
    }
    for (what, mode, bars) in [
        (COPY, "copy ", [bar::CACHED_COPY_INSTRUCTIONS, bar::CACHED_COPY_ALLOCATIONS].map(Some)),
        (HANDLE, "", [None, None]),
    ] {
        let counters = [("user instructions", Counter::Instructions), ("allocations", Counter::Allocations)];
        for ((counted, counter), bar) in counters.into_iter().zip(bars) {
            let run = |tool: &[String], calls| number(driver, tool, &format!("{mode}calls={calls}")).map(drop);
            rows.push(row(format!("{what}: {counted} a call"), counter.of_each(1000, 11_000, scratch, run)?, 1, bar));
        }
    }
    let opened = number(driver, &[], "sessions=100000")?;
    let beside = number(driver, &[], "sessions=100000 adopt")? - number(driver, &[], "tokens=100000")?;
    rows.push(row("RSS a session that was only opened, of 100,000, bytes".into(), opened, 0, Some(bar::SESSION_BYTES)));
    rows.push(row("RSS a session beside its token, of 100,000, bytes".into(), beside, 0, Some(bar::SESSION_BYTES)));
    Ok(rows)
}

fn number(driver: &Driver, tool: &[String], arguments: &str) -> Result<f64> {
    let line = driver.line(tool, &arguments.split(' ').map(str::to_owned).collect::<Vec<_>>())?;
    let (_, number) = line.trim().split_once('=').ok_or_else(|| format!("no number in «{line}»"))?;
    Ok(number.parse()?)
}

fn row(what: String, ours: f64, decimals: usize, bar: Option<Bar>) -> Row {
    Row { what, ours: Some(ours), peer: None, decimals, bar }
}
