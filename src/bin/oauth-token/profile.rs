//! The profile that a command is about, and its session.

use std::path::absolute;

use oauthclient::blocking::Client;
use oauthclient::blocking::session::Session;
use oauthclient::client::options::RequestOptions;
use oauthclient::error::Error;
use oauthclient::profile::Profile;
use oauthclient::profile::environment::Environment;
use oauthclient::profile::member::Member;
use oauthclient::protocol::parameters::Parameters;
use oauthclient::secret::Secret;

use crate::arguments::Arguments;
use crate::failure::{CONFIGURATION, Failure, note};
use crate::verb::Verb;

/// The limit of a command in seconds.
const LIMIT_S: u32 = 60;

/// The session of the profile that is named.
pub fn open(name: &str) -> Result<Session, Failure> {
    let profile =
        Profile::read(name, &Environment::of_process()).map_err(|error| first_time(error, Verb::Login, name))?;
    Ok(profile.open()?)
}

/// A profile that may be new, with what the command line gives, and a client secret that may be new, too.
pub fn read(
    verb: Verb,
    name: &str,
    given: &[(Member, Vec<String>)],
    secret: Option<(Member, Vec<String>)>,
    environment: &Environment<'_>,
) -> Result<Profile, Failure> {
    let given = given.iter().cloned().chain(secret).collect();
    Profile::read_with(name, given, environment).map_err(|error| first_time(error, verb, name))
}

/// A profile that does not exist yet needs its settings.
fn first_time(error: Error, verb: Verb, name: &str) -> Failure {
    let failure = Failure::from(error);
    let is_missing = failure.message.contains(" was not found: ");
    let advice = format!("The first time: oauth-token {} {name} --issuer URL --client-id ID", verb.word());
    Failure { advice: is_missing.then_some(advice), ..failure }
}

/// A variable that C programs read themselves is none of a profile.
pub fn warn_of_variable(profile: &Profile) {
    if profile.parts.client_secret.is_none() && std::env::var_os("OAUTH_CLIENT_SECRET").is_some() {
        note("OAUTH_CLIENT_SECRET is not read: use --client-secret-stdin, or OAUTH_CLIENT_SECRET_FILE.");
    }
}

pub fn client(session: &Session) -> &Client {
    &session.inside().client
}

/// Members from the command line. A path there is one of the current directory.
pub fn given(arguments: &Arguments) -> Result<Vec<(Member, Vec<String>)>, Failure> {
    let mut members = arguments.members.clone();
    for (member, values) in &mut members {
        if !matches!(member, Member::ClientSecretFile | Member::CaFile) {
            continue;
        }
        for value in values.iter_mut().filter(|value| !value.is_empty() && !value.starts_with("~/")) {
            let path = absolute(&*value).ok().and_then(|path| path.into_os_string().into_string().ok());
            let why = || Failure::new(CONFIGURATION, format!("{} has no absolute path in UTF-8", member.name()));
            *value = path.ok_or_else(why)?;
        }
    }
    Ok(members)
}

/// The limits of a command that sends something.
pub fn options(arguments: &Arguments, limit_s: u32, min_validity_s: Option<u32>) -> RequestOptions {
    let mut options = RequestOptions::default();
    options.deadline_ms = Some(arguments.timeout_s.unwrap_or(limit_s).saturating_mul(1000));
    options.min_validity_s = arguments.min_validity_s.or(min_validity_s);
    options
}

pub fn usual_options(arguments: &Arguments) -> RequestOptions {
    options(arguments, LIMIT_S, None)
}

/// Fields for a request.
pub fn parameters<'a, 'b>(fields: impl Iterator<Item = (&'a str, &'b str)>) -> Result<Parameters, Failure> {
    let mut parameters = Parameters::default();
    for (name, value) in fields {
        let copy = |text| Secret::new(text).ok_or_else(|| Failure::new(CONFIGURATION, format!("{name} has a U+0000")));
        parameters.add(copy(name)?, copy(value)?);
    }
    Ok(parameters)
}
