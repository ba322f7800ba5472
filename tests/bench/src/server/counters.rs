//! What the server saw: it proves that a run did what its row says (connections kept, sessions resumed).

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rustls::HandshakeKind;

#[derive(Default)]
pub struct Counters {
    connections: AtomicU64,
    resumed: AtomicU64,
    refused: AtomicU64,
    granted: AtomicU64,
}

impl Counters {
    pub fn connected(&self, handshake: Option<HandshakeKind>) {
        self.connections.fetch_add(1, Relaxed);
        if handshake == Some(HandshakeKind::Resumed) {
            self.resumed.fetch_add(1, Relaxed);
        }
    }

    pub fn refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    pub fn granted(&self) {
        self.granted.fetch_add(1, Relaxed);
    }

    pub fn text(&self) -> String {
        let [connections, resumed, refused, granted] =
            [&self.connections, &self.resumed, &self.refused, &self.granted].map(|counter| counter.load(Relaxed));
        format!("connections={connections} resumed={resumed} refused={refused} granted={granted}")
    }
}
