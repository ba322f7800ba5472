//! The programs beside this file: what they check, they check themselves.

use std::process::Command;
use std::time::Duration;

use crate::compiled::{Compiled, compiler};
use crate::support::c::{root, run_bounded};

const SANITIZERS: [&str; 3] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];

/// `tests/cpp/NAME.cpp` succeeds and says nothing on stderr; what it prints.
fn passes(compiler: &str, name: &str, flags: &[&str]) -> String {
    let program = Compiled::new(compiler, &root().join(format!("tests/cpp/{name}.cpp")), flags);
    printed(&mut program.command())
}

fn printed(command: &mut Command) -> String {
    let output = run_bounded(command, Duration::from_secs(120));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && err.is_empty(), "{:?}\nstdout:\n{out}\nstderr:\n{err}", output.status);
    out.into_owned()
}

fn all_pass(compiler: &str, standard: &str) {
    passes(compiler, "all", &[&[standard][..], &SANITIZERS].concat());
}

#[test]
fn cpp17_by_gcc() {
    let Some(compiler) = compiler("g++") else { return };
    all_pass(compiler, "-std=c++17");
}

#[test]
fn cpp20_by_gcc() {
    let Some(compiler) = compiler("g++") else { return };
    all_pass(compiler, "-std=c++20");
}

#[test]
fn cpp17_by_clang() {
    let Some(compiler) = compiler("clang++") else { return };
    all_pass(compiler, "-std=c++17");
}

#[test]
fn cpp20_by_clang() {
    let Some(compiler) = compiler("clang++") else { return };
    all_pass(compiler, "-std=c++20");
}

/// Else the four above would say little.
#[cfg(target_os = "linux")]
#[test]
fn the_sanitizers_see_a_handle_that_is_lost() {
    for name in ["g++", "clang++"] {
        let Some(compiler) = compiler(name) else { continue };
        let flags = [&["-std=c++17"][..], &SANITIZERS].concat();
        let program = Compiled::new(compiler, &root().join("tests/cpp/leaks.cpp"), &flags);
        let output = run_bounded(&mut program.command(), Duration::from_secs(120));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains("detected memory leaks"), "{name}: {said}");
    }
}

#[test]
fn without_exceptions_and_rtti() {
    for name in ["g++", "clang++"] {
        let Some(compiler) = compiler(name) else { continue };
        passes(compiler, "nothrow", &["-std=c++17", "-fno-exceptions", "-fno-rtti"]);
    }
}

/// One line, with the version that was found and the one that is needed.
#[cfg(target_os = "linux")]
#[test]
fn a_library_that_is_too_old_is_named() {
    let Some(compiler) = compiler("g++") else { return };
    let program = Compiled::new(compiler, &root().join("tests/cpp/version.cpp"), &["-std=c++17"]);
    let old = program.path().with_file_name("old.so");
    let built = Command::new(crate::support::c::compiler())
        .args(["-shared", "-fPIC", "-o"])
        .arg(&old)
        .arg(root().join("tests/cpp/old_library.c"))
        .status();
    assert!(built.expect("a C compiler").success());
    let said = printed(program.command().env("LD_PRELOAD", &old));
    let needed = env!("CARGO_PKG_VERSION");
    assert_eq!(said, format!("liboauthclient 0.0.9 is loaded, but the program needs {needed} or newer\n"));
}
