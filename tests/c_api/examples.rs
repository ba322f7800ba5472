//! The programs of `examples-c`, run as their users run them.

use std::process::{Child, Command, Stdio};

use oauthclient_test_server::authorization_server::{self, AuthorizationServer, Options};
use oauthclient_test_server::browser::Browser;

use crate::support::browser::{self, Handover};
use crate::support::c::Program;

/// A server, and what programs have to know of it.
struct Server(AuthorizationServer);

impl Server {
    fn start(options: Options) -> Self {
        Self(AuthorizationServer::start(options))
    }

    fn command(&self, program: &Program) -> Command {
        let mut command = Command::new(program.path());
        command.env("OAUTH_ISSUER", self.0.issuer());
        command.env("OAUTH_CLIENT_ID", authorization_server::CLIENT_ID);
        command.env("OAUTH_CLIENT_SECRET", authorization_server::CLIENT_SECRET);
        command.env("OAUTH_REDIRECT_PATH", "/callback").env("OAUTH_REDIRECT_URI", authorization_server::REDIRECT_URI);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

fn started(mut command: Command) -> Child {
    command.spawn().expect("the program starts")
}

/// What it said, and whether it succeeded.
fn ended(child: Child) -> (bool, String, String) {
    let output = child.wait_with_output().expect("the program ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_login_example_works_through_the_browser() {
    let server = Server::start(Options::default());
    let (handover, program) = (Handover::new(), Program::example("login"));
    let mut login = server.command(&program);
    login.env("BROWSER", &handover.program);
    let login = started(login);
    let mut browser = Browser::new();
    let redirect = browser.log_in(&handover.url()).expect("the user logs in");
    let (status, page) = browser.follow(&redirect).expect("the program shows a page");
    assert!(status == 200 && page.contains("signed in"), "{status}: {page}");
    let (succeeded, out, err) = ended(login);
    assert!(succeeded && out.contains("Refreshing") && out.ends_with("Logged in.\n"), "{out}{err}");
}

#[test]
fn the_login_example_shows_a_refusal() {
    let server = Server::start(Options { user_agrees: false, ..Options::default() });
    let (handover, program) = (Handover::new(), Program::example("login"));
    let mut login = server.command(&program);
    login.env("BROWSER", &handover.program);
    let login = started(login);
    let mut browser = Browser::new();
    let redirect = browser.log_in(&handover.url()).expect("the user is sent back");
    let (_, page) = browser.follow(&redirect).expect("the program shows a page");
    assert!(page.contains("did not work"), "{page}");
    let (succeeded, out, err) = ended(login);
    assert!(!succeeded && err.contains("OAUTH_ERROR_PROVIDER") && err.contains("access_denied"), "{out}{err}");
}

#[test]
fn the_login_example_takes_a_pasted_address() {
    let server = Server::start(Options::default());
    let program = Program::example("login");
    let mut login = server.command(&program);
    login.arg("--paste");
    let mut login = started(login);
    assert!(browser::paste(&mut login).any(|line| line == "Logged in."));
    let (succeeded, _, err) = ended(login);
    assert!(succeeded, "{err}");
}

#[test]
fn the_device_example_shows_consent_and_refusal() {
    let program = Program::example("device");
    for user_agrees in [true, false] {
        let server = Server::start(Options { user_agrees, ..Options::default() });
        let (succeeded, out, err) = ended(started(server.command(&program)));
        assert_eq!(succeeded, user_agrees, "{out}{err}");
        assert!(out.contains('█') && out.contains("Enter   "), "{out}");
        assert!(
            if user_agrees { out.contains("Logged in; the token lasts") } else { err == "You said no.\n" },
            "{out}{err}"
        );
    }
}

#[test]
fn the_client_credentials_example_gets_a_token_or_an_error() {
    let server = Server::start(Options::default());
    let program = Program::example("client_credentials");
    let (succeeded, out, err) = ended(started(server.command(&program)));
    assert!(succeeded && out.trim().len() > 16 && err.is_empty(), "{out}{err}");
    let mut wrong = server.command(&program);
    wrong.env("OAUTH_CLIENT_SECRET", "wrong secret");
    let (succeeded, out, err) = ended(started(wrong));
    assert!(!succeeded && out.is_empty() && err.contains("invalid_client") && !err.contains("wrong secret"), "{err}");
}

#[test]
fn the_webapp_example_finishes_in_another_process() {
    let server = Server::start(Options::default());
    let (program, directory) = (Program::example("webapp"), tempfile::tempdir().expect("a temporary directory"));
    let session = directory.path().join("session");
    let mut begin = server.command(&program);
    begin.arg("begin").arg(&session);
    let (succeeded, url, err) = ended(started(begin));
    assert!(succeeded, "{err}");
    let redirect = Browser::new().log_in(url.trim()).expect("the user logs in").to_url();
    let finish = || {
        let mut finish = server.command(&program);
        finish.arg("finish").arg(&session).arg(&redirect);
        ended(started(finish))
    };
    let (succeeded, out, err) = finish();
    assert!(succeeded && out.starts_with("Logged in"), "{out}{err}");
    let (succeeded, _, err) = finish();
    assert!(!succeeded && err.contains("no log-in was begun"), "a redirect is answered once: {err}");
}

#[test]
fn the_daemon_outlives_two_second_tokens() {
    let server = Server::start(Options { access_token_lifetime_s: 2, ..Options::default() });
    let (program, store) = (Program::example("daemon"), tempfile::tempdir().expect("a temporary directory"));
    let refresh_token = server.0.obtain_refresh_token();
    let run = |seconds: &str, store: &str, refresh_token: Option<&str>| {
        let mut daemon = server.command(&program);
        daemon.args([seconds, "8"]).env("OAUTH_STORE", store);
        refresh_token.map(|refresh_token| daemon.env("OAUTH_REFRESH_TOKEN", refresh_token));
        let before = server.0.token_requests();
        let (succeeded, out, err) = ended(started(daemon));
        assert!(succeeded && out.ends_with(" calls, 0 failures\n") && !out.starts_with("0 "), "{out}{err}");
        server.0.token_requests() - before
    };
    let path = |name: &str| store.path().join(name).display().to_string();
    let requests = run("3", &path("user"), Some(&refresh_token));
    assert!((2..=5).contains(&requests), "{requests} requests for tokens in 3 s");
    // It was used up: what was kept is what counts.
    run("1", &path("user"), Some(&refresh_token));
    run("1", &path("machine"), None);
}
