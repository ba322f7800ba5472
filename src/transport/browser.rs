//! Opens the user's browser (RFC 8252 section 4.1) by the platform's own means, without a shell.

use std::env;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use url::Url;

use crate::error::{Error, Result, Status};
use crate::host;
use crate::text::{has_ascii_host, has_control};
use crate::transport::command_line::command_lines;

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
    if !host::is_privileged() && candidates(url).iter().any(|candidate| opens(candidate)) {
        return Ok(());
    }
    let next = "show the URL to the user yourself, or give oauth_log_in an open_url function";
    Err(Error::new(Status::System, &format!("no browser could be opened: {next}")))
}

/// Programs with their arguments, to be tried in order.
fn candidates(url: &str) -> Vec<Vec<String>> {
    let usual = |line: &&str| line.split(' ').chain([url]).map(str::to_owned).collect();
    if cfg!(windows) {
        return ["rundll32 url.dll,FileProtocolHandler"].iter().map(usual).collect();
    }
    if cfg!(target_os = "macos") {
        return ["open"].iter().map(usual).collect();
    }
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    if !["BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"].iter().any(|name| variable(name).is_some()) {
        return Vec::new(); // no display: a text browser would wait for a terminal that it does not have
    }
    let named = variable("BROWSER").map(|variable| command_lines(&variable, url)).unwrap_or_default();
    named.into_iter().chain(["xdg-open", "gio open", "wslview"].iter().map(usual)).collect()
}

fn opens(candidate: &[String]) -> bool {
    let Some((program, arguments)) = candidate.split_first() else { return false };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
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
