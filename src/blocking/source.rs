//! Sources for programs that wait.

use std::sync::Arc;
use std::time::Duration;

use crate::client::options::RequestOptions;
use crate::client::reading;
use crate::engine;
use crate::error::Result;
use crate::secret::Secret;
use crate::source::Source;

/// The limit of a call that sets none.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What a source gives now.
pub fn read(source: &Arc<dyn Source>, options: Option<&RequestOptions>) -> Result<Secret> {
    let bounds = RequestOptions::begin(options)?;
    engine::wait(async { reading::read(source, &bounds, TIMEOUT).await })
}
