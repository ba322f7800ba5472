//! The Keychain of macOS and the Credential Manager of Windows. The latter keeps at most 2,560 bytes an item, and
//! reports an error for more.

use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error, Result};

use crate::secret::SecretBytes;
use crate::store::digest;

pub fn load(service: &str, name: &str) -> Result<Option<SecretBytes>> {
    match entry(service, name)?.get_secret() {
        Ok(bytes) => Ok(Some(bytes.into())),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(error),
    }
}

pub fn save(service: &str, name: &str, bytes: &[u8]) -> Result<()> {
    entry(service, name)?.set_secret(bytes)
}

pub fn delete(service: &str, name: &str) -> Result<()> {
    match entry(service, name)?.delete_credential() {
        Err(Error::NoEntry) => Ok(()),
        deleted => deleted,
    }
}

/// Windows ignores the case of names: a digest tells names apart that differ in case alone.
fn entry(service: &str, name: &str) -> Result<Entry> {
    #[cfg(target_os = "macos")]
    let store = apple_native_keyring_store::keychain::Store::new()?;
    #[cfg(windows)]
    let store = windows_native_keyring_store::Store::new()?;
    store.build(service, &format!("{name} {}", digest(name, 8)), None)
}
