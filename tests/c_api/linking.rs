//! The ways in which a program gets the library beside others: loaded and unloaded, and next to a second library in Rust.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::c::{Linkage, Program, library_directory};

#[test]
fn loading_and_unloading_leaves_nothing_behind() {
    let library = library_directory().join("liboauthclient.so");
    let program = Program::build("api_reload", Linkage::Left);
    program.run(&[("LIBRARY", library.to_str().expect("UTF-8"))]);
}

/// Uses much of what two copies of Rust's standard library could quarrel about.
const SECOND_LIBRARY: &str = r#"
    #[unsafe(no_mangle)]
    pub extern "C" fn second_library_sum(n: u32) -> u32 {
        let numbers: std::collections::HashMap<u32, String> = (0..n).map(|n| (n, n.to_string())).collect();
        std::panic::set_hook(Box::new(|_| {}));
        let caught = std::panic::catch_unwind(|| assert_eq!(std::env::args().count(), 0, "a program has a name"));
        let sum = || numbers.values().filter_map(|n| n.parse::<u32>().ok()).sum::<u32>();
        std::thread::scope(|scope| scope.spawn(sum).join()).unwrap_or_default() + u32::from(caught.is_ok())
    }
"#;

/// `second.a` in this directory, by the compiler that built the tests.
fn second_library(directory: &Path, flags: &[&str]) -> PathBuf {
    let (source, library) = (directory.join("second.rs"), directory.join("libsecond.a"));
    std::fs::write(&source, SECOND_LIBRARY).expect("the source is written");
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let arguments = ["--edition=2024", "--crate-name=second", "--crate-type=staticlib"];
    succeed(Command::new(rustc).args(arguments).args(flags).arg(&source).arg("-o").arg(&library));
    library
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn runs(linkage: Linkage, libraries: &[&Path]) {
    let flags: Vec<&str> = libraries.iter().map(|path| path.to_str().expect("UTF-8")).collect();
    Program::build_with("api_second_library", linkage, &flags).run(&[]);
}

/// The shared library stands beside any other one.
#[test]
fn shared_beside_another_library_in_rust() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    runs(Linkage::Shared, &[&second_library(directory.path(), &[])]);
}

/// Two archives share one copy of Rust's standard library when one compiler made both and neither was merged into one
/// object (lto): that is how plain cargo builds ours.
#[test]
fn static_beside_another_static_library_of_the_same_compiler() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (ours, second) = (library_directory().join("liboauthclient.a"), second_library(directory.path(), &[]));
    runs(Linkage::Left, &[&ours, &second]);
    runs(Linkage::Left, &[&second, &ours]);
}

/// Any other two define the same symbols. One object of the whole archive that keeps only our names does not.
#[test]
fn static_beside_any_other_static_library_once_its_symbols_are_hidden() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (whole, hidden) = (directory.path().join("whole.o"), directory.path().join("oauthclient.o"));
    let ours = library_directory().join("liboauthclient.a");
    succeed(Command::new("ld").args(["-r", "--whole-archive"]).arg(ours).arg("-o").arg(&whole));
    let keep = ["--wildcard", "--keep-global-symbol=oauth_*", "--keep-global-symbol=DW.ref.rust_eh_personality"];
    succeed(Command::new("objcopy").args(keep).arg(whole).arg(&hidden));
    runs(Linkage::Left, &[&hidden, &second_library(directory.path(), &["-Clto=fat"])]);
}
