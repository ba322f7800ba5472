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
        let (inside, (tell, told)) = (&self.inside, oneshot::channel());
        if inside.flight().begin_or_listen(|outcome| drop(tell.send(outcome))) {
            let seat = Seat(inside.flight());
            if let Some(held) = self.good_enough() {
                return Ok(Some(Ok(held))); // renewed before this call took the seat
            }
            if let Some(error) = inside.login.stopped()
                && !self.is_overtaken(bounds).await
            {
                return Err(error);
            }
            mem::forget(seat);
            self.launch(false, until)?;
            return Ok(None);
        }
        match bounds.wait_until(Some(until), "", told).await {
            Ok(outcome) => Ok(outcome.ok().flatten()),
            Err(_) => Err(inside.left(bounds)),
        }
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
