//! Any text is a token that was saved, and then it stays the same for ever, or is refused in a line that can be shown.

use oauthclient::protocol::saved_token;

use crate::checks;

pub fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
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
    let expiry_s = line().and_then(|line| line.parse().ok());
    match saved_token::from_values(access_token, kind, refresh_token, scope, expiry_s) {
        Ok(token) => checks::token(&token),
        Err(error) => checks::error(&error),
    }
}
