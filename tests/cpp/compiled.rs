//! Compiles programs in C++ against the library that cargo has just built.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::c::{library_directory, root};
use crate::support::skipped::say_skipped;

/// Of these headers nothing is to be seen in a strict program.
const WARNINGS: [&str; 12] = [
    "-Wall",
    "-Wextra",
    "-pedantic",
    "-Werror",
    "-Wconversion",
    "-Wsign-conversion",
    "-Wshadow",
    "-Wold-style-cast",
    "-Wnon-virtual-dtor",
    "-Woverloaded-virtual",
    "-Wcast-qual",
    "-Wundef",
];

/// `g++` or `clang++`, if it is there.
pub fn compiler(name: &'static str) -> Option<&'static str> {
    let found = Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        say_skipped(&format!("{name} is not installed: the headers of C++ were not tried with it"));
    }
    found.then_some(name)
}

/// A program; deleted with its directory when dropped. The directory is also a place for its files.
pub struct Compiled {
    directory: tempfile::TempDir,
}

impl Compiled {
    pub fn new(compiler: &str, source: &Path, flags: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let libraries = library_directory();
        let mut command = Command::new(compiler);
        command.args(WARNINGS).arg("-g").arg("-I").arg(root().join("include")).arg("-I").arg(root().join("tests/cpp"));
        command.arg(source).arg("-o").arg(directory.path().join("program"));
        command.arg("-L").arg(&libraries).args(["-loauthclient", "-pthread"]).args(flags);
        command.arg(format!("-Wl,-rpath,{}", libraries.display()));
        if cfg!(target_os = "linux") {
            command.arg("-Wl,--disable-new-dtags"); // see tests/support/c.rs
        }
        let output = command.output().expect("a C++ compiler");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{compiler} {flags:?} {}:\n{said}", source.display());
        Self { directory }
    }

    pub fn path(&self) -> PathBuf {
        self.directory.path().join("program")
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(self.path());
        command.env("SCRATCH", self.directory.path()).env("XDG_STATE_HOME", self.directory.path());
        command
    }
}
