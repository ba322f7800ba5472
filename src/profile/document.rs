//! A profile as it is written: TOML, of which a profile needs members with texts, arrays of texts, and numbers.

use std::borrow::Cow;

use toml_parser::decoder::Encoding;
use toml_parser::parser::{EventReceiver, parse_document};
use toml_parser::{ErrorSink, ParseError, Raw, Source, Span};

use crate::profile::member::{Kind, Member};

/// A member as it was found.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    pub member: Member,
    /// One, unless the member takes several.
    pub values: Vec<String>,
    pub origin: Origin,
}

/// What says a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// That line of the file; the first one is 1.
    Line(usize),
    /// The environment.
    Variable,
    /// The program, in place of both.
    Program,
}

/// What is wrong, and in which line. It shows no value: somebody may have written a secret where none belongs.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong {
    pub line: usize,
    pub what: String,
}

/// Reads all members, or fails with the first thing that is wrong.
pub fn read(text: &str) -> Result<Vec<Found>, Wrong> {
    let source = Source::new(text);
    let tokens = source.lex().into_vec();
    let mut reader = Reader { source, text, at: None, in_array: false, found: Vec::new(), wrong: None };
    let mut broken: Option<ParseError> = None;
    parse_document(&tokens, &mut reader, &mut broken);
    let broken = broken.map(|error| {
        let at = error.unexpected().or(error.context()).map_or(text.len(), |span| span.start());
        Wrong { line: reader.line(at), what: format!("is not TOML: {}", error.description()) }
    });
    // What comes first explains what comes after it.
    match (reader.wrong, broken) {
        (Some(wrong), Some(broken)) => Err(if broken.line <= wrong.line { broken } else { wrong }),
        (Some(wrong), None) | (None, Some(wrong)) => Err(wrong),
        (None, None) => Ok(reader.found),
    }
}

struct Reader<'a> {
    source: Source<'a>,
    text: &'a str,
    /// The member whose value follows.
    at: Option<Member>,
    in_array: bool,
    found: Vec<Found>,
    wrong: Option<Wrong>,
}

impl Reader<'_> {
    #[inline(never)]
    fn line(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
    }

    fn reject(&mut self, span: Span, what: String) {
        if self.wrong.is_none() {
            self.wrong = Some(Wrong { line: self.line(span.start()), what });
        }
    }

    fn is_of_wrong_type(&mut self, span: Span) {
        let Some(member) = self.at else { return };
        let wanted = match member.kind() {
            Kind::Text => "a string in quotes, on one line",
            Kind::Texts => "a string in quotes, on one line, or an array of them",
            Kind::Number => "a number in digits, without quotes",
        };
        self.reject(span, format!("{} is not {wanted}", member.name()));
    }
}

impl EventReceiver for Reader<'_> {
    fn std_table_open(&mut self, span: Span, _error: &mut dyn ErrorSink) {
        self.reject(span, "a profile has no tables".to_owned());
    }

    fn array_table_open(&mut self, span: Span, error: &mut dyn ErrorSink) {
        self.std_table_open(span, error);
    }

    fn inline_table_open(&mut self, span: Span, _error: &mut dyn ErrorSink) -> bool {
        self.is_of_wrong_type(span);
        false
    }

    fn array_open(&mut self, span: Span, _error: &mut dyn ErrorSink) -> bool {
        let is_fine = self.at.is_none_or(|member| member.kind() == Kind::Texts) && !self.in_array;
        self.in_array = true;
        if !is_fine {
            self.is_of_wrong_type(span);
        }
        is_fine
    }

    fn array_close(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.in_array = false;
    }

    fn simple_key(&mut self, span: Span, encoding: Option<Encoding>, error: &mut dyn ErrorSink) {
        let Some(raw) = self.source.get(span) else { return };
        let mut name = Cow::Borrowed("");
        Raw::new_unchecked(raw.as_str(), encoding, span).decode_key(&mut name, error);
        self.at = Member::from_name(&name);
        match self.at {
            Some(member) if self.found.iter().any(|found| found.member == member) => {
                self.reject(span, format!("{name} is there twice"));
            }
            Some(member) => {
                let origin = Origin::Line(self.line(span.start()));
                self.found.push(Found { member, values: Vec::new(), origin });
            }
            None => {
                let shown = name.char_indices().nth(64).map_or(&*name, |(end, _)| &name[..end]);
                let advice = match &*name {
                    "client_secret" => ": a profile says where the secret is, in client_secret_file",
                    _ => "",
                };
                self.reject(span, format!("{shown} is no member of a profile{advice}"));
            }
        }
    }

    fn key_sep(&mut self, span: Span, _error: &mut dyn ErrorSink) {
        self.reject(span, "a profile has no tables".to_owned());
    }

    fn scalar(&mut self, span: Span, encoding: Option<Encoding>, error: &mut dyn ErrorSink) {
        let Some((member, raw)) = self.at.zip(self.source.get(span)) else { return };
        let mut value = Cow::Borrowed("");
        match (member.kind(), encoding) {
            // Of one line, as a key may be.
            (Kind::Text | Kind::Texts, Some(Encoding::BasicString | Encoding::LiteralString)) => {
                Raw::new_unchecked(raw.as_str(), encoding, span).decode_key(&mut value, error);
            }
            // Digits are all that such a number needs.
            (Kind::Number, None) if raw.as_bytes().iter().all(u8::is_ascii_digit) => value = raw.as_str().into(),
            _ => return self.is_of_wrong_type(span),
        }
        if let Some(found) = self.found.last_mut() {
            found.values.push(value.into_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(&'static str, Vec<String>, Origin)> {
        let found = read(text).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"));
        found.into_iter().map(|found| (found.member.name(), found.values, found.origin)).collect()
    }

    #[test]
    fn members_have_values_and_lines() {
        let text = "# of work\r\nissuer = 'https://as.example' # there\n\n\"client_id\"=\"a\\u00e9\\\"\"\n\
                    resource = [\n  \"https://a.example\", # one\n  'https://b.example',\n]\nredirect_port = 8080\n\
                    scope = ''\n";
        let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            values(text),
            [
                ("issuer", owned(&["https://as.example"]), Origin::Line(2)),
                ("client_id", owned(&["a\u{e9}\""]), Origin::Line(4)),
                ("resource", owned(&["https://a.example", "https://b.example"]), Origin::Line(5)),
                ("redirect_port", owned(&["8080"]), Origin::Line(9)),
                ("scope", owned(&[""]), Origin::Line(10)),
            ]
        );
        assert_eq!(values(""), []);
        assert_eq!(values("\u{feff}scope='a'"), [("scope", owned(&["a"]), Origin::Line(1))]);
        assert_eq!(values("resource = 'a'"), [("resource", owned(&["a"]), Origin::Line(1))]);
        assert_eq!(values("resource = []"), [("resource", vec![], Origin::Line(1))]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_without_its_value() {
        let long = format!("{} = 1", "a".repeat(100));
        for (text, line, what) in [
            ("\nscop = 's3cr3t'", 2, "scop is no member of a profile"),
            ("client_secret = 's3cr3t'", 1, "client_secret is no member of a profile: a profile says where"),
            ("\"a\\nb\" = 's3cr3t'", 1, "a\nb is no member"), // the message escapes it
            (&long, 1, "aaaa is no member"),
            ("scope = 's3cr3t'\nscope = 's3cr3t'", 2, "scope is there twice"),
            ("scope = 12345", 1, "scope is not a string"),
            ("scope = true", 1, "scope is not a string"),
            ("scope = 1979-05-27", 1, "scope is not a string"),
            ("scope = \"\"\"s3cr3t\"\"\"", 1, "scope is not a string in quotes, on one line"),
            ("scope = '''\ns3cr3t'''", 1, "scope is not a string"),
            ("scope = ['s3cr3t']", 1, "scope is not a string"),
            ("scope = {a='s3cr3t'}", 1, "scope is not a string"),
            ("resource = 1", 1, "resource is not a string in quotes"),
            ("resource = ['a',\n1]", 2, "resource is not a string in quotes"),
            ("resource = [['a']]", 1, "resource is not a string in quotes"),
            ("redirect_port = '8080'", 1, "redirect_port is not a number in digits"),
            ("redirect_port = 0x50", 1, "redirect_port is not a number in digits"),
            ("redirect_port = 8_080", 1, "redirect_port is not a number in digits"),
            ("redirect_port = -1", 1, "redirect_port is not a number in digits"),
            ("redirect_port = 80.5", 1, "redirect_port is not a number in digits"),
            ("scope = 'a'\n[server]\nissuer = 's3cr3t'", 2, "no tables"),
            ("[[server]]", 1, "no tables"),
            ("scope.a = 's3cr3t'", 1, "no tables"),
            ("issuer.scope = 's3cr3t'", 1, "no tables"),
            ("scope = 's3cr3t", 1, "is not TOML: "),
            ("scope = s3cr3t", 1, "scope is not a string"),
            ("\n\ns3cr3t", 3, "is not TOML: "),
            ("scope = \"s3cr3t\\q\"", 1, "is not TOML: "),
            ("scope = 's3cr3t' scope = 's3cr3t'", 1, "is not TOML: "),
            ("scope =", 1, "scope is not a string"),
            ("= 's3cr3t'", 1, "is not TOML: "),
            ("scope = 'a\u{1}'", 1, "is not TOML: "),
        ] {
            let wrong = read(text).expect_err(text);
            assert!(wrong.line == line && wrong.what.contains(what), "{text}: {wrong:?}");
            assert!(!wrong.what.contains("s3cr3t") && !wrong.what.contains("12345"), "{text}: {wrong:?}");
        }
    }
}
