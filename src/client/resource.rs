//! GET requests for the server's documents and resources.

use url::Url;

use crate::client::Client;
use crate::client::exchange::{Answer, Exchange, Resend};
use crate::client::options::Bounds;
use crate::error::Result;
use crate::transport::Transport;

impl Client {
    /// Gets the URL and reads the answer; `authorization` is the value of the header.
    pub(super) async fn get<T>(
        &self,
        transport: &dyn Transport,
        bounds: &Bounds<'_>,
        url: &Url,
        authorization: Option<&str>,
        read: impl Fn(Answer<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut exchange = Exchange::new(&self.config, bounds, transport, url, Resend::Allowed);
        loop {
            let message = exchange.message(None, authorization);
            match exchange.send(&message).await.and_then(&read) {
                Err(error) => exchange.again(error).await?,
                done => return done,
            }
        }
    }
}
