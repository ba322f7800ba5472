//! What a terminal gets: the QR code, and a question whose answer it does not show.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use oauthclient_test_server::authorization_server::{CLIENT_ID, CLIENT_SECRET};

use crate::user::User;

/// Runs the command on a terminal of its own, where somebody answers the question; all that the terminal showed.
fn on_a_terminal(user: &User, arguments: &[&str], question: &str, answer: &str) -> String {
    let quoted: Vec<_> = arguments.iter().map(|argument| format!("'{argument}'")).collect();
    let line = format!("{} {} --timeout 20", env!("CARGO_BIN_EXE_oauth-token"), quoted.join(" "));
    let mut script = Command::new("script");
    script.args(["-qefc", &line, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    script.env("HOME", user.path("")).env("TERM", "xterm").env("SHELL", "/bin/sh").env_remove("XDG_CONFIG_HOME");
    let mut script = script.env_remove("XDG_STATE_HOME").spawn().expect("script of util-linux");
    let (mut keys, mut screen) = (script.stdin.take().expect("a pipe"), script.stdout.take().expect("a pipe"));
    let (mut shown, mut byte) = (Vec::new(), [0]);
    while screen.read(&mut byte).expect("it is read") == 1 {
        shown.push(byte[0]);
        if shown.ends_with(question.as_bytes()) {
            keys.write_all(answer.as_bytes()).expect("it is typed");
        }
    }
    let shown = String::from_utf8_lossy(&shown).into_owned();
    assert!(script.wait().expect("it ends").success(), "{shown}");
    shown
}

#[test]
fn a_terminal_shows_a_qr_code_and_no_secret() {
    let user = User::new();
    let issuer = user.server.issuer();
    let arguments =
        ["login", "work", "--device", "--issuer", issuer, "--client-id", CLIENT_ID, "--client-secret-stdin"];
    let shown =
        on_a_terminal(&user, &arguments, "Client secret: ", &format!("wrong\x7f\x7f\x7f\x7f\x7f{CLIENT_SECRET}\r"));
    assert!(shown.contains('█') && shown.contains("Logged in"), "{shown}");
    assert!(!shown.contains(CLIENT_SECRET), "{shown}");
    user.token();
}
