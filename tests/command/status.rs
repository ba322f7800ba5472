//! What is known of a login without asking the server, and the exit codes.

use oauthclient_test_server::authorization_server::PUBLIC_CLIENT_ID;

use crate::user::User;

#[test]
fn status_and_list_say_how_each_login_stands() {
    let user = User::new();
    assert_eq!(user.run(&["list"]).done(), "");
    assert_eq!(user.run(&["list", "--json"]).done(), "[]\n");
    user.log_in();
    let token = user.token();
    let before = user.server.token_requests();
    let status = user.run(&["status", "work"]).done();
    for line in ["state         valid", "expires       20", "renewal from  20", "server        http://127.0.0.1:"] {
        assert!(status.contains(line), "{line}: {status}");
    }
    let json: serde_json::Value = serde_json::from_str(&user.run(&["status", "work", "--json"]).done()).expect("JSON");
    assert_eq!((json["profile"].as_str(), json["state"].as_str()), (Some("work"), Some("valid")));
    assert!(json["expires_at"].as_i64() > json["next_renewal_at"].as_i64(), "{json}");
    std::fs::write(user.path(".config/oauthclient/broken.toml"), "unknown = 1\n").expect("written");
    // Shells complete the names of this list, some by what is a program to them.
    std::fs::write(user.path(".config/oauthclient/$(touch harm).toml"), "").expect("written");
    let list = user.run(&["list"]).done();
    let lines: Vec<_> = list.lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with("broken") && lines[0].contains("cannot be used"), "{list}");
    assert!(lines[1].starts_with("work ") && lines[1].contains(" valid "), "{list}");
    let list: serde_json::Value = serde_json::from_str(&user.run(&["list", "--json"]).done()).expect("JSON");
    assert_eq!(list[1]["expires_at"], json["expires_at"]);
    assert_eq!(user.server.token_requests(), before);
    let list = list.to_string();
    assert!(!status.contains(&token) && !list.contains(&token));
}

#[test]
fn status_says_why_a_login_is_over() {
    let user = User::new();
    user.log_in();
    let token = user.token();
    let store = user.path(".local/state/oauthclient");
    for entry in std::fs::read_dir(&store).expect("the store") {
        let text = std::fs::read_to_string(entry.expect("an entry").path()).unwrap_or_default();
        let refresh_token = text.split_once("\"refresh_token\":\"").and_then(|(_, rest)| rest.split('"').next());
        refresh_token.into_iter().for_each(|refresh_token| user.server.revoke(refresh_token));
    }
    let git = format!("protocol=https\nhost=git.example\npassword={token}\n\n");
    user.tell(&["--format", "git", "work", "erase"], &git).done();
    user.run(&["work"]).failed(3, "invalid_grant");
    let said = user.run(&["status", "work"]).failed(3, "a login is required");
    assert!(said.out.contains("state         login required") && said.out.contains("invalid_grant"), "{said:?}");
    assert!(user.run(&["list"]).done().contains("login required"));
}

#[test]
fn scripts_can_tell_failures_apart() {
    let user = User::new();
    for (arguments, why) in [
        (&[][..], "a verb or the name of a profile is missing"),
        (&["--unknown"], "there is no option --unknown"),
        (&["-x"], "there is no option -x"),
        (&["login", "work", "--client-secret=s3cr3t"], "--client-secret-stdin"),
        (&["work", "too", "much"], "much is too much"),
        (&["work", "--format"], "--format needs a value"),
        (&["work", "--format", "s3cr3t"], "there is no format"),
        (&["work", "--device"], "--device is not for token"),
        (&["work", "--watch"], "--watch needs --file"),
        (&["login"], "the name of a profile is missing after login"),
        (&["login", "work", "--device", "--paste"], "exclude each other"),
        (&["login", "work", "--device=yes"], "takes no value"),
        (&["login", "work", "--scope", "a", "--scope", "b"], "--scope is there twice"),
        (&["login", "work", "--timeout", "0"], "0 is no number of seconds"),
        (&["exec", "work"], "the command to run is missing"),
        (&["completion", "tcsh"], "there is no completion for tcsh"),
    ] {
        let said = user.run(arguments).failed(2, why);
        assert!(
            said.out.is_empty() && said.err.starts_with("oauth-token: ") && !said.err.contains("s3cr3t "),
            "{said:?}"
        );
    }
    user.run(&["nobody"]).failed(5, "The first time: oauth-token login nobody --issuer URL --client-id ID");
    user.run(&["login", "new", "--issuer", "http://127.0.0.1:9"]).failed(5, "--client-id ID");
    let gone = ["login", "gone", "--device", "--client-id", PUBLIC_CLIENT_ID, "--issuer", "http://127.0.0.1:9"];
    user.run(&gone).failed(4, "127.0.0.1:9");
    user.log_in();
    let store = user.path(".local/state/oauthclient");
    std::fs::remove_dir_all(&store).expect("it was there");
    std::fs::write(&store, "").expect("written");
    user.run(&["work"]).failed(7, "oauthclient could not be used");
}

#[test]
fn help_names_each_verb_and_option() {
    let user = User::new();
    let help = user.run(&["help"]).done();
    for arguments in [&["login", "--help"][..], &["-h"], &["-h", "work"], &["work", "-h"], &["exec", "work", "-h"]] {
        assert_eq!(user.run(arguments).done(), help, "{arguments:?}");
    }
    for word in
        ["client-credentials", "--paste", "--min-validity", "--client-secret-file VALUE", "Exit codes:", "  8  "]
    {
        assert!(help.contains(word), "{word}: {help}");
    }
    for arguments in [&["--version"][..], &["-V"], &["-V", "work"], &["work", "-V"]] {
        assert!(user.run(arguments).done().starts_with("oauth-token 0."), "{arguments:?}");
    }
}
