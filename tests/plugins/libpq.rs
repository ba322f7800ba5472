//! `examples-c/plugins/libpq.c` and `libpq_oauth.c`, with PostgreSQL 18: server, psql and libpq.

mod server;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use oauthclient_test_server::authorization_server::CLIENT_SECRET;
use oauthclient_test_server::scripted::{Answer, Exchange, Scripted, SeenRequest};

use crate::home::Home;
use crate::live::kept;
use crate::support::c::{Linkage, Program, root, run_bounded};
use crate::support::skipped::say_skipped;
use server::{PostgreSql, installed};

const PROFILE: &str = "work";
const LIMIT: Duration = Duration::from_secs(20);

/// A user of a PostgreSQL server that takes the tokens of one authorization server.
struct User {
    home: Home,
    issuer: String,
    server: PostgreSql,
    /// None of them may be in an output, and none of what the store has.
    secrets: Vec<String>,
}

impl User {
    /// With a profile, but without a login; `None` without PostgreSQL, which CI has.
    fn at(authorization_server: Option<&Scripted>) -> Option<Self> {
        if installed().is_none() {
            say_skipped("PostgreSQL is missing: tests/plugins/libpq/install");
            return None;
        }
        let home = Home::new();
        home.add_profile(PROFILE);
        let issuer = authorization_server.map_or_else(|| home.server.issuer().to_owned(), |server| server.url(""));
        let profile = std::fs::read_to_string(home.path("work.toml")).expect("written");
        std::fs::write(home.path("work.toml"), profile.replace(home.server.issuer(), &issuer)).expect("written");
        let other = profile.replace(home.server.issuer(), "https://other.example");
        std::fs::write(home.path("other.toml"), other).expect("written");
        let server = PostgreSql::start(&issuer);
        Some(Self { home, issuer, server, secrets: vec![CLIENT_SECRET.to_owned(), "access-".to_owned()] })
    }

    /// Logs in at the home's own authorization server.
    fn log_in(&mut self) -> String {
        let refresh_token = self.home.log_in(PROFILE);
        self.secrets.push(refresh_token.clone());
        refresh_token
    }

    /// The same at a scripted one.
    fn log_in_with(&mut self, refresh_token: &str) {
        let program = Program::build("plugin_login", Linkage::Shared);
        let mut command = self.command(&program.path());
        let output = run_bounded(command.arg(PROFILE).env("REFRESH_TOKEN", refresh_token), LIMIT);
        assert!(output.status.success(), "{output:?}");
        self.secrets.push("refresh-".to_owned());
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        self.home.settle(&mut command);
        command.env("PGOAUTHDEBUG", "UNSAFE").env("LC_ALL", "C");
        command
    }

    fn connection(&self, profile: &str) -> String {
        let directory = self.server.directory().display();
        let issuer = &self.issuer;
        format!("host={directory} dbname=postgres user=alice oauth_issuer={issuer} oauth_client_id={profile}")
    }

    /// The hook as a shared library.
    fn preload(&self) -> PathBuf {
        let include = format!("-I{}", server::postgresql().join("include").display());
        self.home.compile(&["libpq.c"], "libpq.so", &["-shared", "-fPIC", "-fvisibility=hidden", &include])
    }

    /// The module, where libpq finds it.
    fn module(&self) -> PathBuf {
        let (include, library) = (server::postgresql().join("include"), server::postgresql().join("lib"));
        let flags = [format!("-I{}", include.display()), format!("-L{}", library.display())];
        let flags = ["-shared", "-fPIC", "-fvisibility=hidden", &flags[0], &flags[1], "-lpq"];
        let module = self.home.compile(&["libpq_oauth.c"], "libpq-oauth-18.so", &flags);
        module.parent().expect("it is in a directory").to_owned()
    }

    /// What psql says of a connection that succeeds.
    fn succeed(&self, psql: &mut Command) {
        let (success, out, err) = self.run(psql);
        assert!(success && err.is_empty(), "{out}{err}");
        assert_eq!(out, "oauth:alice\n");
    }

    /// What psql says of one that fails.
    fn fail(&self, psql: &mut Command) -> String {
        let (success, out, err) = self.run(psql);
        assert!(!success, "{out}{err}");
        err
    }

    fn run(&self, command: &mut Command) -> (bool, String, String) {
        let output = run_bounded(command, LIMIT);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        self.check_for_secrets(&format!("{out}{err}"));
        (output.status.success(), out.into_owned(), err.into_owned())
    }

    fn check_for_secrets(&self, text: &str) {
        let log = self.server.log();
        for secret in self.secrets.iter().chain(&kept(&self.home)) {
            assert!(!text.contains(secret) && !log.contains(secret), "{secret} is in\n{text}\nor in\n{log}");
        }
    }
}

/// A psql that asks the server who the user is.
fn ask<'a>(psql: &'a mut Command, connection: &str) -> &'a mut Command {
    psql.args(["-X", "-A", "-t", "-c", "select system_user", "-d", connection])
}

/// The psql of the package with the hook. A shell starts it, which has no libpq.
fn preloaded(user: &User, preload: &Path, profile: &str) -> Command {
    let mut psql = user.command(Path::new("sh"));
    psql.env("LD_PRELOAD", preload).args(["-c", "exec \"$0\" \"$@\""]).arg(server::postgresql().join("bin/psql"));
    ask(&mut psql, &user.connection(profile));
    psql
}

/// The psql of the package with a libpq that loads a module.
fn with_module(user: &User, directory: &Path, profile: &str) -> Command {
    let mut psql = user.command(&server::drop_in().join("bin/psql"));
    psql.env("LD_LIBRARY_PATH", directory);
    ask(&mut psql, &user.connection(profile));
    psql
}

#[test]
fn psql_logs_in_with_the_hook_preloaded() {
    let Some(user) = User::at(None) else { return };
    let preload = user.preload();
    psql_logs_in(user, |user, profile| preloaded(user, &preload, profile), "libpq");
}

#[test]
fn psql_logs_in_with_the_module() {
    let Some(user) = User::at(None) else { return };
    let directory = user.module();
    psql_logs_in(user, |user, profile| with_module(user, &directory, profile), "failed");
}

#[cfg(feature = "cli")]
#[test]
fn psql_takes_the_login_of_the_command() {
    let Some(mut user) = User::at(None) else { return };
    let directory = user.module();
    user.secrets.push(user.home.log_in_by_command(PROFILE));
    user.succeed(&mut with_module(&user, &directory, PROFILE));
}

fn psql_logs_in(mut user: User, psql: impl Fn(&User, &str) -> Command, says: &str) {
    let missing = user.fail(&mut psql(&user, "nobodys"));
    assert!(missing.contains(&format!("{says}: OAuth profile \"nobodys\": ")), "{missing}");
    assert!(
        missing.contains("nobodys.toml") && missing.contains("; correct the profile, then connect again"),
        "{missing}"
    );
    let other = user.fail(&mut psql(&user, "other"));
    assert!(other.contains("\"other\": its issuer is not the connection's oauth_issuer"), "{other}");
    let before = user.fail(&mut psql(&user, PROFILE));
    assert!(before.contains("a login is required") && before.contains("; log in for this profile"), "{before}");

    let refresh_token = user.log_in();
    let earlier = user.home.server.token_requests();
    user.succeed(&mut psql(&user, PROFILE));
    user.succeed(&mut psql(&user, PROFILE));
    user.succeed(psql(&user, "nobodys").env("OAUTH_PROFILE", PROFILE));
    assert_eq!(user.home.server.token_requests(), earlier + 1, "one token serves three connections");

    user.home.server.revoke(&refresh_token);
    let again = user.log_in();
    user.home.server.revoke(&again);
    let over = user.fail(&mut psql(&user, PROFILE));
    let sentence = "OAuth profile \"work\": a login is required: the server refused the refresh token";
    assert!(over.contains(&format!("{says}: {sentence}")), "{over}");
    assert!(over.contains("; log in for this profile, then connect again\n"), "{over}");

    user.log_in();
    user.succeed(&mut psql(&user, PROFILE));
}

#[test]
fn a_token_is_renewed_between_two_connections() {
    let authorization_server = Scripted::start(|exchange| serve(exchange, 1, false));
    let Some(mut user) = User::at(Some(&authorization_server)) else { return };
    user.log_in_with("refresh-0");
    let (preload, directory) = (user.preload(), user.module());
    user.succeed(&mut preloaded(&user, &preload, PROFILE));
    user.succeed(&mut with_module(&user, &directory, PROFILE));
    let before = newest_token(&authorization_server.requests());
    let program = Running::start(&user, "1000000", false);
    authorization_server.wait_for(|seen| newest_token(&seen.requests) >= before + 2);
    drop(program);
    user.succeed(&mut preloaded(&user, &preload, PROFILE));
    user.succeed(&mut with_module(&user, &directory, PROFILE));
}

/// The authorization server answers only after the program's loop has done something else. Were a call of PQconnectPoll to
/// wait for it, neither would ever go on.
#[test]
fn no_call_of_pqconnectpoll_waits() {
    let authorization_server = Scripted::start(|exchange| serve(exchange, 3600, true));
    let Some(mut user) = User::at(Some(&authorization_server)) else { return };
    user.log_in_with("refresh-0");
    let mut program = Running::start(&user, "2", true);
    assert_eq!(program.line(), "descriptor");
    for request in 1..=2 {
        authorization_server.wait_for(|seen| seen.requests.len() >= request); // the metadata, then the token
        program.wake();
        assert_eq!(program.line(), "awake");
        authorization_server.go();
    }
    assert_eq!(program.line(), "connected as alice");
    assert_eq!(program.line(), "connected as alice"); // with the token from memory: without a descriptor
    program.end(&user);
    assert_eq!(newest_token(&authorization_server.requests()), 1);
}

/// The program gives the connection up, and ends, while the server has its refresh token.
#[test]
fn a_renewal_outlives_its_connection() {
    let authorization_server = Scripted::start(|exchange| serve(exchange, 3600, true));
    let Some(mut user) = User::at(Some(&authorization_server)) else { return };
    user.log_in_with("refresh-0");
    let mut program = Running::start(&user, "0", true);
    assert_eq!(program.line(), "descriptor");
    authorization_server.wait_for(|seen| seen.requests.len() == 1);
    authorization_server.go();
    authorization_server.wait_for(|seen| seen.requests.len() == 2);
    program.wake();
    assert_eq!(program.line(), "awake");
    assert_eq!(program.line(), "left");
    authorization_server.go();
    program.end(&user);

    user.succeed(&mut preloaded(&user, &user.preload(), PROFILE)); // with the token that the program still got
    assert_eq!(newest_token(&authorization_server.requests()), 1);
    let refreshes = authorization_server.requests().iter().filter(|request| request.target == "/token").count();
    assert_eq!(refreshes, 1);
}

/// An authorization server whose access and refresh tokens have numbers. It takes any of its tokens for alice's. With
/// `waits` it answers requests for metadata and tokens when the test says so.
fn serve(mut exchange: Exchange, lifetime_s: u32, waits: bool) -> std::io::Result<()> {
    while let Some(request) = exchange.read_request()? {
        let is_about_alice = request.target == "/api/me";
        if waits && !is_about_alice {
            exchange.wait_for_go()?;
        }
        let answer = match (request.target.as_str(), number_of_token(&request)) {
            ("/api/me", Some(_)) => Answer::json(200, r#"{"sub":"alice"}"#),
            ("/token", _) => {
                let sent = request.form_value("refresh_token").unwrap_or_default();
                let number: u32 = sent.trim_start_matches("refresh-").parse().map_or(0, |number: u32| number + 1);
                let body = format!(
                    r#"{{"access_token":"access-{number}","token_type":"Bearer","expires_in":{lifetime_s},"refresh_token":"refresh-{number}"}}"#
                );
                Answer::json(200, body)
            }
            (target, _) if target.starts_with("/.well-known/") => {
                let issuer = format!("http://{}", request.header("host").unwrap_or_default());
                Answer::json(200, format!(r#"{{"issuer":"{issuer}","token_endpoint":"{issuer}/token"}}"#))
            }
            _ => Answer::json(401, "{}"),
        };
        exchange.answer(&answer)?;
        if is_about_alice {
            exchange.close(); // the validator reads to the end
            break;
        }
    }
    Ok(())
}

/// N of `access-N`, for a request with one.
fn number_of_token(request: &SeenRequest) -> Option<u32> {
    request.header("authorization")?.strip_prefix("Bearer access-")?.parse().ok()
}

/// The number of the token that the PostgreSQL server got last; 0 before the first one.
fn newest_token(requests: &[SeenRequest]) -> u32 {
    requests.iter().rev().find_map(number_of_token).unwrap_or_default()
}

/// `libpq/poll.c`, linked with the hook.
struct Running {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
}

impl Running {
    fn start(user: &User, times: &str, under_valgrind: bool) -> Self {
        let library = server::postgresql().join("lib");
        let include = format!("-I{}", server::postgresql().join("include").display());
        let (search, run) = (format!("-L{}", library.display()), format!("-Wl,-rpath,{}", library.display()));
        let source = root().join("tests/plugins/libpq/poll.c");
        let flags = [source.to_str().expect("a path in UTF-8"), &include, &search, "-lpq", &run];
        let program = user.home.compile(&["libpq.c"], "poll", &flags);
        let mut command = user.command(&program);
        if under_valgrind && Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_ok() {
            command = user.command(Path::new("valgrind"));
            command.args(["-q", "--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite"]);
            command.args(["--error-exitcode=99", "--fair-sched=yes"]).arg(&program);
        } else if under_valgrind {
            say_skipped("valgrind is not installed: leaks and memory errors were not looked for");
        }
        command.arg(user.connection(PROFILE)).arg(times);
        let errors = std::fs::File::create(user.home.path("errors")).expect("a file");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
        let mut child = command.spawn().expect("it starts");
        let (stdin, stdout) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
        let (sender, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                drop(sender.send(line));
            }
        });
        Self { child, stdin, lines }
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(LIMIT).expect("the program goes on")
    }

    fn wake(&mut self) {
        self.stdin.write_all(b".").expect("the program reads it");
    }

    /// Waits for its end: it closes stdout.
    fn end(&mut self, user: &User) {
        let more = self.lines.recv_timeout(LIMIT);
        assert_eq!(more, Err(std::sync::mpsc::RecvTimeoutError::Disconnected), "the program ends");
        assert!(self.child.wait().expect("it has ended").success());
        let errors = std::fs::read_to_string(user.home.path("errors")).expect("a file");
        user.check_for_secrets(&errors);
        assert_eq!(errors, "");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
