//! The program in the head of `oauth.hpp`, and those of `examples-c/cpp/README.md`: compiled and run.

use std::fmt::Write;
use std::process::Command;
use std::time::Duration;

use oauthclient_test_server::authorization_server::{AuthorizationServer, CLIENT_ID, CLIENT_SECRET, Options};

use crate::compiled::{Compiled, compiler};
use crate::support::c::{library_directory, run_bounded};
use crate::support::page::{blocks, page};

/// Compiles and runs it; what it said.
fn run(compiler: &str, standard: &str, source: &str, server: &AuthorizationServer) -> String {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("page.cpp");
    std::fs::write(&file, source).expect("written");
    let program = Compiled::new(compiler, &file, &[standard]);
    let mut command: Command = program.command();
    command.env("OAUTH_ISSUER", server.issuer()).env("OAUTH_REFRESH_TOKEN", server.obtain_refresh_token());
    command.env("OAUTH_OTHER_REFRESH_TOKEN", server.obtain_refresh_token());
    command.env("OAUTH_CLIENT_ID", CLIENT_ID).env("OAUTH_CLIENT_SECRET", CLIENT_SECRET);
    command.env("BROWSER", library_directory().with_file_name("oauthclient-test-browser"));
    let output = run_bounded(&mut command, Duration::from_secs(60));
    let said = String::from_utf8([output.stdout, output.stderr].concat()).expect("UTF-8");
    assert!(output.status.success(), "{source}\n{said}");
    said
}

#[test]
fn the_program_in_the_head_runs() {
    let Some(compiler) = compiler("clang++") else { return };
    let server = AuthorizationServer::start(Options::default());
    let head = page("include/oauth.hpp");
    let lines = head.lines().filter_map(|line| line.strip_prefix(" *     "));
    let mut source: String = lines.map(|line| format!("{line}\n")).collect();
    // The demo's server knows one redirect path and two scopes, and its client has a secret.
    let client = format!("\"{}\", \"{CLIENT_ID}\", \"{CLIENT_SECRET}\"", server.issuer());
    for (shown, here) in [
        ("\"https://as.example\", \"my-app\"", client.as_str()),
        ("\"openid offline_access\"", "\"read\", {}, oauth::listener_options().set_path(\"/callback\")"),
    ] {
        assert!(source.contains(shown), "{shown}");
        source = source.replace(shown, here);
    }
    assert!(run(compiler, "-std=c++17", &source, &server).starts_with("user: "));
}

/// What the parts of the page use, and what tells that they did.
const BEFORE: &str = r#"
#include <oauth.hpp>
#include <iostream>
#include <map>
#include <string>
using namespace std::chrono_literals;

struct row { std::vector<std::uint8_t> bytes; };

struct database {
    std::map<std::string, row> rows;
    std::optional<row> find(std::string_view key)
    {
        const auto found = rows.find(std::string(key));
        return found == rows.end() ? std::nullopt : std::make_optional(found->second);
    }
    void write(std::string_view key, oauth::bytes entry) { rows[std::string(key)] = {{entry.begin(), entry.end()}}; }
    void erase(std::string_view key) { rows.erase(std::string(key)); }
};

static void use(std::string_view authorization) { std::cout << "used " << authorization.size() << '\n'; }

static std::int32_t call_api(std::string_view)
{
    static int calls = 0;
    return calls++ == 0 ? 401 : 200;
}
"#;
const PARAMETERS: &str = "[[maybe_unused]] oauth::client client, [[maybe_unused]] oauth::session session,\n\
    [[maybe_unused]] oauth::store store, [[maybe_unused]] oauth::token token, [[maybe_unused]] database &database";
const MAIN: &str = r#"
int main()
try {
    oauth::config config(getenv("OAUTH_ISSUER"), getenv("OAUTH_CLIENT_ID"), getenv("OAUTH_CLIENT_SECRET"));
    const auto client = oauth::client::create(config).value();
    const auto store = oauth::store::open_memory().value();
    const auto session = oauth::session::open(client, store, "page").value();
    const auto token = client.refresh_token(getenv("OAUTH_REFRESH_TOKEN")).value();
    session.adopt_refresh_token(getenv("OAUTH_OTHER_REFRESH_TOKEN")).value();
    database database;
    @calls
    oauth::run_loop loop;
    loop.spawn([](const oauth::client &one) -> oauth::task<> {
        const oauth::token logged_in = co_await log_in(one);
        std::cout << "logged in " << logged_in.access_token()->size() << '\n';
    }(client));
    loop.run();
} catch (const oauth::exception &exception) {
    std::cerr << exception.what() << '\n';
    return 1;
}
"#;

#[test]
fn the_programs_of_the_page_run() {
    let Some(compiler) = compiler("clang++") else { return };
    let server = AuthorizationServer::start(Options { device_interval_s: 1, ..Options::default() });
    let (mut source, mut calls, mut parts) = (BEFORE.to_owned(), String::new(), 0);
    for program in blocks("examples-c/cpp/README.md", "cpp") {
        if program.starts_with("oauth::task<") {
            write!(source, "static {program}").expect("text");
            continue;
        }
        write!(source, "static void part{parts}({PARAMETERS})\n{{\n{program}}}\n").expect("text");
        write!(calls, "part{parts}(client, session, store, token, database);\n    ").expect("text");
        parts += 1;
    }
    assert!(parts >= 4 && source.contains("oauth::task<"), "{parts}");
    let source = source + &MAIN.replace("@calls", &calls);
    let said = run(compiler, "-std=c++20", &source, &server);
    for expected in ["used ", "once more with another one", " and enter ", "logged in "] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}
