//! Any redirect is an answer with the state of the request, or is refused in a line that can be shown.

use oauthclient::protocol::authorization_response::{Answer, Expected, has_state, read};

use crate::checks;

/// It is as secret as the rest of the exchange.
const STATE: &str = checks::PLANTED;

pub fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for redirect_uri in ["https://app.example/cb?tenant=a", "com.example.app:/cb"] {
        for issuers in [&["https://as.example"][..], &[]] {
            let expected = Expected { redirect_uri, state: STATE, issuers, iss_required: !issuers.is_empty() };
            match read(text, &expected) {
                Ok(answer) => {
                    assert!(has_state(text, STATE));
                    let decoded = form_urlencoded::parse(text.as_bytes()); // with its beginning in the first name
                    assert!(
                        decoded.map(|(_, value)| value.into_owned()).any(|value| value.trim_end().starts_with(STATE))
                    );
                    match answer {
                        Answer::Code(code) => assert!(!code.as_str().is_empty()),
                        Answer::Error(error, _) | Answer::Anonymous(error, _) => assert!(error.error.is_some()),
                    }
                }
                Err(error) => checks::error(&error),
            }
        }
    }
    assert!(!has_state(text, ""));
    assert!(!has_state(text, STATE) || !has_state(text, "another"));
}
