//! Tokens of machines, and what the server says.

use oauthclient_test_server::authorization_server::{CLIENT_ID, CLIENT_SECRET, USER};
use oauthclient_test_server::scripted::{Answer, Scripted};
use serde_json::Value;

use crate::user::{Said, User};

fn json(said: Said) -> Value {
    serde_json::from_str(&said.done()).expect("JSON")
}

#[test]
fn a_machine_gets_a_token_and_is_remembered_if_it_has_a_name() {
    let user = User::new();
    let secret = user.path("secret").display().to_string();
    let issuer = user.server.issuer();
    let settings = ["--issuer", issuer, "--client-id", CLIENT_ID, "--client-secret-file", &secret];
    let once = user.run(&[&["client-credentials"], &settings[..]].concat()).done();
    assert!(once.trim_end().len() > 8);
    assert_eq!(user.run(&["list"]).done(), "");
    let asked = [&["client-credentials", "--client-secret-stdin"], &settings[..4]].concat();
    assert!(user.tell(&asked, &format!("{CLIENT_SECRET}\n")).done().trim_end().len() > 8);
    let kept = std::fs::read_dir(user.path(".config/oauthclient")).expect("a directory");
    assert_eq!(kept.count(), 0, "nothing is kept");
    let first = user.run(&[&["client-credentials", "batch"], &settings[..]].concat()).done();
    assert_eq!(user.run(&["batch"]).done(), first);
    assert!(user.run(&["status", "batch"]).done().contains("valid"));
    user.run(&["login", "batch"]).failed(5, "nobody has to log in");
    user.run(&["client-credentials"]).failed(5, "The first time");
    let said =
        user.tell(&[&["client-credentials", "wrong"], &settings[..4], &["--client-secret-stdin"]].concat(), "s3cr3t\n");
    assert!(!said.failed(6, "invalid_client").err.contains("s3cr3t"));
    assert_eq!(files(&user), ["batch.toml"], "what was refused is not kept");
}

/// The names of what lies beside the profiles.
fn files(user: &User) -> Vec<String> {
    let entries = std::fs::read_dir(user.path(".config/oauthclient")).expect("a directory");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

#[test]
fn a_secret_takes_the_place_of_another_when_the_server_has_accepted_it() {
    let user = User::new();
    let first = ["client-credentials", "batch", "--client-secret-stdin", "--issuer", user.server.issuer()];
    user.tell(&[&first[..], &["--client-id", CLIENT_ID]].concat(), &format!("{CLIENT_SECRET}\n")).done();
    for (verb, secret, code, why) in [
        ("client-credentials", "mistyped\n", 6, "invalid_client"),
        ("client-credentials", "", 5, "the client secret is empty"),
        ("login", "\n", 5, "the client secret is empty"),
    ] {
        user.tell(&[verb, "batch", "--client-secret-stdin"], secret).failed(code, why);
        let kept = std::fs::read_to_string(user.path(".config/oauthclient/batch.secret")).expect("it is kept");
        assert_eq!((kept.as_str(), files(&user)), (CLIENT_SECRET, vec!["batch.secret".into(), "batch.toml".into()]));
    }
    user.run(&["client-credentials", "batch"]).done();
}

/// The programs in C read this variable by themselves.
#[test]
fn a_variable_that_is_not_read_is_named() {
    let user = User::new();
    let mut command = user.command(&["client-credentials", "--issuer", user.server.issuer(), "--client-id", CLIENT_ID]);
    let said = User::ended(command.env("OAUTH_CLIENT_SECRET", CLIENT_SECRET).spawn().expect("it starts"));
    let said = said.failed(6, "OAUTH_CLIENT_SECRET is not read: use --client-secret-stdin");
    assert!(said.err.contains("none was used") && !said.err.contains("oauth_"), "{said:?}");
}

#[test]
fn the_server_is_asked_about_itself_the_user_and_the_token() {
    let user = User::new();
    user.log_in();
    let issuer = user.server.issuer();
    for named in [issuer, "work"] {
        assert_eq!(json(user.run(&["discover", named]))["issuer"], issuer);
    }
    user.run(&["discover", "http://127.0.0.1:9"]).failed(4, "127.0.0.1:9");
    let introspection = json(user.run(&["introspect", "work"]));
    assert_eq!(introspection["active"], true);
    assert!(user.run(&["userinfo", "work"]).done().contains(USER));
}

#[test]
fn a_token_is_exchanged_for_another() {
    let user = User::new();
    user.log_in();
    let token = user.token();
    let server = Scripted::start(|mut exchange| {
        while exchange.read_request()?.is_some() {
            let body = r#"{"access_token":"exchanged","token_type":"Bearer","expires_in":60,"issued_token_type":"urn:ietf:params:oauth:token-type:access_token"}"#;
            exchange.answer(&Answer::json(200, body))?;
        }
        Ok(())
    });
    let mut exchange = user.command(&["exchange", "work", "--audience", "api", "--scope", "read"]);
    exchange.env("OAUTH_TOKEN_ENDPOINT", server.url("/token")).env("OAUTH_CLIENT_SECRET_FILE", user.path("secret"));
    assert_eq!(User::ended(exchange.spawn().expect("it starts")).done(), "exchanged\n");
    let request = &server.requests()[0];
    for (name, value) in [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", &token),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("audience", "api"),
        ("scope", "read"),
    ] {
        assert_eq!(request.form_value(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(user.token(), token, "the login stays as it was");
}
