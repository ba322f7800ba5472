//! Sources for programs that wait.

use std::sync::Arc;
use std::time::Duration;

use crate::blocking::session::Session;
use crate::client::options::RequestOptions;
use crate::client::reading;
use crate::engine;
use crate::error::{Error, Result, Status};
use crate::secret::Secret;
use crate::source::{Source, identity};
use crate::text::Text;
use crate::transport::limit::left;

/// The limit of a call that sets none.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What a source gives now.
pub fn read(source: &Arc<dyn Source>, options: Option<&RequestOptions>) -> Result<Secret> {
    let bounds = RequestOptions::begin(options)?;
    engine::wait(async { reading::read(source, &bounds, TIMEOUT).await })
}

/// The token of a session, as another one needs it: the first step of a chain.
pub struct SessionToken {
    session: Session,
    name: String,
    identity: String,
}

impl SessionToken {
    pub fn new(session: Session) -> Self {
        let owner = session.login().owner();
        let (name, identity) = (format!("the session of {owner}"), identity(&[Some("session"), Some(owner.as_json())]));
        Self { session, name, identity }
    }
}

impl Source for SessionToken {
    fn read(&self) -> Result<Secret> {
        let time = left(self.session.inside().client.client.config.timeout).as_millis();
        let mut options = RequestOptions::default();
        options.deadline_ms = Some(u32::try_from(time).unwrap_or(u32::MAX).max(1));
        let token = self.session.with_token(Some(&options), |token| token.access_token.clone());
        let token = token.map_err(|error| {
            let mut error = error.before_request();
            error.response = None; // of its own exchange
            error.message = Text::line(&format!("{}: {}", self.name, error.message.as_str()));
            error
        })?;
        token.ok_or_else(|| Error::new(Status::Source, &format!("{} has no access token", self.name)))
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn identity(&self) -> &str {
        &self.identity
    }
}
