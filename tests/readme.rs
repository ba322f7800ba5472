//! What the README shows is true.

mod support;

use std::process::Command;

use support::c::{compiler, root};

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).expect("a README")
}

#[test]
fn its_program_compiles_and_is_short() {
    let readme = readme();
    let program = readme.split("```c\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a C program");
    assert!(program.lines().count() <= 36, "it fits on a screen");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("program.c");
    std::fs::write(&file, program).expect("a writable file");
    let compiled = Command::new(compiler())
        .args(["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", "-I"])
        .arg(root().join("include"))
        .arg(&file)
        .output()
        .expect("a C compiler");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
}

#[test]
fn the_files_it_names_exist() {
    for link in readme().split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(link.starts_with("https://") || root().join(link).exists(), "{link}");
    }
}

#[test]
fn nothing_is_left_to_fill_in() {
    let readme = readme();
    assert!(
        !readme.split(char::is_whitespace).any(|word| word.len() > 2 && word.starts_with('@') && word.ends_with('@'))
    );
}
