//! Proxies that the environment names: read once, when the client is made, and only where that is safe.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use oauthclient_test_server::proxy::{HttpProxy, Socks5};
use oauthclient_test_server::scripted::{Scripted, handler};

use crate::support::c::{Linkage, Program, run_bounded};
use crate::support::calls::{authority, token};

const ENDPOINT: &str = "http://as.invalid/token";

/// What the program says of its call; these variables are all it has.
fn say(program: &Path, mode: &str, endpoint: &str, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(program);
    command.env_clear().env("ENDPOINT", endpoint).env("MODE", mode).envs(variables.iter().copied());
    let output = run_bounded(&mut command, Duration::from_secs(60));
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

fn server() -> Scripted {
    Scripted::start(handler::always(token()))
}

#[test]
fn the_environments_proxies_are_used() {
    let program = Program::build("engine_environment", Linkage::Shared);
    let target = server();
    let (http, socks) = (HttpProxy::start(target.address(), None), Socks5::start(target.address(), None));
    let (http_url, socks_url) = (http.url(""), format!("socks5h://127.0.0.1:{}", socks.port()));
    let (http_url, bare, socks_url) = (http_url.as_str(), http.address().to_string(), socks_url.as_str());
    let mut through_http = 0;
    for (variables, used) in [
        (&[("http_proxy", http_url)][..], true),
        (&[("http_proxy", &bare)], true),
        (&[("HTTP_PROXY", http_url)], true),
        (&[("all_proxy", http_url)], true),
        (&[("ALL_PROXY", http_url)], true),
        (&[("http_proxy", http_url), ("all_proxy", socks_url)], true),
        (&[("http_proxy", http_url), ("no_proxy", "other.invalid,10.0.0.0/8")], true),
        (&[("http_proxy", http_url), ("no_proxy", "as.invalid")], false),
        (&[("http_proxy", http_url), ("NO_PROXY", "a.example, .invalid")], false),
        (&[("http_proxy", http_url), ("no_proxy", "*")], false),
        (&[("http_proxy", http_url), ("no_proxy", "a.example as.invalid b.example")], false),
        (&[("http_proxy", http_url), ("no_proxy", "as.invalid.")], false),
        // The variable of another scheme is not even looked at.
        (&[("http_proxy", http_url), ("https_proxy", "ftp://p")], true),
        (&[("https_proxy", "ftp://p")], false),
        (&[("https_proxy", http_url)], false),
        // In a CGI program that is a header of the request, and so anybody's.
        (&[("HTTP_PROXY", http_url), ("REQUEST_METHOD", "POST")], false),
        (&[], false),
    ] {
        let expected = if used { "OAUTH_OK" } else { "OAUTH_ERROR_CONNECT" };
        assert_eq!(say(&program.path(), "usual", ENDPOINT, variables), expected, "{variables:?}");
        through_http += usize::from(used);
        assert_eq!(http.requests().len(), through_http, "{variables:?}");
    }
    assert!(socks.targets().is_empty());
    assert_eq!(say(&program.path(), "usual", ENDPOINT, &[("ALL_PROXY", socks_url)]), "OAUTH_OK");
    assert_eq!(socks.targets().len(), 1);
    let excluded = [("http_proxy", http_url), ("no_proxy", "as.invalid")];
    let with_dot = ENDPOINT.replace("invalid", "invalid.");
    assert_eq!(say(&program.path(), "usual", &with_dot, &excluded), "OAUTH_ERROR_CONNECT");
    let socks = socks_url.replace("socks5h", "socks").replace("127.0.0.1", "localhost");
    assert_eq!(say(&program.path(), "usual", ENDPOINT, &[("ALL_PROXY", &socks)]), "OAUTH_ERROR_CONNECT");
    assert_eq!(http.requests().len(), through_http);
}

#[test]
fn https_has_a_variable_of_its_own() {
    let program = Program::build("engine_environment", Linkage::Shared);
    let target = Scripted::start_tls(handler::always(token()), &authority().for_names(&["as.invalid"]));
    let proxy = HttpProxy::start(target.address(), None);
    let ca_file = authority().pem_file();
    let ca_file = ca_file.path().to_str().expect("text");
    for (variable, expected) in [
        ("https_proxy", "OAUTH_OK"),
        ("HTTPS_PROXY", "OAUTH_OK"),
        ("all_proxy", "OAUTH_OK"),
        ("http_proxy", "OAUTH_ERROR_CONNECT"),
    ] {
        let variables = [(variable, proxy.url("")), ("CA_FILE", ca_file.to_owned())];
        let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(say(&program.path(), "usual", "https://as.invalid/token", &variables), expected, "{variable}");
    }
    // What http uses may be wrong.
    let variables = [("https_proxy", &*proxy.url("")), ("http_proxy", "ftp://p"), ("CA_FILE", ca_file)];
    assert_eq!(say(&program.path(), "usual", "https://as.invalid/token", &variables), "OAUTH_OK");
    assert!(proxy.requests().iter().all(|seen| seen.method == "CONNECT"));
    assert_eq!((proxy.requests().len(), target.requests().len()), (4, 4));
}

#[test]
fn loopback_and_a_set_proxy_ignore_the_environment() {
    let program = Program::build("engine_environment", Linkage::Shared);
    let target = server();
    let proxy = HttpProxy::start(target.address(), None);
    let variables = [("http_proxy", &*proxy.url("")), ("ALL_PROXY", &*proxy.url(""))];
    for mode in ["disabled", "ignored"] {
        assert_eq!(say(&program.path(), mode, ENDPOINT, &variables), "OAUTH_ERROR_CONNECT", "{mode}");
    }
    // Plain http to this machine is allowed because it stays there.
    for host in ["127.0.0.1", "localhost"] {
        assert_eq!(say(&program.path(), "usual", &target.url_at(host, "/token"), &variables), "OAUTH_OK", "{host}");
    }
    assert!(proxy.connections().is_empty());
    assert_eq!(target.requests().len(), 2);
}

#[test]
fn a_set_uid_program_ignores_the_environment() {
    const NOBODY: u32 = 65534;
    let program = Program::build("engine_environment", Linkage::Static);
    let target = server();
    let proxy = HttpProxy::start(target.address(), None);
    let copy = program.path().with_extension("set-uid");
    // Not by this process: another thread's child could have the copy open for writing, and then it cannot be started.
    assert!(Command::new("cp").arg(program.path()).arg(&copy).status().is_ok_and(|status| status.success()));
    if chown(&copy, Some(NOBODY), None).is_err() {
        return eprintln!("not run as root: a set-uid program cannot be made");
    }
    std::fs::set_permissions(&copy, PermissionsExt::from_mode(0o4755)).expect("a file of ours");
    let said = say(&copy, "usual", ENDPOINT, &[("http_proxy", &proxy.url(""))]);
    if !said.starts_with("set-uid ") {
        return eprintln!("set-uid programs are not allowed in {copy:?}");
    }
    assert_eq!(said, "set-uid OAUTH_ERROR_CONNECT");
    assert!(proxy.connections().is_empty());
}
