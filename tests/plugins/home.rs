//! A user with profiles and logins, at a server of the test's own.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
#[cfg(feature = "cli")]
use std::process::Stdio;

use oauthclient_test_server::authorization_server::{AuthorizationServer, CLIENT_ID, CLIENT_SECRET, Options};

#[cfg(feature = "cli")]
use crate::live::kept;
#[cfg(feature = "cli")]
use crate::support::browser;
use crate::support::c::{Linkage, Program, compiler, library_directory, root};

pub struct Home {
    pub server: AuthorizationServer,
    directory: tempfile::TempDir,
}

impl Home {
    pub fn new() -> Self {
        let server = AuthorizationServer::start(Options::default());
        let home = Self { server, directory: tempfile::tempdir().expect("a directory") };
        std::fs::write(home.path("secret"), CLIENT_SECRET).expect("written");
        std::fs::set_permissions(home.path("secret"), Permissions::from_mode(0o600)).expect("a mode");
        home
    }

    /// A file or directory of this test.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a profile, whose login is in a directory of its own.
    pub fn add_profile(&self, name: &str) {
        let (secret, store) = (self.path("secret"), self.path("store"));
        let text = format!(
            "issuer = '{}'\nclient_id = '{CLIENT_ID}'\nclient_secret_file = '{}'\nstore = '{}'\n",
            self.server.issuer(),
            secret.display(),
            store.display()
        );
        std::fs::write(self.path(&format!("{name}.toml")), text).expect("written");
    }

    /// The user logs in for a profile; the refresh token.
    pub fn log_in(&self, profile: &str) -> String {
        let refresh_token = self.server.obtain_refresh_token();
        let program = Program::build("plugin_login", Linkage::Shared);
        let mut command = Command::new(program.path());
        self.settle(&mut command).arg(profile).env("REFRESH_TOKEN", &refresh_token);
        let output = command.output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        refresh_token
    }

    /// The same with the command: what it keeps is for the plug-ins, too.
    #[cfg(feature = "cli")]
    pub fn log_in_by_command(&self, profile: &str) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_oauth-token"));
        self.settle(&mut command).args(["login", profile, "--redirect-path", "/callback"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = browser::log_in(&mut command).wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        kept(self).pop().expect("a refresh token is kept")
    }

    /// Lets a program find the profiles, and nothing else of whoever runs the test.
    pub fn settle<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let home = self.directory.path();
        command.env("HOME", home).env("OAUTH_PROFILE_DIR", home).env("XDG_RUNTIME_DIR", home)
    }

    /// Compiles sources of `examples-c/plugins` with the library, as they are meant to be compiled; the result.
    pub fn compile(&self, sources: &[&str], output: &str, flags: &[&str]) -> PathBuf {
        let (output, libraries) = (self.path(output), library_directory());
        let mut compile = Command::new(compiler());
        compile.args(["-std=gnu99", "-Wall", "-Wextra", "-Werror", "-g", "-I"]).arg(root().join("include"));
        compile.args(sources.iter().map(|source| root().join("examples-c/plugins").join(source)));
        compile.arg("-o").arg(&output).args(flags).arg("-L").arg(&libraries).arg("-loauthclient");
        compile.arg(format!("-Wl,-rpath,{}", libraries.display())).arg("-Wl,--disable-new-dtags");
        let compiled = compile.output().expect("a C compiler");
        assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
        output
    }
}

impl AsRef<Path> for Home {
    fn as_ref(&self) -> &Path {
        self.directory.path()
    }
}
