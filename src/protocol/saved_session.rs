//! The record of a session in a store: its token, and what must be known after a crash; versioned JSON.

use std::sync::Arc;

use crate::error::Error;
use crate::protocol::owner::Owner;
use crate::protocol::refusal::Refusal;
use crate::protocol::saved::{Saved, append_name, is_newer};
use crate::protocol::saved_token;
use crate::protocol::token::Token;
use crate::secret::SecretBytes;

/// The version that is written, and the only one that is read; a record with a later one stays as it is.
const VERSION: u32 = 2;
const KIND: &str = "oauthclient_session";
const OWNER: &str = "login";

/// How long a record says that its login is over, in seconds: 30 days.
const LIFE_OF_AN_END_S: i64 = 30 * 24 * 3600;

/// The state of a login, as all sessions that share it see it.
#[derive(Clone, Debug, Default)]
pub struct SavedSession {
    pub token: Option<Arc<Token>>,
    /// When a renewal with this token's refresh token began whose outcome is not known, in seconds since the epoch: its
    /// answer may have been lost.
    pub renewal_began_s: Option<i64>,
    /// The server refused the token's refresh token.
    pub refusal: Option<Refusal>,
    /// A resource refused the token's access token: it is not to be used any more.
    pub access_token_refused: bool,
}

/// Why a text cannot be read as the state of a login.
#[derive(Debug)]
pub enum Unreadable {
    /// A newer release wrote it: the login is valid, and the record must stay.
    Newer,
    Damaged(Error),
}

impl SavedSession {
    /// The record as text, with the secrets of the token.
    pub fn write(&self, owner: &Owner) -> SecretBytes {
        let mut json = SecretBytes::with_capacity(1024);
        json.extend(format!("{{\"{KIND}\":{VERSION}").as_bytes());
        append_name(&mut json, OWNER);
        json.extend(owner.as_json().as_bytes());
        if let Some(began_s) = self.renewal_began_s {
            append_name(&mut json, "renewal_began_s");
            json.extend(began_s.to_string().as_bytes());
        }
        if let Some(refusal) = &self.refusal {
            append_name(&mut json, "refusal");
            refusal.append_to(&mut json);
        }
        if self.access_token_refused {
            append_name(&mut json, "access_token_refused");
            json.extend(b"true");
        }
        if let Some(token) = &self.token {
            append_name(&mut json, "token");
            json.extend(&saved_token::write(token));
        }
        json.push(b'}');
        json
    }

    /// Reads what [`Self::write`] wrote, and whose it is.
    pub fn read(text: &[u8]) -> Result<(Owner, Self), Unreadable> {
        let damaged = |why: &str| Unreadable::Damaged(Error::argument("text", why));
        let json = std::str::from_utf8(text).map_err(|_| damaged("is no UTF-8"))?;
        let refused = |json: &str, kind, version, error| match is_newer(json, kind, version) {
            true => Unreadable::Newer,
            false => Unreadable::Damaged(error),
        };
        let saved = Saved::open(json, KIND, VERSION).map_err(|error| refused(json, KIND, VERSION, error))?;
        let owner = saved.get(OWNER).and_then(Owner::read).ok_or_else(|| damaged("does not say whose login it is"))?;
        let token = saved.get("token").map(|token| {
            let unreadable = |error| refused(token, saved_token::KIND, saved_token::VERSION, error);
            saved_token::read_any(token).map(Arc::new).map_err(unreadable)
        });
        let refusal =
            saved.get("refusal").map(|refusal| Saved::nested(refusal).and_then(|saved| Refusal::read(&saved)));
        let refusal = refusal.transpose().map_err(Unreadable::Damaged)?;
        let session = Self {
            token: token.transpose()?,
            renewal_began_s: saved.value("renewal_began_s", |_| true).map_err(Unreadable::Damaged)?,
            refusal,
            access_token_refused: saved.value("access_token_refused", |_: &bool| true).map_err(Unreadable::Damaged)?
                == Some(true),
        };
        Ok((owner, session))
    }

    /// Whether only a new login helps, as far as is known.
    pub fn login_required(&self) -> bool {
        self.refusal.as_ref().is_some_and(Refusal::ends_the_login)
    }

    /// When the record is of no use any more, in seconds since the epoch.
    pub fn expires_at_s(&self) -> Option<i64> {
        let login = self.token.as_ref().and_then(|token| token.login_expires_at_s());
        let over = self.refusal.as_ref().filter(|refusal| refusal.is_final);
        let over = over.map(|refusal| refusal.last_at_s.saturating_add(LIFE_OF_AN_END_S));
        login.into_iter().chain(over).min()
    }
}
