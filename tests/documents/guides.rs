//! `guides/`: the programs that others' libraries need, and what takes their place.

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use oauthclient_test_server::authorization_server::{
    AuthorizationServer, CLIENT_ID, CLIENT_SECRET, CODE_CHALLENGE, CODE_VERIFIER, Options, REDIRECT_URI,
};

use crate::flags;
use crate::support::browser;
use crate::support::c::{library_directory, root, run_bounded};
use crate::support::page::{blocks, page};
use crate::support::skipped::say_skipped;
use crate::support::snippet::{Compiled, compiled, program};

/// A program, with what the demo's server tells one.
fn command(program: &Compiled, server: &AuthorizationServer) -> Command {
    let mut command = Command::new(&program.path);
    command.env("OAUTH_ISSUER", server.issuer()).env("OAUTH_TOKEN_ENDPOINT", server.token_endpoint());
    command.env("OAUTH_AUTHORIZATION_ENDPOINT", server.authorization_endpoint());
    command.env("OAUTH_CLIENT_ID", CLIENT_ID).env("OAUTH_CLIENT_SECRET", CLIENT_SECRET);
    command.env("OAUTH_REDIRECT_URI", REDIRECT_URI).env("OAUTH_REDIRECT_PATH", "/callback");
    command.env("OAUTH_CODE", server.obtain_code(CODE_CHALLENGE)).env("OAUTH_CODE_VERIFIER", CODE_VERIFIER);
    command.env("BROWSER", library_directory().with_file_name("oauthclient-test-browser"));
    command
}

fn has_token(output: &Output) -> bool {
    let said = String::from_utf8_lossy(&output.stdout);
    output.status.success() && said.lines().any(|line| line.starts_with("Authorization: Bearer "))
}

fn run(program: &Compiled, server: &AuthorizationServer) -> Output {
    run_bounded(&mut command(program, server), Duration::from_secs(60))
}

#[test]
fn what_takes_the_place_of_libcurl_always_works_and_what_was_there_not_always() {
    let [before, after, session] = &blocks("guides/from-libcurl.md", "c")[..] else { panic!("three programs") };
    let server = AuthorizationServer::start(Options::default());
    let after = compiled("after", after, &[]);
    for _ in 0..8 {
        let output = run(&after, &server);
        assert!(has_token(&output), "{output:?}");
    }
    let session = compiled("session", &program(session), &[]).run(&server, &[]);
    assert!(session.status.success(), "{session:?}");

    let (Some(curl), Some(jansson)) = (flags("libcurl"), flags("jansson")) else {
        return say_skipped("libcurl or jansson is missing (Debian: apt install libcurl4-openssl-dev libjansson-dev)");
    };
    let flags: Vec<&str> = curl.iter().chain(&jansson).map(String::as_str).collect();
    let before = compiled("before", before, &flags);
    // As the guide says: a code in Base64 that has a plus is another one after decoding.
    let worked = (0..60).filter(|_| has_token(&run(&before, &server))).count();
    assert!((5..55).contains(&worked), "{worked} of 60");
}

#[test]
fn a_log_in_of_iddawc_is_one_call() {
    let [before, after] = &blocks("guides/from-iddawc.md", "c")[..] else { panic!("two programs") };
    let server = AuthorizationServer::start(Options::default());
    let output = run(&compiled("after", after, &[]), &server);
    assert!(has_token(&output), "{output:?}");

    let headers = root().join("target/iddawc");
    let Some(flags) = flags("liborcania").filter(|_| headers.join("iddawc.h").exists()) else {
        return say_skipped("iddawc is missing: tests/documents/install (Debian: libiddawc1.1 liborcania-dev)");
    };
    // Its numbers are unsigned, and so is what the program says.
    let include = format!("-I{}", headers.display());
    let more = [&include, "-l:libiddawc.so.1.1", "-l:libulfius.so.2.7", "-Wno-conversion"];
    let flags: Vec<&str> = flags.iter().map(String::as_str).chain(more).collect();
    let before = compiled("before", before, &flags);
    let mut command = command(&before, &server);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    assert!(browser::paste(&mut child).any(|line| line.starts_with("Authorization: Bearer ")));
    assert!(child.wait().expect("it ends").success());
}

/// No name of the table is a name that the header has not.
#[test]
fn functions_that_the_guides_name_exist() {
    let names: Vec<String> =
        page("tests/symbols.txt").lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    let header = page("include/oauth.h");
    for guide in ["from-libcurl", "from-iddawc", "from-x-oauth2"] {
        let text = page(&format!("guides/{guide}.md"));
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        for word in words.filter(|word| word.starts_with("oauth_") || word.starts_with("OAUTH_ADVICE")) {
            let declared = names.iter().any(|name| name == word) || header.contains(&format!(" {word};"));
            assert!(declared || header.contains(&format!("#define {word} ")), "{guide}: {word}");
        }
    }
}
