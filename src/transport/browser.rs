//! Opens the user's browser (RFC 8252 section 4.1) by the platform's own means, without a shell.

use std::env;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use url::Url;

use crate::error::{Error, Result, Status};
use crate::host;
use crate::text::{has_ascii_host, has_control};

/// A program that still runs after so long has succeeded: some open the browser and return, some are the browser.
const PATIENCE: Duration = Duration::from_secs(2);

/// Opens an absolute http or https URL in the browser.
pub fn open(url: &str) -> Result<()> {
    if has_control(url) || url.contains(' ') {
        return Err(Error::argument("url", "has a space or a control character"));
    }
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    if !matches!(scheme.as_deref(), Some("http" | "https")) || !has_ascii_host(url) || Url::parse(url).is_err() {
        return Err(Error::argument("url", "is not an absolute http or https URL"));
    }
    // In a set-uid program the environment, which names the browser, comes from a user with fewer rights.
    if !host::is_privileged() && candidates().iter().any(|candidate| opens(candidate, url)) {
        return Ok(());
    }
    let next = "show the URL to the user yourself, or give oauth_log_in an open_url function";
    Err(Error::new(Status::System, &format!("no browser could be opened: {next}")))
}

/// Programs with their arguments, to be tried in order.
fn candidates() -> Vec<Vec<String>> {
    let words = |line: &&str| line.split(' ').map(str::to_owned).collect();
    if cfg!(windows) {
        return ["rundll32 url.dll,FileProtocolHandler"].iter().map(words).collect();
    }
    if cfg!(target_os = "macos") {
        return ["open"].iter().map(words).collect();
    }
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    if !["BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"].iter().any(|name| variable(name).is_some()) {
        return Vec::new(); // no display: a text browser would wait for a terminal that it does not have
    }
    // A BROWSER that names several, or one with arguments, is left to xdg-open.
    let is_one = |browser: &String| !browser.contains(|c: char| c.is_whitespace() || c == ':' || c == '%');
    let named = variable("BROWSER").filter(is_one).map(|browser| vec![browser]);
    named.into_iter().chain(["xdg-open", "gio open", "wslview"].iter().map(words)).collect()
}

fn opens(candidate: &[String], url: &str) -> bool {
    let Some((program, arguments)) = candidate.split_first() else { return false };
    let mut command = Command::new(program);
    command.args(arguments).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    {
        std::os::unix::process::CommandExt::process_group(&mut command, 0); // Ctrl-C is meant for the program only
        host::without_blocked_signals(&mut command);
    }
    let (end, ended) = mpsc::channel();
    // A thread, because the child must be waited for, however long it runs.
    let started = host::spawn_quiet("oauth-browser", move || {
        let succeeded = command.spawn().is_ok_and(|mut child| {
            // If the program reaps all children itself, this wait may fail; the child then counts as successful.
            child.wait().map_or(true, |status| status.success())
        });
        _ = end.send(succeeded); // the receiver may have stopped waiting
    });
    started.is_ok() && matches!(ended.recv_timeout(PATIENCE), Ok(true) | Err(RecvTimeoutError::Timeout))
}
