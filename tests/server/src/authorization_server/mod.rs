//! A real OAuth 2 authorization server on loopback, built on oxide-auth.

mod clients;
mod credentials;
mod device;
mod form;
mod pages;
mod provider;
mod token_endpoint;
mod token_error;
mod token_status;
mod tokens;

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

use axum::Router;
use axum::routing::{get, post};
use oxide_auth::frontends::dev::Url;
use tokio::sync::oneshot;

use crate::scripted::spawn;
use provider::Provider;

/// The confidential client.
pub const CLIENT_ID: &str = "demo-client";
pub const CLIENT_SECRET: &str = "demo-secret";
/// A client without a secret (RFC 6749 §2.1).
pub const PUBLIC_CLIENT_ID: &str = "demo-public-client";
/// Registered for both clients; any port will do, `[::1]` for the host, and `/` for the path.
pub const REDIRECT_URI: &str = "http://127.0.0.1:8765/callback";
/// What both clients may ask for, and get if they ask for nothing.
pub const SCOPE: &str = "read write";
/// The user, who agrees to everything unless the options say otherwise.
pub const USER: &str = "alice";
/// A verifier and its S256 challenge: the example of RFC 7636, appendix B.
pub const CODE_VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CODE_CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

const RESOURCE_SCOPE: &str = "read";

/// What a test may choose.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub access_token_lifetime_s: u32,
    /// What the user says to an authorization request, and to a device when nobody comes to the verification URI.
    pub user_agrees: bool,
    pub device_lifetime_s: u32,
    pub device_interval_s: u32,
    /// How many polls the user takes to decide; with `None` somebody has to come to the verification URI.
    pub device_pending_polls: Option<u32>,
    /// Whether the first poll is told to slow down, as every one is that comes too soon.
    pub device_slow_down: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            access_token_lifetime_s: 3600,
            user_agrees: true,
            device_lifetime_s: 600,
            device_interval_s: 1,
            device_pending_polls: Some(1),
            device_slow_down: false,
        }
    }
}

/// A running server. Dropping it stops it and joins its thread.
pub struct AuthorizationServer {
    address: SocketAddr,
    shared: Shared,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Clone)]
struct Shared(Arc<Inside>);

struct Inside {
    issuer: String,
    options: Options,
    provider: Mutex<Provider>,
    token_requests: AtomicUsize,
}

impl std::ops::Deref for Shared {
    type Target = Inside;

    fn deref(&self) -> &Inside {
        &self.0
    }
}

impl Inside {
    fn provider(&self) -> MutexGuard<'_, Provider> {
        self.provider.lock().expect("no panic holds it")
    }

    fn count_token_request(&self) {
        self.token_requests.fetch_add(1, Ordering::Relaxed);
    }
}

impl AuthorizationServer {
    /// Starts a server on a free loopback port.
    pub fn start(options: Options) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free loopback port");
        let address = listener.local_addr().expect("the listener's address");
        let shared = Shared(Arc::new(Inside {
            issuer: format!("http://{address}"),
            options,
            provider: Mutex::new(Provider::new(&options)),
            token_requests: AtomicUsize::new(0),
        }));
        let (stop, stopped) = oneshot::channel();
        let thread = spawn({
            let shared = shared.clone();
            move || serve(listener, shared, stopped)
        });
        Self { address, shared, stop: Some(stop), thread: Some(thread) }
    }

    pub fn issuer(&self) -> &str {
        &self.shared.issuer
    }

    pub fn authorization_endpoint(&self) -> String {
        format!("{}/authorize", self.issuer())
    }

    pub fn token_endpoint(&self) -> String {
        format!("{}/token", self.issuer())
    }

    pub fn device_authorization_endpoint(&self) -> String {
        format!("{}/device_authorization", self.issuer())
    }

    /// The protected resource: 200 and JSON for a live access token.
    pub fn resource(&self) -> String {
        format!("{}/api/me", self.issuer())
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many requests the token endpoint got, refused ones too.
    pub fn token_requests(&self) -> usize {
        self.shared.token_requests.load(Ordering::Relaxed)
    }

    /// Makes an access token or a refresh token invalid.
    pub fn revoke(&self, token: &str) {
        self.shared.provider().tokens.revoke(token);
    }

    /// Lets every device code expire at once.
    pub fn expire_devices(&self) {
        let devices = &mut self.shared.provider().devices;
        devices.values_mut().for_each(device::Device::expire);
    }

    /// Lets the user agree and gives the code for `CLIENT_ID` and `REDIRECT_URI`.
    pub fn obtain_code(&self, code_challenge: &str) -> String {
        self.obtain_code_for(CLIENT_ID, REDIRECT_URI, code_challenge)
    }

    /// Lets the user agree and gives the code.
    ///
    /// # Panics
    /// When the server gives none.
    pub fn obtain_code_for(&self, client_id: &str, redirect_uri: &str, code_challenge: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("state", "test-state")
            .append_pair("code_challenge", code_challenge)
            .append_pair("code_challenge_method", "S256")
            .finish();
        let request = format!("GET /authorize?{query} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
        let answer = self.send(&request).expect("the server answers");
        let parameter = |wanted: &str| {
            let location = answer.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("location").then_some(value)
            })?;
            let url: Url = location.parse().ok()?;
            let (_, value) = url.query_pairs().find(|(name, _)| name == wanted)?;
            Some(value.into_owned())
        };
        assert_eq!(parameter("state").as_deref(), Some("test-state"));
        parameter("code").unwrap_or_else(|| panic!("no code in {answer}"))
    }

    /// Logs the user in and gives the refresh token of `CLIENT_ID`.
    ///
    /// # Panics
    /// When the server gives none.
    pub fn obtain_refresh_token(&self) -> String {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", &self.obtain_code(CODE_CHALLENGE))
            .append_pair("redirect_uri", REDIRECT_URI)
            .append_pair("code_verifier", CODE_VERIFIER)
            .append_pair("client_id", CLIENT_ID)
            .append_pair("client_secret", CLIENT_SECRET)
            .finish();
        let request = format!(
            "POST /token HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
            self.address,
            body.len()
        );
        let answer = self.send(&request).expect("the server answers");
        let token =
            answer.split("\r\n\r\n").nth(1).and_then(|body| serde_json::from_str::<serde_json::Value>(body).ok());
        let refresh_token = token.as_ref().and_then(|token| token["refresh_token"].as_str());
        refresh_token.unwrap_or_else(|| panic!("no refresh token in {answer}")).to_owned()
    }

    /// Sends one whole HTTP request with `Connection: close` and gives the whole answer.
    pub fn send(&self, request: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

impl Drop for AuthorizationServer {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(listener: TcpListener, shared: Shared, stopped: oneshot::Receiver<()>) {
    let routes = Router::new()
        .route("/authorize", get(pages::authorize))
        .route("/token", post(token_endpoint::token))
        .route("/device_authorization", post(device::authorize))
        .route("/device", get(device::page).post(device::decide))
        .route("/revoke", post(token_status::revoke))
        .route("/introspect", post(token_status::introspect))
        .route("/api/me", get(pages::me))
        .route("/.well-known/oauth-authorization-server", get(pages::metadata))
        .route("/.well-known/openid-configuration", get(pages::metadata))
        .with_state(shared);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async move {
        listener.set_nonblocking(true).expect("a listener for tokio");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener for tokio");
        tokio::spawn(async move { axum::serve(listener, routes).await });
        // The end of the runtime drops every connection: a test that ends waits for nobody.
        let _ = stopped.await;
    });
}
