//! A credential helper of Docker: an argument says what it wants, and standard input for which registry.

use std::io::Read;

use oauthclient::secret::SecretBytes;

use crate::arguments::Arguments;
use crate::failure::{Failure, OTHER};
use crate::format::{USER, access_token, append_member};
use crate::output;
use crate::profile;
use crate::token;

const LONGEST: u64 = 1 << 16;

pub fn serve(arguments: &Arguments, action: &str) -> Result<(), Failure> {
    match action {
        // Docker shows what a helper that fails has said on standard output.
        "get" => get(arguments).inspect_err(|failure| drop(output::print_line(failure.message.as_bytes()))),
        "list" => output::print_line(b"{}"),
        _ => Ok(()), // the session keeps the token: there is nothing to store or to erase
    }
}

fn get(arguments: &Arguments) -> Result<(), Failure> {
    let mut server = String::new();
    let read = std::io::stdin().lock().take(LONGEST).read_to_string(&mut server);
    read.map_err(|error| Failure::new(OTHER, format!("the address of the registry could not be read: {error}")))?;
    let token = token::valid(arguments.name(), &profile::usual_options(arguments))?;
    let mut text = SecretBytes::default();
    text.push(b'{');
    append_member(&mut text, "ServerURL", server.trim());
    text.push(b',');
    append_member(&mut text, "Username", arguments.user.as_deref().unwrap_or(USER));
    text.push(b',');
    append_member(&mut text, "Secret", access_token(&token)?);
    text.push(b'}');
    output::print_line(&text)
}
