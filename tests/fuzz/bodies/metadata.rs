//! Any answer of a metadata URL is metadata of the very issuer that was asked, a reason to ask elsewhere, or an error
//! that can be shown; and any text is an issuer with its metadata on its own server, or none.

use std::time::{Duration, UNIX_EPOCH};

use oauthclient::error::Status;
use oauthclient::http::{Headers, Response};
use oauthclient::protocol::answer::Context;
use oauthclient::protocol::endpoint::{self, is_loopback};
use oauthclient::protocol::issuer::Issuer;
use oauthclient::protocol::metadata::{Endpoint, Found, Trust, read};

use crate::answer::Answer;
use crate::checks;

const ISSUER: &str = "https://as.example/t";

pub fn run(input: &[u8]) {
    let answer = Answer::of(input);
    let issuer = Issuer::parse(ISSUER, false).expect("an issuer");
    let also = ["https://as.example/{tenantid}/v2.0".to_owned()];
    for allow_http in [false, true] {
        let mut headers = Headers::default();
        answer.headers.iter().for_each(|(name, value)| headers.push(name, value));
        let status = u16::try_from(answer.status).unwrap_or(0);
        let response = Response { status, headers, body: answer.body.to_vec().into(), cut: false };
        let trust = Trust { issuer: &issuer, also: &also, allow_http, mutual_tls: allow_http };
        let context = Context { now: UNIX_EPOCH + Duration::from_secs(1_700_000_000), deviations: 0, secrets: &|_| {} };
        match read(response, &trust, &context) {
            Ok(Found::Metadata(metadata)) => {
                assert!((200..300).contains(&status));
                let named = metadata.json.string("issuer").expect("an issuer");
                assert!(named == ISSUER || also.iter().any(|also| also == named), "{named}");
                assert!((60..=86400).contains(&metadata.fresh_for.as_secs()));
                for endpoint in Endpoint::ALL {
                    let url = metadata.endpoint(endpoint);
                    let is_named = metadata.json.get(endpoint.name()).is_some();
                    assert!(url.is_some() == is_named || endpoint == Endpoint::Jwks);
                    let Some(url) = url else { continue };
                    assert!(url.scheme() == "https" || (url.scheme() == "http" && (allow_http || is_loopback(url))));
                    assert!(url.fragment().is_none() && url.username().is_empty() && url.password().is_none());
                }
            }
            Ok(Found::Elsewhere(_)) => assert!(status < 300 || (400..500).contains(&status), "{status}"),
            Err(error) => {
                checks::line(error.message.as_str());
                assert_eq!(error.response.as_ref().map(|response| response.status), Some(status));
                let expected: &[Status] = match status {
                    200..300 => &[Status::InvalidResponse, Status::IssuerMismatch],
                    300..400 => &[Status::Redirect],
                    _ => &[Status::Http],
                };
                assert!(expected.contains(&error.status), "{status}: {error}");
            }
        }
    }
    let text = std::str::from_utf8(answer.body).unwrap_or_default();
    match Issuer::parse(text, true) {
        Ok(issuer) => {
            let own = endpoint::parse("issuer", text, true).expect("a URL");
            let urls = issuer.metadata_urls();
            assert!(urls.iter().all(|url| url.origin() == own.origin() && url.path().contains("/.well-known/o")));
            assert!(urls.iter().all(|url| url.query().is_none() && url.fragment().is_none()));
            assert!(issuer.as_str() == text && matches!(urls.len(), 2 | 3));
        }
        Err(error) => checks::line(error.message.as_str()),
    }
}
