//! A directory of the user, and the files in it.

use std::env;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{self, Path, PathBuf};

use crate::error::{Advice, Error, Result};
use crate::store::{Key, digest};

/// A directory that was created, or checked, when it was opened.
pub struct Directory(PathBuf);

/// This library's directory for the user's state. Fails if `privileged`: the environment is not to be trusted then.
pub fn default_directory(privileged: bool) -> Result<PathBuf> {
    if privileged {
        return Err(Error::argument(
            "directory",
            "of the user's own was asked for, and a set-uid program cannot rely on its environment",
        ));
    }
    let from_environment = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let below_home = |path: &str| Some(env::home_dir().filter(|home| home.is_absolute())?.join(path));
    let state = if cfg!(windows) {
        from_environment("LOCALAPPDATA")
    } else if cfg!(target_vendor = "apple") {
        below_home("Library/Application Support")
    } else {
        from_environment("XDG_STATE_HOME").or_else(|| below_home(".local/state"))
    };
    let state = state.ok_or_else(|| {
        Error::argument("directory", "of the user's own was asked for, and there is no home directory")
    })?;
    Ok(state.join("oauthclient"))
}

impl Directory {
    pub fn open(directory: &Path) -> Result<Self> {
        // A later change of the working directory has no effect.
        let directory = path::absolute(directory)
            .map_err(|error| Error::argument("directory", &format!("has no absolute path: {error}")))?;
        let unusable = |why: String| {
            let what = format!("the directory {} could not be used", directory.display());
            Error::store(&what, why).with_advice(Advice::FixConfig)
        };
        let opened = Self(directory.clone());
        let metadata = opened.make().and_then(|()| fs::metadata(&directory));
        match metadata.map(|metadata| (metadata.is_dir(), others_may_write(&metadata))) {
            Err(error) => return Err(unusable(error.to_string())),
            Ok((false, _)) => return Err(unusable("it is no directory".to_owned())),
            Ok((true, Some(why))) => return Err(unusable(why)),
            Ok((true, None)) => {}
        }
        opened.try_out().map_err(|error| unusable(error.to_string()))?;
        Ok(opened)
    }

    /// Creates it, and the missing directories above it, for the user alone.
    fn make(&self) -> io::Result<()> {
        if self.0.exists() {
            return Ok(());
        }
        let missing: Vec<&Path> = self.0.ancestors().take_while(|path| !path.exists()).collect();
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(&self.0)?;
        missing.into_iter().filter_map(Path::parent).try_for_each(sync)
    }

    /// Creates, locks and deletes a file: permissions alone do not show whether that works.
    fn try_out(&self) -> io::Result<()> {
        let number = getrandom::u64().map_err(|error| io::Error::other(error.to_string()))?;
        let path = self.0.join(format!(".{number:016x}.try"));
        let file = self.create_new(&path)?;
        let locked = file.try_lock().map_err(io::Error::from);
        drop(file);
        fs::remove_file(&path)?;
        locked
    }

    /// The file of the key. Its name is safe on any file system: a readable part, and a digest, because keys may differ
    /// in case alone or in characters that no file name can have.
    pub fn visible(&self, key: &Key) -> PathBuf {
        let readable: String =
            key.as_str().chars().take(40).map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        self.0.join(format!("{readable}-{}.session", digest(key.as_str(), 16)))
    }

    /// A file beside it, whose name does not show the key.
    pub fn hidden(&self, key: &Key, extension: &str) -> PathBuf {
        self.0.join(format!(".{}.{extension}", digest(key.as_str(), 16)))
    }

    /// Creates a file that only its owner may read. A file that had the name is deleted, and no link is followed.
    pub fn create_new(&self, path: &Path) -> io::Result<File> {
        missing_is_fine(fs::remove_file(path))?;
        private().create_new(true).open(path)
    }

    /// Opens a lock file, and creates it if it is missing. It is never deleted: then one process could hold the lock of
    /// the deleted file, and another that of its successor.
    pub fn open_lock(&self, path: &Path) -> io::Result<File> {
        let open = || private().read(true).create(true).open(path);
        open().or_else(|error| match error.kind() {
            ErrorKind::NotFound => self.make().and_then(|()| open()), // deleted under a running program
            _ => Err(error),
        })
    }

    /// Makes renames and deletions in it durable.
    pub fn sync(&self) -> io::Result<()> {
        sync(&self.0)
    }
}

/// `None` if the file does not exist.
pub fn missing_is_fine<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        result => result.map(Some),
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true);
    options
}

/// A user who may write to the directory can replace the login of its owner.
#[cfg(unix)]
fn others_may_write(metadata: &fs::Metadata) -> Option<String> {
    let mode = std::os::unix::fs::MetadataExt::mode(metadata) & 0o7777;
    (mode & 0o022 != 0).then(|| format!("others than its owner may write to it (mode {mode:04o})"))
}

#[cfg(not(unix))]
fn others_may_write(_: &fs::Metadata) -> Option<String> {
    None
}

#[cfg(unix)]
fn sync(directory: &Path) -> io::Result<()> {
    match File::open(directory)?.sync_all() {
        // Some file systems cannot sync a directory, and have nothing to do here.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        result => result,
    }
}

/// On other systems a directory cannot be opened, and the file system orders its own changes.
#[cfg(not(unix))]
fn sync(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_uid_program_has_to_name_its_directory() {
        let error = default_directory(true).expect_err("refused");
        assert!(error.message.as_str().starts_with("directory of the user"), "{error}");
        assert!(default_directory(false).expect("this user's").is_absolute());
    }
}
