//! The headers themselves: complete, each of use alone, and true in what they show.

use std::path::PathBuf;
use std::process::Command;

use crate::compiled::{Compiled, compiler};
use crate::support::c::{declared_functions, header, root};

/// Functions of `oauth.h` that have no place in C++, and why.
const LEFT_OUT: [(&str, &str); 0] = [];

/// `oauth.hpp` and its parts.
fn headers() -> Vec<PathBuf> {
    let parts = std::fs::read_dir(root().join("include/oauth")).expect("include/oauth");
    let parts = parts.map(|entry| entry.expect("an entry").path());
    let mut headers: Vec<PathBuf> = parts.collect();
    headers.push(root().join("include/oauth.hpp"));
    headers
}

fn text() -> String {
    headers().iter().map(|path| std::fs::read_to_string(path).expect("a header")).collect()
}

/// Whether a word stands in a text as a whole.
fn has_word(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(start, _)| !text[..start].ends_with(part) && !text[start + word.len()..].starts_with(part))
}

#[test]
fn every_function_is_there() {
    let text = text();
    let without = |name: &&String| !has_word(&text, name) && !LEFT_OUT.iter().any(|(left, _)| left == name);
    let functions = declared_functions();
    let missing: Vec<&String> = functions.iter().map(|function| &function.name).filter(without).collect();
    assert!(missing.is_empty(), "in include/oauth/: {missing:#?}");
    for (name, why) in LEFT_OUT {
        assert!(!has_word(&text, name), "{name} was left out ({why}), and is there");
    }
}

#[test]
fn every_constant_is_there() {
    let (header, text) = (header(), text());
    let names = header.lines().filter_map(|line| line.strip_prefix("#define ")?.split_once(' '));
    let numbers = names.filter(|(name, value)| name.starts_with("OAUTH_") && value.parse::<u32>().is_ok());
    let numbers = numbers.filter(|(name, _)| !name.starts_with("OAUTH_VERSION_"));
    let missing: Vec<&str> = numbers.map(|(name, _)| name).filter(|name| !has_word(&text, name)).collect();
    assert!(missing.is_empty(), "in include/oauth/numbers.hpp: {missing:#?}");
}

/// A program of these lines, as far as the compiler can say.
fn is_understood(compiler: &str, standard: &str, source: &str) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("program.cpp");
    std::fs::write(&file, source).expect("written");
    let mut command = Command::new(compiler);
    command.args([standard, "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", "-I"]);
    let output = command.arg(root().join("include")).arg(&file).output().expect("a C++ compiler");
    assert!(output.status.success(), "{source}\n{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn each_part_compiles_alone() {
    let Some(compiler) = compiler("clang++") else { return };
    for path in headers() {
        let name = path.strip_prefix(root().join("include")).expect("a header").to_owned();
        // With C++20, the standard library alone takes twice as long to read.
        let standard = if name.ends_with("coroutine.hpp") { "-std=c++20" } else { "-std=c++17" };
        is_understood(compiler, standard, &format!("#include <{0}>\n#include <{0}>\n", name.display()));
    }
}

/// All that they define may be defined twice.
#[test]
fn two_files_of_a_program_include_them() {
    let Some(compiler) = compiler("g++") else { return };
    let directory = tempfile::tempdir().expect("a temporary directory");
    let second = directory.path().join("second.cpp");
    std::fs::write(&second, "#include <oauth.hpp>\n").expect("written");
    let second = second.to_str().expect("UTF-8");
    drop(Compiled::new(compiler, &root().join("tests/cpp/version.cpp"), &["-std=c++20", second]));
}
