//! Builds the library as a user would, and the two C drivers.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::driver::Driver;

pub struct Built {
    pub library: PathBuf,
    pub ours: Driver,
    pub session: Driver,
}

/// The package's own directory; cargo says where it is, so that no path is compiled in.
fn here() -> Result<PathBuf> {
    Ok(std::env::var_os("CARGO_MANIFEST_DIR").ok_or("start this with tests/bench/run")?.into())
}

pub fn ours(scratch: &Path) -> Result<Built> {
    let root = here()?.join("../..").canonicalize()?;
    let include = root.join("include");
    if !include.join("oauth.h").exists() {
        return Err("include/oauth.h is missing".into());
    }
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    // As cargo-c builds it: cargo itself skips LTO when a Rust library is asked for too.
    let arguments = ["rustc", "--release", "--lib", "--crate-type", "cdylib"];
    succeed(Command::new(cargo).args(arguments).current_dir(&root))?;

    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    let release = root.join(target).join("release");
    let library = release.join("liboauthclient.so");
    let driver = |name, sources: &[&str]| -> Result<Driver> {
        let path = scratch.join(name);
        let mut compiler = compiler(sources, &path)?;
        compiler.arg("-I").arg(&include).arg("-L").arg(&release).arg("-loauthclient");
        succeed(compiler.arg(format!("-Wl,-rpath,{}", release.display())))?;
        Ok(Driver { name, path })
    };
    Ok(Built {
        library,
        ours: driver("oauthclient", &["drive.c", "oauthclient.c"])?,
        session: driver("session", &["session.c"])?,
    })
}

pub fn peer(scratch: &Path) -> Result<Driver> {
    let path = scratch.join("libcurl");
    succeed(compiler(&["drive.c", "libcurl.c"], &path)?.args(["-lcurl", "-ljansson"]))?;
    Ok(Driver { name: "libcurl", path })
}

fn compiler(sources: &[&str], output: &Path) -> Result<Command> {
    let directory = here()?.join("c");
    let mut command = Command::new("cc");
    command.args(["-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-pthread", "-o"]);
    command.arg(output).args(sources.iter().map(|source| directory.join(source)));
    Ok(command)
}

fn succeed(command: &mut Command) -> Result<()> {
    let program = command.get_program().display().to_string();
    let status = command.status().map_err(|error| format!("{program}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{program} failed").into()) }
}
