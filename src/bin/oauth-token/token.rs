//! A valid token of a profile, and where it goes.

use std::sync::Arc;

use oauthclient::blocking::session::Session;
use oauthclient::client::options::RequestOptions;
use oauthclient::protocol::token::Token;

use crate::arguments::Arguments;
use crate::failure::{Failure, say};
use crate::format::Format;
use crate::output;
use crate::profile;

/// Prints a token, or writes it to the file.
pub fn print(arguments: &Arguments, token: &Token) -> Result<(), Failure> {
    let text = arguments.format.write(token, arguments.user.as_deref())?;
    match &arguments.file {
        Some(path) => output::replace(path, &text),
        None if arguments.format == Format::Git => output::print(&text),
        None => output::print_line(&text),
    }
}

/// A valid token of a profile.
pub fn valid(name: &str, options: &RequestOptions) -> Result<Arc<Token>, Failure> {
    of_session(&profile::open(name)?, name, options)
}

pub fn of_session(session: &Session, name: &str, options: &RequestOptions) -> Result<Arc<Token>, Failure> {
    // This reads the store without its lock; a token that is good needs no more.
    drop(session.last_error());
    let token = session.with_token(Some(options), Arc::clone).map_err(|error| Failure::of(error, name))?;
    if !session.login().is_saved() {
        let why = session.last_error().map(|error| format!(": {}", error.message)).unwrap_or_default();
        say(&format!("the token is valid, but could not be kept, and the login may be lost{why}"));
    }
    Ok(token)
}
