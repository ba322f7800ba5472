//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Parser};
use oauthclient::profile::member::{Kind, Member};

use crate::failure::Failure;
use crate::format::Format;
use crate::option::Name;
use crate::verb::Verb;

pub struct Arguments {
    pub verb: Verb,
    /// What stands after the verb: the name of a profile, first of all.
    pub words: Vec<String>,
    /// The command to run, with its arguments.
    pub command: Vec<OsString>,
    pub format: Format,
    pub user: Option<String>,
    pub min_validity_s: Option<u32>,
    pub file: Option<PathBuf>,
    pub timeout_s: Option<u32>,
    pub requested_token_type: Option<String>,
    pub subject_token_type: Option<String>,
    /// Members of the profile, in the order in which they were given.
    pub members: Vec<(Member, Vec<String>)>,
    switches: Vec<Name>,
}

impl Arguments {
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, Failure> {
        let mut parser = Parser::from_args(arguments);
        let mut all = Self {
            verb: Verb::Token,
            words: Vec::new(),
            command: Vec::new(),
            format: Format::Token,
            user: None,
            min_validity_s: None,
            file: None,
            timeout_s: None,
            requested_token_type: None,
            subject_token_type: None,
            members: Vec::new(),
            switches: Vec::new(),
        };
        let (mut has_verb, mut seen) = (false, Vec::new());
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Short('h') | Arg::Long("help") => return Ok(Self { verb: Verb::Help, ..all }),
                Arg::Short('V') | Arg::Long("version") => return Ok(Self { verb: Verb::Version, ..all }),
                Arg::Long(word) => {
                    let unknown = || {
                        Failure::usage(match word {
                            "client-secret" => "a secret is not for the command line, which others see: \
                                            --client-secret-stdin, or --client-secret-file"
                                .to_owned(),
                            _ => format!("there is no option --{word}"),
                        })
                    };
                    let name = Name::from_word(word).ok_or_else(unknown)?;
                    let word = word.to_owned();
                    let repeats = matches!(name, Name::Member(member) if member.kind() == Kind::Texts);
                    if seen.contains(&name) && !repeats {
                        return Err(Failure::usage(format!("--{word} is there twice")));
                    }
                    seen.push(name);
                    let value = if name.takes_value() { parser.value()?.into_string() } else { Ok(String::new()) };
                    let value = value.map_err(|_| Failure::usage(format!("--{word} is not valid UTF-8")))?;
                    all.take(name, value)?;
                }
                Arg::Value(word) if !has_verb => {
                    has_verb = true;
                    let word = text(word)?;
                    match Verb::from_word(&word) {
                        Some(verb) => all.verb = verb,
                        None => all.words.push(word),
                    }
                }
                Arg::Value(word) if all.verb == Verb::Exec && !all.words.is_empty() => {
                    all.command.push(word);
                    all.command.extend(parser.raw_args()?); // its options are not ours
                }
                Arg::Value(word) => all.words.push(text(word)?),
                Arg::Short(letter) => return Err(Failure::usage(format!("there is no option -{letter}"))),
            }
        }
        if !has_verb && all.verb == Verb::Token {
            return Err(Failure::usage("a verb or the name of a profile is missing".to_owned()));
        }
        all.check(&seen)?;
        Ok(all)
    }

    fn take(&mut self, name: Name, value: String) -> Result<(), Failure> {
        let number = |value: &str, least: u32| {
            let number = value.parse().ok().filter(|number| (least..=365 * 24 * 3600).contains(number));
            number.ok_or_else(|| Failure::usage(format!("{value} is no number of seconds")))
        };
        match name {
            Name::Format => {
                self.format = Format::from_word(&value).ok_or_else(|| {
                    Failure::usage(format!("there is no format {value}: oauth-token help names them"))
                })?;
            }
            Name::User => self.user = Some(value),
            Name::MinValidity => self.min_validity_s = Some(number(&value, 0)?),
            Name::File => self.file = Some(PathBuf::from(value)),
            Name::Timeout => self.timeout_s = Some(number(&value, 1)?),
            Name::RequestedTokenType => self.requested_token_type = Some(value),
            Name::SubjectTokenType => self.subject_token_type = Some(value),
            Name::Watch | Name::Device | Name::Paste | Name::ClientSecretStdin | Name::Json => self.switches.push(name),
            Name::Member(member) => match self.members.iter_mut().find(|(known, _)| *known == member) {
                Some((_, values)) => values.push(value),
                None => self.members.push((member, vec![value])),
            },
        }
        Ok(())
    }

    fn check(&self, seen: &[Name]) -> Result<(), Failure> {
        let verb = self.verb.word();
        if let Some(name) = seen.iter().find(|name| !name.is_for(self.verb)) {
            return Err(Failure::usage(format!("--{} is not for {verb}", spelled(*name))));
        }
        let (least, most) = self.verb.takes();
        let count = self.words.len() + self.command.len();
        if count < least {
            return Err(Failure::usage(match (self.verb, count) {
                (Verb::Exec, 1) => "the command to run is missing".to_owned(),
                (Verb::Completion, _) => "the shell is missing: bash, zsh or fish".to_owned(),
                _ => format!("the name of a profile is missing after {verb}"),
            }));
        }
        if count > most || self.words.len() > 1 && self.verb == Verb::Token && !self.format.takes_action() {
            return Err(Failure::usage(format!("{} is too much", self.words.last().map_or("", |word| word))));
        }
        if self.has(Name::Watch) && self.file.is_none() {
            return Err(Failure::usage("--watch needs --file".to_owned()));
        }
        if self.has(Name::Device) && self.has(Name::Paste) {
            return Err(Failure::usage("--device and --paste exclude each other".to_owned()));
        }
        Ok(())
    }

    pub fn has(&self, switch: Name) -> bool {
        self.switches.contains(&switch)
    }

    /// The first word after the verb.
    pub fn name(&self) -> &str {
        self.words.first().map_or("", |word| word)
    }

    /// What git or Docker wants to be done.
    pub fn action(&self) -> Option<&str> {
        self.words.get(1).map(String::as_str)
    }
}

fn spelled(name: Name) -> String {
    match name {
        Name::Member(member) => member.name().replace('_', "-"),
        _ => crate::option::ALL.iter().find(|(known, ..)| *known == name).map_or("", |(_, word, ..)| word).to_owned(),
    }
}

fn text(word: OsString) -> Result<String, Failure> {
    word.into_string().map_err(|_| Failure::usage("an argument is not valid UTF-8".to_owned()))
}
