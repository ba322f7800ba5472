//! A begun authorization request as text, for another process to finish: versioned JSON, secrets included.

use crate::error::Result;
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::json::append_string;
use crate::protocol::saved::{Saved, append_name, bad, refuse};
use crate::protocol::saved_token::read_bound;
use crate::secret::SecretBytes;

/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;
const KIND: &str = "oauthclient_authorization";

pub fn write(request: &AuthorizationRequest) -> SecretBytes {
    let mut json = SecretBytes::with_capacity(2048);
    json.extend(format!("{{\"{KIND}\":{VERSION}").as_bytes());
    let texts = [
        ("url", Some(&request.url)),
        ("state", Some(&request.state)),
        ("nonce", request.nonce.as_ref()),
        ("code_verifier", request.code_verifier.as_ref()),
        ("redirect_uri", Some(&request.redirect_uri)),
        ("client_id", Some(&request.client_id)),
        ("issuer", request.issuer.as_ref()),
        ("resource", request.resources.as_ref()),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            append_name(&mut json, name);
            append_string(&mut json, text.as_str());
        }
    }
    if let Some(bound) = &request.dpop {
        let (name, value) = bound.saved();
        append_name(&mut json, name);
        append_string(&mut json, value.as_str().unwrap_or_default());
    }
    let rest = format!(
        ",\"requires_iss\":{},\"wants_id_token\":{},\"signed_response\":{},\"expires_at_s\":{}}}",
        request.requires_iss, request.wants_id_token, request.signed_response, request.expires_at_s
    );
    json.extend(rest.as_bytes());
    json
}

/// Reads what [`write()`] wrote, also in another release with the same version.
pub fn read(json: &str) -> Result<AuthorizationRequest> {
    let saved = Saved::open(json, KIND, VERSION)?;
    let optional = |name: &str| saved.text(name, |_| true);
    let required = |name: &str| optional(name)?.ok_or_else(|| refuse(&format!("has no {name}")));
    let flag = |name: &str| saved.value(name, |_| true)?.ok_or_else(|| bad(name));
    let request = AuthorizationRequest {
        url: required("url")?,
        state: required("state")?,
        nonce: optional("nonce")?,
        code_verifier: optional("code_verifier")?,
        redirect_uri: required("redirect_uri")?,
        client_id: required("client_id")?,
        issuer: optional("issuer")?,
        resources: optional("resource")?,
        dpop: read_bound(&saved)?,
        requires_iss: flag("requires_iss")?,
        wants_id_token: flag("wants_id_token")?,
        signed_response: saved.value("signed_response", |_| true)?.unwrap_or(false),
        expires_at_s: saved.value("expires_at_s", |_| true)?.ok_or_else(|| bad("expires_at_s"))?,
    };
    if request.wants_id_token && (request.nonce.is_none() || request.issuer.is_none()) {
        return Err(refuse("has no nonce or issuer for its ID token"));
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::dpop::Bound;
    use crate::secret::Secret;

    fn secret(text: &str) -> Secret {
        Secret::new(text).expect("text")
    }

    #[test]
    fn a_saved_request_comes_back_whole() {
        let request = AuthorizationRequest {
            url: secret("https://as.example/a?x=\"1\""),
            state: secret("s"),
            nonce: Some(secret("n")),
            code_verifier: None,
            redirect_uri: secret("app:/"),
            client_id: secret("c\\d"),
            issuer: Some(secret("https://as.example")),
            resources: Some(secret("https://a.example https://b.example")),
            dpop: Some(Bound::Elsewhere(secret("jkt"))),
            requires_iss: true,
            wants_id_token: true,
            signed_response: true,
            expires_at_s: 4_102_444_800,
        };
        let json = write(&request);
        let back = read(json.as_str().expect("UTF-8")).expect("readable");
        assert_eq!(write(&back).as_str(), json.as_str());
        assert!(
            back.client_id.as_str() == "c\\d"
                && back.requires_iss
                && back.signed_response
                && back.code_verifier.is_none()
        );
    }

    #[test]
    fn what_is_no_saved_request_is_refused() {
        let good = r#""url":"u","state":"s","redirect_uri":"r","client_id":"c","requires_iss":false,"#;
        for (json, named) in [
            (String::new(), "no JSON"),
            ("{}".to_owned(), "no saved authorization"),
            (r#"{"oauthclient_authorization":2}"#.to_owned(), "newer"),
            (r#"{"oauthclient_authorization":1}"#.to_owned(), "url"),
            (format!(r#"{{"oauthclient_authorization":1,{good}"wants_id_token":1}}"#), "wants_id_token"),
            (format!(r#"{{"oauthclient_authorization":1,{good}"wants_id_token":false}}"#), "expires_at_s"),
            (format!(r#"{{"oauthclient_authorization":1,{good}"wants_id_token":true,"expires_at_s":1}}"#), "nonce"),
            (format!(r#"{{"oauthclient_authorization":1,{good}"state":"t"}}"#), "twice"),
        ] {
            let error = read(&json).err().expect(&json);
            assert!(error.message.as_str().contains(named), "{json}: {error}");
        }
    }
}
