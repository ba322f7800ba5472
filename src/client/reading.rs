//! Reads sources within the time of a call, which keeps its deadline whatever they do.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::client::options::Bounds;
use crate::error::{Advice, Error, Result, Status};
use crate::host;
use crate::process;
use crate::secret::Secret;
use crate::source::Source;
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
    let read = told
        .unwrap_or_else(|_| Err(Error::new(Status::Internal, "a defect of the library ended the reading of a source")));
    read.map_err(|error| bounds.own_limit(error))
}
