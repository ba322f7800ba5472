//! What the README shows is true.

use crate::support::c::root;
use crate::support::page::{blocks, page};

fn readme() -> String {
    page("README.md")
}

/// Its C programs; `--test documents` runs them.
fn programs() -> Vec<String> {
    blocks("README.md", "c")
}

/// From nothing to a token in the caller's hands: calls besides those that free and those that report an error.
#[test]
fn the_readmes_programs_are_short() {
    let programs = programs();
    let calls = |program: &str| {
        let names = program.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '('));
        let calls = names.filter(|name| name.starts_with("oauth_") && name.contains('('));
        calls
            .filter(|name| !name.contains("_free(") && !name.contains("oauth_error_") && !name.contains("status_name"))
            .count()
    };
    assert!(programs[0].lines().count() <= 36, "it fits on a screen");
    let [log_in, machine, device, session] = [0, 1, 2, 3].map(|index| calls(&programs[index]));
    assert!(log_in <= 15 && machine <= 6 && device + 4 <= 12, "{log_in} {machine} {device}, and four to make a client");
    assert!(session <= 4, "open, open, adopt, use: {session}");
    let workload = calls(&programs[5]);
    assert!(workload <= 8, "{workload}");
    let by_key = calls(&programs[6]);
    assert!(by_key <= 12, "{by_key}");
}

#[test]
fn the_files_that_the_readme_names_exist() {
    for link in readme().split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(link.starts_with('#') || link.starts_with("https://") || root().join(link).exists(), "{link}");
    }
}

#[test]
fn no_placeholder_is_left_in_the_readme() {
    let readme = readme();
    assert!(
        !readme.split(char::is_whitespace).any(|word| word.len() > 2 && word.starts_with('@') && word.ends_with('@'))
    );
}
