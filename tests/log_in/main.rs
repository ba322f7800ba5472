//! A user's way in on this machine: the browser, and the loopback redirect.

#[cfg(all(unix, not(target_os = "macos")))]
mod browser;
#[cfg(unix)]
mod chromium;
mod loopback;
#[path = "../support/mod.rs"]
mod support;
