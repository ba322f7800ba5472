//! The command lines of `$BROWSER`: one or more with `:` between them, quotes as in a shell, and `%s` for the URL.

use std::path::Path;

/// The words of each, with the URL in its place. A line whose quotes do not end is left out.
pub fn command_lines(variable: &str, url: &str) -> Vec<Vec<String>> {
    split(variable, ':').into_iter().filter_map(|line| command_line(line.trim(), url)).collect()
}

fn command_line(line: &str, url: &str) -> Option<Vec<String>> {
    if line.contains('/') && Path::new(line).is_file() {
        return Some(vec![line.to_owned(), url.to_owned()]); // blanks without quotes
    }
    let words = split(line, ' ').into_iter().filter(|word| !word.is_empty());
    let mut words = words.map(unquoted).collect::<Option<Vec<_>>>()?;
    words.pop_if(|last| last == "&"); // for a shell, which would wait otherwise
    if words.is_empty() {
        return None;
    }
    let has_place = words.iter().any(|word| word.replace("%%", "").contains("%s"));
    let mut words: Vec<_> = words.iter().map(|word| filled(word, url)).collect();
    words.extend((!has_place).then(|| url.to_owned()));
    Some(words)
}

/// The parts between separators that neither quotes nor a backslash protect.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start, mut quotes) = (Vec::new(), 0, Quotes::default());
    for (at, character) in text.char_indices() {
        if quotes.is_plain(character) && character == separator {
            parts.extend(text.get(start..at));
            start = at + 1;
        }
    }
    parts.extend(text.get(start..));
    parts
}

/// A word without its quotes; `None` if they do not end.
fn unquoted(word: &str) -> Option<String> {
    let mut quotes = Quotes::default();
    let mut text = String::new();
    for character in word.chars() {
        let before = quotes;
        if quotes.is_plain(character) || (before.open == quotes.open && !quotes.escaping) {
            text.push(character);
        }
    }
    (quotes == Quotes::default()).then_some(text)
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Quotes {
    open: Option<char>,
    escaping: bool,
}

impl Quotes {
    /// Reads a character, and says whether it stands for itself outside of quotes.
    fn is_plain(&mut self, character: char) -> bool {
        match (self.open, character) {
            _ if self.escaping => self.escaping = false,
            (None | Some('"'), '\\') => self.escaping = true,
            (None, '\'' | '"') => self.open = Some(character),
            (Some(open), _) if open == character => self.open = None,
            (open, _) => return open.is_none(),
        }
        false
    }
}

/// `%s` is the URL, `%c` a colon, `%%` a percent sign.
fn filled(word: &str, url: &str) -> String {
    let (mut text, mut rest) = (String::new(), word);
    while let Some((before, after)) = rest.split_once('%') {
        let (value, used) = match after.bytes().next() {
            Some(b's') => (url, 1),
            Some(b'c') => (":", 1),
            Some(b'%') => ("%", 1),
            _ => ("%", 0),
        };
        text.extend([before, value]);
        rest = after.get(used..).unwrap_or_default();
    }
    text + rest
}
