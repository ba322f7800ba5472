//! The last program of a run of all tests: one line about what was skipped, and why.

use std::collections::BTreeMap;
use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--list") {
        return; // there is no test here
    }
    #[cfg(unix)]
    println!("{}", summary(std::os::unix::process::parent_id()));
}

#[cfg(unix)]
fn summary(run: u32) -> String {
    let list = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("skipped-{run}"));
    let text = std::fs::read_to_string(&list).unwrap_or_default();
    drop(std::fs::remove_file(&list));
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    text.lines()
        .filter_map(|line| line.split_once('\t'))
        .for_each(|(_, reason)| *reasons.entry(reason).or_default() += 1);
    let reasons: Vec<String> = reasons.iter().map(|(reason, count)| format!("{count}: {reason}")).collect();
    match text.lines().count() {
        0 => "skipped: 0 tests".to_owned(),
        count => format!("skipped: {count} tests ({})", reasons.join("; ")),
    }
}
