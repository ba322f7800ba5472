//! Tests that cannot run on this machine: each says so at once, and the last line of a run counts them
//! (`tests/server/tests/skipped.rs`).

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

/// Says that the calling test was skipped, and why. In CI nothing may be skipped.
pub fn say_skipped(reason: &str) {
    assert!(std::env::var_os("CI").is_none(), "{reason}");
    let test = std::thread::current();
    let name = test.name().unwrap_or_default();
    // Not eprintln: the test harness would keep it to itself.
    drop(writeln!(std::io::stderr(), "skipped {name}: {reason}"));
    // All test programs of one run have cargo for their parent.
    #[cfg(unix)]
    {
        let list =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("skipped-{}", std::os::unix::process::parent_id()));
        let list = OpenOptions::new().create(true).append(true).open(list);
        let line = format!("{name}\t{}\n", reason.lines().next().unwrap_or_default());
        drop(list.and_then(|mut list| list.write_all(line.as_bytes())));
    }
}
