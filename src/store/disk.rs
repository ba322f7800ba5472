//! Files and directories, as all systems treat them.

use std::fs::{DirBuilder, File};
use std::io::{self, ErrorKind};
use std::path::Path;

/// `None` if the file does not exist.
pub fn missing_is_fine<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        result => result.map(Some),
    }
}

/// The error of opening what is no regular file.
pub fn irregular() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "it is no regular file; delete it")
}

pub fn is_irregular(error: &io::Error) -> bool {
    error.kind() == ErrorKind::InvalidData
}

/// Makes what was written to a file durable. A file system that does not know how has nothing to do here.
pub fn sync(file: &File) -> io::Result<()> {
    match file.sync_all() {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        result => result,
    }
}

/// Creates a directory, and the missing ones above it, for the user alone. Returns those that got a new one inside.
pub fn make(path: &Path) -> io::Result<Vec<&Path>> {
    if path.exists() {
        return Ok(Vec::new());
    }
    let missing: Vec<&Path> = path.ancestors().take_while(|path| !path.exists()).collect();
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)?;
    Ok(missing.into_iter().filter_map(Path::parent).collect())
}

/// The name of a file to try a directory out with.
pub fn name_to_try() -> io::Result<String> {
    let number = getrandom::u64().map_err(|error| io::Error::other(error.to_string()))?;
    Ok(format!(".{number:016x}.try"))
}
