//! A directory of the user, and the files in it.

#[cfg(unix)]
mod group;
#[cfg(not(unix))]
#[path = "directory/by_path.rs"]
mod place;
#[cfg(unix)]
#[path = "directory/held.rs"]
mod place;
#[cfg(unix)]
mod protection;

use std::env;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{self, Path, PathBuf};

use crate::error::{Advice, Error, Result};
use crate::secret::SecretBytes;
use crate::store::Key;
use crate::store::disk::{irregular, missing_is_fine};

/// How the name of a key's file ends.
const VISIBLE: &str = ".session";

/// A directory that was created, or checked, when it was opened. Files in it have names, not paths.
pub struct Directory {
    path: PathBuf,
    place: place::Place,
}

/// This library's directory for the user's state. Fails if `privileged`: the environment is not to be trusted then.
pub fn default_directory(privileged: bool) -> Result<PathBuf> {
    if privileged {
        return Err(Error::argument(
            "directory",
            "of the user's own was asked for, and a set-uid program cannot rely on its environment",
        ));
    }
    let from_environment = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    // Without HOME, the password database says it.
    let below_home = |path: &str| Some(env::home_dir().filter(|home| home.is_absolute())?.join(path));
    let state = if cfg!(windows) {
        from_environment("LOCALAPPDATA")
    } else if cfg!(target_vendor = "apple") {
        below_home(STATE)
    } else {
        from_environment("XDG_STATE_HOME").or_else(|| below_home(STATE))
    };
    let state = state.ok_or_else(|| {
        Error::argument("directory", "of the user's own was asked for, and there is no home directory")
    })?;
    Ok(state.join("oauthclient"))
}

/// Where the state of programs lies below a home directory.
const STATE: &str = if cfg!(target_vendor = "apple") { "Library/Application Support" } else { ".local/state" };

/// This library's directory for what all processes of the effective user share. They find the same one whatever their
/// environment says.
#[cfg(all(unix, feature = "keyring"))]
pub fn shared_directory() -> Result<PathBuf> {
    let user = rustix::process::geteuid().as_raw();
    let is_own = |path: &Path| {
        use std::os::unix::fs::MetadataExt;
        path.is_absolute() && std::fs::metadata(path).is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == user)
    };
    let runtime = PathBuf::from(format!("/run/user/{user}"));
    below(crate::host::home_of_user(), runtime, is_own)
        .ok_or_else(|| Error::store(&format!("user {user} has no directory"), NO_SHARED_DIRECTORY))
}

#[cfg(all(unix, feature = "keyring"))]
const NO_SHARED_DIRECTORY: &str = "neither the home directory of the password database nor the runtime directory \
    belongs to this user; give the user one of them";

/// The user's own home, or else the runtime directory: a service may have the home of somebody else, or none.
#[cfg(all(unix, feature = "keyring"))]
fn below(home: Option<PathBuf>, runtime: PathBuf, is_own: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    let state = home.filter(|home| is_own(home)).map(|home| home.join(STATE));
    Some(state.or_else(|| is_own(&runtime).then_some(runtime))?.join("oauthclient"))
}

#[cfg(all(not(unix), feature = "keyring"))]
pub fn shared_directory() -> Result<PathBuf> {
    default_directory(false)
}

/// Reads a file that a person has written, of at most `most` bytes. It and its directory must belong to the user or to
/// root and be writable by nobody else; with `is_private`, nobody else may read it. Nothing is made, and no link is
/// followed. `None` if it, or its directory, does not exist.
pub fn read_guarded(path: &Path, is_private: bool, most: u64) -> io::Result<Option<SecretBytes>> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name().and_then(OsStr::to_str)) else {
        return Err(irregular());
    };
    let Some(file) = missing_is_fine(place::open_guarded(directory, name, is_private))? else { return Ok(None) };
    let length = file.metadata()?.len();
    if length > most {
        return Err(io::Error::other(format!("it is larger than {most} bytes")));
    }
    // Spare capacity: a buffer that grows would leave a copy of secrets in freed memory.
    let mut bytes = Vec::with_capacity(length as usize + 64);
    file.take(length).read_to_end(&mut bytes)?;
    Ok(Some(SecretBytes::from(bytes)))
}

impl Directory {
    /// `allow_unprotected`: also on a file system that keeps no permissions.
    pub fn open(directory: &Path, allow_unprotected: bool) -> Result<Self> {
        // A later change of the working directory has no effect.
        let path = path::absolute(directory)
            .map_err(|error| Error::argument("directory", &format!("has no absolute path: {error}")))?;
        let place = place::Place::open(&path, allow_unprotected).map_err(|error| {
            let what = format!("the directory {} could not be used", path.display());
            Error::store(&what, error).with_advice(Advice::FixConfig)
        })?;
        Ok(Self { path, place })
    }

    /// The file of the key. Its name is safe on any file system: a readable part, and a digest, because keys may differ
    /// in case alone or in characters that no file name can have.
    pub fn visible(&self, key: &Key) -> String {
        let name = key.as_str().rsplit_once('.').map_or(key.as_str(), |(name, _)| name); // without its owner's digest
        let readable: String = name.chars().take(40).map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        format!("{readable}-{}{VISIBLE}", key.digest())
    }

    /// The visible files, and the digest of the key of each.
    pub fn all_visible(&self) -> io::Result<Vec<(String, String)>> {
        let with_digest = |name: String| {
            let digest = name.strip_suffix(VISIBLE)?.rsplit('-').next()?.to_owned();
            Some((name, digest))
        };
        Ok(self.place.names()?.into_iter().filter_map(with_digest).collect())
    }

    /// A file beside it, whose name does not show the key.
    pub fn hidden(&self, key: &Key, extension: &str) -> String {
        format!(".{}.{extension}", key.digest())
    }

    /// The path of a file, for messages.
    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Opens a regular file to read it. No link is followed: see [`crate::store::disk::is_irregular`].
    pub fn open_file(&self, name: &str) -> io::Result<File> {
        self.place.open_file(name)
    }

    /// Creates a file that only its owner may read. A file that had the name is deleted, and no link is followed.
    pub fn create_new(&self, name: &str) -> io::Result<File> {
        self.remove(name)?;
        self.place.create_new(name)
    }

    /// Opens a lock file, and creates it if it is missing. It is never deleted: then one process could hold the lock of
    /// the deleted file, and another that of its successor.
    pub fn open_lock(&self, name: &str) -> io::Result<File> {
        self.place.open_lock(name).or_else(|error| match error.kind() {
            ErrorKind::NotFound => self.place.make_again().and_then(|()| self.place.open_lock(name)),
            _ => Err(error),
        })
    }

    /// Whether the name is still that of the open file.
    pub fn is_name_of(&self, name: &str, file: &File) -> io::Result<bool> {
        self.place.is_name_of(name, file)
    }

    pub fn has(&self, name: &str) -> io::Result<bool> {
        self.place.has(name)
    }

    pub fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.place.rename(from, to)
    }

    /// Deletes a file, if it is there.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        missing_is_fine(self.place.remove(name)).map(drop)
    }

    /// Makes renames and deletions in it durable.
    pub fn sync(&self) -> io::Result<()> {
        self.place.sync()
    }
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

    #[cfg(all(unix, feature = "keyring"))]
    #[test]
    fn what_processes_share_lies_at_home_or_else_in_the_runtime_directory() {
        let found = |home: Option<&str>, own: &[&str]| {
            let is_own = |path: &Path| own.iter().any(|own| path == Path::new(own));
            below(home.map(PathBuf::from), PathBuf::from("/run/user/7"), is_own)
        };
        let at_home = Some(Path::new("/home/a").join(STATE).join("oauthclient"));
        let at_runtime = Some(PathBuf::from("/run/user/7/oauthclient"));
        assert_eq!(found(Some("/home/a"), &["/home/a", "/run/user/7"]), at_home);
        assert_eq!(found(Some("/"), &["/run/user/7"]), at_runtime);
        assert_eq!(found(None, &["/run/user/7"]), at_runtime);
        assert_eq!(found(Some("/nonexistent"), &[]), None);
    }
}
