//! A client whose assertions its platform makes: what the server thinks of each.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use oauthclient::source::file::File;
use serde_json::json;

use super::client_authentication::own_token;
use super::*;

/// What the platform leaves in its file.
struct Platform<'a> {
    interop: &'a Interop,
    file: tempfile::NamedTempFile,
}

impl Platform<'_> {
    fn client(&self) -> Client {
        let mut config = config(self.interop, "KEY_ES256");
        let path = self.file.path().to_str().expect("UTF-8");
        config.client_assertion = Some(Arc::new(File::new(path, None).expect("a path")));
        client_of(&config)
    }

    fn sign(&self, jti: &str, audience: &str, lives_s: i64) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs() as i64;
        let header = json!({ "alg": "ES256", "typ": "client-authentication+jwt" });
        let claims = json!({
            "iss": "key_es256", "sub": "key_es256", "aud": audience, "jti": jti, "iat": now, "exp": now + lives_s,
        });
        jose::sign(self.interop, "p256.pem", &header, &claims)
    }

    fn write(&self, text: &str) {
        std::fs::write(self.file.path(), text).expect("written");
    }
}

#[test]
fn an_assertion_of_the_platform_is_good_once_and_read_anew() {
    let Some(interop) = interop() else { return };
    let platform = Platform { interop, file: tempfile::NamedTempFile::new().expect("a temporary file") };
    let client = platform.client();
    for turn in ["first", "second"] {
        platform.write(&(platform.sign(turn, interop.issuer(), 60) + "\n"));
        own_token(&client).expect(turn);
        assert_eq!(refusal(own_token(&client)), "invalid_client", "the {turn} assertion was sent before");
    }
    for (what, assertion) in [
        ("it has expired", platform.sign("expired", interop.issuer(), -1)),
        ("it is for another server", platform.sign("other", "https://other.example", 60)),
        ("it is signed by somebody else", {
            let good = platform.sign("forged", interop.issuer(), 60);
            let other = platform.sign("forging", interop.issuer(), 60);
            format!("{}.{}", good.rsplit_once('.').expect("a JWS").0, other.rsplit_once('.').expect("a JWS").1)
        }),
    ] {
        platform.write(&assertion);
        let error = failure(own_token(&client));
        assert!(error.message.as_str().contains("invalid_client"), "{what}: {error}");
        assert!(!error.message.as_str().contains("clock"), "{what}: {error}");
    }
    platform.write("");
    let error = failure(own_token(&client));
    assert!(!error.request_sent && error.provider.is_none(), "{error}");
}
