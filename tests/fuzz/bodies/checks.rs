//! What holds for every outcome.
#![allow(dead_code, reason = "each target uses a part")]

use oauthclient::error::Error;
use oauthclient::protocol::saved_token;
use oauthclient::protocol::token::Token;
use oauthclient::secret::Secret;

/// A secret of every request: it stands in the inputs, plain and encoded.
pub const PLANTED: &str = "s3cr3t+/of the exchange";
const PLANTED_FORMS: [&str; 4] =
    [PLANTED, "s3cr3t%2B%2Fof+the+exchange", "s3cr3t%2b%2fof+the+exchange", "s3cr3t%2B%2Fof%20the%20exchange"];

/// One bounded line that is never empty.
pub fn line(line: &str) {
    assert!(!line.is_empty() && line.len() <= 512, "{} bytes: {line:?}", line.len());
    assert!(!line.chars().any(|one| one.is_control() || matches!(one, '\u{2028}' | '\u{2029}')), "{line:?}");
}

pub fn error(error: &Error) {
    line(error.message.as_str());
    let shown = format!("{error} {error:?} {:?}", error.provider);
    assert!(!PLANTED_FORMS.iter().any(|form| shown.contains(form)), "{shown}");
    if let Some(provider) = &error.provider {
        assert!(provider.error.is_some() || provider.description.is_some() || error.deviations != 0);
    }
}

fn no_control(text: &Option<Secret>) {
    let text = text.as_ref().map_or("-", Secret::as_str);
    assert!(!text.is_empty() && !text.chars().any(char::is_control), "{text:?}");
}

/// What a program relies on, and that it is the same token after it was saved and read.
pub fn token(token: &Token) {
    assert!(token.access_token.is_some() || token.claims.is_some());
    for text in [&token.access_token, &token.token_type, &token.refresh_token, &token.id_token] {
        no_control(text);
    }
    assert!(token.expires_in_s.is_none_or(|seconds| seconds >= 0));
    if let Some(header) = token.authorization() {
        assert!(header.as_str().ends_with(token.access_token.as_ref().map_or("", Secret::as_str)));
    }
    for member in &token.members {
        assert!(token.member(member.name.as_str()).is_some());
        assert!(!member.value.raw().as_str().contains('\n') || member.value.is_nested());
    }
    let json = saved_token::write(token);
    let again = saved_token::read(json.as_str().expect("UTF-8")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(saved_token::write(&again).as_str(), json.as_str());
    let text = |text: &Option<Secret>| text.as_ref().map(|text| text.as_str().to_owned());
    for (before, after) in [
        (&token.access_token, &again.access_token),
        (&token.token_type, &again.token_type),
        (&token.scope, &again.scope),
        (&token.refresh_token, &again.refresh_token),
        (&token.id_token, &again.id_token),
    ] {
        assert_eq!(text(before), text(after));
    }
    let numbers = |token: &Token| (token.expires_in_s, token.expires_at_s, token.deviations, token.members.len());
    assert_eq!(numbers(token), numbers(&again));
    for (before, after) in token.members.iter().zip(&again.members) {
        assert_eq!(
            (before.name.as_str(), before.value.raw().as_str()),
            (after.name.as_str(), after.value.raw().as_str())
        );
        assert_eq!(before.value.text().map(Secret::as_str), after.value.text().map(Secret::as_str));
    }
}
