//! The header alone: every language version that programs use takes it, and a status must not be dropped.

use std::process::{Command, Output};

use crate::support::c::{compiler, root};
use crate::support::skipped::say_skipped;

/// A compiler of C++, if there is one.
fn cpp_compiler() -> Option<String> {
    let name = std::env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
    let found = Command::new(&name).arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        say_skipped("there is no C++ compiler: the header was not compiled as C++");
    }
    found.then_some(name)
}

fn compile(compiler: &str, language: &str, flags: &[&str], source: &str) -> Output {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("source");
    std::fs::write(&file, source).expect("the source is written");
    let mut command = Command::new(compiler);
    command.args(["-Wall", "-Wextra", "-pedantic", "-c", "-o", "/dev/null", "-x", language]).args(flags);
    command.arg("-I").arg(root().join("include")).arg(file).output().expect("the compiler runs")
}

/// Twice, for its guard; the strictest warnings are errors.
fn header_compiles(compiler: &str, language: &str, standard: &str) {
    let source = "#include <oauth.h>\n#include <oauth.h>\nint main(void) { return oauth_version() == 0; }\n";
    let flags = [standard, "-Werror", "-Wconversion", "-Wundef", "-Wcast-qual"];
    let output = compile(compiler, language, &flags, source);
    assert!(output.status.success(), "{standard}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn it_compiles_as_c99_to_c23() {
    for standard in ["-std=c99", "-std=c11", "-std=c17"] {
        header_compiles(&compiler(), "c", standard);
        if standard == "-std=c99" {
            let flags = [standard, "-Werror", "-Wstrict-prototypes", "-DOAUTH_STRICT"];
            let output = compile(&compiler(), "c", &flags, "#include <oauth.h>\n");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
    let newest = ["-std=c23", "-std=c2x"]
        .into_iter()
        .find(|standard| compile(&compiler(), "c", &[standard], "int main(void) { return 0; }\n").status.success());
    match newest {
        Some(standard) => header_compiles(&compiler(), "c", standard),
        None => eprintln!("{} knows no C23: the header was not compiled as that", compiler()),
    }
}

#[test]
fn it_compiles_as_cpp11_to_cpp20() {
    let Some(compiler) = cpp_compiler() else { return };
    for standard in ["-std=c++11", "-std=c++14", "-std=c++17", "-std=c++20"] {
        header_compiles(&compiler, "c++", standard);
    }
}

const DROPPED: &str = "#include <oauth.h>\nvoid f(void);\nvoid f(void) { oauth_token_to_json(0, 0, 0); }\n";
const CLEANED_UP: &str = "#include <oauth.h>\nvoid f(void);\nvoid f(void) { oauth_token_free(0); }\n";

/// Whether this compiler warns of it.
fn warns(compiler: &str, language: &str, flags: &[&str], source: &str) -> bool {
    let output = compile(compiler, language, flags, source);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.is_empty() || said.contains("unused"), "{said}");
    !said.is_empty()
}

#[test]
fn a_dropped_status_is_a_warning_where_it_can_be() {
    let c = compiler();
    assert!(warns(&c, "c", &["-std=c99", "-DOAUTH_STRICT"], DROPPED), "strict C99");
    assert!(!warns(&c, "c", &["-std=c99", "-DOAUTH_STRICT"], CLEANED_UP), "freeing has no result");
    assert!(!warns(&c, "c", &["-std=c99"], DROPPED), "C99 is not bothered unasked: a cast would not silence it");
    if let Some(cpp) = cpp_compiler() {
        assert!(warns(&cpp, "c++", &["-std=c++17"], DROPPED), "C++17");
        let silenced = DROPPED.replace("oauth_token_to_json", "(void)oauth_token_to_json");
        assert!(!warns(&cpp, "c++", &["-std=c++17"], &silenced), "a cast says that it is meant");
    }
}
