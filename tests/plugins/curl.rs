//! libcurl: a program that calls an API, and survives that its token was revoked.

use std::process::Command;

use crate::home::Home;
use crate::support::skipped::say_skipped;

struct Curl {
    home: Home,
    program: std::path::PathBuf,
}

impl Curl {
    /// `None` without libcurl's headers.
    fn new() -> Option<Self> {
        let version = Command::new("curl-config").arg("--version").output();
        if !version.is_ok_and(|version| version.status.success()) {
            say_skipped("libcurl's headers are missing (Debian: apt install libcurl4-openssl-dev)");
            return None;
        }
        let home = Home::new();
        let program = home.compile(&["curl.c"], "curl", &["-lcurl"]);
        Some(Self { home, program })
    }

    /// Whether it succeeded, and what it said.
    fn call(&self, profile: &str) -> (bool, String) {
        let mut command = Command::new(&self.program);
        let output = self.home.settle(&mut command).args([profile, &self.home.server.resource()]).output();
        let output = output.expect("it runs");
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).expect("UTF-8"))
    }

    /// What the store has.
    fn stored(&self, member: &str) -> String {
        let entries = std::fs::read_dir(self.home.path("store")).expect("a store");
        let mut paths = entries.map(|entry| entry.expect("an entry").path());
        let record = paths.find(|path| path.extension().is_some_and(|extension| extension == "session"));
        let text = std::fs::read_to_string(record.expect("a login")).expect("text");
        let (_, rest) = text.split_once(&format!("\"{member}\":\"")).expect("it is there");
        rest.split('"').next().expect("it ends").to_owned()
    }
}

#[test]
fn a_revoked_token_is_replaced_once() {
    let Some(curl) = Curl::new() else { return };
    curl.home.add_profile("work");
    curl.home.log_in("work");
    assert_eq!(curl.call("work"), (true, "200\n".to_owned()));
    let first = curl.stored("access_token");
    curl.home.server.revoke(&first);
    assert_eq!(curl.call("work"), (true, "200\n".to_owned()));
    let second = curl.stored("access_token");
    assert_ne!(first, second);
    // The resource refuses what is no token of its own, and the next one, too.
    let refresh_token = curl.stored("refresh_token");
    curl.home.server.revoke(&second);
    curl.home.server.revoke(&refresh_token);
    let (succeeded, said) = curl.call("work");
    assert!(!succeeded && said.contains("a login is required") && said.contains("401"), "{said}");
    for secret in [&first, &second, &refresh_token] {
        assert!(!said.contains(secret.as_str()), "{said}");
    }
    let requests = curl.home.server.token_requests();
    let (succeeded, said) = curl.call("work"); // the next program does not even try the refused token
    assert!(
        !succeeded && said.contains("a login is required") && said.contains("\n0\n") || said.starts_with('0'),
        "{said}"
    );
    assert_eq!(curl.home.server.token_requests(), requests);
}

#[test]
fn without_a_profile_it_says_which_file_is_missing() {
    let Some(curl) = Curl::new() else { return };
    let (succeeded, said) = curl.call("nobody");
    assert!(!succeeded && said.contains("nobody.toml"), "{said}");
}
