//! Log-ins, what is remembered of them, and their end.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use oauthclient::profile::Profile;
use oauthclient::profile::environment::Environment;
use oauthclient::profile::member::Member;
use oauthclient_test_server::authorization_server::{CLIENT_ID, CLIENT_SECRET, Options, PUBLIC_CLIENT_ID};
use oauthclient_test_server::browser::Browser;

use crate::user::User;

fn as_strs(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

#[test]
fn a_login_is_remembered_by_its_name_alone() {
    let user = User::new();
    let said = user.run(&["work"]).failed(5, "profile work was not found");
    assert!(said.out.is_empty(), "{said:?}");
    let said = user.log_in();
    assert!(said.code == Some(0) && said.out.is_empty() && said.err.contains("Logged in"), "{said:?}");
    let profile = user.path(".config/oauthclient/work.toml");
    assert_eq!(std::fs::metadata(&profile).expect("it was written").permissions().mode() & 0o777, 0o600);
    assert!(!std::fs::read_to_string(&profile).expect("it is read").contains(CLIENT_SECRET));
    let token = user.token();
    assert_eq!(user.run(&["token", "work"]).done().trim_end(), token);
    assert!(!said.err.contains(&token), "{said:?}");
    // Again, with nothing but the name.
    assert_eq!(user.log_in_with(&["login", "work"]).code, Some(0));
    assert_ne!(user.token(), token);
}

#[test]
fn programs_find_the_login_by_the_same_name() {
    let user = User::new();
    user.log_in();
    let environment = Environment { variable: &|_| None, home: Some(user.path("")) };
    let profile = Profile::read("work", &environment).expect("a profile");
    assert_eq!((profile.issuer(), profile.client_id()), (Some(user.server.issuer()), CLIENT_ID));
    let store = user.path(".local/state/oauthclient").display().to_string();
    let given = vec![(Member::Store, vec![store])]; // the user's own is that of whoever runs the test
    let session = Profile::read_with("work", given, &environment).and_then(|profile| profile.open()).expect("open");
    let token = session.with_token(None, |token| token.access_token.as_ref().map(|text| text.as_str().to_owned()));
    assert_eq!(token.expect("a token"), Some(user.token()));
}

#[test]
fn a_login_that_fails_changes_no_profile() {
    let user = User::at(Options { user_agrees: false, ..Options::default() });
    let said = user.log_in().failed(6, "access_denied");
    assert!(said.out.is_empty() && !user.path(".config/oauthclient/work.toml").exists(), "{said:?}");
}

#[test]
fn a_first_login_says_what_it_needs() {
    let user = User::new();
    user.run(&["login", "work"]).failed(5, "The first time: oauth-token login work --issuer URL --client-id ID");
    user.run(&["login", "work", "--client-id", "c"]).failed(5, "--issuer URL");
    let wrong = ["login", "work", "--client-id", "c", "--issuer", "as.example"];
    user.run(&wrong).failed(5, "issuer is not an absolute URL");
    user.run(&["login", "../work"]).failed(5, "name is not 1 to 64 letters");
}

#[test]
fn an_address_is_pasted_from_another_machine() {
    let user = User::new();
    let arguments = user.first_login(&["--paste"]);
    let mut login = user.command(&as_strs(&arguments)).stdin(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(login.stderr.take().expect("a pipe")).lines().map(|line| line.expect("UTF-8"));
    let url = lines.find(|line| line.starts_with("http")).expect("a URL");
    let redirect = Browser::new().log_in(&url).expect("the user logs in");
    writeln!(login.stdin.take().expect("a pipe"), "  {}", redirect.to_url()).expect("pasted");
    assert!(lines.any(|line| line == "Logged in."));
    assert_eq!(User::ended(login).code, Some(0));
    user.token();
}

#[test]
fn what_is_pasted_must_be_the_answer() {
    let user = User::new();
    let arguments = user.first_login(&["--paste"]);
    for pasted in ["", "\n", "http://127.0.0.1/callback?code=c&state=other\n"] {
        let said = user.tell(&as_strs(&arguments), pasted);
        assert!(matches!(said.code, Some(5 | 6)) && said.out.is_empty(), "{said:?}");
    }
}

#[test]
fn a_code_is_entered_on_another_device() {
    for user_agrees in [true, false] {
        let user = User::at(Options { user_agrees, ..Options::default() });
        let said = user.run(&as_strs(&user.first_login(&["--device"])));
        assert!(said.err.contains("Go to http") && said.err.contains(" and enter "), "{said:?}");
        assert!(!said.err.contains('█'), "a QR code is for terminals: {said:?}");
        if user_agrees {
            assert!(said.code == Some(0) && said.out.is_empty(), "{said:?}");
            user.token();
        } else {
            said.failed(6, "access_denied");
        }
    }
}

#[test]
fn a_client_secret_is_asked_for_and_kept_in_a_file_of_its_own() {
    let user = User::new();
    let issuer = user.server.issuer();
    let arguments =
        ["login", "work", "--device", "--issuer", issuer, "--client-id", CLIENT_ID, "--client-secret-stdin"];
    let said = user.tell(&arguments, &format!("{CLIENT_SECRET}\n"));
    assert!(said.code == Some(0) && !said.err.contains(CLIENT_SECRET), "{said:?}");
    let secret = user.path(".config/oauthclient/work.secret");
    assert_eq!(std::fs::metadata(&secret).expect("it was written").permissions().mode() & 0o777, 0o600);
    user.token();
    let wrong = user.tell(&arguments, "wrong s3cr3t\n").failed(6, "invalid_client");
    assert!(!wrong.err.contains("s3cr3t"), "{wrong:?}");
}

#[test]
fn only_what_is_new_changes_in_a_profile() {
    let user = User::new();
    let said =
        user.run(&["login", "work", "--device", "--issuer", user.server.issuer(), "--client-id", PUBLIC_CLIENT_ID]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let profile = user.path(".config/oauthclient/work.toml");
    let text = std::fs::read_to_string(&profile).expect("it is read");
    std::fs::write(&profile, format!("# mine\n{text}")).expect("written");
    let said = user.run(&["login", "work", "--device", "--scope", "read"]);
    assert!(said.code == Some(0) && said.err.contains("is remembered in"), "{said:?}");
    assert_eq!(std::fs::read_to_string(&profile).expect("it is read"), format!("# mine\n{text}scope = \"read\"\n"));
    let said = user.run(&["login", "work", "--device"]);
    assert!(said.code == Some(0) && !said.err.contains("is remembered in"), "{said:?}");
}

#[test]
fn a_variable_of_a_login_is_remembered_too() {
    let user = User::new();
    let mut login = user.command(&["login", "work", "--device", "--client-id", PUBLIC_CLIENT_ID]);
    login.env("OAUTH_ISSUER", user.server.issuer()).env("XDG_STATE_HOME", user.path("state"));
    assert_eq!(login.status().expect("it runs").code(), Some(0));
    user.token(); // and where the login is kept
}

#[test]
fn a_revoked_login_is_gone() {
    let user = User::new();
    user.log_in();
    user.token();
    assert_eq!(user.run(&["revoke", "work"]).done(), "");
    let said = user.run(&["work"]).failed(3, "Log in with: oauth-token login work\n");
    assert!(said.out.is_empty(), "{said:?}");
}

#[test]
fn a_login_that_the_server_cannot_be_told_of_is_deleted_all_the_same() {
    let user = User::new();
    user.log_in();
    let mut revoke = user.command(&["revoke", "work", "--timeout", "2"]);
    // Nobody is there.
    revoke
        .env("OAUTH_REVOCATION_ENDPOINT", "http://127.0.0.1:9/revoke")
        .env("OAUTH_CLIENT_SECRET_FILE", user.path("secret"));
    let output = revoke.output().expect("it runs");
    assert_eq!(output.status.code(), Some(8), "{}", String::from_utf8_lossy(&output.stderr));
    user.run(&["work"]).failed(3, "a login is required");
}
