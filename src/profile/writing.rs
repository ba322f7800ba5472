//! Writes a profile: what is in force now is in the file from then on, and the rest of the file stays as it is.

use std::borrow::Cow;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml_parser::decoder::Encoding;
use toml_parser::parser::{EventReceiver, parse_document};
use toml_parser::{ErrorSink, ParseError, Raw, Source, Span};

use crate::error::{Error, Result};
use crate::host;
use crate::profile::document::{Found, Origin};
use crate::profile::environment::Environment;
use crate::profile::member::{Kind, Member};
use crate::profile::settings::{file, text};
use crate::profile::{Place, Profile};
use crate::store::directory::{Directory, default_directory};
use crate::store::disk::sync;

impl Profile {
    /// Writes what the environment and the program have said into the file of that name, so that it needs neither of them
    /// the next time. Returns the path; `None`: the file says it all already.
    pub fn write(&self, name: &str, environment: &Environment<'_>) -> Result<Option<PathBuf>> {
        let Some(path) = file(name, environment) else {
            return Err(Error::config(&format!("profile {name}"), "cannot be written: there is no home directory"));
        };
        let before = text(&path)?;
        let mut found: Vec<&Found> = self.settings.found.iter().collect();
        let store = self.store_elsewhere()?;
        found.extend(&store);
        let after = rewritten(before.as_deref().unwrap_or_default(), &found);
        if before.as_deref() == Some(&after) {
            return Ok(None);
        }
        replace(&path, &after)?;
        Ok(Some(path))
    }

    /// The user's own directory of logins, where another environment would not find it.
    fn store_elsewhere(&self) -> Result<Option<Found>> {
        if self.parts.store != Place::UsersDirectory || cfg!(not(unix)) {
            return Ok(None);
        }
        let usual = host::home_of_user().map(|home| home.join(".local/state/oauthclient"));
        let now = default_directory(host::is_privileged())?;
        if cfg!(target_vendor = "apple") || usual.as_ref() == Some(&now) || self.settings.has(Member::Store) {
            return Ok(None);
        }
        let value = now.to_str().map(str::to_owned);
        Ok(value.map(|value| Found { member: Member::Store, values: vec![value], origin: Origin::Variable }))
    }
}

/// The file is replaced as a whole, and belongs to the user alone.
fn replace(path: &Path, text: &str) -> Result<()> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::config(&format!("profile {}", path.display()), &format!("could not be written: {error}"))
    };
    let (Some(directory), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Err(failed(&"its path is no text"));
    };
    let directory = Directory::open(directory, false).map_err(|error| failed(&error))?;
    let new = format!(".{name}.new");
    let write = || {
        let mut file = directory.create_new(&new)?;
        file.write_all(text.as_bytes())?;
        sync(&file)?;
        directory.rename(&new, name)?;
        directory.sync()
    };
    write().map_err(|error| failed(&error))
}

/// The text with these members, where they are from elsewhere, and without those that are not among them.
fn rewritten(text: &str, found: &[&Found]) -> String {
    let mut result = String::with_capacity(text.len() + 256);
    let (mut end, mut written) = (0, Vec::new());
    for (member, span) in members(text) {
        result.push_str(&text[end..span.start]);
        end = span.end;
        match found.iter().find(|found| found.member == member) {
            Some(Found { origin: Origin::Line(_), .. }) => result.push_str(&text[span]),
            Some(found) => result.push_str(&line(found)),
            // With the rest of its line, unless that is a comment.
            None => {
                end += text[end..]
                    .find('\n')
                    .filter(|rest| text[end..end + rest].trim().is_empty())
                    .map_or(0, |rest| rest + 1)
            }
        }
        written.push(member);
    }
    result.push_str(&text[end..]);
    for found in found.iter().filter(|found| !written.contains(&found.member)) {
        if !result.is_empty() && !result.ends_with('\n') {
            result.push('\n');
        }
        result.push_str(&line(found));
        result.push('\n');
    }
    result
}

fn line(found: &Found) -> String {
    // Values have no control characters: they were checked.
    let quoted = |value: &String| format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
    let value = match (found.member.kind(), &found.values[..]) {
        (Kind::Number, [value]) => value.clone(),
        (Kind::Texts, values) if values.len() != 1 => {
            format!("[{}]", values.iter().map(quoted).collect::<Vec<_>>().join(", "))
        }
        (_, values) => values.first().map_or_else(String::new, quoted),
    };
    format!("{} = {value}", found.member.name())
}

/// Each member of a document that can be read, from its name to the end of its value.
fn members(text: &str) -> Vec<(Member, Range<usize>)> {
    let source = Source::new(text);
    let tokens = source.lex().into_vec();
    let mut places = Places { source, members: Vec::new() };
    let mut broken: Option<ParseError> = None;
    parse_document(&tokens, &mut places, &mut broken);
    places.members
}

struct Places<'a> {
    source: Source<'a>,
    members: Vec<(Member, Range<usize>)>,
}

impl Places<'_> {
    fn ends(&mut self, span: Span) {
        if let Some((_, range)) = self.members.last_mut() {
            range.end = span.end();
        }
    }
}

impl EventReceiver for Places<'_> {
    fn simple_key(&mut self, span: Span, encoding: Option<Encoding>, error: &mut dyn ErrorSink) {
        let Some(raw) = self.source.get(span) else { return };
        let mut name = Cow::Borrowed("");
        Raw::new_unchecked(raw.as_str(), encoding, span).decode_key(&mut name, error);
        self.members.extend(Member::from_name(&name).map(|member| (member, span.start()..span.end())));
    }

    fn array_close(&mut self, span: Span, _error: &mut dyn ErrorSink) {
        self.ends(span);
    }

    fn scalar(&mut self, span: Span, _encoding: Option<Encoding>, _error: &mut dyn ErrorSink) {
        self.ends(span);
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn found(member: Member, values: &[&str], origin: Origin) -> Found {
        Found { member, values: values.iter().map(|value| (*value).to_owned()).collect(), origin }
    }

    #[test]
    fn only_what_is_new_changes() {
        let text = "# of work\nissuer = 'https://a' # there\nresource = [\n 'x',\n 'y' ]\nscope='s'\nkey = 'k'  \nclient_id='c'";
        let found = [
            found(Member::Issuer, &["https://a"], Origin::Line(2)),
            found(Member::Resource, &["z \\ \""], Origin::Program),
            found(Member::Scope, &["a b"], Origin::Variable),
            found(Member::ClientId, &["c"], Origin::Line(8)),
            found(Member::RedirectPort, &["8080"], Origin::Program),
            found(Member::Audience, &["api"], Origin::Program),
        ];
        let written = rewritten(text, &found.iter().collect::<Vec<_>>());
        assert_eq!(
            written,
            "# of work\nissuer = 'https://a' # there\nresource = \"z \\\\ \\\"\"\nscope = \"a b\"\nclient_id='c'\n\
             redirect_port = 8080\naudience = \"api\"\n"
        );
        assert_eq!(
            rewritten("", &[&super::tests::found(Member::Resource, &["a", "b"], Origin::Program)]),
            "resource = [\"a\", \"b\"]\n"
        );
    }

    #[test]
    fn a_profile_is_remembered() {
        let home = tempfile::tempdir().expect("a directory");
        let directory = home.path().join("profiles");
        let variable = |name: &str| match name {
            "OAUTH_PROFILE_DIR" => Some(directory.clone().into()),
            "OAUTH_CLIENT_ID" => Some("c \"\\ '".into()),
            "OAUTH_STORE" => Some("memory".into()),
            _ => None,
        };
        let environment = Environment { variable: &variable, home: None };
        let given = vec![
            (Member::Issuer, vec!["https://as.example".to_owned()]),
            (Member::RedirectPort, vec!["80".to_owned()]),
        ];
        let profile = Profile::read_with("p", given, &environment).expect("good");
        let path = profile.write("p", &environment).expect("written").expect("it is new");
        assert_eq!(path, directory.join("p.toml"));
        assert_eq!(std::fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
        let empty = |name: &str| (name == "OAUTH_PROFILE_DIR").then(|| directory.clone().into());
        let empty = Environment { variable: &empty, home: None };
        let again = Profile::read("p", &empty).expect("it is all there");
        assert_eq!((again.issuer(), again.client_id()), (Some("https://as.example"), "c \"\\ '"));
        assert_eq!((again.parts.redirect.port, &again.parts.store), (80, &Place::Memory));
        assert_eq!(again.write("p", &empty).expect("nothing to do"), None);
    }
}
