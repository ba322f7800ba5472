//! What is written about the command: its man page, and the completion of shells.

use std::process::Command;

use crate::support::c::root;
use crate::support::skipped::say_skipped;
use crate::user::User;

/// The verbs and options that the help names.
fn words() -> (Vec<String>, Vec<String>) {
    let help = User::new().run(&["help"]).done();
    let (mut verbs, mut options) = (Vec::new(), Vec::new());
    for line in help.lines().filter_map(|line| line.strip_prefix("  ")) {
        let word = line.split_whitespace().next().unwrap_or_default();
        match word.strip_prefix("--") {
            Some(option) => options.push(option.to_owned()),
            None if word.starts_with(|first: char| first.is_ascii_lowercase()) && !line.starts_with(' ') => {
                verbs.push(word.to_owned())
            }
            None => {}
        }
    }
    assert!(verbs.len() == 14 && options.len() > 25, "{verbs:?} {options:?}");
    (verbs, options)
}

#[test]
fn each_verb_and_option_is_in_the_man_page_and_in_the_completion() {
    let (verbs, options) = words();
    let page = std::fs::read_to_string(root().join("share/man/man1/oauth-token.1")).expect("the man page");
    let page = page.replace("\\-", "-");
    for word in verbs.iter().cloned().chain(options.iter().map(|option| format!("--{option}"))) {
        assert!(page.contains(&word), "{word} is not in the man page");
    }
    let user = User::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = user.run(&["completion", shell]).done();
        for word in verbs.iter().chain(&options) {
            assert!(script.contains(word.as_str()), "{word} is not completed by {shell}");
        }
    }
}

/// What is typed, and how a shell completes it.
const COMPLETED: [(&str, &str); 6] = [
    ("oauth-token re", "revoke"),
    ("oauth-token wo", "work"),
    ("oauth-token status wo", "work"),
    ("oauth-token work --format k", "kubernetes"),
    ("oauth-token login work --client-i", "--client-id"),
    ("oauth-token completion f", "fish"),
];

/// Runs a shell where the command is in the search path; `None`: the shell is not installed.
fn shell(user: &User, shell: &str, arguments: &[&str]) -> Option<String> {
    let directory = std::path::Path::new(env!("CARGO_BIN_EXE_oauth-token")).parent().expect("a directory");
    let mut command = Command::new(shell);
    command.args(arguments).env_clear().env("HOME", user.path(""));
    let output = command.env("PATH", format!("{}:/usr/bin:/bin", directory.display())).output();
    let Ok(output) = output else {
        say_skipped(&format!("{shell} is not installed"));
        return None;
    };
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    Some(String::from_utf8(output.stdout).expect("UTF-8"))
}

#[test]
fn fish_completes_verbs_profiles_and_options() {
    let user = User::new();
    user.log_in();
    for (line, expected) in COMPLETED {
        let script = format!("oauth-token completion fish | source; complete --do-complete '{line}'");
        let Some(completed) = shell(&user, "fish", &["--no-config", "-c", &script]) else { return };
        let words: Vec<_> = completed.lines().filter_map(|line| line.split('\t').next()).collect();
        assert_eq!(words, [expected], "{line}");
    }
}

#[test]
fn zsh_understands_its_completion() {
    let script = root().join("share/zsh/site-functions/_oauth-token").display().to_string();
    shell(&User::new(), "zsh", &["-n", &script]);
}

#[test]
fn bash_completes_verbs_profiles_and_options() {
    let user = User::new();
    user.log_in();
    for (line, expected) in COMPLETED.into_iter().chain([("oauth-token work --f", "--format --file")]) {
        let words: Vec<_> = line.split(' ').collect();
        let script = format!(
            "source <(oauth-token completion bash); COMP_WORDS=({}); COMP_CWORD={}; _oauth_token; echo \"${{COMPREPLY[@]}}\"",
            words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "),
            words.len() - 1
        );
        let completed = shell(&user, "bash", &["-c", &script]).expect("bash");
        assert_eq!(completed.trim_end(), expected, "{line}");
    }
}
