//! The certified authorization server of `tests/interop`: one for all tests of a test binary.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use super::skipped::say_skipped;

/// What its packages need.
const NODE: (u32, u32) = (20, 19);
const FILES: [&str; 8] = [
    "clients.mjs",
    "clocks.mjs",
    "jose.mjs",
    "keys.mjs",
    "package-lock.json",
    "package.json",
    "provider.mjs",
    "server.mjs",
];

/// A running server. It stops when its standard input ends: at the latest with this process.
pub struct Interop {
    settings: HashMap<String, String>,
    process: Child,
}

/// The server, or nothing where it cannot run; then a line on stderr says why the calling test was skipped. In CI
/// it must run.
pub fn interop() -> Option<&'static Interop> {
    static INTEROP: OnceLock<Result<Interop, String>> = OnceLock::new();
    match INTEROP.get_or_init(Interop::start) {
        Ok(interop) => Some(interop),
        Err(reason) => {
            say_skipped(reason);
            None
        }
    }
}

impl Interop {
    fn start() -> Result<Self, String> {
        let directory = installed()?;
        let openssl = run(Command::new("openssl").arg("version"))?;
        if !openssl.starts_with("OpenSSL 3") {
            return Err(format!("OpenSSL 3 is needed for keys and certificates, this is {openssl}"));
        }
        let mut node = Command::new("node");
        node.arg(directory.join("server.mjs")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = node.spawn().map_err(|error| format!("node did not start: {error}"))?;
        let output = BufReader::new(process.stdout.take().expect("it is piped"));
        let lines = output.lines().map_while(Result::ok);
        let settings = lines.take_while(|line| line != "READY").filter_map(|line| {
            let (key, value) = line.split_once('=')?;
            Some((key.to_owned(), value.to_owned()))
        });
        let settings: HashMap<_, _> = settings.collect();
        let interop = Self { settings, process };
        match interop.settings.is_empty() {
            true => Err("the server of tests/interop ended at once".to_owned()),
            false => Ok(interop),
        }
    }

    pub fn setting(&self, name: &str) -> &str {
        self.settings.get(name).unwrap_or_else(|| panic!("tests/interop/server.mjs prints no {name}"))
    }

    pub fn issuer(&self) -> &str {
        self.setting("ISSUER")
    }

    /// A key or a certificate that the server made: `tests/interop/keys.mjs` says which there are.
    pub fn file(&self, name: &str) -> PathBuf {
        Path::new(self.setting("KEYS")).join(name)
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The id and the secret of a client, which a public one has not.
    pub fn client(&self, name: &str) -> (&str, Option<&str>) {
        (self.setting(&format!("{name}_ID")), self.settings.get(&format!("{name}_SECRET")).map(String::as_str))
    }
}

impl Drop for Interop {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// The directory with the server and its packages, made on first use: in a place of its own and then renamed, so that
/// neither a second test binary nor a broken download can leave half of one.
fn installed() -> Result<PathBuf, String> {
    let version = run(Command::new("node").arg("--version"))?;
    let mut numbers = version.trim_start_matches('v').split('.').map_while(|number| number.parse::<u32>().ok());
    if numbers.next().zip(numbers.next()).is_none_or(|found| found < NODE) {
        return Err(format!("Node.js {}.{} or newer is needed, this is {version}", NODE.0, NODE.1));
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let mut hasher = DefaultHasher::new();
    for file in FILES {
        std::fs::read(source.join(file)).expect("it is checked in").hash(&mut hasher);
    }
    let directory = target.join(format!("interop-{:016x}", hasher.finish()));
    if !directory.exists() {
        let fresh = tempfile::tempdir_in(target).expect("a directory under target");
        for file in FILES {
            std::fs::copy(source.join(file), fresh.path().join(file)).expect("a copy under target");
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--loglevel=error", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(fresh.path());
        run(&mut npm)?;
        // Fails where another test binary was faster.
        drop(std::fs::rename(fresh.path(), &directory));
    }
    Ok(directory)
}

fn run(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().display().to_string();
    let output = command.stdin(Stdio::null()).output().map_err(|error| {
        format!(
            "{name} did not start ({error}); install Node.js {}.{} or newer with npm, and OpenSSL (Debian: apt install nodejs npm openssl)",
            NODE.0, NODE.1
        )
    })?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        false => {
            let said = [output.stderr, output.stdout].concat();
            Err(format!("{name} failed: {}", String::from_utf8_lossy(&said).trim().replace('\n', " | ")))
        }
    }
}
