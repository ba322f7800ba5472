//! The recipes of `examples-c/plugins/oauth-token.md`, run with the real programs.

use std::fmt::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use oauthclient_test_server::certificates::Authority;
use oauthclient_test_server::scripted::{Answer, Exchange, Scripted, handler};

use crate::support::c::{root, run_bounded};
use crate::support::skipped::say_skipped;
use crate::user::User;

/// A user who has logged in; `None`: the program is not installed.
fn user_of(program: &str) -> Option<User> {
    let paths = ["/usr/bin", "/usr/local/bin", "/bin"].map(|directory| Path::new(directory).join(program));
    if !paths.iter().any(|path| path.exists()) {
        say_skipped(&format!("{program} is not installed"));
        return None;
    }
    let user = User::new();
    user.log_in();
    Some(user)
}

/// A block of code in the page, of the section with this title, with these words replaced.
fn recipe(title: &str, words: &[(&str, &str)]) -> String {
    let page = std::fs::read_to_string(root().join("examples-c/plugins/oauth-token.md")).expect("the page");
    let section = page.split("\n## ").find(|section| section.lines().next() == Some(title)).expect(title);
    let lines =
        section.lines().skip_while(|line| !line.starts_with("    ")).take_while(|line| line.starts_with("    "));
    let code: Vec<_> = lines.map(|line| &line[4..]).collect();
    words.iter().fold(code.join("\n") + "\n", |text, (from, to)| {
        assert!(text.contains(from), "{from} is not in the recipe {title}");
        text.replace(from, to)
    })
}

/// Runs a program of the user, who has the command in the search path; what it said, without any token in it.
fn run(user: &User, program: &str, arguments: &[&str], input: &str) -> (bool, String) {
    let command = Path::new(env!("CARGO_BIN_EXE_oauth-token")).parent().expect("a directory").display().to_string();
    std::fs::write(user.path("input"), input).expect("written");
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "exec \"$@\" < input", "sh", program]).args(arguments).current_dir(user.path(""));
    shell
        .env_clear()
        .env("HOME", user.path(""))
        .env("PATH", format!("{command}:{}:/usr/local/bin:/usr/bin:/bin", user.path("").display()));
    let output = run_bounded(&mut shell, Duration::from_secs(30));
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(!text.contains(&user.token()), "{text}");
    (output.status.success(), text.into_owned())
}

fn write(path: PathBuf, text: &str, mode: u32) {
    std::fs::write(&path, text).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
}

/// The Authorization headers that a server has seen, each once.
fn seen(server: &Scripted) -> Vec<String> {
    let requests = server.requests();
    let mut seen: Vec<_> =
        requests.iter().filter_map(|request| Some(request.header("authorization")?.to_owned())).collect();
    seen.dedup();
    seen
}

#[test]
fn curl() {
    let Some(user) = user_of("curl") else { return };
    let recipe = recipe("curl", &[("https://api.example/me", &user.server.resource())]);
    for line in recipe.lines() {
        let (succeeded, said) = run(&user, "bash", &["-c", &line.replace("curl", "curl -sS --fail")], "");
        assert!(succeeded && said.contains("alice"), "{line}: {said}");
    }
}

#[test]
fn git() {
    let Some(user) = user_of("git") else { return };
    let token = user.token();
    let accepted = [format!("Bearer {token}"), format!("Basic {}", BASE64.encode(format!("oauth2:{token}")))];
    let forge = Scripted::start(move |mut exchange: Exchange| {
        while let Some(request) = exchange.read_request()? {
            let is_known =
                request.header("authorization").is_some_and(|value| accepted.iter().any(|known| known == value));
            exchange.answer(&match (is_known, request.target.starts_with("/project/info/refs")) {
                (false, _) => Answer::new(401, &[("WWW-Authenticate", "Basic realm=\"forge\"")], ""),
                (true, true) => {
                    Answer::new(200, &[("Content-Type", "text/plain")], format!("{:040}\trefs/heads/main\n", 7))
                }
                (true, false) => Answer::new(404, &[], ""),
            })?;
        }
        Ok(())
    });
    for line in recipe("git", &[("https://git.example", &forge.url(""))]).lines() {
        let (succeeded, said) = run(&user, "/bin/sh", &["-c", line], "");
        assert!(succeeded, "{line}: {said}");
    }
    let (succeeded, said) = run(&user, "git", &["ls-remote", &forge.url("/project")], "");
    assert!(succeeded && said.contains("refs/heads/main"), "{said}");
}

/// A mail server that wants XOAUTH2 with this token.
fn mail_server(token: String) -> Scripted {
    Scripted::start(move |mut exchange: Exchange| {
        let expected = BASE64.encode(format!("user=alice\x01auth=Bearer {token}\x01\x01"));
        let (mut pending, mut is_mail) = (Vec::new(), false);
        exchange.write(b"220 mail.example\r\n")?;
        while let Some(bytes) = exchange.read_some()? {
            pending.extend(bytes);
            while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = pending.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                let said = match line.split(' ').next().unwrap_or_default().to_ascii_uppercase().as_str() {
                    _ if is_mail && line != "." => continue,
                    "EHLO" => "250-mail.example\r\n250 AUTH XOAUTH2",
                    "AUTH" if line.ends_with(&expected) => "235 welcome",
                    "AUTH" if line == "AUTH XOAUTH2" => "334 ",
                    "AUTH" => "535 who are you?",
                    _ if line == expected => "235 welcome",
                    "DATA" => "354 go on",
                    "." => "250 taken",
                    "QUIT" => "221 bye",
                    _ => "250 yes",
                };
                is_mail = said.starts_with("354");
                exchange.write(format!("{said}\r\n").as_bytes())?;
            }
        }
        Ok(())
    })
}

#[test]
fn msmtp() {
    let Some(user) = user_of("msmtp") else { return };
    let server = mail_server(user.token());
    let port = server.port().to_string();
    let mut settings = recipe("msmtp", &[("smtp.example", "127.0.0.1"), ("587", &port), ("tls on", "tls off")]);
    settings.push_str("from alice@mail.example\n");
    write(user.path("msmtprc"), &settings, 0o600);
    let (succeeded, said) = run(&user, "msmtp", &["-C", "msmtprc", "bob@mail.example"], "Subject: hello\n\nhello\n");
    assert!(succeeded, "{said}");
}

#[test]
fn mutt() {
    sends_mail("mutt");
}

#[test]
fn neomutt() {
    sends_mail("neomutt");
}

fn sends_mail(program: &str) {
    let Some(user) = user_of(program) else { return };
    let server = mail_server(user.token());
    let mut settings = recipe(
        "mutt and neomutt",
        &[("smtp://alice@smtp.example:587", &format!("smtp://alice@127.0.0.1:{}", server.port()))],
    );
    _ = writeln!(settings, "set ssl_starttls=no ssl_force_tls=no copy=no record=\"\" hostname=mail.example");
    write(user.path("muttrc"), &settings, 0o600);
    let (succeeded, said) = run(&user, program, &["-n", "-F", "muttrc", "-s", "hello", "bob@mail.example"], "hello\n");
    assert!(succeeded, "{said}");
}

#[test]
fn kubectl() {
    let Some(user) = user_of("kubectl") else { return };
    let authority = Authority::new();
    let answer = Answer::json(200, r#"{"kind":"Status"}"#);
    let server = Scripted::start_tls(handler::always(answer), &authority.good()); // to others it sends no token
    let trusted = format!("{}\", certificate-authority: \"ca.pem", server.url(""));
    let mut config = recipe("kubectl", &[("https://kubernetes.example", &trusted)]);
    // Debian 12 has one that knows only the version before.
    if run(&user, "kubectl", &["version", "--client"], "").1.contains("v1.20.") {
        config = config.replace("k8s.io/v1\n", "k8s.io/v1beta1\n");
    }
    write(user.path("ca.pem"), &authority.pem(), 0o600);
    write(user.path("config"), &config, 0o600);
    let (succeeded, said) = run(&user, "kubectl", &["--kubeconfig", "config", "get", "--raw", "/api/v1"], "");
    assert!(succeeded && said.contains("Status"), "{said}");
    assert_eq!(seen(&server), [format!("Bearer {}", user.token())]);
}

#[test]
fn docker() {
    let Some(user) = user_of("skopeo") else { return };
    let server = Scripted::start(|mut exchange: Exchange| {
        while let Some(request) = exchange.read_request()? {
            exchange.answer(&match request.header("authorization") {
                None => Answer::new(401, &[("WWW-Authenticate", "Basic realm=\"registry\"")], ""),
                Some(_) => Answer::json(200, r#"{"name":"image","tags":["latest"]}"#),
            })?;
        }
        Ok(())
    });
    let registry = format!("127.0.0.1:{}", server.port());
    let (helper, config) = (recipe("Docker", &[]), format!("{{\"credHelpers\": {{\"{registry}\": \"work\"}}}}"));
    write(user.path("docker-credential-work"), &helper, 0o755);
    write(user.path("auth.json"), &config, 0o600);
    let image = format!("docker://{registry}/image");
    let arguments = ["list-tags", "--authfile", "auth.json", "--tls-verify=false", &image];
    let (succeeded, said) = run(&user, "skopeo", &arguments, "");
    assert!(succeeded && said.contains("latest"), "{said}");
    assert_eq!(seen(&server).last(), Some(&format!("Basic {}", BASE64.encode(format!("oauth2:{}", user.token())))));
}
