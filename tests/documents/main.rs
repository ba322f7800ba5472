//! What is written for users: each program that a page shows is compiled, and run where one machine can.
#![cfg(target_os = "linux")]

mod guides;
mod plugins;
mod readme;
#[path = "../support/mod.rs"]
mod support;

use std::process::Command;

use support::c::root;

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The blocks of a page in this language.
fn blocks(name: &str, language: &str) -> Vec<String> {
    let (page, begin) = (page(name), format!("```{language}\n"));
    let blocks = page.split(&begin).skip(1).map(|rest| rest.split("```").next().unwrap_or_default().to_owned());
    blocks.collect()
}

/// The flags of a library that pkg-config knows.
fn flags(package: &str) -> Option<Vec<String>> {
    let output = Command::new("pkg-config").args(["--cflags", "--libs", package]).output().ok()?;
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    output.status.success().then(|| text.split_whitespace().map(str::to_owned).collect())
}
