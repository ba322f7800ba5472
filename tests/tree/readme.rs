//! What the README shows is true.

use std::process::Command;

use crate::support::c::{compiler, root};

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).expect("a README")
}

/// Its C programs, the first of them whole, the others as they stand in a function.
fn programs() -> Vec<String> {
    readme().split("```c\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect()
}

fn compiles(program: &str) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("program.c");
    std::fs::write(&file, program).expect("a writable file");
    let compiled = Command::new(compiler())
        .args(["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", "-I"])
        .arg(root().join("include"))
        .arg(&file)
        .output()
        .expect("a C compiler");
    assert!(compiled.status.success(), "{program}\n{}", String::from_utf8_lossy(&compiled.stderr));
}

#[test]
fn the_readmes_programs_compile() {
    let programs = programs();
    assert_eq!(programs.len(), 8);
    compiles(&programs[0]);
    for part in &programs[1..] {
        compiles(&format!(
            "#include <oauth.h>\n#include <stdio.h>\n#include <stdlib.h>\nvoid use(const char *authorization);\n\
             void wait_in_loop(intptr_t descriptor);\n\
             void part(oauth_client *client, oauth_device_authorization *device, oauth_store *store,\n\
                 oauth_session *session, oauth_token *token, oauth_error *error);\n\
             void part(oauth_client *client, oauth_device_authorization *device, oauth_store *store,\n\
                 oauth_session *session, oauth_token *token, oauth_error *error)\n\
             {{\n(void)client, (void)device, (void)store, (void)session, (void)token;\n{part}}}\n"
        ));
    }
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
