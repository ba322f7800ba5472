//! Gives a valid token to whoever asks for it, in the way that is asked for.

use crate::arguments::Arguments;
use crate::docker;
use crate::failure::Failure;
use crate::format::Format;
use crate::git;
use crate::keep;
use crate::option::Name;
use crate::output;
use crate::profile;
use crate::token;

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    match (arguments.format, arguments.action()) {
        (Format::Git, Some(action)) => git::serve(arguments, action),
        (Format::Docker, Some(action)) => docker::serve(arguments, action),
        _ if arguments.has(Name::Watch) => keep::watch(arguments),
        _ => once(arguments).inspect_err(|failure| {
            if let Some(text) = arguments.format.failure(failure) {
                drop(output::print_line(&text));
            }
        }),
    }
}

fn once(arguments: &Arguments) -> Result<(), Failure> {
    let token = token::valid(arguments.name(), &profile::usual_options(arguments))?;
    token::print(arguments, &token)
}
