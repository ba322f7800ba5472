//! `examples-c/workload.c` on each platform, whose wire is replayed on loopback.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use oauthclient_test_server::certificates::Authority;
use oauthclient_test_server::scripted::{Answer, Exchange, Scripted, SeenRequest};

use crate::support::c::{Program, run_bounded};

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// A platform, and the authorization server that trusts it.
struct Platform {
    server: Scripted,
    directory: tempfile::TempDir,
    program: Program,
}

fn answer(mut exchange: Exchange) -> std::io::Result<()> {
    while let Some(request) = exchange.read_request()? {
        let body = match request.target.split('?').next().unwrap_or_default() {
            "/actions" => r#"{"value":"jwt-of-the-job"}"#,
            "/google" => r#"{"access_token":"jwt-of-azure","expires_in":"3599"}"#,
            "/metadata/identity/oauth2/token" => {
                r#"{"access_token":"AT-azure","client_id":"c","expires_in":"86399","expires_on":"4102444800",
                    "ext_expires_in":"86399","not_before":"1700000000","resource":"r","token_type":"Bearer"}"#
            }
            "/computeMetadata/v1/instance/service-accounts/default/token" => {
                r#"{"access_token":"AT-gcp","expires_in":3598,"token_type":"Bearer"}"#
            }
            _ => {
                r#"{"access_token":"AT","issued_token_type":"urn:ietf:params:oauth:token-type:access_token",
                    "token_type":"Bearer","expires_in":3600}"#
            }
        };
        exchange.answer(&Answer::json(200, body))?;
    }
    Ok(())
}

impl Platform {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        Self { server: Scripted::start(answer), directory, program: Program::example("workload") }
    }

    /// A file of the platform.
    fn file(&self, name: &str, content: &str) -> String {
        let path = self.directory.path().join(name);
        fs::write(&path, content).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    }

    fn run(&self, platform: &str, settings: &[(&str, &str)]) -> (bool, String, String) {
        let mut command = Command::new(self.program.path());
        command.arg(platform).envs(settings.iter().copied());
        let output = run_bounded(&mut command, Duration::from_secs(30));
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (output.status.success(), text(output.stdout), text(output.stderr))
    }

    /// The requests of a run that gives this token.
    fn gives(&self, platform: &str, token: &str, settings: &[(&str, &str)]) -> Vec<SeenRequest> {
        let before = self.server.requests().len();
        let (succeeded, out, err) = self.run(platform, settings);
        assert!(succeeded && out == format!("Bearer {token}\n"), "{platform}: {out}{err}");
        self.server.requests().split_off(before)
    }

    fn token_endpoint(&self) -> String {
        self.server.url("/token")
    }
}

fn sends(request: &SeenRequest, fields: &[(&str, &str)]) {
    for (name, value) in fields {
        assert_eq!(request.form_value(name).as_deref(), Some(*value), "{name}: {:?}", request.form());
    }
}

#[test]
fn clusters_mount_a_file() {
    let platform = Platform::new();
    let (file, endpoint) = (platform.file("token", "jwt-of-the-pod\n"), platform.token_endpoint());
    let settings = [
        ("OAUTH_TOKEN_FILE", &*file),
        ("OAUTH_TOKEN_ENDPOINT", &endpoint),
        ("OAUTH_AUDIENCE", "api"),
        ("OAUTH_SCOPE", "read"),
    ];
    let [request] = &platform.gives("kubernetes", "AT", &settings)[..] else { panic!("one request") };
    sends(request, &[("grant_type", EXCHANGE), ("subject_token", "jwt-of-the-pod"), ("subject_token_type", JWT)]);
    sends(request, &[("audience", "api"), ("scope", "read")]);
    assert!(request.form_value("client_id").is_none() && request.header("authorization").is_none());

    let settings = [("AWS_WEB_IDENTITY_TOKEN_FILE", &*file), ("OAUTH_TOKEN_ENDPOINT", &endpoint)];
    let [request] = &platform.gives("eks", "AT", &settings)[..] else { panic!("one request") };
    let grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    sends(request, &[("grant_type", grant_type), ("assertion", "jwt-of-the-pod")]);

    let host = platform.server.url("/");
    let settings = [
        ("AZURE_FEDERATED_TOKEN_FILE", &*file),
        ("AZURE_AUTHORITY_HOST", &host),
        ("AZURE_TENANT_ID", "tenant"),
        ("AZURE_CLIENT_ID", "app"),
        ("OAUTH_SCOPE", "https://vault.azure.net/.default"),
    ];
    let [request] = &platform.gives("aks", "AT", &settings)[..] else { panic!("one request") };
    assert_eq!(request.target, "/tenant/oauth2/v2.0/token");
    sends(
        request,
        &[("grant_type", "client_credentials"), ("client_id", "app"), ("client_assertion", "jwt-of-the-pod")],
    );
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    sends(request, &[("client_assertion_type", kind), ("scope", "https://vault.azure.net/.default")]);
}

#[test]
fn jobs_ask_for_a_token_or_have_a_variable() {
    let platform = Platform::new();
    let (url, endpoint) = (platform.server.url("/actions?api-version=2.0"), platform.token_endpoint());
    for name in ["github", "forgejo"] {
        let settings = [
            ("ACTIONS_ID_TOKEN_REQUEST_URL", &*url),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "token-of-the-job"),
            ("OAUTH_TOKEN_ENDPOINT", &endpoint),
            ("OAUTH_AUDIENCE", "api"),
        ];
        let [asked, request] = &platform.gives(name, "AT", &settings)[..] else { panic!("two requests") };
        assert_eq!((&*asked.method, &*asked.target), ("GET", "/actions?api-version=2.0&audience=api"));
        assert_eq!(asked.header_all("authorization"), ["Bearer token-of-the-job"]);
        sends(request, &[("grant_type", EXCHANGE), ("subject_token", "jwt-of-the-job"), ("subject_token_type", JWT)]);
        assert!(request.header("authorization").is_none());
    }
    let settings = [("OAUTH_ID_TOKEN", "jwt-of-gitlab"), ("OAUTH_TOKEN_ENDPOINT", &*endpoint)];
    let [request] = &platform.gives("gitlab", "AT", &settings)[..] else { panic!("one request") };
    sends(request, &[("grant_type", EXCHANGE), ("subject_token", "jwt-of-gitlab")]);
    let (succeeded, _, err) = platform.run("gitlab", &[("OAUTH_TOKEN_ENDPOINT", &endpoint)]);
    assert!(!succeeded && err.contains("set NULL"), "{err}");
}

/// Over TLS by the authorities of the system, and past any proxy.
#[test]
fn a_job_asks_over_tls_and_without_a_proxy() {
    let (platform, authority) = (Platform::new(), Authority::new());
    let server = Scripted::start_tls(answer, &authority.good());
    let (url, endpoint, ca_file) = (server.url("/actions?x"), platform.token_endpoint(), authority.pem_file());
    let settings = [
        ("ACTIONS_ID_TOKEN_REQUEST_URL", &*url),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "token-of-the-job"),
        ("OAUTH_TOKEN_ENDPOINT", &endpoint),
        ("SSL_CERT_FILE", ca_file.path().to_str().expect("UTF-8")),
        ("http_proxy", "http://127.0.0.1:1"),
        ("https_proxy", "http://127.0.0.1:1"),
        ("no_proxy", ""),
    ];
    platform.gives("github", "AT", &settings);
    let [asked] = &server.requests()[..] else { panic!("one request") };
    assert_eq!(asked.header_all("authorization"), ["Bearer token-of-the-job"]);
}

#[test]
fn clouds_give_the_token_itself() {
    let platform = Platform::new();
    let host = platform.server.url("");
    let settings = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", &*host), ("OAUTH_AUDIENCE", "https%3A%2F%2Fvault.azure.net")];
    let [request] = &platform.gives("azure", "AT-azure", &settings)[..] else { panic!("one request") };
    assert_eq!(
        request.target,
        "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net"
    );
    assert_eq!(request.header_all("metadata"), ["true"]);

    let settings = [("GCE_METADATA_HOST", host.strip_prefix("http://").expect("http"))];
    let [request] = &platform.gives("gcp", "AT-gcp", &settings)[..] else { panic!("one request") };
    assert_eq!(request.target, "/computeMetadata/v1/instance/service-accounts/default/token");
    assert_eq!(request.header_all("metadata-flavor"), ["Google"]);
    let (succeeded, _, err) = platform.run("gcp", &[("GCE_METADATA_HOST", "127.0.0.1:1")]);
    assert!(!succeeded && err.contains("OAUTH_ERROR_SOURCE") && err.contains("could not be reached"), "{err}");
}

#[test]
fn the_file_of_an_external_account_is_read_as_it_is() {
    let platform = Platform::new();
    let (token, endpoint, url) =
        (platform.file("token", "jwt-of-aws"), platform.token_endpoint(), platform.server.url("/google"));
    let helper = platform
        .file("helper", "#!/bin/sh\n[ \"$2\" = b ] && echo '{\"version\":1,\"id_token\":\"jwt-of-a-helper\"}'\n");
    fs::set_permissions(&helper, fs::Permissions::from_mode(0o755)).expect("executable");
    let sources = [
        (format!(r#"{{"file":"{token}"}}"#), "jwt-of-aws"),
        (format!(r#"{{"file":"{token}","format":{{"type":"text"}}}}"#), "jwt-of-aws"),
        (
            format!(
                r#"{{"url":"{url}","headers":{{"Metadata":"True","Authorization":"Bearer b"}},
                    "format":{{"type":"json","subject_token_field_name":"access_token"}}}}"#
            ),
            "jwt-of-azure",
        ),
        (format!(r#"{{"executable":{{"command":"{helper} a b","timeout_millis":5000}}}}"#), "jwt-of-a-helper"),
    ];
    for (source, subject_token) in sources {
        let audience = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q";
        let account = format!(
            r#"{{"universe_domain":"googleapis.com","type":"external_account","audience":"{audience}",
                "subject_token_type":"{JWT}","token_url":"{endpoint}","credential_source":{source}}}"#
        );
        let path = platform.file("account.json", &account);
        let scope = "https://www.googleapis.com/auth/cloud-platform";
        let settings = [("GOOGLE_APPLICATION_CREDENTIALS", &*path), ("OAUTH_SCOPE", scope)];
        let requests = platform.gives("external_account", "AT", &settings);
        if let [asked, _] = &requests[..] {
            assert_eq!((asked.header("metadata"), asked.header("authorization")), (Some("True"), Some("Bearer b")));
        }
        let request = requests.last().expect("an exchange");
        sends(request, &[("grant_type", EXCHANGE), ("subject_token", subject_token), ("subject_token_type", JWT)]);
        sends(request, &[("audience", audience), ("scope", scope)]);
    }
}

#[test]
fn spiffe_has_a_file_or_an_agent() {
    let platform = Platform::new();
    let endpoint = platform.token_endpoint();
    let file = platform.file("svid", "jwt-svid-1\n");
    let settings = [("SPIFFE_JWT_FILE", &*file), ("OAUTH_TOKEN_ENDPOINT", &endpoint)];
    let [request] = &platform.gives("spiffe", "AT", &settings)[..] else { panic!("one request") };
    sends(request, &[("subject_token", "jwt-svid-1")]);

    let agent = platform.file(
        "spire-agent",
        "#!/bin/sh\n[ \"$*\" = 'api fetch jwt -audience api -output json' ] || exit 2\n\
         echo '[{\"svids\":[{\"hint\":\"\",\"spiffe_id\":\"spiffe://d/w\",\"svid\":\"jwt-svid-2\"}]},{\"bundles\":{}}]'\n",
    );
    fs::set_permissions(&agent, fs::Permissions::from_mode(0o755)).expect("executable");
    let mut path = vec![PathBuf::from(platform.directory.path())];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let path = std::env::join_paths(path).expect("paths");
    let path = path.to_str().expect("UTF-8");
    let settings = [("PATH", path), ("OAUTH_TOKEN_ENDPOINT", &*endpoint), ("OAUTH_AUDIENCE", "api")];
    let [request] = &platform.gives("spiffe", "AT", &settings)[..] else { panic!("one request") };
    sends(request, &[("grant_type", EXCHANGE), ("subject_token", "jwt-svid-2"), ("subject_token_type", JWT)]);
    let (succeeded, _, err) =
        platform.run("spiffe", &[("PATH", path), ("OAUTH_TOKEN_ENDPOINT", &endpoint), ("OAUTH_AUDIENCE", "other")]);
    assert!(!succeeded && err.contains("the command spire-agent failed: exit status: 2"), "{err}");
}
