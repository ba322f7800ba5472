//! `examples-c/plugins/sasl.c`: mbsync of isync gets mail from Dovecot, which asks the authorization server about the
//! token.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use oauthclient_test_server::authorization_server::{CLIENT_SECRET, USER};
use oauthclient_test_server::scripted::{Answer, Exchange, Scripted};
use rustix::process::{Pid, Signal, getegid, geteuid, kill_process_group};

use crate::home::Home;
use crate::live::{is_live, kept};
use crate::support::c::{Linkage, Program, root, run_bounded};
use crate::support::skipped::say_skipped;

/// A user with mail on a server, and a program that fetches it.
struct Mailbox {
    home: Home,
    refresh_token: String,
    /// Where Dovecot asks about tokens.
    introspection: Scripted,
    _dovecot: Dovecot,
    port: u16,
}

impl Mailbox {
    /// The user has logged in for this profile.
    fn new(profile: &str) -> Option<Self> {
        Self::after(profile, Home::log_in)
    }

    fn after(profile: &str, log_in: impl FnOnce(&Home, &str) -> String) -> Option<Self> {
        for (program, package) in [("/usr/sbin/dovecot", "dovecot-imapd"), ("/usr/bin/mbsync", "isync")] {
            if !Path::new(program).exists() {
                say_skipped(&format!("{program} is not there: install {package}"));
                return None;
            }
        }
        let (home, refresh_token) = user_after(profile, log_in)?;
        let issuer = home.server.address();
        let introspection = Scripted::start(move |exchange| introspect(exchange, issuer));
        let port = free_port();
        let dovecot = start_dovecot(&home, port, &introspection.url("/introspect"));
        Some(Self { home, refresh_token, introspection, _dovecot: dovecot, port })
    }

    /// Fetches the mail.
    fn fetch(&self, mechanism: &str, user: &str, variables: &[(&str, &str)]) -> Said {
        let said = self.run(&["/usr/bin/mbsync"], mechanism, user, variables);
        let secrets = [CLIENT_SECRET.to_owned(), self.refresh_token.clone()];
        for secret in secrets.into_iter().chain(self.tokens()).chain(kept(&self.home)) {
            assert!(!tells(&said.text, &secret), "{}", said.text);
        }
        said
    }

    fn run(&self, program: &[&str], mechanism: &str, user: &str, variables: &[(&str, &str)]) -> Said {
        std::fs::create_dir_all(self.home.path("near")).expect("a directory");
        let port = self.port.to_string();
        let values = [("PORT", port.as_str()), ("USER", user), ("MECHANISM", mechanism)];
        configure(&self.home, "mbsyncrc", include_str!("sasl/mbsyncrc"), &values);
        let mut mbsync = Command::new(program[0]);
        self.home.settle(&mut mbsync).args(&program[1..]).arg("-c").arg(self.home.path("mbsyncrc")).arg("mail");
        mbsync.env("SASL_PATH", self.home.path("sasl")).envs(variables.iter().copied());
        let output = run_bounded(&mut mbsync, Duration::from_secs(20));
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        Said { success: output.status.success(), text: text.into_owned() }
    }

    /// The tokens that Dovecot got, each once.
    fn tokens(&self) -> Vec<String> {
        let bearer = |value: &str| value.strip_prefix("Bearer ").map(str::to_owned);
        let requests = self.introspection.requests();
        let mut tokens: Vec<_> =
            requests.iter().filter_map(|request| request.header("authorization").and_then(bearer)).collect();
        tokens.dedup();
        tokens
    }
}

/// A user who has logged in for this profile, and the plug-in; the refresh token.
fn user(profile: &str) -> Option<(Home, String)> {
    user_after(profile, Home::log_in)
}

fn user_after(profile: &str, log_in: impl FnOnce(&Home, &str) -> String) -> Option<(Home, String)> {
    if !Path::new("/usr/include/sasl/saslplug.h").exists() {
        say_skipped("the headers of Cyrus SASL are not there: install libsasl2-dev");
        return None;
    }
    let home = Home::new();
    home.add_profile(profile);
    let refresh_token = log_in(&home, profile);
    std::fs::create_dir(home.path("sasl")).expect("a directory");
    home.compile(&["sasl.c"], "sasl/sasl.so", &["-shared", "-fPIC", "-fvisibility=hidden"]);
    Some((home, refresh_token))
}

/// A running Dovecot, with all its processes.
struct Dovecot(Child);

impl Drop for Dovecot {
    fn drop(&mut self) {
        // In order, it takes its time.
        let _ = kill_process_group(Pid::from_child(&self.0), Signal::KILL);
        drop(self.0.wait());
    }
}

/// Whether a text has a secret in it, as it is or within something in base64.
fn tells(text: &str, secret: &str) -> bool {
    let encoded = |skipped| {
        let bytes = &secret.as_bytes()[skipped..];
        BASE64.encode(&bytes[..bytes.len() / 3 * 3])
    };
    text.contains(secret) || (0..3).any(|skipped| text.contains(&encoded(skipped)))
}

/// How mbsync ended, and all that it said.
struct Said {
    success: bool,
    text: String,
}

impl Said {
    fn done(&self) {
        assert!(self.success, "{}", self.text);
    }

    fn failed(&self, why: &str) {
        assert!(!self.success && self.text.contains(why), "{}", self.text);
    }
}

/// Answers Dovecot as RFC 7662 does.
fn introspect(mut exchange: Exchange, issuer: SocketAddr) -> std::io::Result<()> {
    while let Some(request) = exchange.read_request()? {
        let authorization = request.header("authorization").unwrap_or_default();
        let active = is_live(issuer, authorization.trim_start_matches("Bearer "));
        let user = if active { format!(",\"username\":\"{USER}\"") } else { String::new() };
        exchange.answer(&Answer::json(200, format!("{{\"active\":\"{active}\"{user}}}")))?;
    }
    Ok(())
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Writes a configuration file with these values, and the user's directory.
fn configure(home: &Home, name: &str, template: &str, values: &[(&str, &str)]) {
    let mut text = template.replace("@HOME@", home.as_ref().to_str().expect("UTF-8"));
    for (name, value) in values {
        text = text.replace(&format!("@{name}@"), value);
    }
    std::fs::write(home.path(name), text).expect("written");
}

/// The name of who runs the test, or of the group.
fn name_of(option: &str) -> String {
    let name = Command::new("id").arg(option).output().expect("id").stdout;
    String::from_utf8(name).expect("UTF-8").trim().to_owned()
}

/// Runs Dovecot with one mail for everybody; it serves when this returns.
fn start_dovecot(home: &Home, port: u16, introspection: &str) -> Dovecot {
    // Root may not have mail, and another user cannot start processes of a third one.
    let by_root = geteuid().is_root();
    let (uid, gid) = if by_root { (65534, 65534) } else { (geteuid().as_raw(), getegid().as_raw()) };
    for directory in ["mail/cur", "mail/new", "mail/tmp"] {
        std::fs::create_dir_all(home.path(directory)).expect("a directory");
    }
    std::fs::write(home.path("mail/new/1"), "From: bob@example.org\r\nSubject: hello\r\n\r\nHello.\r\n")
        .expect("written");
    if by_root {
        for path in ["mail", "mail/cur", "mail/new", "mail/tmp", "mail/new/1"] {
            chown(home.path(path), Some(uid), Some(gid)).expect("chown");
        }
        std::fs::set_permissions(home, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    }
    let mut settings = include_str!("sasl/dovecot.conf").to_owned();
    if !by_root {
        let (user, group) = (name_of("-un"), name_of("-gn"));
        settings += &format!("default_internal_user = {user}\ndefault_login_user = {user}\n");
        settings += &format!("default_internal_group = {group}\n");
    }
    let values = [("PORT", port.to_string()), ("UID", uid.to_string()), ("GID", gid.to_string())];
    configure(home, "dovecot.conf", &settings, &values.each_ref().map(|(name, value)| (*name, value.as_str())));
    let asks = "introspection_mode = auth\nintrospection_url = @URL@\nusername_attribute = username\n\
                active_attribute = active\nactive_value = true\n";
    configure(home, "introspection.conf", asks, &[("URL", introspection)]);
    let mut dovecot = Command::new("/usr/sbin/dovecot");
    dovecot.arg("-F").arg("-c").arg(home.path("dovecot.conf")).process_group(0);
    dovecot.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut dovecot = Dovecot(dovecot.spawn().expect("it starts"));
    let log = BufReader::new(dovecot.0.stderr.take().expect("a pipe"));
    let (say, heard) = std::sync::mpsc::channel();
    // It reads until Dovecot ends.
    std::thread::spawn(move || log.lines().map_while(Result::ok).for_each(|line| drop(say.send(line))));
    let mut said = String::new();
    while !said.contains("starting up") {
        match heard.recv_timeout(Duration::from_secs(20)) {
            Ok(line) => said.push_str(&(line + "\n")),
            Err(_) => panic!("Dovecot does not start: {said}"),
        }
    }
    dovecot
}

fn has_mail(mailbox: &Mailbox) -> bool {
    let new = std::fs::read_dir(mailbox.home.path("near/inbox/new")).map(Iterator::count);
    new.unwrap_or(0) == 1
}

#[test]
fn mail_is_fetched_with_each_mechanism() {
    let Some(mailbox) = Mailbox::new(USER) else { return };
    mailbox.fetch("XOAUTH2", USER, &[]).done();
    assert!(has_mail(&mailbox));
    mailbox.fetch("OAUTHBEARER", USER, &[]).done();
    let tokens = mailbox.tokens();
    assert!(tokens.len() == 1 && mailbox.home.server.token_requests() == 2, "{}", tokens.len());
}

#[cfg(feature = "cli")]
#[test]
fn mail_is_fetched_with_a_login_of_the_command() {
    let Some(mailbox) = Mailbox::after(USER, Home::log_in_by_command) else { return };
    mailbox.fetch("XOAUTH2", USER, &[]).done();
    assert!(has_mail(&mailbox));
}

#[test]
fn a_refused_token_is_told_and_renewed_for_the_next_connection() {
    let Some(mailbox) = Mailbox::new("work") else { return };
    let variables = [("OAUTH_PROFILE", "work")];
    for (mechanism, status) in [("OAUTHBEARER", "invalid_token"), ("XOAUTH2", "401")] {
        mailbox.fetch(mechanism, USER, &variables).done();
        let tokens = mailbox.tokens();
        mailbox.home.server.revoke(tokens.last().expect("it was sent"));
        let said = mailbox.fetch(mechanism, USER, &variables);
        said.failed(&format!("The server refused the token (status {status}): try again, the next one is new\n"));
        said.failed("[AUTHENTICATIONFAILED]");
        mailbox.fetch(mechanism, USER, &variables).done();
        assert_eq!(mailbox.tokens().len(), tokens.len() + 1);
    }
}

/// RFC 7628, section 3.2.3, for the one; an empty answer for the other.
#[test]
fn a_refusal_is_answered() {
    let Some(mailbox) = Mailbox::new(USER) else { return };
    for (mechanism, answer) in [("OAUTHBEARER", "\n>+> AQ==\n"), ("XOAUTH2", "\n>+> \n")] {
        mailbox.fetch(mechanism, USER, &[]).done();
        mailbox.home.server.revoke(mailbox.tokens().last().expect("it was sent"));
        let said = mailbox.run(&["/usr/bin/mbsync", "-Dn"], mechanism, USER, &[]);
        said.failed(answer);
    }
}

#[test]
fn the_user_learns_that_the_login_is_over() {
    let Some(mailbox) = Mailbox::new("work") else { return };
    let fetch = |mechanism: &str| mailbox.fetch(mechanism, USER, &[("OAUTH_PROFILE", "work")]);
    fetch("XOAUTH2").done();
    kept(&mailbox.home).iter().for_each(|token| mailbox.home.server.revoke(token));
    fetch("XOAUTH2").failed("The server refused the token");
    let tokens = mailbox.tokens().len();
    for mechanism in ["XOAUTH2", "OAUTHBEARER"] {
        let said = fetch(mechanism);
        said.failed("a login is required");
        said.failed("Log in again with the profile work\n");
        said.failed("[AUTHENTICATIONFAILED]");
    }
    assert_eq!(mailbox.tokens().len(), tokens, "the refused token is not sent again");
}

#[test]
fn the_user_learns_that_there_is_no_profile() {
    let Some(mailbox) = Mailbox::new("work") else { return };
    for (variables, profile) in [(&[][..], USER), (&[("OAUTH_PROFILE", "other")], "other")] {
        let said = mailbox.fetch("XOAUTH2", USER, variables);
        said.failed(&format!("profile {profile} was not found"));
        said.failed("A profile has the user's name, or that in OAUTH_PROFILE\n");
    }
    assert!(mailbox.tokens().is_empty());
}

#[test]
fn it_leaks_nothing() {
    if Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_err() {
        return say_skipped("valgrind is not installed");
    }
    let Some(mailbox) = Mailbox::new(USER) else { return };
    let known = format!("--suppressions={}", root().join("tests/c/valgrind.supp").display());
    let valgrind = ["valgrind", "-q", "--leak-check=full", "--keep-debuginfo=yes", &known, "/usr/bin/mbsync"];
    let check = |mechanism: &str, user: &str| {
        let said = mailbox.run(&valgrind, mechanism, user, &[]);
        // mbsync itself does leak.
        assert!(!said.text.contains("sasl.c:") && !said.text.contains("liboauthclient"), "{}", said.text);
        said
    };
    check("OAUTHBEARER", USER).done();
    mailbox.home.server.revoke(mailbox.tokens().last().expect("it was sent"));
    check("XOAUTH2", USER).failed("The server refused the token");
    check("XOAUTH2", "bob").failed("profile bob was not found");
}

#[test]
fn a_program_that_knows_the_names_and_takes_messages_is_asked_and_told() {
    let Some((home, refresh_token)) = user("work") else { return };
    let program = Program::build_with("plugin_sasl", Linkage::Left, &["-lsasl2"]);
    let talk = |mechanism: &str, authname: &str, user: &str, challenge: &[&str]| {
        let mut command = Command::new(program.path());
        home.settle(&mut command).args([mechanism, authname, user]).args(challenge).env("SASL_PATH", home.path("sasl"));
        let output = run_bounded(&mut command, Duration::from_secs(20));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && errors.is_empty(), "{text}{errors}");
        text
    };
    // Two users: whose login it is, and whose mail.
    let text = talk("XOAUTH2 OAUTHBEARER", "work", "a,b=c", &[]);
    let token = text.split_once("Bearer ").and_then(|(_, rest)| rest.split_once("||")).expect("a token").0;
    assert!(is_live(home.server.address(), token));
    assert_eq!(
        text,
        format!(
            "OAUTHBEARER 1: \nmessage 1: n,a=a=2Cb=3Dc,|host=mail.example.org|port=143|auth=Bearer {token}||\nanswer 0: \n"
        )
    );
    let text = talk("XOAUTH2", "work", "", &[]);
    assert_eq!(text, format!("XOAUTH2 1: \nmessage 1: user=work|auth=Bearer {token}||\nanswer 0: \n"));
    // Nothing that a server says is repeated unless it is a status.
    for (json, status) in [
        ("{\"scope\":\"a\", \"status\" : \"insufficient_scope\"}", "insufficient_scope"),
        ("{\"status\":403}", "403"),
        (&format!("{{\"status\":\"{token}\"}}"), "unknown"),
        ("{\"status\":\"aB\"}", "unknown"),
        ("{\"status\":", "unknown"),
        ("?", "unknown"),
    ] {
        let text = talk("OAUTHBEARER", "work", "", &[json]);
        let (_, rest) = text.split_once("||\n").expect("a message");
        assert!(
            rest.starts_with(&format!("log: The server refused the token (status {status})\nanswer 1: |\n")),
            "{rest}"
        );
        assert!(rest.ends_with("end -5: \n") && !rest.contains(token), "{rest}");
    }
    // A name cannot add to the message.
    assert_eq!(talk("XOAUTH2", "work", "a\u{1}auth=Bearer x", &[]), "XOAUTH2 1: \nmessage -7: \n");
    // No server accepts nobody.
    home.server.revoke(&refresh_token);
    std::fs::remove_dir_all(home.path("store")).expect("it was there");
    let text = talk("OAUTHBEARER", "work", "", &[]);
    assert!(text.contains("log: a login is required: ") && text.contains("\nmessage 1: n,a=work,|host="), "{text}");
    assert!(text.contains("|auth=||\nlog: ") && text.ends_with("answer -5: \n"), "{text}");
}
