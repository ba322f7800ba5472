//! Pieces of C as manuals show them: with what surrounds them they are programs, which are compiled strictly and run.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use oauthclient_test_server::authorization_server::{
    AuthorizationServer, CLIENT_ID, CLIENT_SECRET, CODE_CHALLENGE, REDIRECT_URI,
};

use super::c::{compiler, library_directory, root, run_bounded};

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
    oauth_device_authorization *device = NULL;
    (void)device;
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

/// A whole program around a piece. A function of the program stands before its use.
pub fn program(code: &str) -> String {
    let (function, statements) = match code.lines().next().is_some_and(|line| line.contains("void *user_data")) {
        true => code.split_once("\n}\n").map_or(("", ""), |(function, rest)| (function, rest)),
        false => ("", code),
    };
    let end = if function.is_empty() { "" } else { "\n}" };
    format!("{BEGIN}{function}{end}{BEFORE}{statements}{AFTER}")
}

/// A program; deleted with its directory when dropped.
pub struct Compiled {
    directory: tempfile::TempDir,
    pub path: PathBuf,
}

/// As strict C99. `flags` name more libraries.
pub fn compiled(name: &str, source: &str, flags: &[&str]) -> Compiled {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (file, path) = (directory.path().join("example.c"), directory.path().join(name));
    std::fs::write(&file, source).expect("written");
    let libraries = library_directory();
    let mut compile = Command::new(compiler());
    compile.args(["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-Wconversion", "-g", "-I"]);
    compile.arg(root().join("include")).arg(file).arg("-o").arg(&path).arg("-L").arg(&libraries);
    compile.args(["-loauthclient", "-Wl,--disable-new-dtags"]).arg(format!("-Wl,-rpath,{}", libraries.display()));
    let output = compile.args(flags).output().expect("a C compiler");
    assert!(output.status.success(), "{name}:\n{source}\n{}", String::from_utf8_lossy(&output.stderr));
    Compiled { directory, path }
}

impl Compiled {
    /// With what [`program`] wants to know of the server, and a home of its own. `before` is a program that runs it.
    pub fn run(&self, server: &AuthorizationServer, before: &[&str]) -> Output {
        let mut command = Command::new(before.first().unwrap_or(&"env"));
        command.args(before.iter().skip(1)).arg(&self.path).env("ISSUER", server.issuer());
        command.env("CLIENT_ID", CLIENT_ID).env("CLIENT_SECRET", CLIENT_SECRET).env("REDIRECT_URI", REDIRECT_URI);
        command.env("REFRESH_TOKEN", server.obtain_refresh_token()).env("CODE", server.obtain_code(CODE_CHALLENGE));
        command.env("HOME", self.directory.path()).env("XDG_STATE_HOME", self.directory.path());
        run_bounded(&mut command, Duration::from_secs(60))
    }
}
