//! A dependency needs a reason.

use crate::support::c::root;

/// The dependencies of a manifest that stand without a reason: behind them, or in the line above.
fn without_reason(manifest: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut listed, mut above) = (false, "");
    for line in manifest.lines() {
        if line.starts_with('[') {
            listed = line.trim_end().ends_with("dependencies]");
        } else if listed && line.contains('=') && !line.starts_with('#') {
            let reason =
                line.split_once(" # ").map_or(above.strip_prefix("# ").unwrap_or_default(), |(_, reason)| reason);
            if reason.trim().len() < 4 {
                found.push(line);
            }
        }
        above = line;
    }
    found
}

#[test]
fn each_dependency_has_a_reason() {
    let mut manifests = vec![root().join("Cargo.toml")];
    for entry in std::fs::read_dir(root().join("tests")).expect("a directory of tests") {
        manifests.extend(Some(entry.expect("an entry").path().join("Cargo.toml")).filter(|manifest| manifest.exists()));
    }
    assert!(manifests.len() >= 5, "the manifests of the tests were not found");
    for manifest in manifests {
        let text = std::fs::read_to_string(&manifest).expect("a manifest");
        assert!(text.contains("dependencies]"), "{}: no dependencies were found", manifest.display());
        let found = without_reason(&text);
        assert!(found.is_empty(), "{}: say what for:\n{}", manifest.display(), found.join("\n"));
    }
}
