//! The issued tokens: oxide-auth's map, with refresh tokens that outlive their access tokens.

use chrono::{Duration, Utc};
use oxide_auth::primitives::grant::Grant;
use oxide_auth::primitives::issuer::{IssuedToken, RefreshedToken};
use oxide_auth::primitives::prelude::*;

/// Random bytes in a token.
const ENTROPY: usize = 24;

pub(super) struct Tokens(TokenMap<RandomGenerator>);

impl Tokens {
    pub fn new(access_token_lifetime_s: u32) -> Self {
        let mut tokens = TokenMap::new(RandomGenerator::new(ENTROPY));
        tokens.valid_for(Duration::seconds(access_token_lifetime_s.into()));
        Self(tokens)
    }

    pub fn revoke(&mut self, token: &str) {
        self.0.revoke(token);
    }
}

impl Issuer for Tokens {
    fn issue(&mut self, grant: Grant) -> Result<IssuedToken, ()> {
        self.0.issue(grant)
    }

    fn refresh(&mut self, token: &str, grant: Grant) -> Result<RefreshedToken, ()> {
        self.0.refresh(token, grant)
    }

    fn recover_token<'a>(&'a self, token: &'a str) -> Result<Option<Grant>, ()> {
        self.0.recover_token(token)
    }

    fn recover_refresh<'a>(&'a self, token: &'a str) -> Result<Option<Grant>, ()> {
        // In oxide-auth's map both tokens expire together, so that an expired access token could never be renewed.
        let grant = self.0.recover_refresh(token)?;
        Ok(grant.map(|grant| Grant { until: Utc::now() + Duration::days(1), ..grant }))
    }
}
