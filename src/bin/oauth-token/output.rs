//! Standard output, and files that are replaced as a whole.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::process::id;

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

/// Puts a file in place, for the user alone. Who reads it finds the one before or this one, whole.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new = path.with_file_name(format!(".{name}.{}.new", id()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let write = || {
        let mut file = options.open(&new)?;
        file.write_all(bytes)?;
        fs::rename(&new, path)
    };
    write().map_err(|error| {
        drop(fs::remove_file(&new));
        failed(&path.display().to_string(), &error)
    })
}

pub fn failed(what: &str, error: &io::Error) -> Failure {
    Failure::new(OTHER, format!("{what} could not be written: {error}"))
}
