//! Sessions: a token that stays valid, whatever the server, the store, the clock and the callers do.

#[cfg(feature = "redis")]
mod bad_redis;
mod clocks;
mod ends;
#[cfg(feature = "redis")]
mod far;
#[cfg(feature = "redis")]
mod fleet;
mod leaving;
mod logins;
mod lost_answers;
#[cfg(feature = "redis")]
mod operations;
mod profiles;
#[cfg(feature = "redis")]
#[path = "../stores/redis_server.rs"]
mod redis_server;
mod server;
mod sources;
mod store;
mod stores_that_fail;
#[path = "../support/mod.rs"]
mod support;
mod threads;

use std::sync::Arc;
use std::time::Duration;

use oauthclient::blocking::session::Session;
use oauthclient::error::{Error, Result};
use oauthclient::protocol::token::Token;
use oauthclient::secret::Secret;
use oauthclient::session::options::Options;

use server::Server;
use store::Faulty;

const KEY: &str = "alice";

/// A login of an hour at a server, in a store, and a session for it.
struct Home {
    server: Arc<Server>,
    store: Faulty,
    session: Session,
}

impl Home {
    /// With a login, unless the options need none.
    fn new(lifetime_s: u32) -> Self {
        let home = Self::without_login(lifetime_s, Options::default());
        home.session.adopt(&home.server.log_in(), None).expect("adopted");
        home
    }

    fn without_login(lifetime_s: u32, options: Options) -> Self {
        let (server, store) = (Server::new(lifetime_s), Faulty::default());
        let session = open(&server, &store, options);
        Self { server, store, session }
    }

    /// The same login in what might be another process.
    fn sibling(&self) -> Session {
        open(&self.server, &self.store, Options::default())
    }

    fn pass(&self, seconds: u64) {
        self.server.clock.advance(Duration::from_secs(seconds));
    }

    /// The number of the token that the session gives.
    fn token(&self) -> u32 {
        number(token_of(&self.session))
    }

    fn failure(&self) -> Error {
        token_of(&self.session).expect_err("no token")
    }
}

fn open(server: &Arc<Server>, store: &Faulty, options: Options) -> Session {
    Session::open(server.client(), Arc::new(store.clone()), KEY, Arc::new(options)).expect("a good session")
}

fn token_of(session: &Session) -> Result<String> {
    session.with_token(None, access_token)
}

fn access_token(token: &Arc<Token>) -> String {
    token.access_token.as_ref().map_or("", Secret::as_str).to_owned()
}

fn number(token: Result<String>) -> u32 {
    let token = token.unwrap_or_else(|error| panic!("{error}"));
    token.strip_prefix("AT-").and_then(|number| number.parse().ok()).expect("a token of the server")
}

fn options(set: impl FnOnce(&mut Options)) -> Options {
    let mut options = Options::default();
    set(&mut options);
    options
}
