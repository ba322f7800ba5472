//! Runs a command that finds the token in a file: never in its arguments, nor in its environment, which others may see.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::Command;

use oauthclient::secret::SecretBytes;

use crate::arguments::Arguments;
use crate::failure::{Failure, OTHER};
use crate::profile;
use crate::token;

/// What the path takes the place of, in the arguments of the command.
const PLACE: &str = "{token-file}";
const VARIABLE: &str = "OAUTH_TOKEN_FILE";
/// As a shell has them.
const NOT_FOUND: u8 = 127;
const NOT_EXECUTABLE: u8 = 126;

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let token = token::valid(arguments.name(), &profile::usual_options(arguments))?;
    let text = arguments.format.write(&token, arguments.user.as_deref())?;
    let Some((program, rest)) = arguments.command.split_first() else {
        return Err(Failure::usage("the command to run is missing".to_owned()));
    };
    let failed = |error: io::Error| {
        let code = if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_EXECUTABLE };
        Failure::new(code, format!("{} could not be run: {error}", program.to_string_lossy()))
    };
    run_with(&text, program, rest).map_err(|wrong| match wrong {
        Wrong::Command(error) => failed(error),
        Wrong::File(error) => Failure::new(OTHER, format!("the token could not be put into a file: {error}")),
    })
}

enum Wrong {
    Command(io::Error),
    File(io::Error),
}

fn command(program: &OsStr, rest: &[OsString], path: &str) -> Command {
    let mut command = Command::new(program);
    command.args(rest.iter().map(|argument| match argument.to_str() {
        Some(text) if text.contains(PLACE) => OsString::from(text.replace(PLACE, path)),
        _ => argument.clone(),
    }));
    command.env(VARIABLE, path);
    command
}

/// A file without a name, which ends with the command. Each who opens it reads from its beginning.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn run_with(text: &SecretBytes, program: &OsStr, rest: &[OsString]) -> Result<(), Wrong> {
    use std::io::Write;
    use std::os::fd::AsRawFd;
    use std::os::unix::process::CommandExt;

    use rustix::fs::{MemfdFlags, memfd_create};
    let file = memfd_create("oauth-token", MemfdFlags::empty()).map_err(|error| Wrong::File(error.into()))?;
    let mut file = std::fs::File::from(file);
    file.write_all(text).map_err(Wrong::File)?;
    Err(Wrong::Command(command(program, rest, &format!("/dev/fd/{}", file.as_raw_fd())).exec()))
}

/// A file in a directory that only the user may enter; deleted when the command has ended.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn run_with(text: &SecretBytes, program: &OsStr, rest: &[OsString]) -> Result<(), Wrong> {
    let number = getrandom::u64().map_err(|error| Wrong::File(io::Error::other(error.to_string())))?;
    let directory = std::env::temp_dir().join(format!("oauth-token-{number:016x}"));
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(false).create(&directory).map_err(Wrong::File)?;
    let path = directory.join("token");
    let ended = std::fs::write(&path, &**text)
        .map_err(Wrong::File)
        .and_then(|()| command(program, rest, &path.to_string_lossy()).status().map_err(Wrong::Command));
    drop(std::fs::remove_dir_all(&directory));
    std::process::exit(ended?.code().unwrap_or(OTHER.into()))
}
