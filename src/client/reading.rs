//! Reads sources within the time of a call, which keeps its deadline whatever they do.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::client::Client;
use crate::client::options::Bounds;
use crate::error::{Advice, Error, Result, Status};
use crate::host;
use crate::process;
use crate::protocol::lifetime;
use crate::protocol::saved_token;
use crate::protocol::token::Token;
use crate::protocol::token_response::{self, Asked};
use crate::secret::Secret;
use crate::source::Source;
use crate::text::has_control;
use crate::transport::limit::limited;

/// Reads a source, for no longer than an exchange may take; `usual` is the client's timeout. What may wait runs on a
/// short-lived thread: this one may drive other calls, and nothing would interrupt it.
pub async fn read(source: &Arc<dyn Source>, bounds: &Bounds<'_>, usual: Duration) -> Result<Secret> {
    bounds.check_not_cancelled()?;
    if source.is_quick() {
        return source.read();
    }
    if let Some(progress) = bounds.progress {
        progress.waits_for("a source");
    }
    let until = bounds.exchange_ends(usual);
    let (tell, told) = oneshot::channel();
    let (asked, surroundings, cancel) = (source.clone(), process::surroundings(), bounds.options.cancel.clone());
    let ask = move || {
        process::enter(surroundings); // a call to the session that waits for it is refused
        let _limited = limited(Some(until.into_std()), cancel);
        drop(tell.send(asked.read())); // nobody may wait any more
    };
    host::spawn_quiet("oauth-source", ask).map_err(|why| {
        Error::new(Status::System, &format!("no thread for {}: {why}", source.name())).with_advice(Advice::RetryLater)
    })?;
    let told = bounds.wait_until(Some(until), source.name(), told).await?;
    if let Some(gate) = bounds.gate {
        gate()?; // the lock of a session may be lost by now
    }
    let read = told
        .unwrap_or_else(|_| Err(Error::new(Status::Internal, "a defect of the library ended the reading of a source")));
    read.map_err(|error| bounds.own_limit(error))
}

/// The same for the client's assertion. Whatever is wrong with it says nothing about the grant.
pub async fn assertion(source: &Arc<dyn Source>, bounds: &Bounds<'_>, usual: Duration) -> Result<Secret> {
    let failed = |why: &str| Error::new(Status::Source, &format!("no client assertion: {why}"));
    let assertion = read(source, bounds, usual).await.map_err(|error| match error.status {
        Status::Timeout | Status::Cancelled | Status::Busy | Status::Callback | Status::System => error,
        _ => failed(error.message.as_str()),
    })?;
    match has_control(assertion.as_str()) {
        true => Err(failed(&format!("{} gave one with a control character", source.name()))),
        false => Ok(assertion),
    }
}

/// How long a token lasts of which the source does not say it, in seconds. Then it is read again.
const UNKNOWN_LIFETIME_S: i64 = 60;

impl Client {
    /// The token that a source gives, as the answer of a token endpoint or as its bare text.
    pub async fn token_of(&self, source: &Arc<dyn Source>, bounds: &Bounds<'_>) -> Result<Token> {
        let config = &self.config;
        let asked_at = config.clock.system_time();
        let text = read(source, bounds, config.timeout).await?;
        let failed = |why: &str| Error::new(Status::Source, &format!("{} gave no token: {why}", source.name()));
        let asked = Asked {
            sent_at: asked_at,
            refresh_token: None,
            id_token_alone: false,
            client_id: config.client_id.as_ref(),
            issuer: config.issuer_name.as_ref(),
        };
        let mut token = match text.as_str().starts_with('{') {
            true => token_response::read_text(text.as_str(), &asked).map_err(failed)?,
            false => {
                let token = saved_token::from_values(text.as_str(), None, None, None, None);
                let mut token = token.map_err(|error| failed(error.message.as_str()))?;
                (token.client_id, token.issuer) = (asked.client_id.cloned(), asked.issuer.cloned());
                token
            }
        };
        if token.expires_at_s.is_none() {
            token.expires_in_s = Some(UNKNOWN_LIFETIME_S);
            token.expires_at_s = Some(lifetime::seconds(asked_at).saturating_add(UNKNOWN_LIFETIME_S));
        }
        Ok(token)
    }
}
