//! Any header value is some challenges, each of whose parts C can have.

use oauthclient::protocol::challenge::{Challenge, parse, provider_error};
use oauthclient::secret::Secret;

pub fn run(input: &[u8]) {
    let challenges = parse(input);
    for challenge in &challenges {
        let scheme = challenge.scheme.as_str();
        assert!(!scheme.contains(|c: char| c.is_ascii_whitespace() || ",=\"".contains(c)), "{scheme:?}");
        assert!(!scheme.is_empty() || !challenge.parameters.is_empty());
        assert!(challenge.token68.as_ref().is_none_or(|token| !token.as_str().is_empty() && token.as_str().is_ascii()));
        for (name, _) in &challenge.parameters {
            assert!(!name.as_str().is_empty());
            assert!(challenge.parameter(&name.as_str().to_ascii_uppercase()).is_some());
        }
    }
    let has_error =
        |name| challenges.iter().any(|one| one.parameter(name).is_some_and(|text| !text.as_str().is_empty()));
    let error = provider_error(&challenges);
    assert_eq!(error.is_some(), has_error("error"));
    assert!(error.is_none_or(|error| error.error.is_some()));

    // What comes out can be written as the RFC has it, and is then read as the same.
    let shown = |one: &Challenge| {
        let token68 = one.token68.as_ref().map(Secret::as_str).unwrap_or_default();
        let parameters = one.parameters.iter().map(|(name, value)| {
            let escaped = value.as_str().replace('\\', "\\\\").replace('"', "\\\"");
            format!(", {name}=\"{escaped}\"")
        });
        format!("{} {token68}{}", one.scheme, parameters.collect::<String>())
    };
    let written: Vec<String> = challenges.iter().map(shown).collect();
    let again = parse(written.join(", ").as_bytes());
    assert_eq!(again.iter().map(shown).collect::<Vec<_>>(), written);
}
