//! `oauth.h` in its sections, as build.rs has written it.

use super::comment::{Block, Comment, blocks};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Function,
    /// The type of a function of the program.
    Callback,
    /// Any other type.
    Type,
    Constant,
}

#[derive(Debug)]
pub struct Declaration {
    pub kind: Kind,
    pub name: String,
    /// Its lines.
    pub code: Vec<String>,
    pub comment: Comment,
}

#[derive(Debug)]
pub struct Section {
    pub number: String,
    pub title: String,
    pub part: String,
    /// The name of its page.
    pub page: String,
    pub introduction: Vec<Block>,
    pub declarations: Vec<Declaration>,
}

/// A handle, and the section that is about it.
pub struct Handle {
    pub declaration: Declaration,
    pub section: usize,
}

/// The comment that the header begins with, without its index.
pub struct Head {
    pub blocks: Vec<Block>,
}

pub struct Header {
    pub head: Head,
    pub handles: Vec<Handle>,
    pub sections: Vec<Section>,
}

/// Begins and ends the line above the title of a section.
const RULE: &str = "\n/* ====";

impl Header {
    pub fn read(text: &str) -> Self {
        let text = text.split("\n#ifdef __cplusplus\n}").next().expect("a text has a beginning");
        let mut parts = text.split(RULE);
        let head = head(parts.next().unwrap_or_default());
        let handles = parts.next().unwrap_or_default().split("\n#ifdef").next().unwrap_or_default();
        let sections: Vec<Section> = parts.map(section).collect();
        let handles = declarations(handles).into_iter().map(|declaration| {
            let section = home(&sections, &declaration.name);
            Handle { section, declaration }
        });
        Self { head, handles: handles.collect(), sections }
    }

    /// The sections of each part.
    pub fn parts(&self) -> Vec<(&str, &[Section])> {
        let parts = self.sections.chunk_by(|one, other| one.part == other.part);
        parts.map(|sections| (sections[0].part.as_str(), sections)).collect()
    }
}

/// Where a handle is freed, or first used.
fn home(sections: &[Section], handle: &str) -> usize {
    let free = format!("{handle}_free");
    let declares = |section: &Section| section.declarations.iter().any(|one| one.name == free);
    let uses = |section: &Section| {
        let mut lines = section.declarations.iter().flat_map(|one| &one.code);
        lines.any(|line| words(line).any(|word| word == handle))
    };
    let home = sections.iter().position(declares).or_else(|| sections.iter().position(uses));
    home.unwrap_or_else(|| panic!("no function has anything to do with {handle}"))
}

/// What can be a name, in order.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

/// Without what marks it as a line of a comment.
fn said(line: &str) -> &str {
    line.strip_prefix(" * ").or_else(|| line.strip_prefix(" *")).unwrap_or(line)
}

fn head(text: &str) -> Head {
    let text = text.split(" * SECTIONS\n").next().unwrap_or_default();
    // The first two lines are for lawyers and editors.
    let lines: Vec<&str> = text.lines().skip(3).map(said).collect();
    let rules = lines.iter().position(|line| *line == "RULES").map_or(lines.len(), |line| line + 1);
    let mut blocks = blocks(&lines[..rules]);
    blocks.push(Block::Table(rules_of(&lines[rules..])));
    Head { blocks }
}

/// A name at the margin, and what it means in a column beside it.
fn rules_of(lines: &[&str]) -> Vec<(String, String)> {
    let mut rules: Vec<(String, String)> = Vec::new();
    for line in lines.iter().filter(|line| !line.is_empty()) {
        match (line.starts_with(' '), rules.last_mut()) {
            (true, Some((_, text))) => *text = format!("{text} {}", line.trim()),
            _ => {
                let (name, text) = line.split_once(' ').unwrap_or((line, ""));
                rules.push((name.to_owned(), text.trim().to_owned()));
            }
        }
    }
    rules
}

/// From the rule above its title.
fn section(text: &str) -> Section {
    let (comment, declared) = text.split_once(" */").expect("a comment ends");
    let lines: Vec<&str> = comment.lines().skip(1).map(said).collect();
    let (number, rest) = lines[0].split_once(' ').expect("a section has a number");
    let (title, part) = rest.rsplit_once(" (").expect("and a part");
    let (_, part) = part.split_once(' ').expect("which has one, too");
    let end = lines.iter().rposition(|line| line.starts_with("===")).unwrap_or(lines.len());
    Section {
        number: number.to_owned(),
        title: title.to_owned(),
        part: part.trim_end_matches(')').to_owned(),
        page: page(title),
        introduction: blocks(&lines[1..end]),
        declarations: declarations(declared),
    }
}

/// `oauthclient-` and the title up to its first comma, colon or parenthesis.
fn page(title: &str) -> String {
    let title = title.split([',', ':', '(']).next().unwrap_or_default().trim().to_lowercase();
    let title = title.strip_prefix("a ").unwrap_or(&title);
    format!("oauthclient-{}", title.replace(' ', "-"))
}

fn declarations(text: &str) -> Vec<Declaration> {
    let mut found = Vec::new();
    for part in text.split("\n/**").skip(1) {
        let (comment, code) = part.split_once("*/").expect("a comment ends");
        let lines: Vec<&str> = comment.lines().map(|line| said(line).trim_end()).collect();
        let lines: Vec<&str> =
            lines.iter().map(|line| line.strip_prefix(' ').filter(|_| lines.len() == 1).unwrap_or(line)).collect();
        found.extend(declaration(Comment::read(&lines), code));
    }
    found
}

fn declaration(comment: Comment, code: &str) -> Option<Declaration> {
    let code = code.trim().trim_start_matches("OAUTH_MUST_USE").trim_start();
    let lines: Vec<String> = code.lines().map(str::to_owned).collect();
    let first = lines.first()?;
    let (kind, name) = match first.strip_prefix("#define ") {
        Some(rest) => (Kind::Constant, words(rest).next()?),
        None => match (first.starts_with("typedef"), first.split_once("(*")) {
            (true, Some((_, rest))) => (Kind::Callback, words(rest).next()?),
            (true, None) => (Kind::Type, words(first).last()?),
            (false, _) => (Kind::Function, words(first.split('(').next()?).last()?),
        },
    };
    Some(Declaration { kind, name: name.to_owned(), code: lines, comment })
}
