//! Symbol versions on Linux: each export of the shared library is `oauth_…@@OAUTHCLIENT_MAJOR.MINOR`.
//!
//! rustc gives the linker a version script of its own, without a name. No linker lets a second script name what the first one
//! has exported, and GNU ld takes no second one at all. So a script of a few lines stands in for the linker: it writes the
//! name into rustc's version script, and runs the real linker.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// What the compiler driver has to be told, or why there are no versions.
pub fn link_arguments(out: &Path) -> Result<[String; 2], String> {
    let driver = driver();
    let linker = linker(&driver).ok_or_else(|| format!("{driver} does not say which linker it runs"))?;
    let directory = out.join("linker");
    let node = format!("OAUTHCLIENT_{}.{}", variable("CARGO_PKG_VERSION_MAJOR"), variable("CARGO_PKG_VERSION_MINOR"));
    let script = format!(
        "#!/bin/sh\n\
         for argument; do\n    \
             case $argument in\n    \
             --version-script=*) sed -i '1s/^{{/{node} {{/' \"${{argument#*=}}\" ;;\n    \
             esac\n\
         done\n\
         exec {} \"$@\"\n",
        quoted(&linker)
    );
    fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
    let file = directory.join("ld.bfd"); // the one name that gcc and clang both look for, and rustc does not use
    fs::write(&file, script).map_err(|error| error.to_string())?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).map_err(|error| error.to_string())?;
    let arguments = [format!("-B{}", directory.display()), "-fuse-ld=bfd".to_owned()];
    works(&driver, &arguments, out, &node)?;
    Ok(arguments)
}

/// Links nothing, to see that the driver takes the arguments.
fn works(driver: &str, arguments: &[String], out: &Path, node: &str) -> Result<(), String> {
    let (list, library) = (out.join("probe.list"), out.join("probe.so"));
    fs::write(&list, "{\n  local:\n    *;\n};\n").map_err(|error| error.to_string())?;
    let mut probe = Command::new(driver);
    probe.args(arguments).arg("-shared").arg(format!("-Wl,--version-script={}", list.display()));
    let output = probe.arg("-o").arg(library).output().map_err(|error| format!("{driver}: {error}"))?;
    let named = fs::read_to_string(&list).is_ok_and(|text| text.starts_with(node));
    match (output.status.success(), named) {
        (true, true) => Ok(()),
        (true, false) => Err(format!("{driver} does not take a linker from -B")),
        (false, _) => Err(String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or(driver).to_owned()),
    }
}

/// The compiler driver that rustc links with.
fn driver() -> String {
    let chosen = env::var("RUSTC_LINKER").ok().or_else(|| flag("linker="));
    chosen.unwrap_or_else(|| "cc".to_owned())
}

/// The linker that would have run: OAUTHCLIENT_LD, one named in RUSTFLAGS, the lld that rustc brings and uses by itself, or
/// the driver's own.
fn linker(driver: &str) -> Option<PathBuf> {
    if let Some(chosen) = env::var_os("OAUTHCLIENT_LD") {
        return Some(PathBuf::from(chosen));
    }
    if let Some(name) = flag("link-arg=-fuse-ld=") {
        return program(driver, &format!("ld.{name}"));
    }
    let target = variable("TARGET");
    if target == "x86_64-unknown-linux-gnu" && variable("HOST") == target {
        let sysroot = Command::new(variable("RUSTC")).args(["--print", "sysroot"]).output().ok()?.stdout;
        let sysroot = PathBuf::from(String::from_utf8(sysroot).ok()?.trim_end());
        let own = sysroot.join("lib/rustlib").join(target).join("bin/gcc-ld/ld.lld");
        if own.exists() {
            return Some(own);
        }
    }
    program(driver, "ld")
}

/// A program of the driver's. It may be a bare name: then the shell finds it in PATH.
fn program(driver: &str, name: &str) -> Option<PathBuf> {
    let output = Command::new(driver).arg(format!("-print-prog-name={name}")).output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?.trim_end().to_owned();
    (output.status.success() && !path.is_empty()).then(|| PathBuf::from(path))
}

/// The value of a code generation flag of rustc in RUSTFLAGS, `-C name` or `-Cname`.
fn flag(name: &str) -> Option<String> {
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let mut values = flags.split('\x1f').filter_map(|flag| flag.strip_prefix("-C").unwrap_or(flag).strip_prefix(name));
    values.next_back().map(str::to_owned)
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

fn variable(name: &str) -> String {
    env::var(name).expect("set by cargo")
}
