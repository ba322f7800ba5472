//! `guides/from-x-oauth2.md`: the programs before and after, compiled in the package's module and run.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use oauthclient_test_server::authorization_server::{AuthorizationServer, Options, PUBLIC_CLIENT_ID};

use crate::support::browser;
use crate::support::c::{library_directory, root};
use crate::support::page::blocks;
use crate::{Go, ended, know};

fn programs() -> Vec<String> {
    blocks("guides/from-x-oauth2.md", "go")
}

/// As a program of the module that is there for the compiler alone.
fn build(go: &Go, name: &str, source: &str) -> PathBuf {
    let (file, overlay, program) = (go.path(&format!("{name}.go")), go.path(&format!("{name}.json")), go.path(name));
    std::fs::write(&file, source).expect("written");
    let place = root().join(format!("examples-c/go/guide_{name}/main.go"));
    let text = format!("{{\"Replace\": {{{:?}: {:?}}}}}", place.display().to_string(), file.display().to_string());
    std::fs::write(&overlay, text).expect("written");
    let text = |path: &PathBuf| path.to_str().expect("UTF-8").to_owned();
    let directory = format!("./guide_{name}");
    let (succeeded, said) = go.run(&["build", "-overlay", &text(&overlay), "-o", &text(&program), &directory], |_| {});
    assert!(succeeded, "{source}\n{said}");
    program
}

fn command(go: &Go, program: &PathBuf, server: &AuthorizationServer) -> Command {
    let mut command = Command::new(program);
    go.settle(&mut command);
    know(server, &mut command);
    command.env("OAUTH_AUTHORIZATION_ENDPOINT", server.authorization_endpoint());
    command.env("OAUTH_TOKEN_ENDPOINT", server.token_endpoint());
    command.env("OAUTH_DEVICE_AUTHORIZATION_ENDPOINT", server.device_authorization_endpoint());
    command.env("XDG_STATE_HOME", go.path("state")).env("HOME", go.path(""));
    command.env("BROWSER", library_directory().with_file_name("oauthclient-test-browser"));
    command
}

#[test]
fn both_programs_log_in_and_call_an_api() {
    let Some(go) = Go::new(|header| header) else { return };
    let server = AuthorizationServer::start(Options::default());
    let programs = programs();
    assert_eq!(programs.len(), 4);

    let before = build(&go, "before", &programs[0]);
    let mut child =
        command(&go, &before, &server).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    assert!(browser::paste(&mut child).any(|line| line.contains("\"user\":\"alice\"")));
    assert!(child.wait().expect("it ends").success());

    let after = build(&go, "after", &programs[1]);
    let requests = |program: &PathBuf| {
        let before = server.token_requests();
        let (succeeded, said) = ended(&mut command(&go, program, &server));
        assert!(succeeded && said.contains("\"user\":\"alice\""), "{said}");
        server.token_requests() - before
    };
    assert_eq!((requests(&after), requests(&after)), (1, 0), "the second start finds the login");
}

#[test]
fn the_page_shows_what_a_server_said() {
    let Some(go) = Go::new(|header| header) else { return };
    let server = AuthorizationServer::start(Options::default());
    let source = format!(
        r#"package main

import (
	"context"
	"errors"
	"log"
	"os"

	"oauthclient.example/oauthclient"
)

func main() {{
	ctx, refreshToken := context.Background(), "foreign"
	client, err := oauthclient.New(oauthclient.Config{{Issuer: os.Getenv("OAUTH_ISSUER"),
		ClientID: os.Getenv("OAUTH_CLIENT_ID"), ClientSecret: os.Getenv("OAUTH_CLIENT_SECRET")}})
	if err != nil {{
		panic(err)
	}}
	{}}}
"#,
        blocks("examples-c/go/README.md", "go")[1].replace("_, err := ", "_, err = ")
    );
    let (succeeded, said) = ended(&mut command(&go, &build(&go, "page", &source), &server));
    assert!(succeeded && said.contains("invalid_grant"), "{said}");
}

/// The parts of a program, in one.
#[test]
fn devices_and_errors_are_as_the_guide_says() {
    let Some(go) = Go::new(|header| header) else { return };
    let server = AuthorizationServer::start(Options { device_interval_s: 1, ..Options::default() });
    let programs = programs();
    let source = format!(
        r#"package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/oauth2"
	"oauthclient.example/oauthclient"
)

{}{}
func main() {{
	id, secret := os.Getenv("OAUTH_CLIENT_ID"), os.Getenv("OAUTH_CLIENT_SECRET")
	ctx, endpoint := context.Background(), oauth2.Endpoint{{TokenURL: os.Getenv("OAUTH_TOKEN_ENDPOINT"),
		DeviceAuthURL: os.Getenv("OAUTH_DEVICE_AUTHORIZATION_ENDPOINT")}}
	old, err := before(ctx, &oauth2.Config{{ClientID: os.Getenv("PUBLIC_CLIENT_ID"), Endpoint: endpoint}})
	fmt.Println(old != nil, err)
	client, err := oauthclient.New(oauthclient.Config{{Issuer: os.Getenv("OAUTH_ISSUER"), ClientID: id, ClientSecret: secret}})
	fmt.Println(client != nil, err)
	fresh, err := after(ctx, client)
	fmt.Println(fresh != nil, err)
	_, err = client.Refresh(ctx, "foreign", "", nil)
	fmt.Println(explain(err))
	session, _ := client.Session(nil, "none", nil)
	_, err = session.Token(ctx, nil)
	fmt.Println(explain(err))
}}
"#,
        programs[2], programs[3]
    );
    let parts = build(&go, "parts", &source);
    // x/oauth2 asks for a user code without the client's secret.
    let (succeeded, said) = ended(command(&go, &parts, &server).env("PUBLIC_CLIENT_ID", PUBLIC_CLIENT_ID));
    assert!(succeeded && said.matches("true <nil>").count() == 3, "{said}");
    assert_eq!(said.matches(" and enter ").count(), 2, "{said}");
    assert!(said.contains("the server refused: invalid_grant (HTTP 400)") && said.contains("log in again"), "{said}");
}
