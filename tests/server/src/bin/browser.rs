//! Plays the user in a program that opens `$BROWSER`.
//!
//! `oauthclient-test-browser [--user NAME] [--deny] URL` logs in at an authorization URL and goes back to the program;
//! with `--device CODE` it enters a user code at the verification URI. What `$BROWSER` cannot say as an argument it can
//! say in the environment: `OAUTH_BROWSER_USER`, `OAUTH_BROWSER_DENY`; and with `OAUTH_BROWSER_FOLLOW=0` the redirect
//! is printed instead of followed.

use std::process::ExitCode;

use oauthclient_test_server::browser::{Browser, Result};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("oauthclient-test-browser: {}", error.escape_default());
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let setting = |name| std::env::var(name).ok();
    let mut browser = Browser::new();
    let (mut user, mut deny) = (setting("OAUTH_BROWSER_USER"), setting("OAUTH_BROWSER_DENY").is_some());
    let (mut user_code, mut url) = (None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--user" => user = arguments.next(),
            "--deny" => deny = true,
            "--device" => user_code = arguments.next(),
            _ => url = Some(argument),
        }
    }
    let url = url.ok_or("usage: oauthclient-test-browser [--user NAME] [--deny] [--device CODE] URL")?;
    if let Some(user) = user {
        browser = browser.user(&user);
    }
    if deny {
        browser = browser.deny();
    }
    if let Some(user_code) = user_code {
        return browser.enter_code(&url, &user_code).map(drop);
    }
    let redirect = browser.log_in(&url)?;
    if setting("OAUTH_BROWSER_FOLLOW").as_deref() == Some("0") {
        println!("{}", redirect.to_url());
        return Ok(());
    }
    match browser.follow(&redirect)? {
        (200..300, _) => Ok(()),
        (status, page) => Err(format!("the program answered {status}: {page}")),
    }
}
