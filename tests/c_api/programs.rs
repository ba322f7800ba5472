//! The whole C API from C: each function's success, every NULL, bad UTF-8, control characters; clean under valgrind.
//!
//! Most programs bring a server of their own (`api_fake.h`), so that nothing travels and nothing has to be waited for.

use std::io::Write;

use oauthclient_test_server::certificates::Authority;
use oauthclient_test_server::proxy::{Credentials, HttpProxy};
use oauthclient_test_server::scripted::{Answer, Exchange, Scripted, SeenRequest, handler};

use crate::support::c::{Linkage, Program, declared_functions, root};

/// Makes a test of each program, and the list of them all.
macro_rules! programs {
    ($($test:ident: $passes:ident($program:literal),)*) => {
        const PROGRAMS: &[&str] = &[$($program),*];

        $(
            #[test]
            fn $test() {
                $passes($program);
            }
        )*
    };
}

// Those that need no server.
programs! {
    status: passes("api_status"),
    basic_authorization: passes("api_basic_authorization"),
    config: passes("api_config"),
    config_wire: passes("api_config_wire"),
    params: passes("api_params"),
    options: passes("api_options"),
    request: passes("api_request"),
    resource_indicators: passes("api_resource_indicators"),
    transport: passes("api_transport"),
    log: passes("api_log"),
    destructors: passes("api_destructors"),
    client: passes("api_client"),
    client_assertion: passes("api_client_assertion"),
    key: passes("api_key"),
    client_key: passes("api_client_key"),
    dpop: passes("api_dpop"),
    security_profile: passes("api_security_profile"),
    token: passes("api_token"),
    saved_token: passes("api_saved_token"),
    response: passes("api_response"),
    error: passes("api_error"),
    challenges: passes("api_challenges"),
    listener: passes("api_listener"),
    browser: passes("api_browser"),
    server: passes("api_server"),
    metadata: passes("api_metadata"),
    metadata_use: passes("api_metadata_use"),
    json: passes("api_json"),
    grants: passes("api_grants"),
    renew: passes("api_renew"),
    introspection: passes("api_introspection"),
    userinfo: passes("api_userinfo"),
    authorization: passes_with_pkce("api_authorization"),
    authorization_finish: passes("api_authorization_finish"),
    authorization_saved: passes_with_pkce("api_authorization_saved"),
    pushed_authorization: passes_with_pkce("api_pushed_authorization"),
    signed_request: passes("api_signed_request"),
    id_token: passes("api_id_token"),
    log_in: passes("api_log_in"),
    log_in_browser: passes("api_log_in_browser"),
    device: passes("api_device"),
    store: passes("api_store"),
    store_callbacks: passes("api_store_callbacks"),
    store_keys: passes("api_store_keys"),
    store_files: passes("api_store_files"),
    store_unprotected: passes("api_store_unprotected"),
    session: passes("api_session"),
    session_callbacks: passes("api_session_callbacks"),
    session_ends: passes("api_session_ends"),
    session_login: passes("api_session_login"),
    session_owner: passes("api_session_owner"),
    session_sources: passes("api_session_sources"),
    session_store: passes("api_session_store"),
    session_threads: passes("api_session_threads"),
    profile: passes("api_profile"),
    store_servers: passes("api_store_servers"),
    sources: passes("api_source"),
    source_built_in: passes("api_source_built_in"),
    operations: passes("api_operation"),
    operations_about_token: passes("api_operation_about_token"),
    operations_device: passes("api_operation_device"),
    operations_grants: passes("api_operation_grants"),
    operations_log_in: passes("api_operation_log_in"),
    operations_session: passes("api_operation_session"),
    interrupts: passes("api_interrupt"),
}

/// The program with the shared library, then the same under valgrind; what it printed.
fn passes(name: &str) -> String {
    let shared = Program::build(name, Linkage::Shared);
    let printed = shared.run(&[]);
    shared.run_under_valgrind(&[]);
    printed
}

/// The same, and it prints the code challenge of a URL and the verifier that was sent for it (RFC 7636 section 4.2).
fn passes_with_pkce(name: &str) {
    let printed = passes(name);
    let (challenge, verifier) = printed.trim().split_once(' ').expect("a challenge and a verifier");
    assert_eq!(challenge, oauthclient::protocol::pkce::challenge(verifier).as_str());
}

/// All of them in one file, because each time that the static library is linked takes a second.
#[test]
fn with_the_static_library() {
    let names: Vec<&str> = PROGRAMS.iter().copied().chain(["api_connection"]).collect();
    let bundle = Program::bundle(&names, Linkage::Static);
    for name in PROGRAMS {
        bundle.only(name, &[]);
    }
    connects(|settings| drop(bundle.only("api_connection", settings)));
}

#[test]
fn connection() {
    let shared = Program::build("api_connection", Linkage::Shared);
    connects(|settings| drop(shared.run(settings)));
    // Valgrind does not follow which bytes ring's assembly fills; addresses and leaks it sees all the same.
    connects(|settings| {
        shared.run_under_valgrind(&[settings, &[("VALGRIND_OPTS", "--undef-value-errors=no")]].concat());
    });
}

/// Runs `api_connection` between servers of all kinds, and looks at what they saw.
fn connects(run: impl FnOnce(&[(&str, &str)])) {
    let answer = Answer::json(200, r#"{"access_token":"AT","token_type":"Bearer"}"#);
    let silent = |mut exchange: Exchange| {
        exchange.wait_for_close();
        Ok(())
    };
    let (authority, other) = (Authority::new(), Authority::new());
    let (ca_file, other_ca_file) = (authority.pem_file(), other.pem_file());
    let server = Scripted::start(handler::always(answer.clone()));
    let tls_server = Scripted::start_tls(handler::always(answer.clone()), &authority.good());
    let (client_certificate, client_key) = authority.client_pem();
    let mut client_file = tempfile::NamedTempFile::new().expect("a file");
    client_file.write_all(format!("{client_certificate}{client_key}").as_bytes()).expect("written");
    let asking = authority.good().asking(Some(&authority), &rustls::version::TLS13);
    let asking_server = Scripted::start_tls(handler::always(answer.clone()), &asking);
    let (silent_server, silent_tls_server) = (Scripted::start(silent), Scripted::start(silent));
    // The environment's proxy asks for no password, the given one does.
    let open_proxy = HttpProxy::start(server.address(), None);
    let proxy = HttpProxy::start(server.address(), Some(Credentials::new("us:er", "p@ss")));
    run(&[
        ("ENDPOINT", &server.url("/token")),
        ("TLS_ENDPOINT", &tls_server.url("/token")),
        ("SILENT_ENDPOINT", &silent_server.url("/token")),
        ("SILENT_TLS_ENDPOINT", &silent_tls_server.url("/token").replace("http:", "https:")),
        ("PROXIED_ENDPOINT", &server.url_at("0.0.0.0", "/token")),
        ("MTLS_ENDPOINT", &asking_server.url("/token")),
        ("CLIENT_FILE", client_file.path().to_str().expect("UTF-8")),
        ("CA_FILE", ca_file.path().to_str().expect("UTF-8")),
        ("OTHER_CA_FILE", other_ca_file.path().to_str().expect("UTF-8")),
        ("SSL_CERT_FILE", ca_file.path().to_str().expect("UTF-8")),
        ("PROXY", &proxy.url("")),
        ("http_proxy", &open_proxy.url("")),
        ("no_proxy", ""),
    ]);
    let by = |server: &Scripted, agent: &str| -> Vec<SeenRequest> {
        server.requests().into_iter().filter(|request| request.header("user-agent") == Some(agent)).collect()
    };
    let connections = |agent| by(&server, agent).iter().map(|request| request.connection).collect::<Vec<_>>();
    let (reused, fresh) = (connections("reuses"), connections("reconnects"));
    assert_eq!((reused.len(), fresh.len()), (2, 2));
    assert!(reused[0] == reused[1] && fresh[0] != fresh[1], "{reused:?} {fresh:?}");
    for (agent, through_given, through_environment) in [
        ("given-proxy", 1, 0),
        ("environment-proxy", 0, 1),
        ("disabled-proxy", 0, 0),
        ("unused-proxy", 0, 0),
        ("no-environment", 0, 0),
        ("this-machine", 0, 0),
    ] {
        assert_eq!(by(&proxy, agent).len(), through_given, "{agent}");
        assert_eq!(by(&open_proxy, agent).len(), through_environment, "{agent}");
        assert_eq!(by(&server, agent).len(), 1, "{agent}");
    }
    let reached = |server: &Scripted| server.connections().iter().map(|connection| connection.received).sum::<usize>();
    assert!(reached(&silent_server) > 0 && reached(&silent_tls_server) > 0);
}

/// A textual check: it cannot say that a test is good, but that nobody forgot a function.
#[test]
fn every_function_is_called_and_called_with_null() {
    let programs =
        std::fs::read_dir(root().join("tests/c")).expect("tests/c").map(|entry| entry.expect("an entry").path());
    let programs = programs.filter(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("api_") && name.ends_with(".c")
    });
    let programs: Vec<_> = programs.collect();
    // Run by `connects` above, and by tests/c_api/linking.rs.
    let others = ["api_connection", "api_reload", "api_second_library"];
    assert_eq!(programs.len(), PROGRAMS.len() + others.len(), "a program of tests/c that no test runs, or the reverse");
    let sources: String = programs.iter().map(|path| std::fs::read_to_string(path).expect("a C program")).collect();
    let mut missing = Vec::new();
    for function in declared_functions() {
        let calls: Vec<&str> = sources
            .match_indices(&format!("{}(", function.name))
            .filter(|(start, _)| !sources[..*start].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
            .map(|(start, _)| arguments(&sources[start + function.name.len() + 1..]))
            .collect();
        if calls.is_empty() {
            missing.push(format!("{} is never called", function.name));
        } else if function.arguments.contains('*') && !calls.iter().any(|call| call.contains("NULL")) {
            missing.push(format!("{} is never called with NULL", function.name));
        }
    }
    assert!(missing.is_empty(), "in tests/c/api_*.c: {missing:#?}");
}

/// What stands between the parentheses of a call, of which the first is already gone.
fn arguments(call: &str) -> &str {
    let mut depth = 1;
    let end = call.find(|c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    });
    &call[..end.expect("a call ends")]
}
