//! Sessions for many threads.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::blocking::Client;
use crate::blocking::drive::{Inside, Seat, patience};
use crate::client::dpop::Proof;
use crate::client::options::{Bounds, RequestOptions};
use crate::engine::flight::Turn;
use crate::error::{Error, Result, Status};
use crate::process;
use crate::protocol::challenge;
use crate::protocol::saved_token;
use crate::protocol::token::Token;
use crate::secret::Secret;
use crate::session::options::Options;
use crate::session::renewal::Purpose;
use crate::session::{Held, Login, Standing};
use crate::store::{Key, Store};

/// How long a token has to be valid unless the program says otherwise, in seconds.
const MIN_VALIDITY_S: u32 = 60;

pub fn min_validity_ms(options: Option<&RequestOptions>) -> i64 {
    i64::from(options.and_then(|options| options.min_validity_s).unwrap_or(MIN_VALIDITY_S)) * 1000
}

/// A call whose token is still valid waits no longer than this for the next one.
const EARLY_PATIENCE: Duration = Duration::from_secs(3);

/// A session that many threads may use at once; clones share it.
#[derive(Clone)]
pub struct Session(Arc<Inside>);

impl Session {
    /// Opens a session. Nothing is read or sent before the first call that needs the login.
    pub fn open(client: Arc<Client>, store: Arc<dyn Store>, key: &str, options: Arc<Options>) -> Result<Self> {
        let login = Login::new(&client.client, store, Key::new(key)?, options)?;
        Ok(Self(Arc::new(Inside::new(client, login))))
    }

    pub fn inside(&self) -> &Arc<Inside> {
        &self.0
    }

    pub fn issuer(&self) -> Option<&Secret> {
        self.0.client.client.config.issuer_name.as_deref()
    }

    /// The token that is good now; never waits.
    pub fn peek(&self) -> Option<Arc<Token>> {
        let login = &self.0.login;
        let held = login.glance().clone()?;
        (login.standing(&held, min_validity_ms(None)) != Standing::Bad).then(|| held.token.clone())
    }

    /// Passes a valid token to `use_it`, at once or after a renewal.
    pub fn with_token<T>(&self, options: Option<&RequestOptions>, use_it: impl FnOnce(&Arc<Token>) -> T) -> Result<T> {
        let inside = &*self.0;
        inside.check_not_within()?;
        let bounds = options.map(|options| RequestOptions::begin(Some(options))).transpose()?;
        let min_validity_ms = min_validity_ms(options);
        if let Some(held) = &*inside.login.glance()
            && inside.login.standing(held, min_validity_ms) == Standing::Good
        {
            return Ok(use_it(&held.token));
        }
        let bounds = bounds.map_or_else(|| RequestOptions::begin(None), Ok)?;
        self.renewed(&bounds, min_validity_ms).map(|held| use_it(&held.token))
    }

    /// Stores a token that was obtained elsewhere; it replaces the login before.
    pub fn adopt(&self, token: &Token, options: Option<&RequestOptions>) -> Result<()> {
        let inside = &*self.0;
        inside.check_not_within()?;
        let client = &inside.client;
        process::within(inside.address(), || {
            client.run(options, async |_, bounds| {
                let adopted = inside.login.adopt(&client.client, token, bounds).await;
                adopted.map_err(|error| bounds.own_limit(error))
            })
        })
    }

    /// Stores a refresh token that was obtained elsewhere: the next call that needs a token renews with it.
    pub fn adopt_refresh_token(&self, refresh_token: &str, options: Option<&RequestOptions>) -> Result<()> {
        self.adopt(&saved_token::from_refresh_token(refresh_token)?, options)
    }

    /// A resource refused this access token: treats it as expired. False: the session does not hold it.
    pub fn invalidate(&self, access_token: &str) -> Result<bool> {
        self.0.check_not_within()?;
        Ok(process::within(self.0.address(), || self.0.login.invalidate(access_token)))
    }

    /// After a resource's answer: the token to try once more with. `None`: this one was not the reason, or there is no other.
    pub fn replace(
        &self,
        token: &Token,
        http_status: i32,
        www_authenticate: Option<&[u8]>,
        options: Option<&RequestOptions>,
    ) -> Result<Option<Arc<Token>>> {
        let challenges = www_authenticate.map(challenge::parse).unwrap_or_default();
        let Some(refused) = &token.access_token else { return Ok(None) };
        let (login, refused) = (&self.0.login, refused.as_str());
        if !challenge::refuses_the_token(http_status, &challenges) {
            return Ok(None);
        }
        let bounds = RequestOptions::begin(options)?;
        let was_held = {
            let _limited = bounds.limited(self.0.client.client.config.timeout);
            self.0.check_not_within()?;
            if process::within(self.0.address(), || login.has_just_replaced(refused)) {
                return Ok(None);
            }
            self.invalidate(refused)?
        };
        let min_validity_ms = min_validity_ms(options);
        let held = login.glance().clone().filter(|held| login.standing(held, min_validity_ms) == Standing::Good);
        let token = held.map_or_else(|| self.renewed(&bounds, min_validity_ms), Ok)?.token.clone();
        if was_held {
            login.note_replaced();
        }
        Ok(Some(token).filter(|token| token.access_token.as_ref().is_none_or(|other| other.as_str() != refused)))
    }

    /// The header values for a request to a resource, with a valid token.
    pub fn proof(&self, method: &str, url: &str, options: Option<&RequestOptions>) -> Result<Proof> {
        let token = self.with_token(options, Clone::clone)?;
        self.client().proof(&token, method, url)
    }

    /// What renews it, without the engine.
    pub fn client(&self) -> &crate::client::Client {
        &self.0.client.client
    }

    /// Waits until no renewal is under way; finishes one that nobody drives.
    pub fn finish(&self, options: Option<&RequestOptions>) -> Result<()> {
        let inside = &self.0;
        inside.check_not_within()?;
        let bounds = RequestOptions::begin(options)?;
        let until = inside.until(&bounds);
        match inside.flight().join(patience(&bounds, until)) {
            Turn::Begin => drop(Seat(inside.flight())),
            Turn::Resume(renewal) => {
                let seat = Seat(inside.flight());
                let finished = inside.drive(seat, renewal, &bounds, until);
                let is_ours = |error: &Error| matches!(error.status, Status::Timeout | Status::Cancelled);
                finished.map(drop).or_else(|error| if is_ours(&error) { Err(error) } else { Ok(()) })?;
            }
            Turn::Ended(_) => {}
            Turn::Left => return Err(inside.left(&bounds)),
        }
        Ok(())
    }

    /// Deletes the login from the store and then, with `revoke`, revokes its token at the server.
    pub fn forget(&self, revoke: bool, options: Option<&RequestOptions>) -> Result<()> {
        let inside = &*self.0;
        inside.check_not_within()?;
        let client = &inside.client;
        process::within(inside.address(), || {
            client.run(options, async |transport, bounds| {
                let forgotten = inside.login.forget(&client.client, transport, revoke, bounds).await;
                forgotten.map_err(|error| bounds.own_limit(error))
            })
        })
    }

    /// What is wrong with the login, as far as is known without a request. A session that has not read its login yet does.
    pub fn last_error(&self) -> Option<Error> {
        let inside = &*self.0;
        let stored = || {
            inside.check_not_within().ok()?;
            process::within(inside.address(), || inside.client.engine.guarded(|| inside.login.stored_end()))
        };
        inside.login.last_error().or_else(stored)
    }

    /// The login, for what is known of it without a read of the store or a request.
    pub fn login(&self) -> &Login {
        &self.0.login
    }

    fn renewed(&self, bounds: &Bounds<'_>, min_validity_ms: i64) -> Result<Arc<Held>> {
        let inside = &self.0;
        let (login, flight) = (&inside.login, inside.flight());
        let good_enough =
            || login.glance().clone().filter(|held| login.standing(held, min_validity_ms) != Standing::Bad);
        let until = inside.until(bounds);
        if let Some(held) = good_enough() {
            if !inside.may_begin_early(&held) || !flight.try_begin() {
                return Ok(held);
            }
            let seat = Seat(flight);
            let renewal = inside.begin(Purpose { min_validity_ms, early: true });
            let until = until.min(Instant::now() + EARLY_PATIENCE);
            if login.is_remote() {
                if let Ok(renewal) = renewal {
                    drop(inside.drive_elsewhere(seat, renewal, until));
                }
                return Ok(held); // which is good: nobody waits for a store
            }
            match renewal.and_then(|renewal| inside.drive_here(seat, renewal, bounds, until)) {
                Ok(renewed) => return Ok(renewed),
                Err(_) if login.standing(&held, 0) != Standing::Bad => return Ok(held),
                Err(_) => {} // it has expired meanwhile
            }
        }
        let mut again = true;
        loop {
            let held = match flight.join(patience(bounds, until)) {
                Turn::Begin => {
                    let seat = Seat(flight);
                    return match (good_enough(), login.stopped()) {
                        (Some(held), _) => Ok(held), // renewed before this call took the seat
                        (None, Some(error)) if !inside.is_overtaken(bounds) => Err(error),
                        (None, _) => {
                            let renewal = inside.begin(Purpose { min_validity_ms, early: false })?;
                            inside.drive(seat, renewal, bounds, until)
                        }
                    };
                }
                Turn::Resume(renewal) => inside.drive(Seat(flight), renewal, bounds, until)?,
                Turn::Ended(outcome) => outcome.map_err(|error| error.repeated())?,
                Turn::Left => return Err(inside.left(bounds)),
            };
            // The call that began it may have had a shorter margin, or renewed early. One more try only, for some
            // tokens never last; but none that has expired meanwhile is given.
            let is_good = login.standing(&held, min_validity_ms) != Standing::Bad;
            if is_good || !mem::take(&mut again) && login.standing(&held, 0) != Standing::Bad {
                return Ok(held);
            }
        }
    }
}
