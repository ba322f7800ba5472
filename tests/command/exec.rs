//! A command that finds the token in a file.

use crate::user::User;

#[test]
fn a_command_finds_the_token_and_nobody_else_does() {
    let user = User::new();
    user.log_in();
    let token = user.token();
    let sh = |script: &str| user.run(&["exec", "work", "--", "/bin/sh", "-c", script]);
    assert_eq!(sh("cat $OAUTH_TOKEN_FILE; echo; cat $OAUTH_TOKEN_FILE").done(), format!("{token}\n{token}"));
    let shown = sh("tr '\\0' '\\n' < /proc/$$/cmdline; tr '\\0' '\\n' < /proc/$$/environ").done();
    assert!(shown.contains("OAUTH_TOKEN_FILE") && !shown.contains(&token), "{shown}");
    let header = user.run(&["exec", "work", "--format", "header-file", "--", "/bin/cat", "{token-file}"]);
    assert_eq!(header.done(), format!("Authorization: Bearer {token}"));
    assert_eq!(user.run(&["exec", "work", "--", "/bin/echo", "--format", "-h"]).done(), "--format -h\n");
    assert_eq!(sh("exit 42").code, Some(42));
    user.run(&["exec", "work", "--", "/nonexistent"]).failed(127, "/nonexistent could not be run");
    user.run(&["exec", "work", "--", "/etc/passwd"]).failed(126, "/etc/passwd could not be run");
    user.run(&["exec", "other", "--", "/bin/true"]).failed(5, "profile other was not found");
}
