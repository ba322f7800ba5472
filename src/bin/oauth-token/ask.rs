//! Questions to the user, and answers from standard input.

use std::io::{BufRead, IsTerminal, Read, Write, stderr, stdin};

use oauthclient::secret::SecretBytes;

use crate::failure::{Failure, OTHER};

const LONGEST: u64 = 1 << 16;

/// Reads one line.
pub fn line(prompt: &str) -> Result<SecretBytes, Failure> {
    if stdin().is_terminal() {
        drop(write!(stderr().lock(), "{prompt}"));
    }
    let mut line = Vec::with_capacity(8192);
    let read = stdin().lock().take(LONGEST).read_until(b'\n', &mut line);
    read.map_err(|error| Failure::new(OTHER, format!("standard input could not be read: {error}")))?;
    Ok(SecretBytes::from(line))
}

/// The same, and a terminal does not show it.
#[cfg(unix)]
pub fn secret(prompt: &str) -> Result<SecretBytes, Failure> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let Ok(shown) = tcgetattr(stdin()) else { return line(prompt) };
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    _ = tcsetattr(stdin(), OptionalActions::Flush, &hidden);
    let answer = line(prompt);
    _ = tcsetattr(stdin(), OptionalActions::Flush, &shown);
    drop(writeln!(stderr().lock()));
    answer
}

#[cfg(not(unix))]
pub fn secret(prompt: &str) -> Result<SecretBytes, Failure> {
    line(prompt)
}
