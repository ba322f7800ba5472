//! What the environment says: where profiles are, and values in place of theirs.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::host;

/// The environment, and the home directory.
pub struct Environment<'a> {
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    pub home: Option<PathBuf>,
}

impl Environment<'_> {
    /// That of this process. A set-uid program ignores its variables, which come from a user with fewer rights: the home
    /// directory is then that of the password database.
    pub fn of_process() -> Environment<'static> {
        match host::is_privileged() {
            true => Environment { variable: &|_| None, home: host::home_of_user() },
            false => Environment { variable: &|name| env::var_os(name), home: env::home_dir() },
        }
    }

    /// An empty variable counts as none.
    pub fn variable(&self, name: &str) -> Option<OsString> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref().filter(|home| home.is_absolute())
    }

    /// The directory of the profiles; `None`: there is no home directory.
    pub fn directory(&self) -> Option<PathBuf> {
        if let Some(directory) = self.variable("OAUTH_PROFILE_DIR") {
            return std::path::absolute(directory).ok();
        }
        let absolute = |name: &str| self.variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let below_home = |path: &str| Some(self.home()?.join(path));
        let configuration = if cfg!(windows) {
            absolute("APPDATA")
        } else if cfg!(target_vendor = "apple") {
            below_home("Library/Application Support")
        } else {
            absolute("XDG_CONFIG_HOME").or_else(|| below_home(".config"))
        };
        Some(configuration?.join("oauthclient"))
    }

    /// A path that is absolute, or begins with `~/`.
    pub fn path(&self, text: &str) -> Result<PathBuf, &'static str> {
        let path = match text.strip_prefix("~/") {
            Some(below) => self.home().ok_or("begins with ~/, and there is no home directory")?.join(below),
            None => PathBuf::from(text),
        };
        if path.is_absolute() { Ok(path) } else { Err("is not an absolute path, and does not begin with ~/") }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn directory(variables: &[(&str, &str)], home: Option<&str>) -> Option<PathBuf> {
        let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        Environment { variable: &variable, home: home.map(PathBuf::from) }.directory()
    }

    #[test]
    fn profiles_lie_where_the_configuration_of_the_user_is() {
        let own = if cfg!(target_vendor = "apple") { "Library/Application Support" } else { ".config" };
        let usual = Some(Path::new("/home/a").join(own).join("oauthclient"));
        assert_eq!(directory(&[], Some("/home/a")), usual);
        assert_eq!(directory(&[("OAUTH_PROFILE_DIR", "")], Some("/home/a")), usual);
        assert_eq!(directory(&[("XDG_CONFIG_HOME", "relative")], Some("/home/a")), usual);
        assert_eq!(directory(&[("OAUTH_PROFILE_DIR", "/etc/p")], None), Some("/etc/p".into()));
        assert_eq!(directory(&[], None), None);
        assert_eq!(directory(&[], Some("relative")), None);
        #[cfg(not(target_vendor = "apple"))]
        assert_eq!(directory(&[("XDG_CONFIG_HOME", "/c")], None), Some("/c/oauthclient".into()));
    }

    #[test]
    fn paths_are_absolute_or_below_home() {
        let at = |home: Option<&str>| Environment { variable: &|_| None, home: home.map(PathBuf::from) };
        assert_eq!(at(None).path("/a/b"), Ok("/a/b".into()));
        assert_eq!(at(Some("/home/a")).path("~/b"), Ok("/home/a/b".into()));
        for (home, text) in [(None, "~/b"), (Some("/home/a"), "b"), (Some("/home/a"), "~other/b"), (None, "")] {
            assert!(at(home).path(text).is_err(), "{text}");
        }
    }
}
