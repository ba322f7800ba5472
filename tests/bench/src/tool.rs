//! What the comparison needs from the machine, each by the name of its Debian package. Nothing is skipped for want of a tool.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::Result;

const TOOLS: [(&str, &str); 5] =
    [("cc", "gcc"), ("strip", "binutils"), ("ldd", "libc-bin"), ("valgrind", "valgrind"), ("strace", "strace")];
/// Of the sessions over one Redis.
const SCALE_TOOLS: [(&str, &str); 5] = [
    ("cc", "gcc"),
    ("valgrind", "valgrind"),
    ("strace", "strace"),
    ("redis-server", "redis-server"),
    ("setpriv", "util-linux"),
];
const HEADERS: [(&str, &str); 2] = [("curl/curl.h", "libcurl4-openssl-dev"), ("jansson.h", "libjansson-dev")];

/// An error that names all that is missing, with the packages that bring it.
pub fn check() -> Result<()> {
    // Without a compiler no header can be found, and that is said already.
    let headers = HEADERS.into_iter().filter(|(header, _)| runs("cc") && !compiles(header));
    check_all(TOOLS.into_iter().filter(|(tool, _)| !runs(tool)).chain(headers))
}

pub fn check_scale() -> Result<()> {
    check_all(SCALE_TOOLS.into_iter().filter(|(tool, _)| !runs(tool)))
}

fn check_all(missing: impl Iterator<Item = (&'static str, &'static str)>) -> Result<()> {
    let missing: Vec<_> = missing.collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> =
        missing.iter().map(|(name, package)| format!("  {name} is missing (Debian package {package})")).collect();
    Err(format!("cannot measure:\n{}", names.join("\n")).into())
}

fn runs(tool: &str) -> bool {
    Command::new(tool)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn compiles(header: &str) -> bool {
    let mut command = Command::new("cc");
    command.args(["-x", "c", "-E", "-o", "/dev/null", "-"]).stdin(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut compiler) = command.spawn() else {
        return false;
    };
    let written = compiler.stdin.take().is_some_and(|mut stdin| writeln!(stdin, "#include <{header}>").is_ok());
    compiler.wait().is_ok_and(|status| status.success()) && written
}
