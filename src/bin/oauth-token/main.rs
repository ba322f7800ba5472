//! `oauth-token`: tokens for programs that take one, without programming. Its manual is its `--help` and its man page.
#![deny(unsafe_code)]

mod about;
mod arguments;
mod ask;
mod completion;
mod docker;
mod exec;
mod failure;
mod format;
mod git;
mod give;
mod grant;
mod help;
mod keep;
mod list;
mod log_in;
mod option;
mod output;
mod profile;
mod secret;
mod status;
mod token;
mod verb;

use std::panic;
use std::process::ExitCode;

use arguments::Arguments;
use failure::{Failure, say};
use verb::Verb;

fn main() -> ExitCode {
    panic::set_hook(Box::new(|_| say("a defect was found in this program: please report it")));
    let done =
        panic::catch_unwind(|| Arguments::read(std::env::args_os().skip(1)).and_then(|arguments| run(&arguments)));
    match done {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => failure.report(),
        Err(_) => ExitCode::from(failure::OTHER),
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    match arguments.verb {
        Verb::Token => give::run(arguments),
        Verb::Login => log_in::run(arguments),
        Verb::List => list::run(arguments),
        Verb::Status => status::run(arguments),
        Verb::Revoke => log_in::revoke(arguments),
        Verb::ClientCredentials => grant::client_credentials(arguments),
        Verb::Exchange => grant::exchange(arguments),
        Verb::Introspect => about::introspect(arguments),
        Verb::Userinfo => about::userinfo(arguments),
        Verb::Discover => about::discover(arguments),
        Verb::Exec => exec::run(arguments),
        Verb::Completion => completion::run(arguments),
        Verb::Help => output::print(help::text().as_bytes()),
        Verb::Version => output::print(concat!("oauth-token ", env!("CARGO_PKG_VERSION"), "\n").as_bytes()),
    }
}
