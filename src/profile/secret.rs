//! The client secret, from where the profile says that it is.

use std::path::Path;

use crate::profile::Source;
use crate::profile::settings::why;
use crate::secret::{Secret, SecretBytes};
use crate::store::directory::read_guarded;

/// The largest file of a secret, in bytes.
const LARGEST: u64 = 1 << 16;
/// What items in the key store have in common.
#[cfg(feature = "keyring")]
pub const SERVICE: &str = "oauthclient";

/// Why there is no secret; the end of a message.
pub fn read(source: &Source) -> Result<Secret, String> {
    let bytes = match source {
        Source::File(path) => from_file(path)?,
        Source::Keyring(name) => from_keyring(name)?,
    };
    one_line(&bytes).and_then(Secret::new).ok_or_else(|| "does not hold one line of text".to_owned())
}

fn from_file(path: &Path) -> Result<SecretBytes, String> {
    let shown = path.display();
    match read_guarded(path, true, LARGEST) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(format!("is {shown}, which does not exist")),
        Err(error) => Err(format!("is {shown}, which could not be used: {}", why(&error))),
    }
}

#[cfg(feature = "keyring")]
fn from_keyring(name: &str) -> Result<SecretBytes, String> {
    match crate::store::keyring::secret(SERVICE, name) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(format!("names an item that the key store does not have under the service {SERVICE}")),
        Err(error) => Err(format!("could not be read: {error}")),
    }
}

#[cfg(not(feature = "keyring"))]
fn from_keyring(_: &str) -> Result<SecretBytes, String> {
    Err("needs the cargo feature keyring, which this build lacks".to_owned())
}

/// The text, without the end of its line; `None` if it is not one line.
fn one_line(bytes: &[u8]) -> Option<&str> {
    let text = str::from_utf8(bytes).ok()?;
    let line = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    (!line.is_empty() && !crate::text::has_control(line)).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_line() {
        for (bytes, expected) in [
            (&b"a b"[..], Some("a b")),
            (b"a\n", Some("a")),
            (b"a\r\n", Some("a")),
            (b"a\n\n", None),
            (b"a\nb", None),
            (b"\n", None),
            (b"", None),
            (b"a\0", None),
            (b"a\xff", None),
        ] {
            assert_eq!(one_line(bytes), expected, "{bytes:?}");
        }
    }
}
