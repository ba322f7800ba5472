//! A credential helper of git (gitcredentials(7)).

use std::io::{BufRead, Read};

use oauthclient::protocol::challenge;
use oauthclient::secret::SecretBytes;

use crate::arguments::Arguments;
use crate::failure::{Failure, REFUSED};
use crate::format::{USER, access_token, append_expiry};
use crate::output;
use crate::profile;
use crate::token;

/// A push may take its time.
const VALID_FOR_S: u32 = 600;
const LIMIT_S: u32 = 60;
/// The longest question, in bytes.
const LONGEST: u64 = 1 << 20;

/// What git asks about.
#[derive(Default)]
struct Question {
    is_secure: bool,
    takes_bearer: bool,
    server_knows_bearer: bool,
    server_knows_basic: bool,
    user: Option<String>,
    token: Option<SecretBytes>,
}

pub fn serve(arguments: &Arguments, action: &str) -> Result<(), Failure> {
    match action {
        "get" => get(arguments).inspect_err(|_| drop(output::print(b"quit=1\n"))), // else git asks for a password
        "erase" => erase(arguments),
        _ => Ok(()), // the session keeps the token: there is nothing to store
    }
}

fn get(arguments: &Arguments) -> Result<(), Failure> {
    let question = Question::read()?;
    if !question.is_secure {
        let why = "a token is sent over https only, or over http to this machine";
        return Err(Failure::new(REFUSED, why.to_owned()));
    }
    let options = profile::options(arguments, LIMIT_S, Some(VALID_FOR_S));
    let token = token::valid(arguments.name(), &options)?;
    let mut text = SecretBytes::default();
    let access_token = access_token(&token)?.as_bytes();
    if question.takes_bearer && (question.server_knows_bearer || !question.server_knows_basic) {
        text.extend_all([b"capability[]=authtype\nauthtype=Bearer\ncredential=", access_token, b"\nephemeral=1\n"]);
    } else {
        let user = question.user.as_deref().or(arguments.user.as_deref()).unwrap_or(USER);
        text.extend_all([b"username=", user.as_bytes(), b"\npassword=", access_token, b"\n"]);
    }
    append_expiry(&mut text, &token);
    output::print(&text)
}

/// The server has refused the token: the next command gets another one.
fn erase(arguments: &Arguments) -> Result<(), Failure> {
    let question = Question::read()?;
    let refused = question.token.as_ref().and_then(|token| token.as_str()).filter(|token| !token.is_empty());
    if let Some(refused) = refused {
        let session = profile::open(arguments.name())?;
        session.invalidate(refused).map_err(|error| Failure::of(error, arguments.name()))?;
    }
    Ok(())
}

impl Question {
    /// Each line is NAME=VALUE; an empty one, or the end, is the last.
    fn read() -> Result<Self, Failure> {
        let mut question = Self::default();
        let (mut protocol, mut is_here) = (String::new(), false);
        let mut input = std::io::stdin().lock().take(LONGEST);
        let malformed = || Failure::new(REFUSED, "git asks something that is too long or malformed".to_owned());
        loop {
            let mut line = Vec::with_capacity(4096);
            input.read_until(b'\n', &mut line).map_err(|_| malformed())?;
            let line = SecretBytes::from(line);
            if matches!(&line[..], b"" | b"\n") {
                break;
            }
            let whole = line.as_str().and_then(|line| line.strip_suffix('\n'));
            let (name, value) = whole.and_then(|line| line.split_once('=')).ok_or_else(malformed)?;
            match name {
                "protocol" => protocol = value.to_owned(),
                "host" => is_here = is_this_machine(value),
                "username" => question.user = Some(value.to_owned()),
                "capability[]" => question.takes_bearer |= value == "authtype",
                "wwwauth[]" => question.hear(value),
                "credential" | "password" if question.token.is_none() => {
                    question.token = Some(SecretBytes::from(value.as_bytes().to_vec()));
                }
                _ => {}
            }
        }
        question.is_secure = protocol == "https" || protocol == "http" && is_here;
        Ok(question)
    }

    fn hear(&mut self, www_authenticate: &str) {
        for challenge in challenge::parse(www_authenticate.as_bytes()) {
            self.server_knows_bearer |= challenge.scheme.as_str().eq_ignore_ascii_case("bearer");
            self.server_knows_basic |= challenge.scheme.as_str().eq_ignore_ascii_case("basic");
        }
    }
}

/// What leaves this machine has to be encrypted.
fn is_this_machine(host: &str) -> bool {
    let is = |name: &str| host.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
    ["localhost", "127.0.0.1", "[::1]"].into_iter().any(is)
}
