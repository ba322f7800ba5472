//! The registered clients: oxide-auth's register, with loopback redirect URIs (RFC 8252 §7.3) and narrower scopes.

use std::borrow::Cow;

use oxide_auth::frontends::dev::Url;
use oxide_auth::primitives::prelude::*;
use oxide_auth::primitives::registrar::{BoundClient, ExactUrl, PasswordPolicy, RegisteredUrl, RegistrarError};

use super::token_error::TokenError;
use super::{CLIENT_ID, CLIENT_SECRET, PUBLIC_CLIENT_ID, REDIRECT_URI, SCOPE};

pub(super) struct Clients(ClientMap);

impl Clients {
    pub fn new() -> Self {
        let redirect_uri = || RegisteredUrl::from(ExactUrl::new(REDIRECT_URI.to_string()).expect("a valid constant"));
        let scope = || -> Scope { SCOPE.parse().expect("a valid constant") };
        let secret = CLIENT_SECRET.as_bytes();
        let mut clients = ClientMap::new();
        clients.set_password_policy(Plain);
        clients.register_client(Client::confidential(CLIENT_ID, redirect_uri(), scope(), secret));
        clients.register_client(Client::public(PUBLIC_CLIENT_ID, redirect_uri(), scope()));
        Self(clients)
    }

    /// What a registered client may have, if it asks for this, or for nothing particular.
    pub fn pre_grant(&self, client_id: &str, scope: Option<&str>) -> Result<PreGrant, TokenError> {
        let refused = || TokenError::new("invalid_scope", "The scope is wider than the client may ask for.");
        let scope = scope.map(|scope| scope.parse().map_err(|_| refused())).transpose()?;
        let client = ClientUrl { client_id: client_id.into(), redirect_uri: None };
        let client = self.bound_redirect(client).expect("a registered client");
        self.negotiate(client, scope).map_err(|_| refused())
    }
}

impl Registrar for Clients {
    fn bound_redirect<'a>(&self, asked: ClientUrl<'a>) -> Result<BoundClient<'a>, RegistrarError> {
        let Some(redirect_uri) = asked.redirect_uri.clone() else {
            return self.0.bound_redirect(asked);
        };
        // RFC 8252 lets the port vary on 127.0.0.1 and [::1]; oxide-auth does so for `localhost` only.
        if !is_registered(redirect_uri.to_url()) {
            return Err(RegistrarError::Unspecified);
        }
        let bound = self.0.bound_redirect(ClientUrl { client_id: asked.client_id, redirect_uri: None })?;
        Ok(BoundClient {
            client_id: bound.client_id,
            redirect_uri: Cow::Owned(RegisteredUrl::Exact(redirect_uri.into_owned())),
        })
    }

    fn negotiate(&self, client: BoundClient, asked: Option<Scope>) -> Result<PreGrant, RegistrarError> {
        // oxide-auth's register grants its default scope whatever was asked for.
        let mut grant = self.0.negotiate(client, None)?;
        match asked {
            Some(scope) if grant.scope.priviledged_to(&scope) => grant.scope = scope,
            Some(_) => return Err(RegistrarError::Unspecified),
            None => {}
        }
        Ok(grant)
    }

    fn check(&self, client_id: &str, passphrase: Option<&[u8]>) -> Result<(), RegistrarError> {
        self.0.check(client_id, passphrase)
    }
}

fn is_registered(mut url: Url) -> bool {
    let registered: Url = REDIRECT_URI.parse().expect("a valid constant");
    if matches!(url.host_str(), Some("127.0.0.1" | "[::1]")) {
        let _ = url.set_host(registered.host_str());
        let _ = url.set_port(registered.port());
        if url.path() == "/" {
            url.set_path(registered.path());
        }
    }
    url == registered
}

/// The secret is public anyway, and oxide-auth's Argon2 takes 64 MiB and, unoptimized, seconds for each request.
struct Plain;

impl PasswordPolicy for Plain {
    fn store(&self, _client_id: &str, passphrase: &[u8]) -> Vec<u8> {
        passphrase.to_vec()
    }

    fn check(&self, _client_id: &str, passphrase: &[u8], stored: &[u8]) -> Result<(), RegistrarError> {
        match passphrase == stored {
            true => Ok(()),
            false => Err(RegistrarError::Unspecified),
        }
    }
}
