//! Files of certificates and keys that the program names: regular ones, and small.

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::path::Path;

use crate::secret::SecretBytes;

const LARGEST: u64 = 1 << 20;

/// The whole file. Waits for nobody, as a named pipe would.
pub fn read(path: &Path) -> io::Result<SecretBytes> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NONBLOCK);
    }
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(file.metadata()?.len().min(LARGEST)).unwrap_or_default() + 1);
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other("it is larger than a megabyte"));
    }
    Ok(bytes.into())
}
