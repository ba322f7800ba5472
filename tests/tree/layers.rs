//! The house of src/: a lower layer never names an upper one, and what is dangerous stays in its room.

use std::path::{Path, PathBuf};

/// Every top-level module, from the bottom up, and the other ones that it may name.
const MAY_NAME: [(&str, &[&str]); 19] = [
    ("text", &[]),
    ("clock", &[]),
    ("host", &[]),
    ("process", &["host"]),
    ("secret", &["text"]),
    ("http", &["secret", "text"]),
    ("error", &["http", "secret", "text"]),
    // Neighbours that do not know each other: what is said, how it travels, and what is kept.
    ("protocol", &["error", "http", "secret", "text"]),
    ("transport", &["error", "host", "http", "process", "secret", "text"]),
    ("source", &["error", "host", "http", "secret", "text", "protocol", "transport"]),
    // A store on a server reaches it through the transport, the only one that talks to the network.
    ("store", &["clock", "error", "host", "process", "secret", "source", "text", "transport"]),
    ("client", &["clock", "error", "host", "http", "process", "secret", "source", "text", "protocol", "transport"]),
    (
        "session",
        &["clock", "error", "host", "process", "secret", "source", "text", "protocol", "transport", "store", "client"],
    ),
    ("engine", &["error", "host", "process", "transport", "client"]),
    (
        "blocking",
        &[
            "error",
            "host",
            "process",
            "secret",
            "source",
            "text",
            "protocol",
            "transport",
            "store",
            "client",
            "session",
            "engine",
        ],
    ),
    (
        "operations",
        &["error", "host", "process", "secret", "protocol", "transport", "client", "session", "engine", "blocking"],
    ),
    (
        "profile",
        &["error", "host", "secret", "text", "protocol", "transport", "store", "client", "session", "blocking"],
    ),
    (
        "ffi",
        &[
            "clock",
            "error",
            "host",
            "http",
            "secret",
            "source",
            "text",
            "protocol",
            "transport",
            "store",
            "client",
            "session",
            "blocking",
            "operations",
            "profile",
        ],
    ),
    // The command is a program of its own: it names the library by its name.
    (
        "bin",
        &[
            "clock",
            "error",
            "http",
            "secret",
            "text",
            "protocol",
            "transport",
            "client",
            "session",
            "blocking",
            "profile",
        ],
    ),
];

/// Where the command is.
const COMMAND: &str = "bin/oauth-token/";

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

/// The rooms of src/ffi, from the ground up, and the other ones that they may name.
const ROOMS: [(&str, &[&str]); 11] = [
    ("boundary", &[]),
    ("outcome", &["boundary"]),
    ("call", &["boundary"]),
    ("key", &["boundary", "outcome"]),
    ("source", &["boundary", "outcome", "call"]),
    ("client", &["boundary", "outcome", "call", "key", "source"]),
    ("token", &["boundary", "outcome", "call", "client"]),
    ("store", &["boundary", "outcome", "source"]),
    ("log_in", &["boundary", "outcome", "call", "client", "token"]),
    ("session", &["boundary", "outcome", "call", "client", "token", "source", "store"]),
    ("operation", &["boundary", "outcome", "call", "client", "token", "store", "log_in", "session"]),
];

#[test]
fn a_room_of_the_c_abi_names_only_the_rooms_below_it() {
    for source in sources().iter().filter(|source| source.path.starts_with("ffi/") && source.path != "ffi/mod.rs") {
        let room = source.path.split('/').nth(1).unwrap_or_default();
        let (_, allowed) =
            ROOMS.iter().find(|(name, _)| *name == room).unwrap_or_else(|| panic!("{room}: say it here"));
        for (other, _) in ROOMS.iter().filter(|(other, _)| *other != room && !allowed.contains(other)) {
            none(
                &format!("{room} may not name {other}"),
                source.mentions(&[&format!("crate::ffi::{other}"), &format!("super::{other}")]),
            );
        }
    }
}

impl Source {
    /// The module that the file is, as `["protocol", "json"]`.
    fn module_path(&self) -> Vec<&str> {
        let path = self.path.trim_end_matches(".rs");
        path.trim_end_matches("/mod").split('/').collect()
    }

    /// The code, without its unit tests.
    fn code(&self) -> String {
        let lines = self.lines.iter().take_while(|line| line.as_str() != "#[cfg(test)]");
        lines.cloned().collect::<Vec<_>>().join("\n")
    }

    /// Every path of the crate that the file names, from the crate's root.
    fn named_paths(&self) -> Vec<Vec<String>> {
        let code = self.code();
        let own: Vec<String> = self.module_path().into_iter().map(str::to_owned).collect();
        let parent = own[..own.len() - 1].to_vec();
        let children =
            code.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'));
        let children: Vec<String> = children.map(|name| format!("{name}::")).collect();
        let mut paths = Vec::new();
        let root = match self.path.starts_with(COMMAND) {
            true => own[..2].to_vec(),
            false => Vec::new(),
        };
        for (at, _) in code.match_indices("crate::") {
            follow(&code[at + "crate::".len()..], root.clone(), &mut paths);
        }
        for (at, _) in code.match_indices("super::") {
            follow(&code[at + "super::".len()..], parent.clone(), &mut paths);
        }
        for line in code.lines() {
            let line = line.trim_start_matches("pub ");
            let used = line.strip_prefix("use ").filter(|used| children.iter().any(|child| used.starts_with(child)));
            used.into_iter().for_each(|used| follow(used, own.clone(), &mut paths));
        }
        paths
    }
}

/// Reads a path, and each branch of a group, from where it begins.
fn follow(text: &str, mut base: Vec<String>, paths: &mut Vec<Vec<String>>) {
    let mut rest = text;
    loop {
        if let Some(group) = rest.strip_prefix('{') {
            let (mut depth, mut start) = (0, 0);
            for (at, character) in group.char_indices() {
                match character {
                    '{' => depth += 1,
                    '}' if depth == 0 => return follow(group[start..at].trim_start(), base, paths),
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        follow(group[start..at].trim_start(), base.clone(), paths);
                        start = at + 1;
                    }
                    _ => {}
                }
            }
            return;
        }
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        base.push(rest[..end].to_owned());
        match rest[end..].strip_prefix("::") {
            Some(next) => rest = next,
            None => return paths.push(base),
        }
    }
}

/// Files that name each other, over however many, are one file in pieces.
#[test]
fn no_files_name_each_other_in_a_circle() {
    let sources = sources();
    let modules: Vec<Vec<&str>> = sources.iter().map(Source::module_path).collect();
    let file_of = |path: &[String]| {
        let is_prefix =
            |module: &Vec<&str>| module.len() <= path.len() && module.iter().zip(path).all(|(one, other)| one == other);
        let found = modules.iter().enumerate().filter(|(_, module)| is_prefix(module));
        found.max_by_key(|(_, module)| module.len()).map(|(index, _)| index)
    };
    let named = |index: usize| -> Vec<usize> {
        let mut files: Vec<usize> = sources[index].named_paths().iter().filter_map(|path| file_of(path)).collect();
        files.sort_unstable();
        files.dedup();
        files.retain(|file| *file != index);
        files
    };
    let names: Vec<Vec<usize>> = (0..sources.len()).map(named).collect();
    assert!(names.iter().map(Vec::len).sum::<usize>() > sources.len(), "hardly any file names another");
    // Who names nobody that is left, or is named by nobody, goes; what stays at the end stands in circles or between two.
    let mut left: Vec<usize> = (0..sources.len()).collect();
    loop {
        let still = left.clone();
        let names_one = |file: usize| names[file].iter().any(|other| still.contains(other));
        let is_named = |file: usize| still.iter().any(|other| names[*other].contains(&file));
        left.retain(|file| names_one(*file) && is_named(*file));
        if left == still {
            break;
        }
    }
    let shown = left.iter().map(|file| {
        let others =
            names[*file].iter().filter(|other| left.contains(other)).map(|other| sources[*other].path.as_str());
        format!("src/{} names {}", sources[*file].path, others.collect::<Vec<_>>().join(", "))
    });
    none("files in a circle", shown.collect());
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
                let own_name = if module == "bin" { "oauthclient" } else { "crate" };
                none(&format!("{module} may not name {other}"), source.mentions(&[&format!("{own_name}::{other}")]));
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
        if source.module() != "ffi" && source.path != "host.rs" {
            none("unsafe outside of ffi and host.rs", source.mentions(&["unsafe"]));
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
