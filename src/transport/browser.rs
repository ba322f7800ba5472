//! Opens the user's own browser (RFC 8252 section 4.1), by the platform's way and without a shell.

use std::env;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use url::Url;

use crate::error::{Error, Result, Status};
use crate::text::{has_ascii_host, has_control};
use crate::transport::host;

/// A program that still runs after this long has not failed: some open the browser and return, some are the browser.
const PATIENCE: Duration = Duration::from_secs(2);

/// Shows an absolute http or https URL in the browser.
pub fn open(url: &str) -> Result<()> {
    if has_control(url) || url.contains(' ') {
        return Err(Error::argument("url", "has a space or a control character"));
    }
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    if !matches!(scheme.as_deref(), Some("http" | "https")) || !has_ascii_host(url) || Url::parse(url).is_err() {
        return Err(Error::argument("url", "is not an absolute http or https URL"));
    }
    // In a set-uid program the environment, which names the browser, belongs to somebody with fewer rights.
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
        return Vec::new(); // nowhere to show it: a text browser would wait for a terminal that it does not have
    }
    // xdg-open knows how to read a BROWSER that names several, or one with arguments.
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
        std::os::unix::process::CommandExt::process_group(&mut command, 0); // Ctrl-C is meant for the program alone
        host::without_blocked_signals(&mut command);
    }
    let (end, ended) = mpsc::channel();
    // A thread, because somebody has to wait for the child, however long it runs.
    let started = host::spawn_quiet("oauth-browser", move || {
        let succeeded = command.spawn().is_ok_and(|mut child| {
            // A program that reaps every child itself may have got this one too: then it ran, for all we know.
            child.wait().map_or(true, |status| status.success())
        });
        _ = end.send(succeeded); // nobody may be left to hear it
    });
    started.is_ok() && matches!(ended.recv_timeout(PATIENCE), Ok(true) | Err(RecvTimeoutError::Timeout))
}
