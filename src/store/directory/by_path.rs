//! A directory by its path, on systems where a directory cannot be held open, or a file opened relative to it. What may
//! be done in it is up to its access control list.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::store::disk::{irregular, make, missing_is_fine, name_to_try};

pub struct Place(PathBuf);

/// Opens a file that this program only reads.
pub fn open_guarded(directory: &Path, name: &str, _is_private: bool) -> io::Result<File> {
    Place(directory.to_owned()).open_file(name)
}

impl Place {
    pub fn open(path: &Path, _allow_unprotected: bool) -> io::Result<Self> {
        let place = Self(path.to_owned());
        place.make_again()?;
        let name = name_to_try()?;
        let file = place.create_new(&name)?;
        let locked = file.try_lock().map_err(io::Error::from);
        drop(file);
        place.remove(&name)?;
        locked.map(|()| place)
    }

    pub fn make_again(&self) -> io::Result<()> {
        make(&self.0).map(drop)
    }

    pub fn open_file(&self, name: &str) -> io::Result<File> {
        self.regular(OpenOptions::new().read(true), name)
    }

    pub fn create_new(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).open(self.0.join(name))
    }

    pub fn open_lock(&self, name: &str) -> io::Result<File> {
        self.regular(OpenOptions::new().read(true).write(true).create(true).truncate(false), name)
    }

    fn regular(&self, options: &mut OpenOptions, name: &str) -> io::Result<File> {
        let path = self.0.join(name);
        if fs::symlink_metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(irregular());
        }
        options.open(path)
    }

    /// An open file cannot be replaced.
    pub fn is_name_of(&self, _name: &str, _file: &File) -> io::Result<bool> {
        Ok(true)
    }

    /// Of all files in it that have a name in UTF-8.
    pub fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            names.extend(entry?.file_name().into_string().ok());
        }
        Ok(names)
    }

    pub fn has(&self, name: &str) -> io::Result<bool> {
        missing_is_fine(fs::symlink_metadata(self.0.join(name))).map(|found| found.is_some())
    }

    pub fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.0.join(from), self.0.join(to))
    }

    pub fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.0.join(name))
    }

    /// The file system orders its own changes.
    pub fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
