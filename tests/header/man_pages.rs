//! The man pages that build.rs makes of the header, and `make install` installs.

use std::collections::BTreeMap;
use std::process::Command;

use crate::support::c::{declared_functions, header, root, run_bounded};
use crate::support::skipped::say_skipped;

#[path = "../../build/manual/mod.rs"]
mod manual;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The text of each page, by its name.
fn pages() -> BTreeMap<String, String> {
    let pages = manual::pages(&header(), VERSION);
    let count = pages.len();
    let by_name: BTreeMap<String, String> =
        pages.into_iter().map(|page| (page.file.trim_end_matches(".3").to_owned(), page.text)).collect();
    assert_eq!(by_name.len(), count, "two pages have one name");
    by_name
}

/// What stands below a heading.
fn part<'a>(page: &'a str, heading: &str) -> &'a str {
    let after = page.split_once(&format!("\n.SH {heading}\n")).map_or("", |(_, after)| after);
    after.split("\n.SH ").next().unwrap_or_default()
}

/// The names of the parameters in a declaration.
fn parameters(arguments: &str) -> Vec<&str> {
    let names = arguments.split(',').map(str::trim).filter(|argument| *argument != "void");
    names.map(|argument| argument.rsplit([' ', '*']).next().unwrap_or_default()).collect()
}

#[test]
fn each_function_has_a_page_that_says_what_it_is_and_what_each_parameter_means() {
    let pages = pages();
    let functions = declared_functions();
    let listed = std::fs::read_to_string(root().join("tests/symbols.txt")).expect("the list of symbols");
    assert_eq!(functions.len(), listed.lines().filter(|line| !line.starts_with('#')).count());
    for function in functions {
        let name = &function.name;
        let page = pages.get(name).unwrap_or_else(|| panic!("{name} has no page"));
        let (shown, purpose) = part(page, "NAME").split_once(" \\- ").unwrap_or_else(|| panic!("{name}: no purpose"));
        assert!(shown == name && purpose.lines().count() == 1 && purpose.len() > 5, "{name}: {purpose:?}");
        let synopsis = part(page, "SYNOPSIS");
        assert!(
            synopsis.contains("#include <oauth.h>") && synopsis.contains(&format!("{name}(")),
            "{name}: {synopsis}"
        );
        let meanings = part(page, "PARAMETERS");
        for parameter in parameters(&function.arguments) {
            assert!(synopsis.contains(&format!("\\fI{parameter}\\fP")), "{name} does not show {parameter}: {synopsis}");
            let means = format!(".TP\n\\fI{parameter}\\fP (");
            assert!(meanings.contains(&means), "{name} does not say what {parameter} is: {meanings}");
        }
        let example = function.documentation.split_once("@code").map(|(_, rest)| rest.lines().nth(1).expect("a line"));
        let first_line =
            example.map(|line| line.trim_start_matches([' ', '*']).split(['"', '-']).next().expect("text"));
        assert!(first_line.is_none_or(|line| part(page, "EXAMPLES").contains(line)), "{name}: {page}");
    }
}

#[test]
fn each_number_is_on_the_page_of_its_section() {
    let pages = pages();
    let constants = std::fs::read_to_string(root().join("tests/constants.txt")).expect("the list of constants");
    for line in constants.lines().filter(|line| !line.starts_with('#')) {
        let title = format!(".TP\n\\fB{}\\fP\n", line.replace(' ', " = ").replace('-', "\\-"));
        assert_eq!(pages.values().filter(|page| page.contains(&title)).count(), 1, "{line}");
    }
}

#[test]
fn each_reference_leads_to_a_page() {
    let pages = pages();
    let overview = &pages["oauthclient"];
    for (name, page) in &pages {
        let reference = page.strip_prefix(".so man3/").map(|rest| rest.trim_end().trim_end_matches(".3"));
        let bold = page.split("\\fB").skip(1).filter_map(|rest| rest.split_once("\\fP(3)").map(|(name, _)| name));
        let references = bold.filter(|name| !name.contains('\\') || name.starts_with("oauthclient"));
        for target in reference.into_iter().map(str::to_owned).chain(references.map(|name| name.replace("\\-", "-"))) {
            assert!(pages.contains_key(&target), "{name} refers to {target}(3)");
        }
        if name.starts_with("oauthclient-") {
            assert!(overview.contains(&name.replace('-', "\\-")), "oauthclient(3) does not list {name}");
        }
    }
}

/// What is said of each page, and is meant so: it has no date, a long name makes a long line, and `.so` is what both ways
/// of installing can copy.
const MEANT: [&str; 3] = ["missing date, using \"\"", ".so is fragile", "missing manual title, using \"\""];

#[test]
fn programs_that_show_man_pages_find_nothing_wrong() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let section = directory.path().join("man3");
    manual::write(&header(), VERSION, &section).expect("written");
    let files = pages().into_keys().map(|name| format!("man3/{name}.3")).collect::<Vec<_>>();
    for (program, arguments) in [
        ("mandoc", ["-T", "lint", "-W", "warning", "-m", "an"].as_slice()),
        ("groff", ["-man", "-Tutf8", "-ww", "-z", "-rLL=80n"].as_slice()),
    ] {
        if Command::new(program).arg("--help").output().is_err() {
            say_skipped(&format!("{program} is missing (Debian: apt install {program})"));
            continue;
        }
        let mut check = Command::new(program);
        let output = run_bounded(
            check.args(arguments).args(&files).current_dir(directory.path()),
            std::time::Duration::from_secs(120),
        );
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        let wrong: Vec<&str> = said.lines().filter(|line| !MEANT.iter().any(|meant| line.contains(meant))).collect();
        assert!(wrong.is_empty(), "{program}: {wrong:#?}");
    }
}

/// Who copies a name, or searches for it, finds it whole; also where `.nh` is forgotten, as macros do at their pleasure.
#[test]
fn no_name_is_broken_at_the_end_of_a_line() {
    if Command::new("groff").arg("--version").output().is_err() {
        return say_skipped("groff is missing (Debian: apt install groff)");
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut pages = pages();
    pages.retain(|_, text| !text.starts_with(".so"));
    for (name, text) in &pages {
        std::fs::write(directory.path().join(name), text.replace("\n.nh\n", "\n")).expect("written");
    }
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    for width in ["-rLL=80n", "-rLL=64n"] {
        let mut groff = Command::new("groff");
        groff.args(["-man", "-Tutf8", "-P-cbou", width]).args(pages.keys()).current_dir(directory.path());
        let shown = run_bounded(&mut groff, std::time::Duration::from_secs(120)).stdout;
        let shown = String::from_utf8(shown).expect("UTF-8");
        let lines: Vec<&str> = shown.lines().map(str::trim).collect();
        assert!(lines.len() > 5000, "{}", lines.len());
        for pair in lines.windows(2) {
            let Some(begun) = pair[0].strip_suffix(['\u{2010}', '-']) else { continue };
            let begun = &begun[begun.rfind(|c| !is_of_name(c)).map_or(0, |at| at + 1)..];
            let rest = pair[1].split(|c| !is_of_name(c)).next().unwrap_or_default();
            let is_name = [begun, rest].iter().any(|part| part.contains('_')) || begun.starts_with("oauth");
            assert!(begun.is_empty() || !is_name, "{width}: {pair:#?}");
        }
    }
}
