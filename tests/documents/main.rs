//! What is written for users: each program that a page shows is compiled, and run where one machine can.
#![cfg(target_os = "linux")]

mod guides;
mod plugins;
mod readme;
#[path = "../support/mod.rs"]
mod support;

use std::process::Command;

/// The flags of a library that pkg-config knows.
fn flags(package: &str) -> Option<Vec<String>> {
    let output = Command::new("pkg-config").args(["--cflags", "--libs", package]).output().ok()?;
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    output.status.success().then(|| text.split_whitespace().map(str::to_owned).collect())
}
