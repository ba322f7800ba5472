//! Any two lines are a server's keys and a JWT, or not; nothing is verified that the one private key has not signed; and
//! any JWT in a redirect is an answer with the state of the request, or is refused in a line that can be shown.

use oauthclient::protocol::authorization_response::{Answer, Expected};
use oauthclient::protocol::jose::jwks::Jwks;
use oauthclient::protocol::jose::verify::Signed;
use oauthclient::protocol::signed_response;

use crate::checks;

/// Its private part is forgotten.
const KEYS: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"FareQVsAkAa-Mb-d21wdvN6l1RLJQ7483aS2GV4OFBs","y":"-N43q7Btt9udDl2HRWVdbo4DCxkVy9GEry5i1TDB6LE","kid":"p"}]}"#;
/// All that it has signed.
const SIGNED: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6InAifQ.eyJzdWIiOiJzIn0";
const STATE: &str = checks::PLANTED;

pub fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (keys, jwt) = text.split_once('\n').unwrap_or((text, text));
    let own = Jwks::parse(KEYS).expect("a set of keys");
    match Signed::parse(jwt) {
        Ok(signed) => {
            assert!(signed.verify(&own).is_err() || jwt.starts_with(SIGNED));
            let verified = Jwks::parse(keys).map(|keys| signed.verify(&keys));
            assert!(verified.is_err() || jwt.split('.').count() == 3);
        }
        Err(why) => checks::line(why),
    }
    if let Err(why) = Jwks::parse(keys) {
        checks::line(why);
    }
    let redirect = format!("response={jwt}");
    let expected =
        Expected { redirect_uri: "app:/", state: STATE, issuers: &["https://as.example"], iss_required: true };
    let Ok(Ok(jwt)) = signed_response::jwt(&redirect, &expected) else { return };
    let Ok(signed) = Signed::parse(jwt.as_str()) else { return };
    match signed_response::read(&signed, "client", &expected, 1_700_000_000) {
        Ok(answer) => {
            assert!(signed_response::has_state(&redirect, STATE));
            assert!(signed.claims.string("state") == Some(STATE) && signed.claims.lists("aud", "client"));
            assert!(matches!(answer, Answer::Code(_) | Answer::Error(..)));
        }
        Err(error) => checks::error(&error),
    }
    assert!(!signed_response::has_state(&redirect, ""));
}
