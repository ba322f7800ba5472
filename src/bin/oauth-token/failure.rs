//! How the command fails: a line for people, and a number for scripts.

use std::io::Write;
use std::process::ExitCode;

use oauthclient::error::{Advice, Error, Status};

/// Something else: this machine, or a defect.
pub const OTHER: u8 = 1;
pub const USAGE: u8 = 2;
/// There is no login, or it has ended.
pub const LOGIN_REQUIRED: u8 = 3;
/// The server was not reached, did not answer in time, or asks to come again later.
pub const UNREACHABLE: u8 = 4;
/// The profile, a variable or an option is wrong.
pub const CONFIGURATION: u8 = 5;
/// The server, or the user, refused; or the answer cannot be used.
pub const REFUSED: u8 = 6;
/// The store of the logins failed.
pub const STORE: u8 = 7;
/// The login was deleted here, and not revoked at the server.
pub const NOT_REVOKED: u8 = 8;

pub struct Failure {
    pub code: u8,
    pub message: String,
    /// What to do next.
    pub advice: Option<String>,
}

impl Failure {
    pub fn new(code: u8, message: String) -> Self {
        Self { code, message, advice: None }
    }

    pub fn usage(message: String) -> Self {
        Self { code: USAGE, message, advice: Some("oauth-token help says what there is".to_owned()) }
    }

    /// The failure of something that is done for a profile.
    pub fn of(error: Error, profile: &str) -> Self {
        let failure = Self::from(error);
        let advice = (failure.code == LOGIN_REQUIRED).then(|| format!("Log in with: oauth-token login {profile}"));
        Self { advice, ..failure }
    }

    pub fn report(&self) -> ExitCode {
        say(&self.message);
        if let Some(advice) = &self.advice {
            note(advice);
        }
        ExitCode::from(self.code)
    }
}

/// Says what is wrong, on one line.
pub fn say(message: &str) {
    note(&format!("oauth-token: {message}"));
}

/// A line for people; nothing is done when nobody can read it.
pub fn note(line: &str) {
    drop(writeln!(std::io::stderr().lock(), "{line}"));
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = match error.status {
            Status::LoginRequired => LOGIN_REQUIRED,
            Status::NotRevoked => NOT_REVOKED,
            Status::Store => STORE,
            Status::Connect | Status::Tls | Status::Timeout | Status::ConnectionLost => UNREACHABLE,
            Status::InvalidConfig | Status::InvalidArgument => CONFIGURATION,
            Status::Source => CONFIGURATION,
            _ if error.advice == Advice::RetryLater => UNREACHABLE,
            Status::Provider | Status::Http | Status::Redirect | Status::InvalidResponse | Status::ResponseTooLarge => {
                REFUSED
            }
            Status::StateMismatch | Status::IssuerMismatch | Status::IdToken | Status::Expired => REFUSED,
            _ => OTHER,
        };
        Self::new(code, without_functions(error.message.as_str()))
    }
}

/// What a message says in brackets of functions in C is of no use here.
fn without_functions(message: &str) -> String {
    let mut rest = message;
    let mut said = String::new();
    while let Some((before, after)) = rest.split_once(" (") {
        let (inside, next) = after.split_once(')').unwrap_or((after, ""));
        said.push_str(before);
        if !inside.contains("oauth_") {
            said.extend([" (", inside, ")"]);
        }
        rest = next;
    }
    said + rest
}

impl From<lexopt::Error> for Failure {
    /// It shows no value of an option.
    fn from(error: lexopt::Error) -> Self {
        Self::usage(match error {
            lexopt::Error::MissingValue { option: Some(option) } => format!("{option} needs a value"),
            lexopt::Error::UnexpectedValue { option, .. } => format!("{option} takes no value"),
            _ => "the arguments cannot be understood".to_owned(),
        })
    }
}
