//! The comparison with libcurl + jansson: builds both clients, drives them against one local server, and prints one table. Or
//! sessions of many machines over one Redis.

mod artifact;
mod bar;
mod case;
mod child;
mod count;
mod driver;
mod footprint;
mod load;
mod measurement;
mod options;
mod report;
mod scale;
mod scratch;
mod server;
mod server_process;
mod session;
mod signature;
mod table;
mod tool;

use std::path::Path;
use std::process::ExitCode;

pub type Error = Box<dyn std::error::Error>;
pub type Result<T> = std::result::Result<T, Error>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let ended = match arguments.as_slice() {
        [first, directory] if first == server_process::COMMAND => server::serve(Path::new(directory)).map(|()| true),
        [first, times] if first == signature::COMMAND => signature::sign(times).map(|()| true),
        [first, rest @ ..] if first == scale::away::COMMAND => scale::away::pass_on(rest).map(|()| true),
        _ => options::parse(&arguments).and_then(|options| match options {
            Some(options) if options.scale => scale::run(&options).map(|()| true),
            Some(options) => report::run(&options),
            None => Ok(true),
        }),
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
