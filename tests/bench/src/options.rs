//! The command line.

use crate::Result;

const HELP: &str = "\
usage: tests/bench/run [--runs N] [--quick] [--gate] [--peer-only] [--scale]

  --runs N     interleaved runs of each client, medians are printed (default 5)
  --quick      one run and a tenth of the calls
  --gate       counts only, held against the bars of the design; fails when one is missed
  --peer-only  libcurl alone, without building the library
  --scale      sessions over one Redis in place of the comparison: what a renewal, a login and a waiter cost";

pub struct Options {
    pub runs: usize,
    pub quick: bool,
    pub gate: bool,
    pub peer_only: bool,
    pub scale: bool,
}

/// `None` when only help was wanted, which is then printed.
pub fn parse(arguments: &[String]) -> Result<Option<Options>> {
    let mut options = Options { runs: 5, quick: false, gate: false, peer_only: false, scale: false };
    let mut runs = None;
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--runs" => {
                runs = Some(
                    arguments.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0).ok_or("--runs needs a number")?,
                )
            }
            "--quick" => options.quick = true,
            "--gate" => options.gate = true,
            "--peer-only" => options.peer_only = true,
            "--scale" => options.scale = true,
            "--help" | "-h" => {
                println!("{HELP}");
                return Ok(None);
            }
            other => return Err(format!("unknown option {other}\n{HELP}").into()),
        }
    }
    options.runs = runs.unwrap_or(if options.quick { 1 } else { options.runs });
    Ok(Some(options))
}
