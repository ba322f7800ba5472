//! What a comment of the header says, in blocks.

use std::collections::BTreeSet;

use super::header::words;

#[derive(Debug)]
pub enum Block {
    Paragraph(String),
    List(Vec<String>),
    /// Names, and what is said of each.
    Table(Vec<(String, String)>),
    /// Indented lines.
    Verbatim(Vec<String>),
    /// Between `@code` and `@endcode`.
    Code(Vec<String>),
}

/// Of a function.
#[derive(Debug)]
pub struct Parameter {
    pub name: String,
    /// `in` or `out`.
    pub direction: String,
    pub text: String,
}

#[derive(Debug, Default)]
pub struct Comment {
    pub description: Vec<Block>,
    pub parameters: Vec<Parameter>,
    pub result: Option<String>,
    pub since: Option<String>,
}

impl Comment {
    /// From its lines, without what marks them as a comment.
    pub fn read(lines: &[&str]) -> Self {
        let is_tag = |line: &&&str| ["@param", "@return", "@since"].iter().any(|tag| line.starts_with(tag));
        let end = lines.iter().position(|line| is_tag(&line)).unwrap_or(lines.len());
        let mut comment = Self { description: blocks(&lines[..end]), ..Self::default() };
        let mut tags: Vec<String> = Vec::new();
        for line in &lines[end..] {
            match tags.last_mut() {
                Some(tag) if !is_tag(&line) => *tag = format!("{tag} {}", line.trim()).trim_end().to_owned(),
                _ => tags.push((*line).to_owned()),
            }
        }
        for tag in tags {
            let (kind, text) = tag.split_once(char::is_whitespace).unwrap_or((&tag, ""));
            match kind.strip_prefix("@param") {
                Some(direction) => {
                    let (name, text) = text.trim_start().split_once(' ').unwrap_or((text, ""));
                    comment.parameters.push(Parameter {
                        name: name.to_owned(),
                        direction: direction.trim_matches(['[', ']']).to_owned(),
                        text: text.trim().to_owned(),
                    });
                }
                None if kind == "@return" => comment.result = Some(text.to_owned()),
                None => comment.since = Some(text.to_owned()),
            }
        }
        comment
    }

    /// All but the examples.
    pub fn prose(&self) -> impl Iterator<Item = &Block> {
        self.description.iter().filter(|block| !matches!(block, Block::Code(_)))
    }

    pub fn examples(&self) -> impl Iterator<Item = &[String]> {
        self.description.iter().filter_map(|block| match block {
            Block::Code(lines) => Some(lines.as_slice()),
            _ => None,
        })
    }

    /// Which of these names it has in its text.
    pub fn mentioned(&self, names: &BTreeSet<String>) -> BTreeSet<String> {
        let paragraphs = self.prose().flat_map(|block| match block {
            Block::Paragraph(text) => vec![text.as_str()],
            Block::List(items) => items.iter().map(String::as_str).collect(),
            Block::Table(rows) => rows.iter().flat_map(|(name, text)| [name.as_str(), text]).collect(),
            Block::Verbatim(_) | Block::Code(_) => Vec::new(),
        });
        let tags = self.parameters.iter().map(|one| one.text.as_str()).chain(self.result.as_deref());
        let found = paragraphs.chain(tags).flat_map(words).filter(|word| names.contains(*word));
        found.map(str::to_owned).collect()
    }
}

/// Blank lines part them; so does the first line of a list, a table, indented text or an example.
pub fn blocks(lines: &[&str]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut goes_on = false;
    let mut lines = lines.iter();
    while let Some(line) = lines.next() {
        let last = if goes_on { blocks.last_mut() } else { None };
        goes_on = !line.is_empty();
        match (*line, last) {
            ("", _) => {}
            ("@code", _) => {
                let code = lines.by_ref().take_while(|line| **line != "@endcode");
                blocks.push(Block::Code(code.map(|line| (*line).to_owned()).collect()));
                goes_on = false;
            }
            (line, Some(Block::Table(rows))) if line.starts_with('|') => add_row(rows, line),
            (line, _) if line.starts_with('|') => {
                let mut rows = Vec::new();
                add_row(&mut rows, line);
                blocks.push(Block::Table(rows));
            }
            (line, last) if line.starts_with("- ") => {
                let item = line[2..].to_owned();
                match last {
                    Some(Block::List(items)) => items.push(item),
                    _ => blocks.push(Block::List(vec![item])),
                }
            }
            (line, Some(Block::List(items))) if line.starts_with("  ") => {
                let item = items.last_mut().expect("a list begins with an item");
                *item = format!("{item} {}", line.trim());
            }
            (line, Some(Block::Verbatim(lines))) if line.starts_with("  ") => lines.push(line.to_owned()),
            (line, _) if line.starts_with("  ") => blocks.push(Block::Verbatim(vec![line.to_owned()])),
            (line, Some(Block::Paragraph(text))) => *text = format!("{text} {line}"),
            (line, _) => blocks.push(Block::Paragraph(line.to_owned())),
        }
    }
    blocks.iter_mut().for_each(|block| match block {
        Block::Verbatim(lines) => outdent(lines),
        Block::Table(rows) => drop(rows.remove(0)), // the titles
        _ => {}
    });
    blocks
}

/// Of a table of two columns. A row without a name goes on with the one before; the rule below the titles is none.
fn add_row(rows: &mut Vec<(String, String)>, line: &str) {
    let mut cells = line.trim_matches('|').splitn(2, '|').map(str::trim);
    let (name, text) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
    match rows.last_mut() {
        _ if name.starts_with("---") => {}
        Some((_, before)) if name.is_empty() => *before = format!("{before} {text}"),
        _ => rows.push((name.to_owned(), text.to_owned())),
    }
}

fn outdent(lines: &mut [String]) {
    let indent = |line: &String| line.len() - line.trim_start().len();
    let least = lines.iter().map(indent).min().unwrap_or_default();
    lines.iter_mut().for_each(|line| drop(line.drain(..least)));
}
