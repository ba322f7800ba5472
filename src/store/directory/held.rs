//! A directory held by descriptor: what is put in its place later is not used. In it, no symbolic link is followed, and
//! nothing but a regular file is opened.

use std::fs::File;
use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, fstat, open, openat, renameat, statat, unlinkat};
use rustix::io::Errno;
use rustix::process::geteuid;

use crate::store::directory::VISIBLE;
use crate::store::directory::protection::{self, is_same};
use crate::store::disk::{irregular, make, name_to_try, sync};

pub struct Place {
    path: PathBuf,
    allow_unprotected: bool,
    opened: ArcSwap<Opened>,
}

impl Place {
    pub fn open(path: &Path, allow_unprotected: bool) -> io::Result<Self> {
        let opened = ArcSwap::from_pointee(Opened::make(path, allow_unprotected)?);
        Ok(Self { path: path.to_owned(), allow_unprotected, opened })
    }

    pub fn make_again(&self) -> io::Result<()> {
        self.opened.store(Arc::new(Opened::make(&self.path, self.allow_unprotected)?));
        Ok(())
    }

    /// The directory that was opened. If it was deleted, or the host closed the descriptor: what its path names now.
    fn opened(&self) -> io::Result<Arc<Opened>> {
        let opened = self.opened.load_full();
        match opened.stat_now() {
            Some(now) if now.st_nlink > 0 => return Ok(opened),
            Some(_) => {}
            None => opened.is_lost.store(true, Ordering::Relaxed),
        }
        let again = Arc::new(Opened::open(&self.path, self.allow_unprotected)?);
        self.opened.store(again.clone());
        Ok(again)
    }

    pub fn open_file(&self, name: &str) -> io::Result<File> {
        self.opened()?.regular(name, OFlags::RDONLY)
    }

    pub fn create_new(&self, name: &str) -> io::Result<File> {
        self.opened()?.create_new(name)
    }

    pub fn open_lock(&self, name: &str) -> io::Result<File> {
        self.opened()?.regular(name, OFlags::RDWR | OFlags::CREATE)
    }

    pub fn is_name_of(&self, name: &str, file: &File) -> io::Result<bool> {
        let named = self.opened()?.stat_of(name)?;
        let file = fstat(file)?;
        Ok(named.is_some_and(|named| is_same(&named, &file)))
    }

    /// Of all files in it that have a name in UTF-8.
    pub fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(self.opened()?.directory()?)? {
            names.extend(entry?.file_name().to_str().ok().map(str::to_owned));
        }
        Ok(names)
    }

    pub fn has(&self, name: &str) -> io::Result<bool> {
        Ok(self.opened()?.stat_of(name)?.is_some())
    }

    pub fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let opened = self.opened()?;
        let directory = opened.directory()?;
        Ok(renameat(directory, from, directory, to)?)
    }

    pub fn remove(&self, name: &str) -> io::Result<()> {
        self.opened()?.remove(name)
    }

    pub fn sync(&self) -> io::Result<()> {
        sync(self.opened()?.directory()?)
    }
}

/// Opens a file that this program only reads. The directory is taken as it is: nothing is tried out in it, for it may be
/// one of root, or on a file system that is read-only.
pub fn open_guarded(directory: &Path, name: &str, is_private: bool) -> io::Result<File> {
    let opened = Opened::at(directory)?;
    protection::check_directory(&opened.stat)
        .and_then(|()| protection::check_parents(directory, &opened.stat, true))
        .map_err(|why| io::Error::new(why.kind(), format!("of its directory {}: {why}", directory.display())))?;
    let file = opened.regular(name, OFlags::RDONLY)?;
    protection::check_file(&fstat(&file)?, is_private)?;
    Ok(file)
}

struct Opened {
    /// The directory, until this is dropped.
    directory: Option<File>,
    stat: Stat,
    /// The host closed the descriptor. Its number may be anything's by now, also that of the same directory, opened again.
    is_lost: AtomicBool,
}

impl Opened {
    fn make(path: &Path, allow_unprotected: bool) -> io::Result<Self> {
        for above in make(path)? {
            sync(&File::open(above)?)?;
        }
        Self::open(path, allow_unprotected)
    }

    fn at(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let directory = open(path, flags, Mode::empty())?;
        let stat = fstat(&directory)?;
        Ok(Self { directory: Some(directory.into()), stat, is_lost: AtomicBool::new(false) })
    }

    /// Opens the directory and checks who else may write to it.
    fn open(path: &Path, allow_unprotected: bool) -> io::Result<Self> {
        let opened = Self::at(path)?;
        let checked = protection::check_directory(&opened.stat);
        // What is of no use because of its owner or mode needs no other reason.
        let tried = if opened.keeps_a_login().unwrap_or(false) { Ok(true) } else { opened.try_out() };
        let keeps_modes = tried.or_else(|error| checked.as_ref().map_or(Ok(true), |()| Err(error)))?;
        protection::check_file_system(keeps_modes, allow_unprotected)?;
        if keeps_modes {
            checked?;
        }
        protection::check_parents(path, &opened.stat, keeps_modes)?;
        Ok(opened)
    }

    /// A login that was kept here says that a trial is not needed: making and deleting a file may take longer than all the
    /// rest. The file system may have become full or read-only since; a valid token can be read there still.
    fn keeps_a_login(&self) -> io::Result<bool> {
        for entry in Dir::read_from(self.directory()?)? {
            let entry = entry?;
            let name = entry.file_name();
            if name.to_bytes().ends_with(VISIBLE.as_bytes()) {
                let kept = statat(self.directory()?, name, AtFlags::SYMLINK_NOFOLLOW)?;
                let is_file = FileType::from_raw_mode(kept.st_mode) == FileType::RegularFile;
                return Ok(is_file && kept.st_uid == geteuid().as_raw() && protection::is_private(&kept));
            }
        }
        Ok(false)
    }

    /// Creates, locks and deletes a file: permissions alone do not show whether that works. Returns whether the file had
    /// the mode that it was given.
    fn try_out(&self) -> io::Result<bool> {
        let name = name_to_try()?;
        let file = self.create_new(&name)?;
        let locked = file.try_lock().map_err(io::Error::from);
        let made = fstat(&file);
        self.remove(&name)?;
        locked?;
        Ok(protection::is_private(&made?))
    }

    fn directory(&self) -> io::Result<&File> {
        self.directory.as_ref().ok_or_else(|| Errno::BADF.into())
    }

    /// `None` if the descriptor is not that of the directory any more.
    fn stat_now(&self) -> Option<Stat> {
        fstat(self.directory.as_ref()?).ok().filter(|now| is_same(now, &self.stat))
    }

    fn create_new(&self, name: &str) -> io::Result<File> {
        self.regular(name, OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL)
    }

    fn regular(&self, name: &str, flags: OFlags) -> io::Result<File> {
        let always = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = match openat(self.directory()?, name, flags | always, Mode::RUSR | Mode::WUSR) {
            // A link (it has three errors on as many systems), a directory, a socket.
            Err(Errno::LOOP | Errno::MLINK | Errno::ISDIR | Errno::NXIO) => return Err(irregular()),
            #[cfg(target_os = "netbsd")]
            Err(Errno::FTYPE) => return Err(irregular()),
            file => File::from(file?),
        };
        if FileType::from_raw_mode(fstat(&file)?.st_mode) != FileType::RegularFile {
            return Err(irregular());
        }
        Ok(file)
    }

    fn stat_of(&self, name: &str) -> io::Result<Option<Stat>> {
        match statat(self.directory()?, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => Ok(None),
            found => Ok(found.map(Some)?),
        }
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(self.directory()?, name, AtFlags::empty())?)
    }
}

impl Drop for Opened {
    /// A descriptor that was lost is not ours to close.
    fn drop(&mut self) {
        if *self.is_lost.get_mut() || self.stat_now().is_none() {
            mem::forget(self.directory.take());
        }
    }
}
