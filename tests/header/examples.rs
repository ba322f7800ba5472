//! The examples in the header's comments: each compiles as a program of its own, and those that can run do.

use std::path::PathBuf;
use std::process::Command;

use oauthclient_test_server::authorization_server::{self, AuthorizationServer, CODE_CHALLENGE, Options};

use crate::support::c::{compiler, header, library_directory, root, run_bounded};

/// An example, and the function (or `head`) in whose comment it stands.
struct Example {
    of: String,
    code: String,
}

fn examples() -> Vec<Example> {
    let header = header();
    let parts: Vec<&str> = header.split("@code\n").collect();
    let examples = parts.windows(2).map(|pair| {
        let (code, after) = pair[1].split_once("@endcode").expect("an example ends");
        let strip =
            |line: &str| line.strip_prefix(" * ").or_else(|| line.strip_prefix(" *")).unwrap_or(line).to_owned();
        let code: String = code.lines().map(strip).map(|line| line + "\n").collect();
        let declaration = after.split_once("*/").map_or("", |(_, rest)| rest.split(';').next().unwrap_or_default());
        let name = match declaration.split_once("(*") {
            Some((before, function)) if before.contains("typedef") => function.split(')').next(),
            _ => declaration.split('(').next().and_then(|before| before.rsplit([' ', '*', '\n']).next()),
        };
        let of = if code.contains("int main(") { "head" } else { name.expect("a function follows") };
        Example { of: of.to_owned(), code: code.trim_end_matches(" \n").to_owned() + "\n" }
    });
    examples.collect()
}

/// Those that wait for a person, need a server of another kind or a file, or speak of `https://as.example`.
const NOT_RUN: [&str; 10] = [
    "head",
    "oauth_log_in",
    "oauth_log_in_start",
    "oauth_listener_wait",
    "oauth_browser_open",
    "oauth_device_authorization_begin",
    "oauth_store_open_redis",
    "oauth_store_options_set_redis_password",
    "oauth_store_open_keyring",
    "oauth_profile_open",
];

/// What the server of the tests refuses: it wants a code verifier.
const REFUSED: [&str; 1] = ["oauth_request_token"];

/// Around an example: what it may use, and what it leaves.
const BEGIN: &str = r#"
#include <oauth.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
oauth_status sign(void *user_data, const char *algorithm, const uint8_t *message, size_t length, oauth_signature *signature);
void use(const char *text);
void use(const char *text) { if (text != NULL && strlen(text) > 100000) puts(text); }
void wait_in_loop(intptr_t descriptor);
void wait_in_loop(intptr_t descriptor) { struct pollfd one = {(int)descriptor, POLLIN, 0}; (void)poll(&one, 1, -1); }
struct row { bool found; const uint8_t *bytes; size_t length; };
int32_t call_api(const char *authorization, const char **www_authenticate);
int32_t call_api(const char *authorization, const char **www_authenticate)
{
    static int calls;
    *www_authenticate = "Bearer error=\"invalid_token\"";
    return authorization != NULL && calls++ == 0 ? 401 : 200;
}
int32_t call_api_with(const char *authorization, const char *dpop, const char **www_authenticate, const char **dpop_nonce);
int32_t call_api_with(const char *authorization, const char *dpop, const char **www_authenticate, const char **dpop_nonce)
{
    *www_authenticate = "DPoP error=\"use_dpop_nonce\"";
    *dpop_nonce = "n1";
    (void)dpop;
    return authorization != NULL ? 401 : 200;
}
bool find_row(void *database, const char *key, struct row *row);
bool find_row(void *database, const char *key, struct row *row) { (void)database, (void)key, (void)row; return false; }
size_t sign_in_hsm(void *hsm, const char *algorithm, const uint8_t *message, size_t length, uint8_t *signature);
size_t sign_in_hsm(void *hsm, const char *algorithm, const uint8_t *message, size_t length, uint8_t *signature)
{
    (void)hsm, (void)algorithm, (void)message, (void)length, (void)signature;
    return 0;
}
static const uint8_t pem[] = "-----BEGIN PRIVATE KEY-----\n""MC4CAQAwBQYDK2VwBCIEIH8qO4TQFupKAKlDgF+x5IhB3LgpNNH406bJe6I/wJKm\n""-----END PRIVATE KEY-----\n";
enum { pem_length = sizeof pem - 1 };
oauth_status load(void *user_data, const char *key, oauth_store_value *value);
bool read_from_vault(void *vault, char *password, size_t size);
bool read_from_vault(void *vault, char *password, size_t size) { (void)vault, (void)password, (void)size; return false; }
oauth_status read_password(void *user_data, oauth_source_value *value);
oauth_status password_of_vault(void *user_data, oauth_source_value *value);
oauth_status password_of_vault(void *user_data, oauth_source_value *value) { (void)user_data, (void)value; return 1; }
"#;
const BEFORE: &str = r#"
static oauth_error *example(oauth_config *config, oauth_client *client, oauth_store *store, oauth_session *session,
    oauth_token *token, const char *code, const char *redirect_uri, const char *refresh_token)
{
    oauth_error *error = NULL;
    (void)config, (void)client, (void)store, (void)session, (void)token, (void)code, (void)redirect_uri, (void)refresh_token;
    {
"#;
const AFTER: &str = r#"
    }
    return error;
}

int main(void)
{
    oauth_client *client = NULL;
    oauth_store *store = NULL;
    oauth_session *session = NULL;
    oauth_token *token = NULL;
    oauth_error *error = NULL;
    oauth_config *config = oauth_config_new();
    oauth_config_set_issuer(config, getenv("ISSUER"));
    oauth_config_set_client(config, getenv("CLIENT_ID"), getenv("CLIENT_SECRET"));
    if (oauth_client_new(config, &client, &error) != OAUTH_OK
        || oauth_refresh_token(client, NULL, getenv("REFRESH_TOKEN"), NULL, NULL, NULL, &token, &error) != OAUTH_OK
        || oauth_store_open_memory(&store, &error) != OAUTH_OK
        || oauth_session_open(client, store, "example", NULL, &session, &error) != OAUTH_OK
        || oauth_session_adopt(session, token, NULL, &error) != OAUTH_OK) {
        printf("set-up: %s\n", oauth_error_message(error));
        return 1;
    }
    error = example(config, client, store, session, token, getenv("CODE"), getenv("REDIRECT_URI"),
                    oauth_token_refresh_token(token));
    if (error != NULL)
        printf("%s: %s\n", oauth_status_name(oauth_error_status(error)), oauth_error_message(error));
    int status = error == NULL ? 0 : oauth_error_status(error) == OAUTH_ERROR_PROVIDER ? 17 : 1;
    oauth_error_free(error);
    oauth_token_free(token);
    oauth_session_free(session);
    oauth_store_free(store);
    oauth_client_free(client);
    oauth_config_free(config);
    return status;
}
"#;

/// A whole program around an example.
fn program(example: &Example) -> String {
    if example.of == "head" {
        return example.code.clone();
    }
    // A function of the program stands before its use.
    let (function, statements) = match example.code.lines().next().is_some_and(|line| line.contains("void *user_data"))
    {
        true => example.code.split_once("\n}\n").map_or(("", ""), |(function, rest)| (function, rest)),
        false => ("", example.code.as_str()),
    };
    let end = if function.is_empty() { "" } else { "\n}" };
    format!("{BEGIN}{function}{end}{BEFORE}{statements}{AFTER}")
}

struct Compiled {
    _directory: tempfile::TempDir,
    path: PathBuf,
}

fn compiled(name: &str, source: &str) -> Compiled {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (file, path) = (directory.path().join("example.c"), directory.path().join(name));
    std::fs::write(&file, source).expect("written");
    let libraries = library_directory();
    let mut compile = Command::new(compiler());
    compile.args(["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-Wconversion", "-g", "-I"]);
    compile.arg(root().join("include")).arg(file).arg("-o").arg(&path).arg("-L").arg(&libraries);
    compile.args(["-loauthclient", "-Wl,--disable-new-dtags"]).arg(format!("-Wl,-rpath,{}", libraries.display()));
    let output = compile.output().expect("a C compiler");
    assert!(output.status.success(), "{name}:\n{source}\n{}", String::from_utf8_lossy(&output.stderr));
    Compiled { _directory: directory, path }
}

#[test]
fn examples_compile_and_run() {
    let server = AuthorizationServer::start(Options::default());
    let mut ran = 0;
    for example in examples() {
        let compiled = compiled(&example.of, &program(&example));
        if NOT_RUN.contains(&example.of.as_str()) {
            continue;
        }
        let mut command = Command::new("valgrind");
        command.args(["-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect"]);
        if Command::new("valgrind").arg("--version").output().is_err() {
            command = Command::new("env");
        }
        command.arg(&compiled.path).env("ISSUER", server.issuer());
        command
            .env("CLIENT_ID", authorization_server::CLIENT_ID)
            .env("CLIENT_SECRET", authorization_server::CLIENT_SECRET);
        command.env("REFRESH_TOKEN", server.obtain_refresh_token()).env("CODE", server.obtain_code(CODE_CHALLENGE));
        command
            .env("REDIRECT_URI", authorization_server::REDIRECT_URI)
            .env("HOME", compiled.path.parent().expect("a directory"))
            .env("XDG_STATE_HOME", compiled.path.parent().expect("a directory"));
        let output = run_bounded(&mut command, std::time::Duration::from_secs(60));
        let said = [output.stdout, output.stderr].concat();
        let expected = if REFUSED.contains(&example.of.as_str()) { 17 } else { 0 };
        let said = String::from_utf8_lossy(&said);
        assert_eq!(output.status.code(), Some(expected), "{}:\n{}\n{said}", example.of, example.code);
        ran += 1;
    }
    assert!(ran >= 25, "only {ran} examples ran");
}

/// A machine's first token, as the head of the header shows it.
#[test]
fn the_program_in_the_head_runs() {
    let server = AuthorizationServer::start(Options::default());
    let example = examples().remove(0);
    assert_eq!(example.of, "head");
    assert!(example.code.lines().count() <= 42, "it fits on a screen");
    let source = example.code.replace("https://as.example", server.issuer());
    let source = source.replace("my-client-id", authorization_server::CLIENT_ID);
    let source = source.replace("my-secret", authorization_server::CLIENT_SECRET);
    let compiled = compiled("head", &source);
    let output = run_bounded(&mut Command::new(&compiled.path), std::time::Duration::from_secs(60));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.starts_with("Authorization: Bearer ") && output.stderr.is_empty(), "{output:?}");
}

/// Each section shows its main function at work.
#[test]
fn every_section_with_functions_has_an_example() {
    let header = header();
    let sections: Vec<&str> = header.split("\n/* ====").skip(2).collect();
    assert!(sections.len() >= 33, "{}", sections.len());
    let without = |section: &&&str| !section.contains("@code");
    let title = |section: &&str| section.lines().nth(1).unwrap_or_default().trim_start_matches([' ', '*']).to_owned();
    let missing: Vec<String> = sections.iter().filter(without).map(title).collect();
    // Numbers alone.
    assert!(missing.iter().all(|title| title.contains("Deviations")), "{missing:#?}");
}
