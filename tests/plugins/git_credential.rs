//! `examples-c/plugins/git_credential.c`: git, with `git http-backend` behind a server that asks for a token.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use oauthclient_test_server::authorization_server::CLIENT_SECRET;
use oauthclient_test_server::scripted::{Answer, Exchange, Scripted, SeenRequest};

use crate::home::Home;
use crate::live::{is_live, kept};
use crate::support::c::{root, run_bounded};
use crate::support::skipped::say_skipped;

const BOTH: &[&str] = &["Basic realm=\"forge\"", "Bearer realm=\"forge\""];

/// The machine's git, and one that knows bearer tokens; where the first does, there is only that.
fn gits() -> Vec<PathBuf> {
    let built = root().join("target/plugins/git_credential/git");
    let mut all = vec![PathBuf::from("git")];
    if built.exists() {
        all.push(built);
    }
    all
}

fn knows_bearer(git: &Path) -> bool {
    let output = Command::new(git).arg("--version").output().expect("git is installed");
    let version = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers = version.trim_start_matches("git version ").split('.').map_while(|part| part.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(2), Some(46))
}

/// A git that knows bearer tokens.
fn new_git() -> Option<PathBuf> {
    let found = gits().into_iter().find(|git| knows_bearer(git));
    if found.is_none() {
        say_skipped("git is older than 2.46, and tests/plugins/git_credential/install was not run");
    }
    found
}

/// A user with a helper, and a server with one empty repository.
struct Forge {
    home: Home,
    server: Scripted,
    refresh_token: String,
}

impl Forge {
    /// The server asks for one of these ways to authenticate.
    fn new(challenges: &'static [&'static str]) -> Self {
        let home = Home::new();
        home.add_profile("work");
        let refresh_token = home.log_in("work");
        let helper = home.compile(&["git_credential.c"], "git-credential-oauthclient", &[]);
        let (issuer, repositories) = (home.server.address(), home.path("forge"));
        let server = Scripted::start({
            let repositories = repositories.clone();
            move |exchange| serve(exchange, issuer, &repositories, challenges)
        });
        let forge = Self { home, server, refresh_token };
        let settings = format!(
            "[user]\nname = Alice\nemail = alice@example.org\n[init]\ndefaultBranch = main\n\
             [credential \"{}\"]\nhelper = {} work\n",
            forge.server.url(""),
            helper.display()
        );
        std::fs::write(forge.home.path(".gitconfig"), settings).expect("written");
        let project = repositories.join("project");
        let project = project.to_str().expect("UTF-8");
        forge.git(Path::new("git"), &["init", "--quiet", "--bare", project]).done();
        forge.git(Path::new("git"), &["-C", project, "config", "http.receivepack", "true"]).done();
        forge
    }

    fn git(&self, git: &Path, arguments: &[&str]) -> Said {
        let mut command = Command::new(git);
        self.home.settle(&mut command).args(arguments).current_dir(&self.home);
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0").env("GIT_TRACE", "1");
        command.env_remove("GIT_ASKPASS").env_remove("SSH_ASKPASS").env("GIT_ASKPASS", "false");
        if let (Some(directory), true) = (git.parent(), git.is_absolute()) {
            command.env("GIT_EXEC_PATH", directory).env("GIT_TEMPLATE_DIR", "");
        }
        self.say(run_bounded(&mut command, Duration::from_secs(20)))
    }

    fn list(&self, git: &Path) -> Said {
        self.git(git, &["ls-remote", &self.server.url("/project")])
    }

    /// Runs the helper as git does.
    fn ask(&self, action: &str, question: &str) -> Said {
        let mut command = Command::new(self.home.path("git-credential-oauthclient"));
        self.home.settle(&mut command).args(["work", action]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut helper = command.spawn().expect("it starts");
        drop(helper.stdin.take().expect("a pipe").write_all(question.as_bytes())); // it need not read all
        Said::from(helper.wait_with_output().expect("it ends"))
    }

    /// What came in Authorization headers, each once.
    fn seen(&self) -> Vec<Credential> {
        let mut seen: Vec<_> = self.server.requests().iter().filter_map(Credential::of).collect();
        seen.dedup();
        seen
    }

    /// The output of git, which tells no secret.
    fn say(&self, output: Output) -> Said {
        let said = Said::from(output);
        let mut secrets = vec![CLIENT_SECRET.to_owned(), self.refresh_token.clone()];
        secrets.extend(kept(&self.home));
        secrets.extend(self.seen().into_iter().map(|credential| credential.token));
        for secret in secrets {
            assert!(!said.text.contains(&secret), "{}", said.text);
        }
        said
    }
}

/// How a program ended, and all that it said.
struct Said {
    success: bool,
    text: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        Self { success: output.status.success(), text: text.into_owned() }
    }
}

impl Said {
    fn done(self) -> String {
        assert!(self.success, "{}", self.text);
        self.text
    }

    fn failed(self, why: &str) {
        assert!(!self.success && self.text.contains(why), "{}", self.text);
    }
}

#[derive(Debug, PartialEq)]
struct Credential {
    scheme: String,
    user: String,
    token: String,
}

impl Credential {
    fn of(request: &SeenRequest) -> Option<Self> {
        let (scheme, value) = request.header("authorization")?.split_once(' ')?;
        let (user, token) = match scheme {
            "Basic" => {
                let text = String::from_utf8(BASE64.decode(value).ok()?).ok()?;
                text.split_once(':').map(|(user, token)| (user.to_owned(), token.to_owned()))?
            }
            _ => (String::new(), value.to_owned()),
        };
        Some(Self { scheme: scheme.to_owned(), user, token })
    }
}

/// Serves repositories to who has a token, for one connection.
fn serve(mut exchange: Exchange, issuer: SocketAddr, repositories: &Path, challenges: &[&str]) -> io::Result<()> {
    while let Some(request) = exchange.read_request()? {
        let answer = match Credential::of(&request).is_some_and(|credential| is_live(issuer, &credential.token)) {
            true => http_backend(&request, repositories)?,
            false => {
                let headers: Vec<_> = challenges.iter().map(|challenge| ("WWW-Authenticate", *challenge)).collect();
                Answer::new(401, &headers, "")
            }
        };
        exchange.answer(&answer)?;
    }
    Ok(())
}

fn http_backend(request: &SeenRequest, repositories: &Path) -> io::Result<Answer> {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let mut backend = Command::new("git");
    backend.arg("http-backend").env("GIT_PROJECT_ROOT", repositories).env("GIT_HTTP_EXPORT_ALL", "1");
    backend.env("HOME", repositories).env("GIT_CONFIG_NOSYSTEM", "1").env_remove("GIT_TRACE");
    backend.env("REQUEST_METHOD", &request.method).env("PATH_INFO", path).env("QUERY_STRING", query);
    for (variable, header) in [
        ("CONTENT_TYPE", "content-type"),
        ("CONTENT_LENGTH", "content-length"),
        ("HTTP_CONTENT_ENCODING", "content-encoding"),
        ("GIT_PROTOCOL", "git-protocol"),
    ] {
        if let Some(value) = request.header(header) {
            backend.env(variable, value);
        }
    }
    let mut backend = backend.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    backend.stdin.take().expect("a pipe").write_all(&request.body)?;
    let output = backend.wait_with_output()?.stdout;
    let end = output.windows(4).position(|part| part == b"\r\n\r\n").ok_or(io::ErrorKind::InvalidData)?;
    let head = String::from_utf8_lossy(&output[..end]).into_owned();
    let headers: Vec<_> = head.lines().filter_map(|line| line.split_once(": ")).collect();
    let status =
        headers.iter().find(|(name, _)| *name == "Status").map_or(200, |(_, value)| value[..3].parse().unwrap_or(500));
    Ok(Answer::new(status, &headers, &output[end + 4..]))
}

/// Clones, pushes and clones again, and gives what the server saw.
fn work_with(git: &Path, challenges: &'static [&'static str]) -> Vec<Credential> {
    let forge = Forge::new(challenges);
    let url = forge.server.url("/project");
    forge.git(git, &["clone", "--quiet", &url, "one"]).done();
    std::fs::write(forge.home.path("one/file"), "text\n").expect("written");
    forge.git(git, &["-C", "one", "add", "file"]).done();
    forge.git(git, &["-C", "one", "commit", "--quiet", "-m", "A file"]).done();
    forge.git(git, &["-C", "one", "push", "--quiet", "origin", "HEAD:main"]).done();
    forge.git(git, &["clone", "--quiet", "--branch", "main", &url, "two"]).done();
    assert_eq!(std::fs::read_to_string(forge.home.path("two/file")).expect("it was cloned"), "text\n");
    assert_eq!(forge.home.server.token_requests(), 2, "the log-in and one token for all");
    forge.seen()
}

#[test]
fn a_git_of_today_clones_and_pushes_with_a_bearer_token() {
    let Some(git) = new_git() else { return };
    let seen = work_with(&git, BOTH);
    assert!(seen.len() == 1 && seen[0].scheme == "Bearer", "{seen:?}");
}

#[test]
fn an_older_git_clones_and_pushes_with_the_token_as_the_password() {
    let seen = work_with(Path::new("git"), BOTH);
    let scheme = if knows_bearer(Path::new("git")) { "Bearer" } else { "Basic" };
    assert!(seen.len() == 1 && seen[0].scheme == scheme, "{seen:?}");
}

#[test]
fn a_server_that_asks_for_a_password_alone_gets_the_token_as_one() {
    let Some(git) = new_git() else { return };
    let seen = work_with(&git, &BOTH[..1]);
    assert!(seen.len() == 1 && seen[0].scheme == "Basic" && seen[0].user == "oauth2", "{seen:?}");
}

#[test]
fn a_refused_token_is_renewed_for_the_next_command() {
    for git in gits() {
        let forge = Forge::new(BOTH);
        forge.list(&git).done();
        forge.home.server.revoke(&forge.seen()[0].token);
        forge.list(&git).failed("Authentication failed");
        forge.list(&git).done();
        let seen = forge.seen();
        assert!(seen.len() == 2 && forge.home.server.token_requests() == 3, "{seen:?}");
    }
}

#[test]
fn the_user_learns_that_the_login_is_over_and_is_asked_for_no_password() {
    for git in gits() {
        let forge = Forge::new(BOTH);
        forge.list(&git).done();
        kept(&forge.home).iter().for_each(|token| forge.home.server.revoke(token));
        forge.list(&git).failed("Authentication failed");
        let seen = forge.server.requests().len();
        let said = forge.list(&git);
        assert!(said.text.contains("told us to quit"), "{}", said.text);
        said.failed("Log in again with the profile work");
        assert_eq!(forge.server.requests().len(), seen + 1, "the refused token is not sent again");
    }
}

#[test]
fn the_user_learns_that_there_is_no_profile() {
    for git in gits() {
        let forge = Forge::new(BOTH);
        std::fs::remove_file(forge.home.path("work.toml")).expect("it was there");
        forge.list(&git).failed("git-credential-oauthclient: profile work was not found");
        assert!(forge.seen().is_empty());
    }
}

#[test]
fn a_token_is_told_for_https_and_for_this_machine_only() {
    let forge = Forge::new(BOTH);
    for server in ["http\nhost=127.0.0.1:80", "http\nhost=[::1]:80", "http\nhost=localhost", "https\nhost=example.org"]
    {
        let said = forge.ask("get", &format!("protocol={server}\nusername=alice\n\n")).done();
        assert!(said.contains("username=alice\npassword="), "{said}");
    }
    for server in ["http\nhost=example.org", "http\nhost=localhost.example.org", "http", "smtp\nhost=localhost"] {
        let said = forge.ask("get", &format!("protocol={server}\n\n"));
        assert!(!said.text.contains("password=") && said.text.contains("quit=1"), "{}", said.text);
        said.failed("a token is sent over https only");
    }
    // No part of a line counts as a line.
    let long = "x".repeat(128 * 1024 - 1 - "path=".len());
    let said = forge.ask("get", &format!("protocol=http\nhost=example.org\npath={long}protocol=https\n\n"));
    assert!(!said.text.contains("password="), "{}", said.text);
    said.failed("too long or malformed");
}

#[test]
fn what_is_stored_or_erased_without_a_token_changes_nothing() {
    let forge = Forge::new(BOTH);
    let question = "protocol=https\nhost=example.org\nusername=alice\n";
    let first = forge.ask("get", question).done();
    assert_eq!(forge.ask("store", &format!("{question}password=other\n")).done(), "");
    assert_eq!(forge.ask("erase", question).done(), "");
    assert_eq!(forge.ask("erase", &format!("{question}password=other\n")).done(), "");
    assert_eq!(forge.ask("of-a-later-git", question).done(), "");
    assert_eq!(forge.ask("get", question).done(), first);
    assert_eq!(forge.home.server.token_requests(), 2);
}

#[test]
fn it_leaks_nothing() {
    if Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_err() {
        return say_skipped("valgrind is not installed");
    }
    let forge = Forge::new(BOTH);
    let helper = forge.home.path("git-credential-oauthclient");
    let checked =
        "valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect,possible";
    let checked = format!("{checked} --suppressions={}", root().join("tests/c/valgrind.supp").display());
    for (action, token) in [("get", ""), ("erase", "credential=t\n"), ("erase", "password=t\ncredential=t\n")] {
        let script = format!(
            "printf 'protocol=https\nhost=example.org\nwwwauth[]=Basic\n{token}\n' | {checked} {} work {action}",
            helper.display()
        );
        let mut command = Command::new("sh");
        let output = run_bounded(forge.home.settle(&mut command).args(["-c", &script]), Duration::from_secs(60));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
