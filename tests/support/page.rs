//! What is written for people.

use super::c::root;

/// A page of the tree.
pub fn page(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The blocks of a page in this language.
pub fn blocks(name: &str, language: &str) -> Vec<String> {
    let (page, begin) = (page(name), format!("```{language}\n"));
    let blocks = page.split(&begin).skip(1).map(|rest| rest.split("```").next().unwrap_or_default().to_owned());
    blocks.collect()
}
