//! A file that something else keeps fresh: a token that a platform mounts and replaces.

use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::source::Source;
use crate::source::part::Part;
use crate::text::has_control;
use crate::transport::small_file;

pub struct File {
    path: String,
    part: Part,
}

impl File {
    pub fn new(path: &str, json_pointer: Option<&str>) -> Result<Self> {
        if path.is_empty() || has_control(path) {
            return Err(Error::argument("path", "is empty or has a control character"));
        }
        let part = Part::new(format!("the file {path}"), json_pointer, &["file", path])?;
        Ok(Self { path: path.to_owned(), part })
    }
}

impl Source for File {
    fn read(&self) -> Result<Secret> {
        let text = small_file::read(self.path.as_ref());
        self.part.of(&text.map_err(|why| self.part.failed(&format!("could not be read: {why}")))?)
    }

    fn name(&self) -> &str {
        &self.part.name
    }

    fn is_quick(&self) -> bool {
        true
    }

    fn identity(&self) -> &str {
        &self.part.identity
    }
}
