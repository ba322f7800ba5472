//! Stores: the same contract for all, and what each of them has to survive.

#[cfg(feature = "redis")]
mod access;
mod contract;
#[cfg(unix)]
mod file;
#[cfg(unix)]
mod format;
mod in_process;
#[cfg(all(feature = "keyring", target_os = "linux"))]
mod keyring;
#[cfg(target_os = "linux")] // whose processes adopt orphans
mod lock_file;
#[cfg(unix)]
mod record;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "redis")]
mod redis_connections;
#[cfg(feature = "redis")]
mod redis_server;
#[cfg(feature = "redis")]
mod sentinels;
#[path = "../support/mod.rs"]
mod support;
