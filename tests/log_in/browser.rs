//! Opening the browser (RFC 8252 section 4.1): fake ones in a child process, whose environment is its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use oauthclient::error::Status;
use oauthclient::transport::browser;

use crate::support::c::run_bounded;

const URL: &str = "OAUTHCLIENT_TEST_URL";
const PLAIN: &str = "https://as.example/authorize?state=1";
/// How a URL without spaces would fare in a shell.
const TRICKY: &str = r#"https://as.example/a?b=$(touch${IFS}x);c&d='e'"f"`g`|h>i*~%20%s#\"#;
const NEXT_STEP: &str = "no browser could be opened: show the URL to the user yourself, or give oauth_log_in an open_url \
                         function";

/// Runs in a child of the tests below: one call, and the wait until no child of it is left, dead or alive.
#[test]
fn child_opens() {
    let Ok(url) = std::env::var(URL) else { return };
    match browser::open(&url) {
        Ok(()) => println!("\nopened"),
        Err(error) => println!("\n{:?}: {error}", error.status),
    }
    if let Ok(stop) = std::env::var("STOP") {
        fs::write(stop, "").expect("written");
    }
    let end = Instant::now() + Duration::from_secs(10);
    while has_children() {
        assert!(Instant::now() < end, "a child was left behind");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn has_children() -> bool {
    let parent = format!("PPid:\t{}\n", std::process::id());
    let processes = fs::read_dir("/proc").expect("Linux").map(|entry| entry.expect("an entry").path().join("status"));
    processes.filter_map(|status| fs::read_to_string(status).ok()).any(|status| status.contains(&parent))
}

/// Programs that say how they were called, in a directory that is all of PATH.
struct Desktop(tempfile::TempDir);

impl Desktop {
    /// Names, and what each does then.
    fn with(programs: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        for (name, then) in programs {
            let path = directory.path().join(name);
            let calls = directory.path().join("calls").display().to_string();
            let script =
                format!("#!/bin/sh\nprintf '%s\\n' '{name}' \"$@\" >>'{calls}'\necho noise; echo noise >&2\n{then}\n");
            fs::write(&path, script).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
        }
        Self(directory)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// What the call said, and who was called with what.
    fn open(&self, url: &str, environment: &[(&str, &str)]) -> (String, Vec<String>) {
        let mut child = Command::new(std::env::current_exe().expect("this test's path"));
        child.args(["--exact", "browser::child_opens", "--nocapture", "--test-threads=1"]).stdin(Stdio::null());
        child.env_clear().env("PATH", self.0.path()).env(URL, url).envs(environment.iter().copied());
        let output = run_bounded(&mut child, Duration::from_secs(60));
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(output.status.success(), "{text}");
        assert!(!text.contains("noise") && output.stderr.is_empty(), "what the browser says is not for our terminal");
        let said = text.lines().find(|line| *line == "opened" || line.contains(": ")).expect("a result").to_owned();
        let calls = fs::read_to_string(self.path("calls")).unwrap_or_default();
        (said, calls.lines().map(str::to_owned).collect())
    }
}

const DISPLAY: (&str, &str) = ("DISPLAY", ":0");

#[test]
fn the_url_arrives_as_one_argument_untouched() {
    let desktop = Desktop::with(&[("mine", ""), ("xdg-open", "")]);
    let mine = desktop.path("mine");
    let (said, calls) = desktop.open(TRICKY, &[("BROWSER", mine.to_str().expect("text"))]);
    assert_eq!((said.as_str(), calls), ("opened", vec!["mine".to_owned(), TRICKY.to_owned()]));
    assert!(!desktop.path("x").exists());
}

#[test]
fn the_browser_starts_with_no_signal_blocked() {
    let look =
        r#"while read -r name value; do [ "$name" != SigBlk: ] || echo "$value" >"$MASK"; done </proc/self/status"#;
    let desktop = Desktop::with(&[("mine", look)]);
    let mask = desktop.path("mask");
    desktop.open(PLAIN, &[("BROWSER", "mine"), ("MASK", mask.to_str().expect("text"))]);
    assert_eq!(fs::read_to_string(mask).expect("looked").trim().trim_start_matches('0'), "");
}

#[test]
fn when_one_browser_program_fails_the_next_is_tried() {
    let everybody = [("mine", "exit 1"), ("xdg-open", "exit 3"), ("gio", "kill -9 $$"), ("wslview", "exit 0")];
    let desktop = Desktop::with(&everybody);
    let (said, calls) = desktop.open(PLAIN, &[("BROWSER", "mine")]);
    assert_eq!(said, "opened");
    assert_eq!(calls, ["mine", PLAIN, "xdg-open", PLAIN, "gio", "open", PLAIN, "wslview", PLAIN]);
    let desktop = Desktop::with(&[("gio", "")]);
    let (said, calls) = desktop.open(PLAIN, &[DISPLAY, ("BROWSER", "not-there")]);
    assert_eq!((said.as_str(), calls.join(" ")), ("opened", format!("gio open {PLAIN}")));
}

#[test]
fn wayland_and_x11_displays_are_recognised() {
    for display in ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"] {
        let desktop = Desktop::with(&[("xdg-open", ""), ("gio", "")]);
        assert_eq!(desktop.open(PLAIN, &[(display, "d")]).1, ["xdg-open", PLAIN], "{display}");
    }
}

/// Who is called with what, besides the URL, which `URL` stands for.
#[test]
fn the_browser_variable_may_have_arguments_and_name_several() {
    let all = [("mine", "[ \"$1\" != fail ]"), ("your own", ""), ("xdg-open", "")];
    for (variable, expected) in [
        ("mine --new-window", vec!["mine", "--new-window", "URL"]),
        ("  mine   -a  ", vec!["mine", "-a", "URL"]),
        ("mine %s --after", vec!["mine", "URL", "--after"]),
        ("mine --url=%s -t 5%% -p a%cb %20", vec!["mine", "--url=URL", "-t", "5%", "-p", "a:b", "%20"]),
        ("mine 100%%s", vec!["mine", "100%s", "URL"]),
        (
            "mine '--title=a b:c' \"d \\\"e\\\" 'f'\" g\\ h '' i\"j k\"'l m'",
            vec!["mine", "--title=a b:c", "d \"e\" 'f'", "g h", "", "ij kl m", "URL"],
        ),
        ("mine 'sh -c \"%s\"' &", vec!["mine", "sh -c \"URL\""]),
        ("mine fail:'your own' -b:xdg-open", vec!["mine", "fail", "URL", "your own", "-b", "URL"]),
        ("not-there:your\\ own", vec!["your own", "URL"]),
        ("DIR/your own:mine", vec!["your own", "URL"]),
        ("not-there", vec!["xdg-open", "URL"]),
        (":: : & ::mine", vec!["mine", "URL"]),
        ("mine 'open", vec!["xdg-open", "URL"]),
        ("mine \"open:mine", vec!["xdg-open", "URL"]),
        ("mine open\\", vec!["xdg-open", "URL"]),
    ] {
        let desktop = Desktop::with(&all);
        let directory = desktop.0.path().to_str().expect("text");
        let (said, calls) = desktop.open(TRICKY, &[("BROWSER", &variable.replace("DIR", directory))]);
        let expected: Vec<_> = expected.iter().map(|word| word.replace("URL", TRICKY)).collect();
        assert_eq!((said.as_str(), calls), ("opened", expected), "{variable}");
    }
}

#[test]
fn without_a_browser_the_message_says_what_to_do() {
    let failure = format!("{:?}: {NEXT_STEP}", Status::System);
    assert_eq!(Desktop::with(&[]).open(PLAIN, &[DISPLAY]), (failure.clone(), vec![]));
    let failing = Desktop::with(&[("xdg-open", "exit 4"), ("gio", "exit 2")]);
    assert_eq!(failing.open(PLAIN, &[DISPLAY]).0, failure);
    // Nowhere to show it: nobody is even asked.
    let nowhere = Desktop::with(&[("xdg-open", "")]);
    assert_eq!(nowhere.open(PLAIN, &[("DISPLAY", ""), ("BROWSER", "")]), (failure, vec![]));
}

/// The program is the browser itself: it is not waited for, gets no signal meant for us, and is reaped when it ends.
#[test]
fn a_browser_that_runs_on_is_open() {
    let desktop = Desktop::with(&[(
        "mine",
        "read stat </proc/$$/stat; echo \"$stat\" >\"$0.stat\"\nuntil [ -e \"$STOP\" ]; do /bin/sleep 0.05; done\nexit 1",
    )]);
    let stop = desktop.path("stop");
    let (said, calls) = desktop.open(PLAIN, &[("BROWSER", "mine"), ("STOP", stop.to_str().expect("text"))]);
    assert_eq!((said.as_str(), calls.len()), ("opened", 2));
    let stat = fs::read_to_string(desktop.path("mine.stat")).expect("it ran");
    let fields: Vec<&str> = stat.split(' ').collect();
    assert_eq!(fields[0], fields[4], "it leads a process group of its own");
}

#[test]
fn only_http_and_https_urls_are_opened() {
    for url in [
        "",
        "as.example",
        "//as.example/",
        "ftp://as.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "mailto:a@b",
        "--help",
        "-h https://as.example/",
        "http:as.example",
        "https://",
        "https://as.example/a b",
        "https://as.example/\n",
        "\thttps://as.example/",
        "https://as.example/\x7f",
        "https://as.example/\u{85}",
    ] {
        let error = browser::open(url).expect_err(url);
        assert_eq!(error.status, Status::InvalidArgument, "{url:?}");
        assert!(error.message.as_str().starts_with("url "), "{url:?}: {error}");
    }
}
