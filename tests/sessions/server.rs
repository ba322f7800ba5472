//! An authorization server without a network: it rotates refresh tokens, counts, and fails when told to.

use std::collections::{HashMap, VecDeque};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauthclient::blocking::Client;
use oauthclient::client::config::Builder;
use oauthclient::clock::Clock;
use oauthclient::http::{Headers, Response};
use oauthclient::protocol::metadata::Endpoint;
use oauthclient::protocol::saved_token;
use oauthclient::protocol::token::Token;
use oauthclient::secret::{Secret, SecretBytes};
use oauthclient::transport::{Call, Failure, FailureKind};

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It does not even leave.
    Refused,
    /// The server acts, and nobody hears of it.
    AnswerLost,
    /// An HTTP error, with Retry-After when it is not 0.
    Unavailable(u32),
    /// An OAuth error about the client.
    WrongClient,
    /// This status and body, without an act.
    Says(u16, &'static str),
    /// A good answer, but for the ID token of this subject, which has expired.
    OldIdToken(&'static str),
}

pub struct Server {
    pub clock: Clock,
    state: Mutex<State>,
}

struct State {
    lifetime_s: u32,
    rotates: bool,
    /// How many times the refresh token before the current one may be used again; then the login ends.
    replays_allowed: u32,
    generation: u32,
    ended: bool,
    fates: VecDeque<Fate>,
    requests: Vec<HashMap<String, String>>,
    revoked: Vec<String>,
    /// For the next answer.
    id_token: String,
}

impl Server {
    pub fn new(lifetime_s: u32) -> Arc<Self> {
        let state = State {
            lifetime_s,
            rotates: true,
            replays_allowed: 0,
            generation: 0,
            ended: false,
            fates: VecDeque::new(),
            requests: Vec::new(),
            revoked: Vec::new(),
            id_token: String::new(),
        };
        Arc::new(Self { clock: Clock::shifted(), state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic holds it")
    }

    /// What the next requests meet; after these, all is well.
    pub fn next(&self, fates: &[Fate]) {
        self.state().fates.extend(fates);
    }

    pub fn allow_replays(&self, replays: u32) {
        self.state().replays_allowed = replays;
    }

    pub fn rotates(&self, rotates: bool) {
        self.state().rotates = rotates;
    }

    /// The user, or somebody, ends the login.
    pub fn end(&self) {
        self.state().ended = true;
    }

    /// How many token requests came.
    pub fn requests(&self) -> usize {
        self.state().requests.len()
    }

    pub fn last_request(&self) -> HashMap<String, String> {
        self.state().requests.last().cloned().expect("a request came")
    }

    pub fn revoked(&self) -> Vec<String> {
        self.state().revoked.clone()
    }

    /// The first token of a new login.
    pub fn log_in(&self) -> Token {
        let mut state = self.state();
        state.ended = false;
        state.generation += 1;
        let (generation, lifetime_s) = (state.generation, i64::from(state.lifetime_s));
        let (access_token, refresh_token) = (format!("AT-{generation}"), format!("RT-{generation}"));
        let expires_at_s = Some(self.clock.now_s() + lifetime_s);
        let token = saved_token::from_values(&access_token, Some("Bearer"), Some(&refresh_token), None, expires_at_s);
        let mut token = token.expect("good values");
        token.expires_in_s = Some(lifetime_s);
        token
    }

    /// A client that reaches this server, with the server's clock.
    pub fn client(self: &Arc<Self>) -> Arc<Client> {
        self.client_that_retries(0)
    }

    pub fn client_that_retries(self: &Arc<Self>, max_retries: u32) -> Arc<Client> {
        self.client_with(|config| config.retry.max_retries = max_retries)
    }

    pub fn client_with(self: &Arc<Self>, set: impl FnOnce(&mut Builder)) -> Arc<Client> {
        let mut config = Builder::default();
        config.set_endpoint(Endpoint::Token, "https://as.example/token".to_owned());
        config.set_endpoint(Endpoint::Revocation, "https://as.example/revoke".to_owned());
        config.client = Some((Secret::new("client").expect("no NUL"), None));
        config.retry.max_retries = 0;
        config.clock = self.clock.clone();
        let server = self.clone();
        config.transport = Some(Arc::new(move |call: &Call<'_>| server.answer(call)));
        set(&mut config);
        let (config, route) = config.build().expect("a good configuration");
        Arc::new(Client::new(config, route))
    }

    fn answer(&self, call: &Call<'_>) -> Result<Response, Failure> {
        let form: HashMap<String, String> = form_urlencoded::parse(call.request.body()).into_owned().collect();
        let mut state = self.state();
        if call.request.url.path() == "/revoke" {
            state.revoked.push(form["token"].clone());
            return Ok(response(200, String::new(), 0));
        }
        let fate = state.fates.pop_front();
        if fate == Some(Fate::Refused) {
            return Err(Failure { kind: FailureKind::Connect, cause: "refused".to_owned(), passing: true });
        }
        state.requests.push(form.clone());
        match fate {
            Some(Fate::Unavailable(retry_after_s)) => Ok(response(503, String::new(), retry_after_s)),
            Some(Fate::WrongClient) => Ok(response(401, r#"{"error":"invalid_client"}"#.to_owned(), 0)),
            Some(Fate::Says(status, body)) => Ok(response(status, body.to_owned(), 0)),
            Some(Fate::AnswerLost) => {
                drop(state.grant(&form));
                Err(Failure { kind: FailureKind::Lost, cause: "reset".to_owned(), passing: true })
            }
            Some(Fate::OldIdToken(subject)) => {
                state.id_token = format!(r#","id_token":"{}""#, id_token(subject));
                Ok(state.grant(&form))
            }
            _ => Ok(state.grant(&form)),
        }
    }
}

impl State {
    fn grant(&mut self, form: &HashMap<String, String>) -> Response {
        let refused = || response(400, r#"{"error":"invalid_grant"}"#.to_owned(), 0);
        let given = form.get("refresh_token").and_then(|token| token.strip_prefix("RT-")?.parse::<u32>().ok());
        if form["grant_type"] == "refresh_token" {
            let replayed = self.rotates && given.is_some_and(|given| given + 1 == self.generation);
            if replayed && self.replays_allowed > 0 {
                self.replays_allowed -= 1;
            } else if self.rotates && given != Some(self.generation) {
                self.ended = true; // reuse detection
            }
            if self.ended {
                return refused();
            }
        }
        self.generation += 1;
        let generation = self.generation;
        let rotated = match self.rotates && given.is_some() {
            true => format!(r#","refresh_token":"RT-{generation}""#),
            false => String::new(),
        };
        let (lifetime_s, more) = (self.lifetime_s, rotated + &mem::take(&mut self.id_token));
        let token =
            format!(r#"{{"access_token":"AT-{generation}","token_type":"Bearer","expires_in":{lifetime_s}{more}}}"#);
        response(200, token, 0)
    }
}

/// One that expired long ago.
pub fn id_token(subject: &str) -> String {
    let claims = format!(r#"{{"iss":"https://as.example","sub":"{subject}","aud":"client","iat":1,"exp":2}}"#);
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
}

fn response(status: u16, body: String, retry_after_s: u32) -> Response {
    let mut headers = Headers::default();
    headers.push(b"content-type", b"application/json");
    if retry_after_s > 0 {
        headers.push(b"retry-after", retry_after_s.to_string().as_bytes());
    }
    Response { status, headers, body: SecretBytes::from(body.into_bytes()), cut: false }
}
