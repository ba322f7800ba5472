//! The values of all members, and where each comes from: the variable of that name, else the file.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, Status};
use crate::profile::document::{self, Found, Origin};
use crate::profile::environment::Environment;
use crate::profile::member::{Kind, Member};
use crate::store::directory::read_guarded;
use crate::text::shorten_to;

/// The largest file of a profile, in bytes.
const LARGEST: u64 = 1 << 16;

const NOT_FOR_THIS_SERVER: &str = "names a server that the profile does not, and the client secret of the profile is not for it: \
                                   set OAUTH_CLIENT_SECRET_FILE or OAUTH_CLIENT_SECRET_KEYRING, too";

/// Values that a program gives in place of those of the file and of the environment.
pub type Given = Vec<(Member, Vec<String>)>;

pub struct Settings {
    /// The file, as messages show it; without one, the profile by its name.
    whole: String,
    pub found: Vec<Found>,
}

impl Settings {
    /// Reads the file of the profile, if there is one, and the variables; what is given takes the place of both.
    pub fn read(name: &str, given: Given, environment: &Environment<'_>) -> Result<Self> {
        let path = file(name, environment);
        let text = path.as_deref().map(text).transpose()?.flatten();
        let whole = match (&path, &text) {
            (Some(path), Some(_)) => shown(path),
            _ => format!("profile {name}"),
        };
        let found = document::read(text.as_deref().unwrap_or_default())
            .map_err(|wrong| Error::config(&format!("{whole}:{}:", wrong.line), &wrong.what))?;
        let mut settings = Self { whole, found };
        settings.take(given, environment)?;
        let lacks = match (settings.has(Member::ClientId), settings.has_server()) {
            (true, true) => return Ok(settings),
            (false, _) => (Member::ClientId, "is missing"),
            (true, false) => (Member::Issuer, "is missing, and token_endpoint too"),
        };
        match text {
            Some(_) => Err(settings.wrong(lacks.0, lacks.1)),
            None => Err(missing(name, path)),
        }
    }

    fn take(&mut self, given: Given, environment: &Environment<'_>) -> Result<()> {
        let mut outside: Vec<Found> = Vec::new();
        for (member, values) in given {
            outside.push(Found { member, values, origin: Origin::Program });
        }
        for (member, _) in Member::ALL {
            if outside.iter().any(|found| found.member == member) {
                continue;
            }
            let Some(value) = environment.variable(&member.variable()) else { continue };
            let value = value.into_string().map_err(|_| Error::config(&member.variable(), "is not valid UTF-8"))?;
            let values = match member.kind() {
                Kind::Texts => value.split_whitespace().map(str::to_owned).collect(),
                Kind::Text | Kind::Number => vec![value],
            };
            outside.push(Found { member, values, origin: Origin::Variable });
        }
        let mut other_server = None;
        for found in outside {
            if found.member.is_server() && self.texts(found.member) != found.values {
                other_server = Some(found.member);
            }
            self.found.retain(|before| before.member != found.member);
            self.found.push(found);
        }
        // Of the two places of the secret, that from outside takes the place of the file's.
        let [file, keyring] = [Member::ClientSecretFile, Member::ClientSecretKeyring];
        for (one, other) in [(file, keyring), (keyring, file)] {
            if self.is_from_outside(one) && !self.is_from_outside(other) {
                self.found.retain(|found| found.member != other);
            }
        }
        let has_own_secret = [file, keyring].iter().any(|place| self.has(*place) && !self.is_from_outside(*place));
        match other_server.filter(|_| has_own_secret) {
            Some(member) => Err(self.wrong(member, NOT_FOR_THIS_SERVER)),
            None => Ok(()),
        }
    }

    fn is_from_outside(&self, member: Member) -> bool {
        self.get(member).is_some_and(|found| !matches!(found.origin, Origin::Line(_)))
    }

    pub fn has(&self, member: Member) -> bool {
        self.get(member).is_some()
    }

    #[inline(never)] // there are many calls
    fn get(&self, member: Member) -> Option<&Found> {
        self.found.iter().find(|found| found.member == member)
    }

    fn has_server(&self) -> bool {
        self.has(Member::Issuer) || self.has(Member::TokenEndpoint)
    }

    /// The value of a member that has one.
    #[inline(never)]
    pub fn text(&self, member: Member) -> Option<&str> {
        self.texts(member).first().map(String::as_str)
    }

    pub fn texts(&self, member: Member) -> &[String] {
        self.get(member).map_or(&[], |found| &found.values)
    }

    /// A value that cannot be used.
    pub fn wrong(&self, member: Member, why: &str) -> Error {
        let place = match self.get(member).map(|found| found.origin) {
            Some(Origin::Line(line)) => format!("{}:{line}: {}", self.whole, member.name()),
            Some(Origin::Variable) => member.variable(),
            Some(Origin::Program) => member.name().to_owned(),
            None => format!("{}: {}", self.whole, member.name()),
        };
        Error::config(&place, why)
    }

    /// The error of a setting or argument, which its message begins with, said of the member that it comes from.
    pub fn blamed(&self, error: Error) -> Error {
        if !matches!(error.status, Status::InvalidConfig | Status::InvalidArgument) {
            return error;
        }
        let message = error.message.as_str();
        let (setting, why) = message.split_once(' ').unwrap_or((message, ""));
        let of_profile = (setting == "client_secret").then_some(Member::ClientSecretFile);
        match Member::from_name(setting).or(of_profile) {
            Some(member) => self.wrong(member, why),
            None => Error::config(&format!("{}:", self.whole), message),
        }
    }
}

/// A path in a message leaves room for what is said about it.
fn shown(path: &Path) -> String {
    let mut shown = path.display().to_string();
    shorten_to(&mut shown, 256);
    shown
}

/// Where the file of a profile is, or would be; `None`: there is no home directory.
pub fn file(name: &str, environment: &Environment<'_>) -> Option<PathBuf> {
    Some(environment.directory()?.join(format!("{name}.toml")))
}

pub fn text(path: &Path) -> Result<Option<String>> {
    let unusable = |why: &str| Error::config(&shown(path), &format!("could not be used: {why}"));
    let bytes = read_guarded(path, false, LARGEST).map_err(|error| unusable(&why(&error)))?;
    bytes
        .map(|bytes| str::from_utf8(&bytes).map(str::to_owned).map_err(|_| unusable("it is not valid UTF-8")))
        .transpose()
}

/// Why a file that a person has written could not be read.
pub fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::InvalidData => "it is no regular file, and links are not followed".to_owned(),
        _ => error.to_string(),
    }
}

fn missing(name: &str, path: Option<PathBuf>) -> Error {
    let place = path.map_or_else(
        || "there is no home directory to look in".to_owned(),
        |path| format!("{} does not exist", shown(&path)),
    );
    let why = "and OAUTH_CLIENT_ID with OAUTH_ISSUER or OAUTH_TOKEN_ENDPOINT do not take its place";
    Error::config(&format!("profile {name}"), &format!("was not found: {place}, {why}"))
}
