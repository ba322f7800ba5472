//! Log-ins of a device that are started, and polled.

use std::sync::Arc;

use crate::blocking::Client;
use crate::client::changing::Taken;
use crate::client::device::Device;
use crate::client::options::RequestOptions;
use crate::error::Result;
use crate::operations::token::owned;
use crate::operations::{Operation, Outcome};
use crate::protocol::parameters::Parameters;
use crate::secret::Secret;

impl Operation {
    /// Starts to request the codes.
    pub fn device_authorization(
        client: &Arc<Client>,
        scope: Option<&str>,
        parameters: Option<&Parameters>,
        options: Option<&RequestOptions>,
    ) -> Result<Self> {
        let (scope, parameters) = (scope.map(owned).transpose()?, parameters.cloned());
        Self::start(client, options, async move |client, transport, bounds| {
            let scope = scope.as_ref().map(Secret::as_str);
            let begun = client.device_authorization(transport, scope, parameters.as_ref(), bounds).await;
            Ok(Outcome::Device(Some(Box::new(begun?))))
        })
    }

    /// Starts a poll.
    pub fn poll(client: &Arc<Client>, device: Taken<Device>, options: Option<&RequestOptions>) -> Result<Self> {
        Self::start(client, options, async move |client, transport, bounds| {
            let mut device = device; // given back before the operation has ended
            Ok(Outcome::Token(Arc::new(client.poll(transport, device.get()?, bounds).await?)))
        })
    }

    /// Starts to poll until the user has decided.
    pub fn wait(client: &Arc<Client>, device: Taken<Device>, options: Option<&RequestOptions>) -> Result<Self> {
        Self::start(client, options, async move |client, transport, bounds| {
            let mut device = device; // as above
            Ok(Outcome::Token(Arc::new(client.wait(transport, device.get()?, bounds).await?)))
        })
    }
}
