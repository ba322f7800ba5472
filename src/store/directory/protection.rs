//! Who may write to a directory, or put another one in its place: its owner, root, and nobody else.

use std::fs;
use std::io;
use std::path::Path;

use rustix::fs::{Mode, Stat, stat};
use rustix::process::geteuid;

use crate::store::directory::group::is_of_one;

/// The directory itself.
pub fn check_directory(directory: &Stat) -> io::Result<()> {
    why_not(directory.st_uid, mode(directory), geteuid().as_raw()).map_or(Ok(()), refused)
}

fn why_not(owner: u32, mode: Mode, user: u32) -> Option<String> {
    if !is_trusted(owner, user) {
        return Some(format!(
            "it belongs to user {owner}, and this program runs as user {user}; give each user a directory of its own"
        ));
    }
    let advice = "take that right away (chmod go-w)";
    others_may_write(mode).then(|| format!("others than its owner may write to it ({}); {advice}", digits(mode)))
}

/// A file in it that this program only reads. If it is `private`, nobody else may read it either.
pub fn check_file(file: &Stat, is_private: bool) -> io::Result<()> {
    why_not_file(file.st_uid, mode(file), geteuid().as_raw(), is_private).map_or(Ok(()), refused)
}

fn why_not_file(owner: u32, mode: Mode, user: u32, is_private: bool) -> Option<String> {
    if !is_trusted(owner, user) {
        return Some(format!("it belongs to user {owner}, and this program runs as user {user}"));
    }
    if is_private && mode.intersects(Mode::RWXG | Mode::RWXO) {
        let advice = "take that right away (chmod 600)";
        return Some(format!("others than its owner may use it ({}); {advice}", digits(mode)));
    }
    let advice = "take that right away (chmod go-w)";
    others_may_write(mode).then(|| format!("others than its owner may write to it ({}); {advice}", digits(mode)))
}

/// A file system without permissions keeps no secret. The program may say that it need not.
pub fn check_file_system(keeps_modes: bool, allow_unprotected: bool) -> io::Result<()> {
    if keeps_modes || allow_unprotected {
        return Ok(());
    }
    refused(
        "its file system keeps no permissions, so that others may read and replace the logins; use another directory, \
         or allow it by oauth_store_options_set_allow_unprotected"
            .to_owned(),
    )
}

/// The directories above it, as its path names them and as they are behind symbolic links. Those of a file system that
/// keeps no modes are left out.
pub fn check_parents(path: &Path, directory: &Stat, keeps_modes: bool) -> io::Result<()> {
    let real = fs::canonicalize(path)?;
    if !is_same(&stat(&real)?, directory) {
        return refused("another directory was put in its place meanwhile; try again".to_owned());
    }
    let user = geteuid().as_raw();
    // Without a symbolic link both are the same.
    let behind_links = real.ancestors().skip(1).take_while(|_| real != path);
    for parent in path.ancestors().skip(1).chain(behind_links) {
        let seen = stat(parent)?;
        if !keeps_modes && seen.st_dev == directory.st_dev {
            continue;
        }
        let mut mode = mode(&seen);
        // Where each user has a group of their own, they usually let it write.
        if mode.contains(Mode::WGRP) && user != 0 && is_of_one(seen.st_gid, user) {
            mode.remove(Mode::WGRP);
        }
        if let Some(why) = why_not_above(seen.st_uid, mode, user) {
            return refused(format!("above it, {} {why}", parent.display()));
        }
    }
    Ok(())
}

/// In a sticky directory, only the owners of an entry and of the directory may rename or delete it.
fn why_not_above(owner: u32, mode: Mode, user: u32) -> Option<String> {
    if !is_trusted(owner, user) && !is_outside(owner) {
        return Some(format!(
            "belongs to user {owner}, who can replace it, and this program runs as user {user}; use another directory"
        ));
    }
    let advice = "take that right away (chmod go-w), or use another directory";
    let is_open = others_may_write(mode) && !mode.contains(Mode::SVTX);
    is_open.then(|| format!("may be written to by others, who can replace it ({}); {advice}", digits(mode)))
}

pub fn is_same(one: &Stat, other: &Stat) -> bool {
    (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
}

fn is_trusted(owner: u32, user: u32) -> bool {
    owner == user || owner == 0
}

/// Whether the owner is a user outside of this process's user namespace, as root is for a sandbox. No process inside has
/// that user's rights.
fn is_outside(owner: u32) -> bool {
    fs::read_to_string("/proc/self/uid_map").is_ok_and(|ranges| !contain(&ranges, owner))
}

/// Whether the ranges, of a first number here, one outside, and a count, contain the user.
fn contain(ranges: &str, user: u32) -> bool {
    ranges.lines().any(|range| {
        let numbers: Vec<u64> = range.split_whitespace().map_while(|number| number.parse().ok()).collect();
        matches!(numbers[..], [first, _, count] if (first..first + count).contains(&user.into()))
    })
}

fn mode(stat: &Stat) -> Mode {
    Mode::from_raw_mode(stat.st_mode)
}

/// Whether a file that was made for its owner alone is.
pub fn is_private(file: &Stat) -> bool {
    !mode(file).intersects(Mode::RWXG | Mode::RWXO)
}

fn others_may_write(mode: Mode) -> bool {
    mode.intersects(Mode::WGRP | Mode::WOTH)
}

/// In digits, for messages.
fn digits(mode: Mode) -> String {
    format!("mode {:04o}", mode.bits() & 0o7777)
}

fn refused(why: String) -> io::Result<()> {
    Err(io::Error::other(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_its_users_or_roots_and_writable_by_nobody_else() {
        for (owner, mode, user, why) in [
            (1000, 0o700, 1000, None),
            (0, 0o755, 1000, None),
            (0, 0o700, 0, None),
            (1000, 0o700, 0, Some("belongs to user 1000")),
            (1001, 0o700, 1000, Some("runs as user 1000")),
            (1000, 0o770, 1000, Some("mode 0770")),
            (1000, 0o1777, 1000, Some("chmod go-w")),
        ] {
            let said = why_not(owner, Mode::from_raw_mode(mode), user);
            assert!(
                said.as_ref().map(|said| said.contains(why.unwrap_or("?"))) == why.map(|_| true),
                "{said:?} {why:?}"
            );
        }
    }

    #[test]
    fn a_file_is_its_users_or_roots_too_and_a_private_one_readable_by_nobody_else() {
        for (owner, mode, is_private, why) in [
            (1000, 0o644, false, None),
            (0, 0o644, false, None),
            (1000, 0o600, true, None),
            (1000, 0o400, true, None),
            (1001, 0o600, false, Some("belongs to user 1001")),
            (1000, 0o664, false, Some("mode 0664")),
            (1000, 0o602, false, Some("chmod go-w")),
            (1000, 0o640, true, Some("chmod 600")),
            (1000, 0o604, true, Some("mode 0604")),
        ] {
            let said = why_not_file(owner, Mode::from_raw_mode(mode), 1000, is_private);
            assert!(
                said.as_ref().map(|said| said.contains(why.unwrap_or("?"))) == why.map(|_| true),
                "{said:?} {why:?}"
            );
        }
    }

    #[test]
    fn above_it_only_a_sticky_directory_may_be_writable_by_others() {
        for (owner, mode, user, why) in [
            (0, 0o755, 1000, None),
            (0, 0o1777, 1000, None),
            (1000, 0o2750, 1000, None),
            (0, 0o777, 1000, Some("mode 0777")),
            (1000, 0o775, 1000, Some("mode 0775")),
            (1001, 0o755, 1000, Some("belongs to user 1001")),
            (1001, 0o1777, 1000, Some("belongs to user 1001")),
        ] {
            let said = why_not_above(owner, Mode::from_raw_mode(mode), user);
            assert!(
                said.as_ref().map(|said| said.contains(why.unwrap_or("?"))) == why.map(|_| true),
                "{said:?} {why:?}"
            );
        }
    }

    #[test]
    fn a_user_namespace_contains_some_users() {
        let everybody = "         0          0 4294967295\n";
        let some = "         0       1000          1\n         1     100000      65536\n";
        assert!(contain(everybody, 0) && contain(everybody, 65534));
        assert!(contain(some, 0) && contain(some, 65534) && contain(some, 65536) && !contain(some, 65537));
        assert!(!contain("         0       1000          1\n", 65534) && !contain("", 0));
    }

    #[test]
    fn a_file_system_without_modes_has_to_be_allowed_by_name() {
        assert!(check_file_system(true, false).is_ok() && check_file_system(true, true).is_ok());
        assert!(check_file_system(false, true).is_ok());
        let error = check_file_system(false, false).expect_err("refused").to_string();
        assert!(error.contains("oauth_store_options_set_allow_unprotected"), "{error}");
    }
}
