//! The token as each program wants it.

use serde_json::{Value, json};

use crate::user::{Said, User};

fn json_of(said: Said) -> Value {
    serde_json::from_str(&said.done()).expect("JSON")
}

#[test]
fn a_token_is_written_for_each_program() {
    let user = User::new();
    user.log_in();
    let token = user.token();
    let with = |format: &str| user.run(&["work", "--format", format]);
    assert_eq!(with("token").done(), format!("{token}\n"));
    assert_eq!(with("authorization").done(), format!("Bearer {token}\n"));
    assert_eq!(with("header-file").done(), format!("Authorization: Bearer {token}\n"));
    let json = json_of(with("json"));
    let expires_at = json["expires_at"].as_i64().expect("a number");
    assert_eq!(json["access_token"].as_str(), Some(&*token));
    let git = with("git").done();
    assert_eq!(git, format!("username=oauth2\npassword={token}\npassword_expiry_utc={expires_at}\n"));
    assert_eq!(
        json_of(with("gcp")),
        json!({
            "version": 1, "success": true, "token_type": "urn:ietf:params:oauth:token-type:jwt", "id_token": token,
            "expiration_time": expires_at
        })
    );
    assert_eq!(json_of(with("docker")), json!({"Username": "oauth2", "Secret": token}));
    assert_eq!(json_of(user.run(&["work", "--format=docker", "--user", "<token>"]))["Username"], "<token>");
    let kubernetes = json_of(with("kubernetes"));
    assert_eq!(
        (&kubernetes["kind"], &kubernetes["status"]["token"]),
        (&"ExecCredential".into(), &token.clone().into())
    );
    assert_eq!(kubernetes["apiVersion"], "client.authentication.k8s.io/v1");
    let date = std::process::Command::new("date")
        .args(["-u", "-d", &format!("@{expires_at}"), "+%Y-%m-%dT%H:%M:%SZ"])
        .output();
    let date = String::from_utf8(date.expect("date").stdout).expect("UTF-8");
    assert_eq!(kubernetes["status"]["expirationTimestamp"].as_str(), Some(date.trim_end()));
    let mut older = user.command(&["work", "--format", "kubernetes"]);
    let asked =
        r#"{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","spec":{"interactive":false}}"#;
    let output = older.env("KUBERNETES_EXEC_INFO", asked).output().expect("it runs");
    let older: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(older["apiVersion"], "client.authentication.k8s.io/v1beta1");
}

#[test]
fn google_s_libraries_read_a_failure_from_standard_output() {
    let user = User::new();
    let said = user.run(&["work", "--format", "gcp"]).failed(5, "was not found");
    let json: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!((&json["version"], &json["success"], &json["code"]), (&1.into(), &false.into(), &"5".into()));
    assert!(json["message"].as_str().is_some_and(|message| message.contains("was not found")), "{json}");
}

#[test]
fn docker_asks_for_a_registry() {
    let user = User::new();
    user.log_in();
    let token = user.token();
    let ask = |action: &str| user.tell(&["--format", "docker", "work", action], "https://registry.example\n");
    assert_eq!(
        json_of(ask("get")),
        json!({"ServerURL": "https://registry.example", "Username": "oauth2", "Secret": token})
    );
    assert_eq!(
        (ask("list").done(), ask("store").done(), ask("erase").done()),
        ("{}\n".to_owned(), String::new(), String::new())
    );
    user.run(&["revoke", "work"]).done();
    let said = ask("get").failed(3, "a login is required");
    assert!(said.out.contains("a login is required"), "Docker shows standard output: {said:?}");
}

#[test]
fn git_is_told_a_token_for_https_and_for_this_machine_only() {
    let user = User::new();
    user.log_in();
    let token = user.token();
    let ask = |action: &str, question: &str| user.tell(&["--format", "git", "work", action], question);
    for server in ["http\nhost=127.0.0.1:80", "http\nhost=[::1]:80", "http\nhost=localhost", "https\nhost=example.org"]
    {
        let said = ask("get", &format!("protocol={server}\nusername=alice\n\n")).done();
        assert!(said.starts_with(&format!("username=alice\npassword={token}\npassword_expiry_utc=")), "{said}");
    }
    for server in ["http\nhost=example.org", "http\nhost=localhost.example.org", "http", "smtp\nhost=localhost"] {
        let said = ask("get", &format!("protocol={server}\n\n")).failed(6, "a token is sent over https only");
        assert_eq!(said.out, "quit=1\n");
    }
    let asked = "capability[]=authtype\nprotocol=https\nhost=git.example\n";
    let bearer = format!("capability[]=authtype\nauthtype=Bearer\ncredential={token}\nephemeral=1\n");
    for (challenges, is_bearer) in
        [("", true), ("wwwauth[]=Basic realm=\"a\"\n", false), ("wwwauth[]=Basic\nwwwauth[]=Bearer\n", true)]
    {
        assert_eq!(
            ask("get", &format!("{asked}{challenges}\n")).done().starts_with(&bearer),
            is_bearer,
            "{challenges}"
        );
    }
    // No part of a line counts as a line.
    let long = "x".repeat(1 << 20);
    ask("get", &format!("protocol=http\nhost=example.org\npath={long}protocol=https\n\n"))
        .failed(6, "too long or malformed");
    let question = "protocol=https\nhost=example.org\n";
    for (action, more) in [("store", "password=other\n"), ("erase", ""), ("erase", "password=other\n"), ("later", "")] {
        assert_eq!(ask(action, &format!("{question}{more}\n")).done(), "");
    }
    assert_eq!(user.token(), token);
    // The server has refused the token.
    assert_eq!(ask("erase", &format!("{question}password={token}\n\n")).done(), "");
    let before = user.server.token_requests();
    let commands: Vec<_> = (0..8).map(|_| user.command(&["work"]).spawn().expect("it starts")).collect();
    let mut tokens: Vec<_> = commands.into_iter().map(|command| User::ended(command).done()).collect();
    tokens.dedup();
    assert!(tokens.len() == 1 && tokens[0].trim_end() != token, "eight at once get one new token");
    assert_eq!(user.server.token_requests() - before, 1);
}
