//! The Secret Service of the user's session, over D-Bus. Each call has its own encrypted connection and runtime. If the
//! collection is locked, the user may be asked to unlock it.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use secret_service::{Collection, EncryptionType, Item, SecretService};

use crate::secret::SecretBytes;

/// Time for the user to type a password.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why the key store failed.
pub enum Failure {
    Service(secret_service::Error),
    Runtime(std::io::Error),
    TimedOut,
}

impl From<secret_service::Error> for Failure {
    fn from(error: secret_service::Error) -> Self {
        Self::Service(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(secret_service::Error::Locked) => f.write_str("it is locked"),
            Self::Service(secret_service::Error::Prompt) => f.write_str("the user did not unlock it"),
            Self::Service(error) => error.fmt(f),
            Self::Runtime(error) => error.fmt(f),
            Self::TimedOut => f.write_str("it did not answer within a minute"),
        }
    }
}

pub fn load(service: &str, name: &str) -> Result<Option<SecretBytes>, Failure> {
    run(async {
        let secrets = SecretService::connect(EncryptionType::Dh).await?;
        let found = items(&secrets, service, name).await?;
        let Some(item) = found.first() else { return Ok(None) };
        if item.is_locked().await? {
            item.unlock().await?;
        }
        Ok(Some(item.get_secret().await?.into()))
    })
}

/// Replaces the item in one step.
pub fn save(service: &str, name: &str, bytes: &[u8]) -> Result<(), Failure> {
    run(async {
        let secrets = SecretService::connect(EncryptionType::Dh).await?;
        let collection = collection(&secrets).await?;
        let label = format!("{service}: {name}");
        collection.create_item(&label, attributes(service, name), bytes, true, "application/octet-stream").await?;
        Ok(())
    })
}

pub fn delete(service: &str, name: &str) -> Result<(), Failure> {
    run(async {
        let secrets = SecretService::connect(EncryptionType::Dh).await?;
        for item in items(&secrets, service, name).await? {
            if item.is_locked().await? {
                item.unlock().await?;
            }
            item.delete().await?;
        }
        Ok(())
    })
}

fn attributes<'a>(service: &'a str, name: &'a str) -> HashMap<&'a str, &'a str> {
    HashMap::from([("application", "oauthclient"), ("service", service), ("name", name)])
}

async fn items<'a>(secrets: &'a SecretService<'a>, service: &str, name: &str) -> Result<Vec<Item<'a>>, Failure> {
    let found = secrets.search_items(attributes(service, name)).await?;
    Ok(found.unlocked.into_iter().chain(found.locked).collect())
}

/// The user's default collection, or any one if there is no default; unlocked.
async fn collection<'a>(secrets: &'a SecretService<'a>) -> Result<Collection<'a>, Failure> {
    let collection = match secrets.get_default_collection().await {
        Err(secret_service::Error::NoResult) => secrets.get_any_collection().await?,
        found => found?,
    };
    if collection.is_locked().await? {
        collection.unlock().await?;
    }
    Ok(collection)
}

fn run<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Runtime)?;
    runtime.block_on(async { tokio::time::timeout(PATIENCE, work).await.unwrap_or(Err(Failure::TimedOut)) })
}
