//! Builds the library as a user would, and the C drivers.

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
    let library = Library::build(&[])?;
    Ok(Built {
        ours: library.driver(scratch, "oauthclient", &["drive.c", "oauthclient.c"])?,
        session: library.driver(scratch, "session", &["session.c"])?,
        library: library.path,
    })
}

/// The same client, with the store in Redis, and the driver of many sessions.
pub fn over_redis(scratch: &Path) -> Result<(Driver, Driver)> {
    let library = Library::build(&["--features", "redis"])?;
    let ours = library.driver(scratch, "oauthclient", &["drive.c", "oauthclient.c"])?;
    Ok((ours, library.driver(scratch, "scale", &["scale.c"])?))
}

struct Library {
    include: PathBuf,
    path: PathBuf,
}

impl Library {
    fn build(features: &[&str]) -> Result<Self> {
        let root = here()?.join("../..").canonicalize()?;
        let include = root.join("include");
        if !include.join("oauth.h").exists() {
            return Err("include/oauth.h is missing".into());
        }
        let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
        // As cargo-c builds it: cargo itself skips LTO when a Rust library is asked for too.
        let arguments = ["rustc", "--release", "--lib", "--crate-type", "cdylib"];
        succeed(Command::new(cargo).args(arguments).args(features).current_dir(&root))?;
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
        Ok(Self { include, path: root.join(target).join("release/liboauthclient.so") })
    }

    fn driver(&self, scratch: &Path, name: &'static str, sources: &[&str]) -> Result<Driver> {
        let path = scratch.join(name);
        let release = self.path.parent().ok_or("the library has no directory")?;
        let mut compiler = compiler(sources, &path)?;
        compiler.arg("-I").arg(&self.include).arg("-L").arg(release).arg("-loauthclient");
        succeed(compiler.arg(format!("-Wl,-rpath,{}", release.display())))?;
        Ok(Driver { name, path })
    }
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
