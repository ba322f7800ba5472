//! Text and code in the language of man pages.

use std::collections::BTreeSet;

/// The longest line of a source, in bytes.
const COLUMNS: usize = 78;

/// The names that have a page.
pub struct Names(pub BTreeSet<String>);

impl Names {
    /// As a reference, if it has one.
    pub fn bold(&self, name: &str) -> String {
        let reference = if self.0.contains(name) { "(3)" } else { "" };
        format!("\\fB{}\\fP{reference}", escaped(name))
    }
}

/// Each character as itself.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => escaped.push_str("\\e"),
            '-' => escaped.push_str("\\-"),
            '^' => escaped.push_str("\\(ha"),
            '~' => escaped.push_str("\\(ti"),
            '`' => escaped.push_str("\\(ga"),
            '\'' => escaped.push_str("\\(aq"),
            '"' => escaped.push_str("\\(dq"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// One that does not begin like a request.
fn guarded(line: String) -> String {
    if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line }
}

/// A line of text without names.
pub fn line(text: &str) -> String {
    guarded(escaped(text))
}

/// A paragraph: the library's names and what stands in backticks are bold, lines are broken anew.
pub fn prose(text: &str, names: &Names) -> String {
    let mut marked = String::new();
    for (index, part) in text.split('`').enumerate() {
        match index % 2 {
            0 => marked.push_str(&with_names(part, names)),
            _ => marked.push_str(&format!("\\fB{}\\fP", escaped(part))),
        }
    }
    filled(&marked)
}

fn with_names(text: &str, names: &Names) -> String {
    let mut marked = String::new();
    let mut rest = text;
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    while let Some(start) = rest.find(is_word) {
        let length = rest[start..].find(|c| !is_word(c)).unwrap_or(rest.len() - start);
        let (before, word, after) = (&rest[..start], &rest[start..start + length], &rest[start + length..]);
        marked.push_str(&escaped(before));
        let is_name = word.starts_with("oauth_") || word.starts_with("OAUTH_");
        marked.push_str(&if is_name { names.bold(word) } else { word.to_owned() });
        rest = after;
    }
    marked + &escaped(rest)
}

/// What is said of a page, in one line.
pub fn title(text: &str) -> String {
    text.split(' ').map(|word| whole(&escaped(word))).collect::<Vec<_>>().join(" ")
}

/// A word that is not hyphenated if it is a name, is bold or has a hyphen of its own, also where a macro has forgotten `.nh`.
/// `\%` stands before all of it: inside, it would be a place to break.
pub fn whole(word: &str) -> String {
    let is_name = word.contains(['_', '\\', '/']) || word.contains("oauthclient");
    if is_name { format!("\\%{word}") } else { word.to_owned() }
}

fn filled(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let word = whole(word);
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= COLUMNS => *line = format!("{line} {word}"),
            _ => lines.push(word),
        }
    }
    lines.into_iter().map(guarded).collect::<Vec<_>>().join("\n")
}

/// Lines as they are. `.EE` forgets `.nh`.
pub fn verbatim(lines: &[String]) -> String {
    let lines: String = lines.iter().map(|line| line_of_code(line) + "\n").collect();
    format!(".PP\n.in +4n\n.EX\n{lines}.EE\n.nh\n.in\n")
}

fn line_of_code(line: &str) -> String {
    guarded(escaped(line))
}

/// A line of a prototype: bold, and the names of parameters in italics.
pub fn prototype(line: &str) -> String {
    let mut marked = String::from("\\fB");
    let mut rest = line;
    while let Some(end) = rest.find([',', ')']) {
        let (before, after) = rest.split_at(end);
        let start = before.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
        let name = &before[start..];
        let is_parameter = !name.is_empty() && name != "void" && !before[..start].ends_with("(*");
        match is_parameter {
            true => marked.push_str(&format!("{}\\fP\\fI{}\\fP\\fB", escaped(&before[..start]), escaped(name))),
            false => marked.push_str(&escaped(before)),
        }
        marked.push_str(&after[..1]);
        rest = &after[1..];
    }
    marked + &escaped(rest) + "\\fP"
}
