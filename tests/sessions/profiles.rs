//! Sessions of profiles: what they send is what the profile says.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use oauthclient::blocking::session::Session;
use oauthclient::profile::Profile;
use oauthclient::profile::environment::Environment;
use oauthclient_test_server::scripted::{Answer, Scripted};

use super::token_of;

const TOKEN: &str = r#"{"access_token":"AT-2","token_type":"Bearer","expires_in":3600,"refresh_token":"RT-2"}"#;

fn write(file: &Path, text: &str) {
    fs::write(file, text).expect("written");
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("a mode");
}

/// The session of a profile in this directory, whose client has a secret in a file.
fn open(directory: &Path, server: &Scripted, text: &str) -> Session {
    write(&directory.join("secret"), "s3cr3t\n");
    let place = directory.display();
    let text = format!(
        "token_endpoint = '{}'\nclient_id = 'c'\nclient_secret_file = '{place}/secret'\nstore = '{place}/store'\n{text}",
        server.url("/token")
    );
    write(&directory.join("work.toml"), &text);
    let variable = |name: &str| (name == "OAUTH_PROFILE_DIR").then(|| directory.into());
    let environment = Environment { variable: &variable, home: None };
    Profile::read("work", &environment).and_then(|profile| profile.open()).unwrap_or_else(|error| panic!("{error}"))
}

/// The forms that the server got, in order.
fn forms(server: &Scripted) -> Vec<String> {
    server.requests().iter().map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect()
}

#[test]
fn a_renewal_has_the_resources_but_not_the_scope_of_the_log_in() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Scripted::sequence(vec![Answer::json(200, TOKEN)]);
    let text = "scope = 'openid a'\nresource = ['https://a.example', 'https://b.example']\naudience = 'api'\n\
                client_authentication = 'client_secret_post'\n";
    let session = open(directory.path(), &server, text);
    session.adopt_refresh_token("RT-1", None).expect("adopted");
    assert_eq!(token_of(&session).expect("renewed"), "AT-2");
    let another = open(directory.path(), &server, text);
    assert_eq!(token_of(&another).expect("from the store"), "AT-2");
    assert_eq!(
        forms(&server),
        ["grant_type=refresh_token&refresh_token=RT-1&client_id=c&client_secret=s3cr3t\
          &resource=https%3A%2F%2Fa.example&resource=https%3A%2F%2Fb.example&audience=api"]
    );
}

#[test]
fn client_credentials_are_asked_for_the_scope() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Scripted::sequence(vec![Answer::json(200, TOKEN)]);
    let session = open(directory.path(), &server, "scope = 'a b'\ngrant = 'client_credentials'\n");
    assert_eq!(token_of(&session).expect("a token"), "AT-2");
    assert_eq!(forms(&server), ["grant_type=client_credentials&scope=a+b"]);
    let request = server.requests().remove(0);
    assert_eq!(request.header("authorization"), Some("Basic YzpzM2NyM3Q="));
}
