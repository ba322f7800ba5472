//! Compiles the programs of `tests/c` against the library that cargo has just built, and runs them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::skipped::say_skipped;

/// How a program gets the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linkage {
    Shared,
    Static,
    /// Not at all: the program loads it itself, or is given it with its flags.
    Left,
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where `cargo test` has put `liboauthclient.so` and `.a`: beside the test itself.
pub fn library_directory() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    test.parent().expect("it lies in a directory").to_owned()
}

pub fn compiler() -> String {
    std::env::var("CC").unwrap_or_else(|_| "cc".to_owned())
}

fn strict_compiler() -> Command {
    let mut compile = Command::new(compiler());
    compile.args(["-std=c99", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-pedantic", "-Werror", "-g", "-O1"]);
    compile.arg("-I").arg(root().join("include")).arg("-I").arg(root().join("tests/c"));
    compile
}

fn succeed(name: &str, command: &mut Command) {
    let output = command.output().expect("a C compiler");
    assert!(output.status.success(), "{name}:\n{}", String::from_utf8_lossy(&output.stderr));
}

/// A compiled program; deleted with its directory when dropped.
pub struct Program {
    directory: tempfile::TempDir,
    name: String,
}

impl Program {
    /// `tests/c/NAME.c`, as strict C99.
    pub fn build(name: &str, linkage: Linkage) -> Self {
        Self::build_with(name, linkage, &[])
    }

    /// `examples-c/NAME.c`, as its Makefile compiles it.
    pub fn example(name: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut compile = Command::new(compiler());
        compile.args(["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-g"]);
        compile.arg("-I").arg(root().join("include")).arg(root().join(format!("examples-c/{name}.c")));
        Self::link(compile, directory, name, Linkage::Shared)
    }

    pub fn build_with(name: &str, linkage: Linkage, flags: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut compile = strict_compiler();
        compile.arg(root().join(format!("tests/c/{name}.c"))).args(flags);
        Self::link(compile, directory, name, linkage)
    }

    /// Several programs in one file, linked once; each is run by its name (see [`Program::only`]).
    pub fn bundle(names: &[&str], linkage: Linkage) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut main = String::from("#include <string.h>\n");
        let mut choices = String::new();
        let mut link = strict_compiler();
        for name in names {
            let object = directory.path().join(name).with_extension("o");
            let mut compile = strict_compiler();
            compile.arg(format!("-Dmain={name}")).arg("-c").arg(root().join(format!("tests/c/{name}.c")));
            succeed(name, compile.arg("-o").arg(&object));
            link.arg(object);
            main.push_str(&format!("int {name}(void);\n"));
            choices.push_str(&format!("    if (strcmp(arguments[1], \"{name}\") == 0) return {name}();\n"));
        }
        main.push_str(&format!("int main(int count, char **arguments) {{\n    if (count != 2) return 64;\n{choices}"));
        main.push_str("    return 64;\n}\n");
        let source = directory.path().join("main.c");
        std::fs::write(&source, main).expect("the source is written");
        link.arg(source);
        Self::link(link, directory, "bundle", linkage)
    }

    fn link(mut compile: Command, directory: tempfile::TempDir, name: &str, linkage: Linkage) -> Self {
        let libraries = library_directory();
        compile.arg("-o").arg(directory.path().join(name));
        match linkage {
            Linkage::Shared => {
                compile.arg("-L").arg(&libraries).arg("-loauthclient");
                compile.arg(format!("-Wl,-rpath,{}", libraries.display()));
                if cfg!(target_os = "linux") {
                    // Cargo's LD_LIBRARY_PATH would win, and lead to what an earlier `cargo build` left.
                    compile.arg("-Wl,--disable-new-dtags");
                }
            }
            Linkage::Static => {
                compile.arg(libraries.join("liboauthclient.a"));
            }
            Linkage::Left => {}
        }
        succeed(name, compile.args(["-lpthread", "-ldl", "-lm"]));
        Self { directory, name: name.to_owned() }
    }

    /// Runs one program of a bundle; it must succeed and say nothing on stderr.
    pub fn only(&self, name: &str, settings: &[(&str, &str)]) -> String {
        self.check(Command::new(self.path()).arg(name).envs(settings.iter().copied()))
    }

    pub fn path(&self) -> PathBuf {
        self.directory.path().join(&self.name)
    }

    /// Runs it with these settings in its environment; it must succeed and say nothing on stderr.
    pub fn run(&self, settings: &[(&str, &str)]) -> String {
        self.check(Command::new(self.path()).envs(settings.iter().copied()))
    }

    /// The same under valgrind, where that is installed: no error, no leak.
    pub fn run_under_valgrind(&self, settings: &[(&str, &str)]) {
        if Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
            return say_skipped("valgrind is not installed: leaks and memory errors were not looked for");
        }
        let mut valgrind = Command::new("valgrind");
        valgrind.args([
            "-q",
            "--error-exitcode=99",
            "--leak-check=full",
            "--show-leak-kinds=definite,indirect,possible",
        ]);
        valgrind.args(["--errors-for-leak-kinds=definite,indirect,possible", "--fair-sched=yes"]);
        valgrind.arg(format!("--suppressions={}", root().join("tests/c/valgrind.supp").display()));
        self.check(valgrind.arg(self.path()).envs(settings.iter().copied()).env("UNDER_VALGRIND", "1"));
    }

    fn check(&self, command: &mut Command) -> String {
        let output = run_bounded(command, Duration::from_secs(120));
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{}: {:?}\nstdout:\n{out}\nstderr:\n{err}", self.name, output.status);
        assert_eq!(err, "", "{} said something on stderr; stdout:\n{out}", self.name);
        out.into_owned()
    }
}

/// Runs to the end, or kills it when it takes too long: a hang is a failure, not a hanging test.
pub fn run_bounded(command: &mut Command, limit: Duration) -> Output {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let id = child.id().to_string();
    let (done, finished) = std::sync::mpsc::channel::<()>();
    let started = Instant::now();
    let watchdog = std::thread::spawn(move || {
        if finished.recv_timeout(limit) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            drop(Command::new("kill").args(["-9", &id]).status());
        }
    });
    let output = child.wait_with_output().expect("it ends");
    drop(done);
    watchdog.join().expect("the watchdog ends");
    assert!(started.elapsed() < limit, "{command:?} took longer than {limit:?} and was killed");
    output
}

/// A function as `include/oauth.h` declares it.
pub struct Function {
    pub name: String,
    pub arguments: String,
    pub documentation: String,
}

pub fn header() -> String {
    std::fs::read_to_string(root().join("include/oauth.h")).expect("include/oauth.h is checked in")
}

/// Every function of the header, in its order.
pub fn declared_functions() -> Vec<Function> {
    let header = header();
    let (_, declarations) = header.split_once("extern \"C\" {").expect("functions come after extern \"C\"");
    let parts = declarations.split("/**").skip(1).filter_map(|part| {
        let (documentation, declaration) = part.split_once("*/").expect("a comment ends");
        let declaration = declaration.split("/*").next().unwrap_or_default().trim_start();
        if declaration.starts_with("#define") || declaration.starts_with("typedef") {
            return None;
        }
        let (before, after) = declaration.split_once('(').expect("a function has arguments");
        let (arguments, _) = after.split_once(");").expect("a declaration ends");
        let name = before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default();
        Some(Function {
            name: name.to_owned(),
            arguments: arguments.to_owned(),
            documentation: documentation.to_owned(),
        })
    });
    parts.collect()
}
