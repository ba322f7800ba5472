//! How a login stands, as far as is known without a request.

use oauthclient::blocking::session::Session;
use oauthclient::clock::Clock;
use oauthclient::error::Status;
use oauthclient::profile::Profile;
use oauthclient::profile::environment::Environment;
use oauthclient::secret::SecretBytes;

use crate::arguments::Arguments;
use crate::failure::{Failure, LOGIN_REQUIRED};
use crate::format::{append_member, timestamp};
use crate::option::Name;
use crate::output;

/// What is known of a login.
pub struct Standing {
    pub state: State,
    pub expires_at_s: Option<i64>,
    next_renewal_at_s: Option<i64>,
    login_expires_at_s: Option<i64>,
    scope: Option<String>,
    /// Why it is over, or what failed last.
    why: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// There is a token that is valid now.
    Valid,
    /// The next call gets one.
    Renewable,
    LoginRequired,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Renewable => "renewable",
            Self::LoginRequired => "login required",
        }
    }
}

impl Standing {
    pub fn of(session: &Session, profile: &Profile) -> Self {
        let error = session.last_error(); // it reads the store
        let login = session.login();
        let token = login.glance().as_ref().map(|held| held.token.clone());
        let is_valid = token.as_ref().is_some_and(|token| !token.expired(Clock::default().now_s(), 0));
        let can_renew =
            profile.parts.client_credentials || token.as_ref().is_some_and(|token| token.refresh_token.is_some());
        let state = match &error {
            Some(error) if error.status == Status::LoginRequired => State::LoginRequired,
            _ if is_valid => State::Valid,
            _ if can_renew => State::Renewable,
            _ => State::LoginRequired,
        };
        let why = error.map(|error| error.message.as_str().to_owned());
        let none = || "nobody has logged in".to_owned();
        let expired = || "the token has expired, and there is no refresh token".to_owned();
        let why = why.or_else(|| (state == State::LoginRequired).then(if token.is_some() { expired } else { none }));
        Self {
            state,
            expires_at_s: token.as_ref().and_then(|token| token.expires_at_s),
            next_renewal_at_s: login.next_renewal_at_s().filter(|_| can_renew),
            // A machine logs in by itself.
            login_expires_at_s: login.login_expires_at_s().filter(|_| !profile.parts.client_credentials),
            scope: token.as_ref().and_then(|token| token.scope.as_ref().map(|scope| scope.as_str().to_owned())),
            why,
        }
    }
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let name = arguments.name();
    let profile = Profile::read(name, &Environment::of_process())?;
    let standing = Standing::of(&profile.open()?, &profile);
    let is_over = standing.expires_at_s.is_some_and(|at_s| at_s <= Clock::default().now_s());
    let expires = if is_over { "expired" } else { "expires" };
    let moments = [
        ("expires_at", expires, standing.expires_at_s),
        ("next_renewal_at", "renewal from", standing.next_renewal_at_s),
        ("login_expires_at", "login ends", standing.login_expires_at_s),
    ];
    let texts = [
        ("issuer", "server", profile.issuer()),
        ("client_id", "client", Some(profile.client_id())),
        ("scope", "scope", standing.scope.as_deref()),
        ("why", "why", standing.why.as_deref()),
    ];
    let mut out = SecretBytes::default();
    if arguments.has(Name::Json) {
        out.push(b'{');
        append_member(&mut out, "profile", name);
        out.push(b',');
        append_member(&mut out, "state", &standing.state.word().replace(' ', "_"));
        for (name, _, value) in moments {
            if let Some(at_s) = value {
                out.extend_all([b",\"", name.as_bytes(), b"\":", at_s.to_string().as_bytes()]);
            }
        }
        for (name, _, value) in texts {
            if let Some(value) = value {
                out.push(b',');
                append_member(&mut out, name, value);
            }
        }
        out.extend(b"}\n");
    } else {
        let mut line =
            |name: &str, value: &str| out.extend_all([format!("{name:<13} ").as_bytes(), value.as_bytes(), b"\n"]);
        line("profile", name);
        line("state", standing.state.word());
        for (_, name, value) in moments {
            value.into_iter().for_each(|at_s| line(name, &timestamp(at_s)));
        }
        for (_, name, value) in texts {
            value.into_iter().for_each(|value| line(name, value));
        }
    }
    output::print(&out)?;
    match standing.state {
        State::LoginRequired => Err(Failure {
            advice: Some(format!("Log in with: oauth-token login {name}")),
            ..Failure::new(LOGIN_REQUIRED, "a login is required".to_owned())
        }),
        _ => Ok(()),
    }
}
