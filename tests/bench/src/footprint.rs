//! What a client costs before it does anything: the size of its library on disk, and of what that loads.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;

/// Every process has these.
const SYSTEM: [&str; 5] = ["ld-linux", "linux-vdso", "libc.so", "libm.so", "libgcc_s.so"];

pub fn stripped_bytes(library: &Path, scratch: &Path) -> Result<u64> {
    let stripped = scratch.join("stripped.so");
    let status = Command::new("strip").arg("-o").arg(&stripped).arg(library).status()?;
    if !status.success() {
        return Err("strip failed".into());
    }
    Ok(stripped.metadata()?.len())
}

/// The libraries that a driver loads beyond the system's own.
pub fn loaded(driver: &Path) -> Result<Vec<PathBuf>> {
    let output = Command::new("ldd").arg(driver).env_remove("LD_LIBRARY_PATH").output()?;
    let text = String::from_utf8(output.stdout)?;
    let paths = text.lines().filter_map(|line| line.split_once("=>")?.1.split_whitespace().next());
    let own = |path: &&str| {
        !SYSTEM
            .iter()
            .any(|name| Path::new(path).file_name().is_some_and(|file| file.display().to_string().starts_with(name)))
    };
    Ok(paths.filter(|path| path.starts_with('/')).filter(own).map(PathBuf::from).collect())
}
