//! GET requests for the server's documents and resources.

use url::Url;

use crate::client::Client;
use crate::client::dpop::Proofs;
use crate::client::exchange::{Answer, Exchange, Resend};
use crate::client::options::Bounds;
use crate::error::Result;
use crate::transport::Transport;

impl Client {
    /// Gets the URL and reads the answer.
    pub(super) async fn get<T>(
        &self,
        transport: &dyn Transport,
        bounds: &Bounds<'_>,
        url: &Url,
        read: impl Fn(Answer<'_>) -> Result<T>,
    ) -> Result<T> {
        self.get_with(transport, bounds, url, None, None, read).await
    }

    /// The same with a token: `authorization` is the value of the header.
    pub(super) async fn get_with<T>(
        &self,
        transport: &dyn Transport,
        bounds: &Bounds<'_>,
        url: &Url,
        authorization: Option<&str>,
        mut proofs: Option<Proofs<'_>>,
        read: impl Fn(Answer<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut exchange = Exchange::new(&self.config, bounds, transport, url, Resend::Allowed);
        loop {
            let proof = proofs.as_mut().map(Proofs::next).transpose()?;
            let message = exchange.message(None, authorization).with_proof(proof.as_ref());
            let answer = exchange.send(&message).await;
            if let (Some(proofs), Ok(answer)) = (&proofs, &answer) {
                proofs.learn(&answer.response.headers);
            }
            match answer.and_then(&read) {
                Err(error) if proofs.as_mut().is_some_and(|proofs| proofs.may_repeat(&error)) => {}
                Err(error) => exchange.again(error).await?,
                done => return done,
            }
        }
    }
}
