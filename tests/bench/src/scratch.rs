//! A directory of this run alone, gone when the run is.

use std::path::{Path, PathBuf};

use crate::Result;

pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Result<Self> {
        let directory = std::env::temp_dir().join(format!("oauthclient-bench-{}", std::process::id()));
        std::fs::create_dir(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        Ok(Self(directory))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
