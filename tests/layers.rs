//! The house of src/: a lower layer never names an upper one, and what is dangerous stays in its room.

use std::path::{Path, PathBuf};

/// Every top-level module, from the bottom up, and the other ones that it may name.
const MAY_NAME: [(&str, &[&str]); 13] = [
    ("text", &[]),
    ("clock", &[]),
    ("process", &[]),
    ("secret", &["text"]),
    ("http", &["secret", "text"]),
    ("error", &["http", "secret", "text"]),
    // Neighbours that do not know each other: what is said, how it travels, and what is kept.
    ("protocol", &["error", "http", "secret", "text"]),
    ("transport", &["error", "http", "secret", "text"]),
    // A store on a server reaches it through the transport, the only one that talks to the network.
    ("store", &["clock", "error", "process", "secret", "text", "transport"]),
    ("client", &["clock", "error", "http", "process", "secret", "text", "protocol", "transport"]),
    ("session", &["clock", "error", "process", "secret", "text", "protocol", "transport", "store", "client"]),
    (
        "blocking",
        &["clock", "error", "http", "process", "secret", "text", "protocol", "transport", "store", "client", "session"],
    ),
    (
        "ffi",
        &[
            "clock",
            "error",
            "http",
            "secret",
            "text",
            "protocol",
            "transport",
            "store",
            "client",
            "session",
            "blocking",
        ],
    ),
];

/// A file of src/, without comments.
struct Source {
    /// As `protocol/json.rs`.
    path: String,
    lines: Vec<String>,
}

impl Source {
    /// The top-level module that the file belongs to.
    fn module(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// Where one of these words stands by itself.
    fn mentions(&self, words: &[&str]) -> Vec<String> {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mentions = |line: &str, word: &str| {
            line.match_indices(word)
                .any(|(at, _)| !line[..at].ends_with(is_word) && !line[at + word.len()..].starts_with(is_word))
        };
        let numbered = self.lines.iter().enumerate();
        let found = numbered.filter(|(_, line)| words.iter().any(|word| mentions(line, word)));
        found.map(|(number, line)| format!("src/{}:{}: {}", self.path, number + 1, line.trim())).collect()
    }
}

fn sources() -> Vec<Source> {
    fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(directory).expect("a directory of src") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    assert!(files.len() > 20, "src/ was not found");
    let read = |file: PathBuf| {
        let text = std::fs::read_to_string(&file).expect("a source file");
        let without_comment = |line: &str| match line.trim_start().starts_with("//") {
            true => String::new(),
            false => line.split(" //").next().unwrap_or_default().to_owned(),
        };
        let path = file.strip_prefix(&root).expect("below src").components();
        let path: Vec<_> = path.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        Source { path: path.join("/"), lines: text.lines().map(without_comment).collect() }
    };
    files.into_iter().map(read).collect()
}

fn none(what: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

#[test]
fn a_lower_layer_never_names_an_upper_one() {
    for source in sources().iter().filter(|source| source.module() != "lib") {
        let module = source.module();
        let known = MAY_NAME.iter().find(|(name, _)| *name == module);
        let (_, allowed) = known.unwrap_or_else(|| panic!("src/{}: say here what {module} may name", source.path));
        for (other, _) in MAY_NAME.iter().filter(|(other, _)| *other != module) {
            if !allowed.contains(other) {
                none(&format!("{module} may not name {other}"), source.mentions(&[&format!("crate::{other}")]));
            }
            none(
                "a layer is named from the crate, where this test sees it",
                source.mentions(&[&format!("super::{other}")]),
            );
        }
    }
}

/// So that the test above cannot be passed by writing a path in another way.
#[test]
fn paths_are_written_so_that_they_can_be_read() {
    for source in sources() {
        let text = source.lines.join("\n");
        for hidden in ["crate::{", "crate::*", "super::super", "crate as "] {
            assert!(!text.contains(hidden), "src/{} writes `{hidden}`: name each module by itself", source.path);
        }
    }
}

#[test]
fn unsafe_code_stays_in_its_two_rooms() {
    for source in sources() {
        if source.module() != "ffi" && source.path != "transport/host.rs" {
            none("unsafe outside of ffi and transport/host.rs", source.mentions(&["unsafe"]));
        }
    }
}

#[test]
fn the_protocol_is_pure() {
    const IMPURE: [&str; 14] = [
        "SystemTime::now",
        "UNIX_EPOCH.elapsed",
        "Instant",
        "std::net",
        "std::fs",
        "std::env",
        "env::var",
        "std::thread",
        "std::process",
        "libc",
        "tokio",
        "reqwest",
        "rustls",
        "getrandom",
    ];
    for source in sources() {
        if ["protocol", "error", "http", "secret", "text"].contains(&source.module()) {
            none("no clock, randomness or I/O below the client", source.mentions(&IMPURE));
        }
    }
}

#[test]
fn only_the_transport_talks_to_the_network() {
    for source in sources() {
        if source.module() != "transport" {
            none("the network belongs to transport", source.mentions(&["std::net", "tokio::net", "reqwest", "hyper"]));
        }
    }
}
