//! The C programs of the README, the first of them whole, the others as they stand in a function.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use std::time::Duration;

use oauthclient_test_server::authorization_server::{AuthorizationServer, CLIENT_ID, CLIENT_SECRET, Options};
use oauthclient_test_server::scripted::{Answer, Exchange, Scripted};

use crate::support::c::{library_directory, run_bounded};
use crate::support::page::blocks;
use crate::support::snippet::{compiled, program};

/// Their place in the README, and what they are.
const MACHINE: usize = 1;
const DEVICE: usize = 2;
const SESSION: usize = 3;
const OPERATION: usize = 7;
/// Sentinels of Redis: `--test stores` has those.
const REDIS: usize = 4;
const WORKLOAD: usize = 5;
const KEY: usize = 6;

fn programs() -> Vec<String> {
    let programs = blocks("README.md", "c");
    assert_eq!(programs.len(), 8);
    programs
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

#[test]
fn the_first_program_logs_a_user_in() {
    let server = AuthorizationServer::start(Options::default());
    // The demo's server knows one redirect path and two scopes, and its client has a secret.
    let changes = [
        ("\"https://as.example\"", format!("\"{}\"", server.issuer())),
        ("\"my-app\", NULL", format!("\"{CLIENT_ID}\", \"{CLIENT_SECRET}\"")),
        ("\"openid offline_access\", NULL, NULL", "\"read\", NULL, listener".to_owned()),
        ("int main(void)\n{", "int main(void)\n{\n    oauth_listener_options *listener = oauth_listener_options_new();\n    oauth_listener_options_set_path(listener, \"/callback\");".to_owned()),
    ];
    let mut source = programs()[0].clone();
    for (shown, here) in &changes {
        assert!(source.contains(shown), "{shown}");
        source = source.replace(shown, here);
    }
    let program = compiled("log_in", &source, &[]);
    let mut command = Command::new(&program.path);
    command.env("BROWSER", library_directory().with_file_name("oauthclient-test-browser"));
    let output = run_bounded(&mut command, Duration::from_secs(60));
    let said = said(&output);
    assert!(output.status.success() && said.contains("user: ") && said.contains("Authorization: Bearer "), "{said}");
}

#[test]
fn the_other_programs_run() {
    let server = AuthorizationServer::start(Options { device_interval_s: 1, ..Options::default() });
    let programs = programs();
    drop(compiled("part", &program(&programs[REDIS]), &[]));
    for index in [MACHINE, DEVICE, SESSION, OPERATION] {
        let part = programs[index].replace("https://as.example", server.issuer());
        let part = part.replace("\"batch\"", &format!("\"{CLIENT_ID}\"")).replace("BATCH_SECRET", "CLIENT_SECRET");
        let part = part.replace("\"reports\"", "\"read\"").replace("client, \"openid\"", "client, \"read\"");
        // use() has to be reached, or the program has failed.
        let part = part.replace("use(", "puts(\"used\"), use(");
        let output = compiled("part", &program(&part), &[]).run(&server, &[]);
        let said = said(&output);
        assert!(output.status.success() && said.contains("used\n"), "{part}\n{said}");
    }
}

/// A server that takes whatever proves who the client is, and binds the token to the key of a proof.
fn trusting(mut exchange: Exchange) -> std::io::Result<()> {
    while let Some(request) = exchange.read_request()? {
        let issuer = format!("http://{}", request.header("host").unwrap_or_default());
        let kind = if request.header("dpop").is_some() { "DPoP" } else { "Bearer" };
        exchange.answer(&Answer::json(
            200,
            match request.target.as_str() {
                "/token" => format!("{{\"access_token\":\"t\",\"token_type\":\"{kind}\",\"expires_in\":3600}}"),
                _ => format!("{{\"issuer\":\"{issuer}\",\"token_endpoint\":\"{issuer}/token\"}}"),
            },
        ))?;
    }
    Ok(())
}

#[test]
fn the_programs_of_machines_that_prove_themselves_run() {
    let (server, other) = (AuthorizationServer::start(Options::default()), Scripted::start(trusting));
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).expect("written");
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("a mode");
        path.display().to_string()
    };
    let token = file("token", "a token of the platform");
    let key = file(
        "key.pem",
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIH8qO4TQFupKAKlDgF+x5IhB3LgpNNH406bJe6I/wJKm\n-----END PRIVATE KEY-----\n",
    );
    for (index, shown, path, field) in [
        (WORKLOAD, "/var/run/secrets/tokens/api", token, "subject_token=a+token+of+the+platform"),
        (KEY, "/etc/my-daemon/key.pem", key, "client_assertion="),
    ] {
        let part = programs()[index].replace("https://login.example.com", &other.url(""));
        assert!(part.contains(shown), "{part}");
        let part = part.replace(shown, &path).replace("use(", "puts(\"used\"), use(");
        let output = compiled("part", &program(&part), &[]).run(&server, &[]);
        let said = said(&output);
        assert!(output.status.success() && said.contains("used\n"), "{part}\n{said}");
        let requests = other.requests();
        assert!(requests.iter().any(|request| String::from_utf8_lossy(&request.body).contains(field)), "{field}");
    }
}
