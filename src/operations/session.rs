//! Sessions for programs that may not block: they take part in the renewals of those that do.

use std::mem;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::spawn_local;
use tokio::time::Instant;

use crate::blocking::drive::{Inside, Outcome as Renewed, Seat};
use crate::blocking::session::{Session, min_validity_ms};
use crate::client::options::{Bounds, RequestOptions};
use crate::error::{Error, Result, Status};
use crate::host;
use crate::operations::{Operation, Outcome};
use crate::protocol::saved_token;
use crate::protocol::token::Token;
use crate::session::renewal::Purpose;
use crate::session::{Held, Standing};
use crate::transport::Transport;

impl Operation {
    /// Starts to get a valid token, at once or by a renewal.
    pub fn session_token(session: &Session, options: Option<&RequestOptions>) -> Result<Self> {
        let inside = session.inside().clone();
        inside.check_not_within()?;
        let min_validity_ms = min_validity_ms(options);
        let client = inside.client.clone();
        Self::start_with(&client, options, async move |transport, bounds| {
            Waiting { inside, transport, min_validity_ms }.token(bounds).await.map(Outcome::Token)
        })
    }
}

impl Operation {
    /// Starts to store a token that was obtained elsewhere.
    pub fn adopt(session: &Session, token: &Arc<Token>, options: Option<&RequestOptions>) -> Result<Self> {
        let token = token.clone();
        Self::session_blocking(session, options, move |session, options| session.adopt(&token, options))
    }

    /// Starts to store a refresh token that was obtained elsewhere.
    pub fn adopt_refresh_token(
        session: &Session,
        refresh_token: &str,
        options: Option<&RequestOptions>,
    ) -> Result<Self> {
        Self::adopt(session, &Arc::new(saved_token::from_refresh_token(refresh_token)?), options)
    }

    /// Starts to note, also in the store, that a resource refused the token.
    pub fn invalidate(session: &Session, token: &Token, options: Option<&RequestOptions>) -> Result<Self> {
        let refused = token.access_token.clone();
        Self::session_blocking(session, options, move |session, _| match &refused {
            Some(refused) => session.invalidate(refused.as_str()).map(drop),
            None => Ok(()),
        })
    }

    /// Starts to delete the login, and to revoke its token.
    pub fn forget(session: &Session, revoke: bool, options: Option<&RequestOptions>) -> Result<Self> {
        Self::session_blocking(session, options, move |session, options| session.forget(revoke, options))
    }

    /// A call that blocks in the store, perhaps on another machine, and bounds what blocks on its thread.
    fn session_blocking(
        session: &Session,
        options: Option<&RequestOptions>,
        call: impl FnOnce(&Session, Option<&RequestOptions>) -> Result<()> + Send + 'static,
    ) -> Result<Self> {
        session.inside().check_not_within()?;
        let (session, client) = (session.clone(), session.inside().client.clone());
        Self::start_blocking(&client, options, move |options| call(&session, Some(options)))
    }

    /// Starts to wait until no renewal is under way.
    pub fn session_finish(session: &Session, options: Option<&RequestOptions>) -> Result<Self> {
        let inside = session.inside().clone();
        inside.check_not_within()?;
        let client = inside.client.clone();
        Self::start_with(&client, options, async move |_, bounds| {
            let until = inside.until(bounds);
            loop {
                match seat(&inside, bounds, until).await? {
                    Place::Seat(_) | Place::Ended(_) => return Ok(Outcome::Nothing),
                    Place::GivenUp => {} // perhaps begun anew
                }
            }
        })
    }
}

/// What a call finds that needs the seat of a session.
enum Place<'a> {
    Seat(Seat<'a>),
    /// Of the renewal that was under way.
    Ended(Renewed),
    GivenUp,
}

/// Takes the seat, or waits for the end of the renewal under way.
async fn seat<'a>(inside: &'a Inside, bounds: &Bounds<'_>, until: Instant) -> Result<Place<'a>> {
    let (tell, told) = oneshot::channel();
    if inside.flight().begin_or_listen(|outcome| drop(tell.send(outcome))) {
        return Ok(Place::Seat(Seat(inside.flight())));
    }
    match bounds.wait_until(Some(until), "", told).await {
        Ok(outcome) => Ok(outcome.ok().flatten().map_or(Place::GivenUp, Place::Ended)),
        Err(_) => Err(inside.left(bounds)),
    }
}

/// A call that waits for a token.
struct Waiting<'a> {
    inside: Arc<Inside>,
    transport: &'a Arc<dyn Transport>,
    min_validity_ms: i64,
}

impl Waiting<'_> {
    async fn token(&self, bounds: &Bounds<'_>) -> Result<Arc<Token>> {
        let (inside, login) = (&self.inside, &self.inside.login);
        let until = inside.until(bounds);
        if let Some(held) = self.good_enough() {
            let is_due = login.standing(&held, self.min_validity_ms) == Standing::Due;
            if is_due && inside.may_begin_early(&held) && inside.flight().try_begin() {
                drop(self.launch(true, until)); // nobody waits for it
            }
            return Ok(held.token.clone());
        }
        let mut again = true;
        loop {
            let Some(outcome) = self.joined(bounds, until).await? else { continue };
            let held = outcome.map_err(|error| error.repeated())?;
            let is_good = login.standing(&held, self.min_validity_ms) != Standing::Bad;
            // One more try only, for some tokens never last; but none that has expired meanwhile is given.
            if is_good || !mem::take(&mut again) && login.standing(&held, 0) != Standing::Bad {
                return Ok(held.token.clone());
            }
        }
    }

    fn good_enough(&self) -> Option<Arc<Held>> {
        let login = &self.inside.login;
        login.glance().clone().filter(|held| login.standing(held, self.min_validity_ms) != Standing::Bad)
    }

    /// The outcome of the renewal under way, which this begins if there is none; `None` if it was given up.
    async fn joined(&self, bounds: &Bounds<'_>, until: Instant) -> Result<Option<Renewed>> {
        let seat = match seat(&self.inside, bounds, until).await? {
            Place::Seat(seat) => seat,
            Place::Ended(outcome) => return Ok(Some(outcome)),
            Place::GivenUp => return Ok(None),
        };
        if let Some(held) = self.good_enough() {
            return Ok(Some(Ok(held))); // renewed before this call took the seat
        }
        if let Some(error) = self.inside.login.stopped()
            && !self.is_overtaken(bounds).await
        {
            return Err(error);
        }
        mem::forget(seat);
        self.launch(false, until)?;
        Ok(None)
    }

    /// Begins a renewal, which goes on whoever waits for it. The seat is taken.
    fn launch(&self, early: bool, until: Instant) -> Result<()> {
        let (inside, purpose) = (&self.inside, Purpose { min_validity_ms: self.min_validity_ms, early });
        let seat = Seat(inside.flight());
        if inside.login.is_remote() {
            let renewal = inside.begin(purpose)?;
            return match inside.drive_elsewhere(seat, renewal, until) {
                Ok(_) => Ok(()),
                Err(_) => Err(Error::new(Status::System, "no thread could be started for the store")),
            };
        }
        mem::forget(seat); // the task has it
        spawn_local(inside.clone().drive_in_runtime(inside.begin_over(self.transport.clone(), purpose)));
        Ok(())
    }

    /// Whether another session has put a new token into the store since the failure.
    async fn is_overtaken(&self, bounds: &Bounds<'_>) -> bool {
        if !self.inside.login.is_remote() {
            return self.inside.is_overtaken(bounds);
        }
        let (tell, told) = oneshot::channel();
        let inside = self.inside.clone();
        let look = move || {
            let overtaken = RequestOptions::begin(None).is_ok_and(|bounds| inside.is_overtaken(&bounds));
            _ = tell.send(overtaken);
        };
        match host::spawn_quiet("oauth-look", look) {
            Ok(()) => bounds.wait_until(bounds.deadline, "", told).await.is_ok_and(|told| told.unwrap_or(false)),
            Err(_) => false,
        }
    }
}
