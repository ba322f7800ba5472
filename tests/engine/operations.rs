//! Operations: many at once, and in the loops of programs.

use std::path::Path;
use std::process::Command;

use oauthclient_test_server::authorization_server::{self, AuthorizationServer, Options};

use crate::support::c::{Linkage, Program, compiler, library_directory, root};
use crate::support::skipped::say_skipped;

/// With the descriptors that this machine allows, up to ten thousand. The program fails on more than 36 KiB for each, its
/// connection included.
#[test]
fn ten_thousand_at_once_take_one_thread_and_little_memory() {
    let said = Program::build("engine_operations", Linkage::Shared).run(&[("MANY", "10000")]);
    println!("{said}");
    assert!(said.contains("bytes each"), "{said}");
}

#[test]
fn a_program_may_end_while_operations_are_under_way() {
    assert_eq!(Program::build("engine_exit_operation", Linkage::Shared).run(&[]), "");
    assert_eq!(Program::build("engine_exit_operation", Linkage::Static).run(&[]), "");
}

#[test]
fn an_end_is_told_without_a_descriptor_left() {
    let endpoint = [("ENDPOINT", "https://as.invalid/token")];
    assert_eq!(Program::build("engine_no_descriptors", Linkage::Shared).run(&endpoint), "");
}

/// Thread CPU time, not the clock: other programs of this machine do not count. The program fails on a call of more than 5 ms.
#[test]
fn a_thousand_sessions_in_a_loop_keep_its_thread_for_less_than_5_ms() {
    let server = AuthorizationServer::start(Options::default());
    let directory = tempfile::tempdir().expect("a directory");
    let Some(mut program) = built("tests/c/engine_glib", Some("glib-2.0"), directory.path()) else { return };
    program.env("TOKEN_ENDPOINT", server.token_endpoint());
    program.env("CLIENT_ID", authorization_server::CLIENT_ID);
    program.env("CLIENT_SECRET", authorization_server::CLIENT_SECRET);
    let output = program.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(server.token_requests(), 2000);
}

/// A program with a loop; `None` without the package that it needs, which CI has.
fn built(path: &str, package: Option<&str>, directory: &Path) -> Option<Command> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let mut flags = Vec::new();
    if let Some(package) = package {
        let found = Command::new("pkg-config").args(["--cflags", "--libs", package]).output();
        match found {
            Ok(found) if found.status.success() => {
                flags = String::from_utf8_lossy(&found.stdout).split_whitespace().map(str::to_owned).collect();
            }
            _ => {
                assert!(std::env::var_os("CI").is_none(), "{package} is missing");
                say_skipped(&format!("{name}: pkg-config does not know {package}"));
                return None;
            }
        }
    }
    let (source, program) = (root().join(format!("{path}.c")), directory.join(name));
    let libraries = library_directory();
    let mut compile = Command::new(compiler());
    compile.args(["-std=gnu99", "-Wall", "-Wextra", "-Werror", "-g", "-I"]).arg(root().join("include")).arg(source);
    compile.arg("-o").arg(&program).args(flags).arg("-L").arg(&libraries).arg("-loauthclient");
    compile.arg(format!("-Wl,-rpath,{}", libraries.display()));
    let output = compile.output().expect("a C compiler");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(Command::new(program))
}

#[test]
fn programs_with_loops_get_their_tokens() {
    let server = AuthorizationServer::start(Options::default());
    let directory = tempfile::tempdir().expect("a directory");
    let mut python = Command::new("python3");
    python.arg(root().join("examples-c/loops/tokens.py")).arg(library_directory().join("liboauthclient.so"));
    let has_python = Command::new("python3").arg("--version").output().is_ok();
    assert!(has_python || std::env::var_os("CI").is_none(), "python3 is missing");
    let programs = [
        built("examples-c/loops/poll", None, directory.path()),
        built("examples-c/loops/glib", Some("glib-2.0"), directory.path()),
        built("examples-c/loops/libuv", Some("libuv"), directory.path()),
        has_python.then_some(python),
    ];
    for mut program in programs.into_iter().flatten() {
        program.env("OAUTH_ISSUER", server.issuer());
        program.env("OAUTH_CLIENT_ID", authorization_server::CLIENT_ID);
        program.env("OAUTH_CLIENT_SECRET", authorization_server::CLIENT_SECRET);
        let output = program.output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("Bearer "), "{program:?}: {output:?}");
    }
}
