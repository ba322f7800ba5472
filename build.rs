//! Writes `oauth.h` from `src/ffi` into the build directory; into `include/` too when `OAUTHCLIENT_WRITE_HEADER` is set.
//! Writes the man pages into the directory that `OAUTHCLIENT_WRITE_MANUAL` names, and for cargo-c into the build directory.
//!
//! The header is a manual: a head, then sections in the order in which a reader needs them. cbindgen runs once for each
//! section; here the pieces are joined.

use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "build/manual/mod.rs"]
mod manual;
#[cfg(unix)]
#[path = "build/symbol_versions.rs"]
mod symbol_versions;

/// The parts and their sections. The first file of a section opens with its title and introduction (`//!`).
const PARTS: [(&str, &[&[&str]]); 10] = [
    (
        "What all calls share",
        &[
            &["boundary/version", "boundary/user_data"],
            &["outcome/status"],
            &["outcome/deviations"],
            &["outcome/error"],
        ],
    ),
    (
        "A client",
        &[
            &[
                "client/config",
                "client/proof",
                "client/security_profile",
                "client/server",
                "client/authorization_request",
            ],
            &["client/connections"],
            &["client/mod"],
            &["client/metadata"],
        ],
    ),
    ("Keys and proofs", &[&["key/mod", "key/signer"], &["source/mod", "source/built_in", "session/source"]]),
    ("A call", &[&["call/options"], &["call/cancel"], &["call/params"]]),
    (
        "Getting a token",
        &[
            &["token/endpoint"],
            &["log_in/mod"],
            &["log_in/authorization"],
            &["log_in/listener"],
            &["log_in/browser"],
            &["log_in/device"],
            &["token/grants"],
        ],
    ),
    (
        "The token",
        &[&["token/mod"], &["token/proof"], &["token/userinfo"], &["token/introspection"], &["token/revocation"]],
    ),
    ("What a server said", &[&["outcome/json", "outcome/json_text"], &["outcome/response"], &["outcome/challenges"]]),
    (
        "Staying valid",
        &[
            &["session/mod", "session/login", "session/proof", "session/standing", "session/profile"],
            &["session/options", "session/unattended"],
            &["store/mod"],
            &["store/redis", "store/redis_tls"],
            &["store/keyring"],
            &["store/callbacks"],
        ],
    ),
    (
        "Without blocking",
        &[
            &["operation/mod", "operation/result"],
            &["operation/start_session"],
            &["operation/start_token", "operation/start_grants"],
            &["operation/start_log_in", "operation/start_device"],
            &["operation/start_about_token"],
        ],
    ),
    ("Functions of your own", &[&["client/log"], &["client/transport"]]),
];

/// The longest line.
const COLUMNS: usize = 100;

fn main() {
    println!("cargo:rerun-if-changed=src/ffi");
    println!("cargo:rerun-if-changed=cbindgen.toml");
    println!("cargo:rerun-if-env-changed=OAUTHCLIENT_WRITE_HEADER");
    println!("cargo:rerun-if-env-changed=OAUTHCLIENT_WRITE_MANUAL");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // Thread-local destructors and a resolver's last instructions outlive dlclose.
        println!("cargo:rustc-link-arg-cdylib=-Wl,-z,nodelete");
        name_symbol_versions();
        if env::var_os("CARGO_FEATURE_CLI").is_some() && env::var("CARGO_CFG_TARGET_ENV").as_deref() == Ok("gnu") {
            bring_unwinding_into_the_command();
        }
    }
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("set by cargo"));
    let header = header(&root);
    let out = PathBuf::from(env::var("OUT_DIR").expect("set by cargo"));
    fs::write(out.join("oauth.h"), &header).expect("OUT_DIR is writable");
    if env::var_os("OAUTHCLIENT_WRITE_HEADER").is_some() {
        fs::write(root.join("include/oauth.h"), &header).expect("include/ is writable");
    }
    let for_cargo_c = env::var_os("CARGO_FEATURE_CAPI").map(|_| out.join("man3"));
    let asked_for = env::var_os("OAUTHCLIENT_WRITE_MANUAL").map(PathBuf::from);
    for directory in for_cargo_c.into_iter().chain(asked_for) {
        let version = env::var("CARGO_PKG_VERSION").expect("set by cargo");
        manual::write(&header, &version, &directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    }
}

/// The command starts faster with one library less to load: `-lgcc_s` finds a script of ours, which names the archive in its place.
fn bring_unwinding_into_the_command() {
    let directory = PathBuf::from(env::var("OUT_DIR").expect("set by cargo")).join("command");
    fs::create_dir_all(&directory).expect("OUT_DIR is writable");
    fs::write(directory.join("libgcc_s.so"), "GROUP ( -lgcc_eh -lgcc )\n").expect("OUT_DIR is writable");
    println!("cargo:rustc-link-arg-bin=oauth-token=-L{}", directory.display());
}

/// Gives each export its version, where the linker can be told to.
fn name_symbol_versions() {
    println!("cargo:rerun-if-changed=build");
    println!("cargo:rerun-if-env-changed=OAUTHCLIENT_LD");
    #[cfg(unix)]
    match symbol_versions::link_arguments(Path::new(&env::var("OUT_DIR").expect("set by cargo"))) {
        Ok(arguments) => arguments.iter().for_each(|argument| println!("cargo:rustc-link-arg-cdylib={argument}")),
        Err(why) => println!("cargo:warning=the shared library gets no symbol versions: {why}"),
    }
}

/// A file of `src/ffi`.
struct Source {
    /// Where cbindgen finds it.
    path: PathBuf,
    text: String,
}

impl Source {
    fn read(root: &Path, name: &str) -> Self {
        let path = root.join(format!("src/ffi/{name}.rs"));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        // The files of a room stand in sections of their own: cbindgen must not follow their names.
        let alone: String =
            text.lines().filter(|line| !line.starts_with("pub mod ")).map(|line| format!("{line}\n")).collect();
        let path = PathBuf::from(env::var("OUT_DIR").expect("set by cargo")).join(name.replace('/', "_") + ".rs");
        fs::write(&path, alone).expect("OUT_DIR is writable");
        Self { path, text }
    }

    /// Its `//!` lines.
    fn introduction(&self) -> impl Iterator<Item = &str> {
        let lines = self.text.lines().map_while(|line| line.strip_prefix("//!"));
        lines.map(|line| line.strip_prefix(' ').unwrap_or(line))
    }

    /// The names of its public types that are no handles.
    fn typedefs(&self) -> impl Iterator<Item = String> {
        let names = self.text.lines().filter_map(|line| line.strip_prefix("pub type "));
        names.map(|line| line.split([' ', '=', '<']).next().unwrap_or_default().to_owned())
    }
}

fn header(root: &Path) -> String {
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml is valid");
    let head = fs::read_to_string(root.join("src/ffi/head.h")).expect("src/ffi/head.h");
    let (mut index, mut body, mut known, mut number) = (String::new(), String::new(), Vec::new(), 0);
    for ((part, sections), roman) in PARTS.iter().zip(["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"]) {
        index.push_str(&format!(" *\n * {roman} {part}\n"));
        for files in *sections {
            number += 1;
            let sources: Vec<Source> = files.iter().map(|name| Source::read(root, name)).collect();
            let title = sources[0].introduction().next().unwrap_or_default().trim_end_matches('.').to_owned();
            index.push_str(&format!(" *   {number:>2} {title}\n"));
            let rule = "=".repeat(COLUMNS - 4);
            body.push_str(&format!("\n/* {rule}\n * {number} {title} ({roman} {part})\n"));
            for line in sources[0].introduction().skip(1) {
                body.push_str(format!(" * {line}").trim_end());
                body.push('\n');
            }
            body.push_str(&format!(" * {} */\n\n", &rule[3..]));
            body.push_str(&declarations(&config, &sources, &mut known));
        }
    }
    let handles = handles(&config, root);
    let header = head.replace(" * @index\n", &index).replace("@version\n", &version()).replace("@handles\n", &handles);
    header.replace("@sections\n", &body)
}

fn version() -> String {
    let part = |name: &str| env::var(name).expect("set by cargo");
    format!(
        "#define OAUTH_VERSION_MAJOR {}\n#define OAUTH_VERSION_MINOR {}\n#define OAUTH_VERSION_PATCH {}\n\
         #define OAUTH_VERSION_STRING \"{}\"\n",
        part("CARGO_PKG_VERSION_MAJOR"),
        part("CARGO_PKG_VERSION_MINOR"),
        part("CARGO_PKG_VERSION_PATCH"),
        part("CARGO_PKG_VERSION"),
    )
}

/// All handles, first: C99 takes a typedef once.
fn handles(config: &cbindgen::Config, root: &Path) -> String {
    let mut config = config.clone();
    config.export.item_types = vec![cbindgen::ItemType::OpaqueItems];
    let files = PARTS.iter().flat_map(|(_, sections)| sections.iter().copied().flatten());
    let sources: Vec<Source> = files.map(|name| Source::read(root, name)).collect();
    tidy(&generate(config, &sources))
}

/// The constants, types and functions of a section. `known` are the types of earlier ones.
fn declarations(config: &cbindgen::Config, sources: &[Source], known: &mut Vec<String>) -> String {
    use cbindgen::ItemType::{Constants, Enums, Functions, Globals, Structs, Typedefs, Unions};
    let own: Vec<String> = sources.iter().flat_map(Source::typedefs).collect();
    let mut config = config.clone();
    config.export.item_types = vec![Constants, Globals, Enums, Structs, Unions, Typedefs, Functions];
    config.export.include.clone_from(&own);
    config.export.exclude.clone_from(known);
    known.extend(own);
    tidy(&generate(config, sources))
}

fn generate(config: cbindgen::Config, sources: &[Source]) -> String {
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in sources {
        builder = builder.with_src(&source.path);
    }
    let mut bytes = Vec::new();
    builder.generate().expect("src/ffi can be described in C").write(&mut bytes);
    String::from_utf8(bytes).expect("UTF-8")
}

/// A comment of one line stands on one line, constants of one kind stand close, and a long prototype is broken.
fn tidy(generated: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in generated.trim().lines() {
        match line.split_once('(') {
            Some((before, parameters)) if line.len() > COLUMNS && !line.starts_with(" *") => {
                lines.extend([format!("{before}("), format!("        {parameters}")]);
            }
            _ => lines.push(line.to_owned()),
        }
        if let [.., open, text, close] = lines.as_slice()
            && (open.as_str(), close.as_str()) == ("/**", " */")
            && let Some(text) = text.strip_prefix(" * ")
            && text.len() + "/**  */".len() <= COLUMNS
        {
            let joined = format!("/** {text} */");
            lines.truncate(lines.len() - 3);
            lines.push(joined);
        }
    }
    let kind =
        |line: &str| line.strip_prefix("#define OAUTH_").and_then(|line| line.split('_').next().map(str::to_owned));
    let mut tidied = String::new();
    for (index, line) in lines.iter().enumerate() {
        let before = lines[..index].last().and_then(|before| kind(before));
        let after = lines[index..].iter().skip(1).find(|line| !line.starts_with("/**") && !line.starts_with(" *"));
        let between = line.is_empty() && before.is_some() && before == after.and_then(|after| kind(after));
        if !between {
            tidied.push_str(line);
            tidied.push('\n');
        }
    }
    tidied
}
