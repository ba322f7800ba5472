//! The ABI: which symbols leave the library, which numbers are frozen, and that the header says just that.

use std::collections::BTreeSet;
use std::process::Command;

use crate::support::c::{declared_functions, header, library_directory, root};

/// What a function without `@since` came with.
const FIRST: &str = "0.1";

/// The lines of a checked-in list, without its comments.
fn list(name: &str) -> Vec<String> {
    let text =
        std::fs::read_to_string(root().join("tests").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// The dynamic symbols that the shared library defines, with their versions.
fn exported_with_versions() -> BTreeSet<String> {
    let library = library_directory().join("liboauthclient.so");
    let output = Command::new("nm").args(["-D", "--defined-only"]).arg(library).output().expect("nm comes with cc");
    assert!(output.status.success(), "nm: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("symbols are ASCII");
    // GNU ld, not lld, also lists the version itself, as an absolute symbol.
    let symbols = text.lines().filter(|line| !line.contains(" A "));
    symbols.filter_map(|line| line.split_whitespace().last()).map(str::to_owned).collect()
}

/// Their names.
fn exported() -> BTreeSet<String> {
    let name = |symbol: String| symbol.split('@').next().unwrap_or_default().to_owned();
    exported_with_versions().into_iter().map(name).collect()
}

fn is_same(what: &str, found: &BTreeSet<String>, expected: &BTreeSet<String>, advice: &str) {
    let (more, less): (Vec<_>, Vec<_>) = (found.difference(expected).collect(), expected.difference(found).collect());
    assert!(more.is_empty() && less.is_empty(), "{what}\n  added: {more:#?}\n  gone: {less:#?}\n{advice}");
}

#[test]
fn symbols_are_those_of_the_header_and_of_the_list() {
    let declared: BTreeSet<String> = declared_functions().into_iter().map(|function| function.name).collect();
    let listed: BTreeSet<String> =
        list("symbols.txt").iter().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    let advice = "A function may be added (with its line), but none may go or change before a new SONAME.";
    is_same("the library exports other functions than oauth.h declares:", &exported(), &declared, "");
    is_same("oauth.h declares other functions than tests/symbols.txt lists:", &declared, &listed, advice);
}

#[test]
fn every_symbol_says_which_version_brought_it() {
    let lines = list("symbols.txt");
    assert!(lines.is_sorted(), "tests/symbols.txt is sorted by name");
    for function in declared_functions() {
        let line = lines.iter().find(|line| line.split(' ').next() == Some(&function.name));
        let version = line.and_then(|line| line.split(' ').nth(1)).unwrap_or("no version");
        let since =
            function.documentation.lines().find_map(|line| line.trim_start_matches([' ', '*']).strip_prefix("@since "));
        // The first version is said once, in the head.
        assert_eq!(since.unwrap_or(FIRST), version, "{}: @since in oauth.h, and tests/symbols.txt", function.name);
    }
}

/// A program remembers the version that it was linked with, and the loader names the one that it misses.
#[test]
fn each_export_has_the_version_of_its_soname() {
    let version = format!("@@OAUTHCLIENT_{}.{}", env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"));
    let without: Vec<String> = exported_with_versions().into_iter().filter(|name| !name.ends_with(&version)).collect();
    assert!(without.is_empty(), "not {version}: {without:#?}");
}

#[test]
fn nothing_but_our_own_names_leaves_the_library() {
    let foreign: Vec<String> = exported().into_iter().filter(|name| !name.starts_with("oauth_")).collect();
    assert!(foreign.is_empty(), "{foreign:#?}");
    let taken = list("liboauth-symbols.txt");
    assert_eq!(taken.len(), 58, "liboauth 1.0.3 exports 58 functions");
    let clashes: Vec<String> = exported().into_iter().filter(|name| taken.contains(name)).collect();
    assert!(clashes.is_empty(), "liboauth (OAuth 1) has functions of these names: {clashes:#?}");
}

#[test]
fn constants_have_the_listed_numbers() {
    let header = header();
    let numbers = header.lines().filter_map(|line| line.strip_prefix("#define OAUTH_")).filter(|line| {
        !line.starts_with("VERSION_") && line.split(' ').nth(1).is_some_and(|value| value.parse::<i64>().is_ok())
    });
    let found: BTreeSet<String> = numbers.map(|line| format!("OAUTH_{line}")).collect();
    let listed: BTreeSet<String> = list("constants.txt").into_iter().collect();
    let advice =
        "A constant may be added (with its line in tests/constants.txt), but none may go or change its number.";
    is_same("oauth.h has other numbers than tests/constants.txt:", &found, &listed, advice);
}

/// Two statuses, or two levels, with one number would be one.
#[test]
fn no_number_is_used_twice_in_a_family() {
    let families = [
        "ERROR_",
        "PROVIDER_",
        "ADVICE_",
        "CLIENT_AUTHENTICATION_",
        "LOG_",
        "BASIC_",
        "DEVIATION_",
        "REFUSAL_",
        "SECURITY_PROFILE_",
    ];
    let lines = list("constants.txt");
    let mut known = 1; // OAUTH_OK
    for family in families {
        let prefix = format!("OAUTH_{family}");
        let of_family = || lines.iter().filter(|line| line.starts_with(&prefix));
        let values: BTreeSet<&str> = of_family().filter_map(|line| line.split(' ').nth(1)).collect();
        assert_eq!(values.len(), of_family().count(), "{prefix}");
        assert!(family != "ERROR_" || !values.contains("0"), "0 is OAUTH_OK");
        known += values.len();
    }
    assert_eq!(known, lines.len(), "a new family of constants: add its prefix here");
    let bits =
        lines.iter().filter_map(|line| line.strip_prefix("OAUTH_DEVIATION_")?.split(' ').nth(1)?.parse::<u32>().ok());
    assert!(bits.into_iter().all(u32::is_power_of_two), "deviations are bits");
}

#[test]
fn the_header_is_the_one_that_the_source_describes() {
    let generated = include_str!(concat!(env!("OUT_DIR"), "/oauth.h"));
    let header = header();
    let first = generated.lines().zip(header.lines()).position(|(generated, checked_in)| generated != checked_in);
    assert!(
        generated == header,
        "include/oauth.h is not what src/ffi says (from line {}): run `OAUTHCLIENT_WRITE_HEADER=1 cargo build`, and review",
        first.unwrap_or_else(|| generated.lines().count().min(header.lines().count())) + 1
    );
}

#[test]
fn no_line_of_the_header_has_more_than_100_columns() {
    let long: Vec<String> = header().lines().filter(|line| line.chars().count() > 100).map(str::to_owned).collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn the_header_can_stand_beside_liboauths() {
    let header = header();
    let guard = header.lines().find(|line| line.starts_with("#ifndef"));
    assert_eq!(guard, Some("#ifndef OAUTHCLIENT_OAUTH_H"));
    // liboauth's own macros, and its guard.
    for taken in ["_OAUTH_H", "OA_", "LIBOAUTH_", "OAUTH_MINIMAL_"] {
        assert!(!header.contains(&format!("#define {taken}")), "{taken}");
    }
}
