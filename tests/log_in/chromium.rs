//! A whole log-in in a real browser, with a server on another site: which cookies come back is the browser's decision.

use std::collections::HashMap;
use std::io;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread::JoinHandle;

use oauthclient::client::log_in::{LogInArguments, Show};
use oauthclient::protocol::metadata::Endpoint;
use oauthclient::protocol::parameters::Parameters;
use oauthclient::transport::loopback::{Host, Options};
use oauthclient_test_server::scripted::{Answer, Exchange, Scripted};

use crate::support::calls::{client_of, config, secret, token};
use crate::support::skipped::say_skipped;

/// Sends everybody back from a page of its own, with a form where that is asked for.
fn agrees(mut exchange: Exchange) -> io::Result<()> {
    while let Some(request) = exchange.read_request()? {
        let query = request.target.strip_prefix("/authorize?").unwrap_or_default();
        let fields: HashMap<_, _> = form_urlencoded::parse(query.as_bytes()).collect();
        let field = |name| fields.get(name).map(|value| value.as_ref()).unwrap_or_default();
        let method = if field("response_mode") == "form_post" { "post" } else { "get" };
        exchange.answer(&match request.target.split('?').next() {
            Some("/token") => token(),
            Some("/authorize") => Answer::new(
                200,
                &[("Content-Type", "text/html")],
                format!(
                    "<form method={method} action={}><input name=code value=c0de><input name=state value={}></form>\
                     <script>document.forms[0].submit()</script>",
                    field("redirect_uri"),
                    field("state")
                ),
            ),
            _ => Answer::new(404, &[], ""),
        })?;
    }
    Ok(())
}

/// The last page as Chromium has it, which knows no host but this one.
fn in_chromium(program: &str, url: &str) -> String {
    let profile = tempfile::tempdir().expect("a temporary directory");
    let mut chromium = Command::new(program);
    chromium.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--timeout=30000"]);
    chromium.arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE ::1, EXCLUDE localhost");
    chromium.args(["--virtual-time-budget=10000", "--dump-dom"]);
    chromium.arg(format!("--user-data-dir={}", profile.path().display())).arg(url);
    let output = chromium.stdin(Stdio::null()).stderr(Stdio::null()).output().expect("it has started before");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_cookie_comes_back_from_another_site() {
    let starts = |program: &&str| {
        let mut version = Command::new(program);
        version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        version.status().is_ok_and(|status| status.success())
    };
    let Some(program) = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(starts) else {
        return say_skipped("Chromium is not installed");
    };
    let server = Scripted::start(agrees);
    let has_ipv6 = std::net::TcpListener::bind("[::1]:0").is_ok();
    for (host, elsewhere) in [(Host::Ipv4, "localhost"), (Host::Localhost, "127.0.0.1"), (Host::Ipv6, "localhost")] {
        for form in [false, true] {
            if host == Host::Ipv6 && !has_ipv6 {
                continue;
            }
            let mut config = config(&server.url("/token"));
            config.set_endpoint(Endpoint::Authorization, server.url_at(elsewhere, "/authorize"));
            let mut listener = Options::default();
            listener.host = host;
            let mut parameters = Parameters::default();
            if form {
                parameters.set(secret("response_mode"), secret("form_post"));
            }
            let shown: Mutex<Option<JoinHandle<String>>> = Mutex::default();
            let show = |url: &str| {
                let url = url.to_owned();
                *shown.lock().expect("no panic") = Some(std::thread::spawn(move || in_chromium(program, &url)));
                Ok(())
            };
            let arguments = LogInArguments {
                scope: None,
                parameters: Some(&parameters),
                show: Show::Program(&show),
                listener: &listener,
            };
            let mut options = oauthclient::client::options::RequestOptions::default();
            options.deadline_ms = Some(20_000);
            let result = client_of(&config).log_in(arguments, Some(&options));
            let page = shown.into_inner().expect("no panic").expect("shown").join().expect("no panic");
            result.unwrap_or_else(|error| panic!("{host:?}, form {form}: {error}; {page}"));
            assert!(page.contains("<h1>Signed in</h1>"), "{host:?}, form {form}: {page}");
        }
    }
}
