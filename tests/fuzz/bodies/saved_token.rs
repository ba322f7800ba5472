//! Any text is a token that was saved, and then it stays the same for ever, or is refused in a line that can be shown. The
//! same for what a store keeps.

use oauthclient::protocol::saved_session::{SavedSession, Unreadable};
use oauthclient::protocol::saved_token;
use oauthclient::protocol::token::Token;
use oauthclient::store::Key;
use oauthclient::store::seal::{KEY_LENGTH, Seal};

use crate::checks;

pub fn run(input: &[u8]) {
    kept(input);
    let seal = Seal::new(&[7; KEY_LENGTH]).expect("a key");
    assert!(seal.open(&Key::new("k").expect("a key"), input).is_err(), "nobody else has the key");
    let Ok(text) = std::str::from_utf8(input) else { return };
    kept(format!(r#"{{"oauthclient_session":1,"renewal_began_s":1,"token":{text}}}"#).as_bytes());
    match saved_token::read(text) {
        Ok(token) => {
            // What this library never writes may be read: all that is asked is that it comes out as it went in.
            let json = saved_token::write(&token);
            let again = saved_token::read(json.as_str().expect("UTF-8")).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(saved_token::write(&again).as_str(), json.as_str());
            checks::token(&token);
        }
        Err(error) => checks::error(&error),
    }
    let mut lines = text.split('\n');
    let mut line = || lines.next().filter(|line| *line != "(null)");
    let (access_token, kind, refresh_token, scope) = (line().unwrap_or_default(), line(), line(), line());
    let expires_at_s = line().and_then(|line| line.parse().ok());
    match saved_token::from_values(access_token, kind, refresh_token, scope, expires_at_s) {
        Ok(token) => checks::token(&token),
        Err(error) => checks::error(&error),
    }
}

fn kept(text: &[u8]) {
    match SavedSession::read(text) {
        Ok((owner, saved)) => {
            let written = saved.write(&owner);
            let (owner, again) = SavedSession::read(&written).expect("its own");
            assert_eq!(*again.write(&owner), *written);
            // A session may begin with a refresh token alone.
            let is_bare = |token: &Token| token.access_token.is_none() && token.claims.is_none();
            saved.token.iter().filter(|token| !is_bare(token)).for_each(|token| checks::token(token));
            assert!(saved.token.iter().all(|token| !is_bare(token) || token.refresh_token.is_some()));
        }
        Err(Unreadable::Damaged(error)) => checks::error(&error),
        Err(Unreadable::Newer) => {}
    }
}
