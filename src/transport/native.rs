//! The library's own transport: HTTP/1.1 on the caller's runtime.

use std::sync::Arc;

use crate::transport::Transport;
use crate::transport::connection::Connections;
use crate::transport::proxied::Proxied;
use crate::transport::settings::Settings;
use crate::transport::tls::Tls;

/// Connections to servers. They belong to one runtime.
pub fn transport(settings: &Settings, tls: &Arc<Tls>) -> Result<Arc<dyn Transport>, String> {
    Ok(match settings.is_direct() {
        true => Arc::new(Connections::new(settings, tls.clone())),
        false => Arc::new(Proxied::new(settings, tls.clone())?),
    })
}
