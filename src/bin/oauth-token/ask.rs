//! Questions to the user, and answers from standard input.

use std::io::{BufRead, IsTerminal, Read, Write, stderr, stdin};

use oauthclient::secret::SecretBytes;

use crate::failure::{Failure, OTHER};

const LONGEST: u64 = 1 << 16;
/// As a shell has it for Ctrl-C.
#[cfg(unix)]
const INTERRUPTED: u8 = 130;

/// Reads one line.
pub fn line(prompt: &str) -> Result<SecretBytes, Failure> {
    if stdin().is_terminal() {
        drop(write!(stderr().lock(), "{prompt}"));
    }
    let mut line = Vec::with_capacity(8192);
    let read = stdin().lock().take(LONGEST).read_until(b'\n', &mut line);
    read.map_err(unreadable)?;
    Ok(SecretBytes::from(line))
}

fn unreadable(error: std::io::Error) -> Failure {
    Failure::new(OTHER, format!("standard input could not be read: {error}"))
}

/// The same, and a terminal does not show it.
#[cfg(unix)]
pub fn secret(prompt: &str) -> Result<SecretBytes, Failure> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let Ok(usual) = tcgetattr(stdin()) else { return line(prompt) };
    let mut silent = usual.clone();
    // Key by key, Ctrl-C too: a signal would leave the terminal silent.
    silent.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
    _ = tcsetattr(stdin(), OptionalActions::Flush, &silent);
    drop(write!(stderr().lock(), "{prompt}"));
    let answer = typed();
    _ = tcsetattr(stdin(), OptionalActions::Flush, &usual);
    drop(writeln!(stderr().lock()));
    answer
}

#[cfg(unix)]
fn typed() -> Result<SecretBytes, Failure> {
    const CTRL_C: u8 = 3;
    const CTRL_D: u8 = 4;
    const BACKSPACES: [u8; 2] = [8, 127];
    let mut answer = Vec::with_capacity(8192); // one that grows would leave a copy behind
    for key in stdin().lock().bytes().take(answer.capacity()) {
        match key.map_err(unreadable)? {
            b'\n' | b'\r' | CTRL_D => break,
            CTRL_C => return Err(Failure::new(INTERRUPTED, "interrupted".to_owned())),
            key if BACKSPACES.contains(&key) => _ = answer.pop(),
            key => answer.push(key),
        }
    }
    Ok(SecretBytes::from(answer))
}

#[cfg(not(unix))]
pub fn secret(prompt: &str) -> Result<SecretBytes, Failure> {
    line(prompt)
}
