//! Standard output, and files that are replaced as a whole.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use crate::failure::{Failure, OTHER};

/// Prints bytes as they are.
pub fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| failed("standard output", &error))
}

/// Prints a line.
pub fn print_line(bytes: &[u8]) -> Result<(), Failure> {
    print(bytes).and_then(|()| print(b"\n"))
}

/// Puts a file in place, for the user alone. Who reads it finds the one before or this one, whole. A link stays: its target is
/// replaced. What is no file, such as a device or a pipe, is left alone.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    put(path, bytes).map_err(|error| failed(&path.display().to_string(), &error))
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let there = fs::canonicalize(path);
    if fs::symlink_metadata(path).is_ok() && !there.as_ref().is_ok_and(|path| path.is_file()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    let path = there.as_deref().unwrap_or(path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // A number of its own: what a killed process has left, perhaps of the same id, is in nobody's way.
    let number = getrandom::u64().map_err(|error| io::Error::other(error.to_string()))?;
    let new = path.with_file_name(format!(".{name}.{number:016x}.new"));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    let written = file.write_all(bytes).and_then(|()| fs::rename(&new, path));
    written.inspect_err(|_| drop(fs::remove_file(&new)))
}

pub fn failed(what: &str, error: &io::Error) -> Failure {
    Failure::new(OTHER, format!("{what} could not be written: {error}"))
}
