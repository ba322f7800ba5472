//! The run as a whole: build, measure, print, judge.

use std::path::Path;

use crate::Result;
use crate::artifact::{self, Built};
use crate::bar::{self, Bar, Verdict};
use crate::case::{self, Case, Connection, HTTP_KEPT, KINDS, Kind, Scheme, TLS_NEW};
use crate::count;
use crate::driver::Driver;
use crate::footprint;
use crate::load::Load;
use crate::measurement::{Measurement, median};
use crate::options::Options;
use crate::scratch::Scratch;
use crate::server_process::ServerProcess;
use crate::session;
use crate::table::{self, Row};
use crate::tool;

/// In this order dropped: the server goes before the directory it wrote to.
struct Bench<'a> {
    options: &'a Options,
    ours: Option<Built>,
    peer: Driver,
    server: ServerProcess,
    scratch: Scratch,
}

/// A measure of both clients; ours is absent when only the peer runs.
struct Both<T> {
    ours: Option<T>,
    peer: T,
}

impl<T> Both<T> {
    fn row(&self, what: String, decimals: usize, bar: Option<Bar>, value: impl Fn(&T) -> f64) -> Row {
        Row { what, ours: self.ours.as_ref().map(&value), peer: Some(value(&self.peer)), decimals, bar }
    }
}

/// Whether every bar that gates was met; only `--gate` makes that the exit status.
pub fn run(options: &Options) -> Result<bool> {
    tool::check()?;
    let scratch = Scratch::new()?;
    let ours = if options.peer_only { None } else { Some(artifact::ours(scratch.path())?) };
    let peer = artifact::peer(scratch.path())?;
    let server = ServerProcess::start(scratch.path())?;
    let bench = Bench { options, ours, peer, server, scratch };

    let mut rows = Vec::new();
    if !options.gate {
        rows.extend(bench.times()?);
        rows.push(bench.whole_process()?);
    }
    rows.extend(bench.counts()?);
    rows.extend(bench.footprints()?);
    if let Some(built) = &bench.ours {
        rows.extend(session::rows(&built.session, options, bench.scratch())?);
    }
    print!("{}", table::text(&rows));

    let missed = rows.iter().filter(|row| matches!(row.verdict(), Some(Verdict::Missed | Verdict::NotMeasured)));
    Ok(!options.gate || missed.count() == 0)
}

impl Bench<'_> {
    fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    fn both<T>(&self, measure: impl Fn(&Driver) -> Result<T>) -> Result<Both<T>> {
        let ours = self.ours.as_ref().map(|built| measure(&built.ours)).transpose()?;
        Ok(Both { ours, peer: measure(&self.peer)? })
    }

    fn both_peer_first<T>(&self, measure: impl Fn(&Driver) -> Result<T>) -> Result<Both<T>> {
        let peer = measure(&self.peer)?;
        let ours = self.ours.as_ref().map(|built| measure(&built.ours)).transpose()?;
        Ok(Both { ours, peer })
    }

    /// The matrix: all cases in turn, and that as often as asked, so that a slow minute of the machine hits everyone.
    /// Who goes first changes with each run.
    fn times(&self) -> Result<Vec<Row>> {
        let cases: Vec<Case> = case::matrix().collect();
        let mut runs: Vec<Vec<Both<Measurement>>> = cases.iter().map(|_| Vec::new()).collect();
        for run in 1..=self.options.runs {
            for (case, measured) in cases.iter().zip(&mut runs) {
                eprintln!("run {run} of {}: {}, {} threads", self.options.runs, case.kind, case.threads);
                let load = case.load(self.options.quick);
                let measure = |driver: &Driver| driver.run(&load, &self.server);
                measured.push(if run % 2 == 1 { self.both(measure)? } else { self.both_peer_first(measure)? });
            }
        }
        Ok(cases.iter().zip(&runs).flat_map(|(case, measured)| time_rows(case, measured)).collect())
    }

    /// Load the library, make a client, get the first token over TLS with the system's certificates.
    fn whole_process(&self) -> Result<Row> {
        eprintln!("whole processes");
        let load = Load { by_name: true, warm_up: 0, system_ca: true, ..Load::new(Scheme::Tls, Connection::New, 1, 1) };
        let measure = |driver: &Driver| Ok(driver.run(&load, &self.server)?.whole_us as f64 / 1e3);
        let processes = if self.options.quick { 5 } else { 25 };
        let times: Vec<Both<f64>> = (0..processes).map(|_| self.both(measure)).collect::<Result<_>>()?;
        let all = Both {
            ours: self.ours.as_ref().map(|_| median(times.iter().filter_map(|time| time.ours).collect())),
            peer: median(times.iter().map(|time| time.peer).collect()),
        };
        Ok(all.row("whole process, first token over TLS: CPU, ms".into(), 2, Some(bar::WHOLE_PROCESS), |ms| *ms))
    }

    /// The gate and the quick run count what the bars are about; the full run all four kinds.
    fn counts(&self) -> Result<Vec<Row>> {
        let kinds = if self.options.gate || self.options.quick { &KINDS[..1] } else { &KINDS[..] };
        let mut rows = Vec::new();
        for kind in kinds {
            eprintln!("counting: {kind}");
            let counts = self.both(|driver| count::a_refresh(driver, *kind, &self.server, self.scratch()))?;
            let bar = |bar| (*kind == HTTP_KEPT).then_some(bar);
            if let (HTTP_KEPT, Some(ours), Some(built)) = (*kind, counts.ours, &self.ours) {
                let signature = count::a_signature(self.scratch())?;
                let by_key = count::by_key(&built.ours, &self.server, self.scratch())?;
                let ratio = (by_key - signature) / ours.instructions;
                let own = |what: String, ours, decimals, bar| Row { what, ours: Some(ours), peer: None, decimals, bar };
                rows.push(own(format!("{kind}: user instructions with private_key_jwt (ES256)"), by_key, 0, None));
                rows.push(own("of them the signature, by ring".into(), signature, 0, None));
                let what = "and the rest, over a refresh with a secret".into();
                rows.push(own(what, ratio, 2, Some(bar::INSTRUCTIONS_BY_KEY)));
            }
            rows.push(counts.row(
                format!("{kind}: user instructions a refresh"),
                0,
                bar(bar::INSTRUCTIONS),
                |counts| counts.instructions,
            ));
            rows.push(
                counts.row(format!("{kind}: allocations a refresh"), 1, bar(bar::ALLOCATIONS), |counts| {
                    counts.allocations
                }),
            );
            rows.push(
                counts.row(format!("{kind}: system calls a refresh"), 1, bar(bar::SYSTEM_CALLS), |counts| {
                    counts.syscalls
                }),
            );
        }
        Ok(rows)
    }

    fn footprints(&self) -> Result<Vec<Row>> {
        eprintln!("memory, size, threads");
        let many = Load { resident: true, ..Load::new(Scheme::Http, Connection::Kept, 1, 10_000) };
        let memory = self.both(|driver| driver.run(&many, &self.server))?;
        let named = Load { by_name: true, settle_ms: 500, ..Load::new(Scheme::Tls, Connection::New, 4, 40) };
        let threads = self.both(|driver| driver.run(&named, &self.server))?;
        Ok(vec![
            memory.row("highest RSS, 10,000 refreshes, MB".into(), 2, Some(bar::RESIDENT_MB), |run| {
                run.resident_max_kib as f64 * 0.001_024
            }),
            memory.row(
                "RSS growth over the last 5,000 of them, KiB".into(),
                0,
                Some(bar::RESIDENT_GROWTH_KIB),
                |run| (run.resident_end_kib - run.resident_half_kib) as f64,
            ),
            self.size()?,
            self.loaded()?,
            threads.row("threads left 500 ms after calls to a host name".into(), 0, Some(bar::THREADS_LEFT), |run| {
                run.threads_left as f64
            }),
        ])
    }

    /// libcurl's own size alone would say little: most of it is in what it loads, which the next row has.
    fn size(&self) -> Result<Row> {
        let stripped = |library: &Path| footprint::stripped_bytes(library, self.scratch()).map(megabytes);
        let libcurl = footprint::loaded(&self.peer.path)?
            .into_iter()
            .find(|path| path.display().to_string().contains("/libcurl"));
        Ok(Row {
            what: "library, stripped, MB".into(),
            ours: self.ours.as_ref().map(|built| stripped(&built.library)).transpose()?,
            peer: libcurl.map(|library| stripped(&library)).transpose()?,
            decimals: 2,
            bar: Some(bar::STRIPPED_MB),
        })
    }

    fn loaded(&self) -> Result<Row> {
        let all = |driver: &Driver| -> Result<f64> {
            let sizes = footprint::loaded(&driver.path)?
                .into_iter()
                .map(|library| footprint::stripped_bytes(&library, self.scratch()));
            Ok(megabytes(sizes.sum::<Result<u64>>()?))
        };
        Ok(self.both(all)?.row("library and all it loads, stripped, MB".into(), 2, None, |megabytes| *megabytes))
    }
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn time_rows(case: &Case, runs: &[Both<Measurement>]) -> Vec<Row> {
    let threads = if case.threads == 1 { "1 thread".to_owned() } else { format!("{} threads", case.threads) };
    let row = |what: &str, decimals, bar, value: fn(&Measurement) -> f64| {
        let of = |pick: fn(&Both<Measurement>) -> Option<&Measurement>| {
            let values: Vec<f64> = runs.iter().filter_map(pick).map(value).collect();
            (!values.is_empty()).then(|| median(values))
        };
        Row {
            what: format!("{}, {threads}: {what}", case.kind),
            ours: of(|run| run.ours.as_ref()),
            peer: of(|run| Some(&run.peer)),
            decimals,
            bar,
        }
    };
    let mut rows = vec![
        row("CPU a refresh, µs", 1, cpu_bar(case.kind, case.threads), Measurement::cpu_us_a_call),
        row("p50, µs", 0, None, |run| run.p50_ns as f64 / 1e3),
        row("p99, µs", 0, p99_bar(case.kind, case.threads), |run| run.p99_ns as f64 / 1e3),
    ];
    // What the server saw, to prove that the row is what it says.
    match case.kind {
        TLS_NEW => {
            rows.push(row("resumed, %", 1, None, |run| 100.0 * run.seen.resumed as f64 / run.seen.connections as f64))
        }
        Kind { connection: Connection::Kept, .. } => {
            rows.push(row("connections made", 0, None, |run| run.seen.connections as f64))
        }
        Kind { .. } => {}
    }
    rows
}

fn cpu_bar(kind: Kind, threads: u32) -> Option<Bar> {
    match kind.connection {
        Connection::Kept if threads != 8 => Some(bar::CPU_KEPT),
        Connection::New if kind == TLS_NEW => Some(bar::CPU_TLS_NEW),
        Connection::New => Some(bar::CPU_HTTP_NEW),
        Connection::Kept => None,
    }
}

fn p99_bar(kind: Kind, threads: u32) -> Option<Bar> {
    (kind == HTTP_KEPT && threads == 64).then_some(bar::P99_MANY_THREADS)
}
