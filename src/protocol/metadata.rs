//! Reads authorization server metadata (RFC 8414 sections 2 and 3, OpenID Connect Discovery section 4), which must name
//! the issuer that they were fetched for.

use std::time::Duration;

use url::Url;

use crate::error::{Advice, Error, Result, Status};
use crate::http::Response;
use crate::protocol::answer::{self, Context};
use crate::protocol::issuer::Issuer;
use crate::protocol::json::Object;
use crate::protocol::json_value::Value;
use crate::protocol::message::Secrets;
use crate::protocol::{endpoint, freshness};

/// The metadata of an issuer.
#[derive(Debug)]
pub struct Metadata {
    pub json: Value,
    /// How long they may be cached.
    pub fresh_for: Duration,
    /// In the order of [`Endpoint::ALL`].
    endpoints: [Option<Url>; Endpoint::ALL.len()],
}

/// The endpoints that this library sends requests or a user to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Endpoint {
    Authorization,
    Token,
    DeviceAuthorization,
    Revocation,
    Introspection,
    Userinfo,
    PushedAuthorizationRequest,
    /// The document of its public keys (RFC 7517).
    Jwks,
}

impl Endpoint {
    pub const ALL: [Self; 8] = [
        Self::Authorization,
        Self::Token,
        Self::DeviceAuthorization,
        Self::Revocation,
        Self::Introspection,
        Self::Userinfo,
        Self::PushedAuthorizationRequest,
        Self::Jwks,
    ];

    /// The metadata member that holds the URL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Authorization => "authorization_endpoint",
            Self::Token => "token_endpoint",
            Self::DeviceAuthorization => "device_authorization_endpoint",
            Self::Revocation => "revocation_endpoint",
            Self::Introspection => "introspection_endpoint",
            Self::Userinfo => "userinfo_endpoint",
            Self::PushedAuthorizationRequest => "pushed_authorization_request_endpoint",
            Self::Jwks => "jwks_uri",
        }
    }

    /// Whether a server that has it names it in each of its documents: its log-ins need it.
    pub fn is_in_both_documents(self) -> bool {
        matches!(self, Self::Authorization | Self::Token)
    }
}

/// The issuers whose metadata are accepted.
pub struct Trust<'a> {
    pub issuer: &'a Issuer,
    /// Other values of `issuer` that the program allows, each as it is written in the document.
    pub also: &'a [String],
    pub allow_http: bool,
    /// The client shows a TLS certificate: the endpoints for such clients are meant (RFC 8705 section 5).
    pub mutual_tls: bool,
}

/// The result of one of the metadata URLs.
#[derive(Debug)]
pub enum Found {
    Metadata(Box<Metadata>),
    /// Not here: ask the next URL. With what the server said, unless it was a page.
    Elsewhere(Option<Error>),
}

/// Reads the answer of a metadata URL.
pub fn read(response: Response, trust: &Trust<'_>, context: &Context<'_>) -> Result<Found> {
    let read = match response.status {
        200..300 => interpret(&response, trust, context),
        300..400 => Err(Refusal(Status::Redirect, "the metadata was redirected, which is never followed".to_owned())),
        408 | 425 | 429 | 500.. => Err(Refusal(Status::Http, "the server could not give its metadata".to_owned())),
        _ => {
            let read = answer::read(response, context, |_| false, |_| Err::<(), _>("the endpoint failed"));
            return Ok(Found::Elsewhere(read.err()));
        }
    };
    read.map_err(|Refusal(status, why)| {
        let advice = match status {
            Status::Http => Advice::RetryLater,
            Status::InvalidResponse => Advice::None, // a defect of the server
            _ => Advice::FixConfig,
        };
        answer::failure(status, &why, response, context).with_advice(advice)
    })
}

/// The member that holds the endpoints for clients that show a certificate.
const ALIASES: &str = "mtls_endpoint_aliases";

struct Refusal(Status, String);

impl Refusal {
    fn malformed(why: impl std::fmt::Display) -> Self {
        Self(Status::InvalidResponse, format!("the metadata was refused: {why}"))
    }
}

fn interpret(response: &Response, trust: &Trust<'_>, context: &Context<'_>) -> std::result::Result<Found, Refusal> {
    let text = response.body.as_str().unwrap_or_default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some(object) = Object::parse(text) else {
        return Ok(Found::Elsewhere(None)); // single-page applications answer every URL with their page
    };
    let json = Value::of(&object, text).ok_or_else(|| Refusal::malformed("it held a member twice"))?;
    let named = json.string("issuer").ok_or_else(|| Refusal::malformed("issuer was missing or no string"))?;
    if named != trust.issuer.as_str() && !trust.also.iter().any(|allowed| allowed == named) {
        return Err(mismatch(trust.issuer.as_str(), named, context));
    }
    let mut endpoints = [const { None }; Endpoint::ALL.len()];
    let aliases = json.get(ALIASES).filter(|_| trust.mutual_tls);
    if aliases.is_some_and(|aliases| !aliases.is_object()) {
        return Err(Refusal::malformed(format_args!("{ALIASES} is no object")));
    }
    for (slot, endpoint) in endpoints.iter_mut().zip(Endpoint::ALL) {
        *slot = match url_of(endpoint, &json, aliases, trust) {
            Err(_) if endpoint == Endpoint::Jwks => None, // few calls need the keys: those say that there are none
            url => url?,
        };
    }
    let fresh_for = freshness::lifetime(&response.headers, context.now);
    Ok(Found::Metadata(Box::new(Metadata { json, fresh_for, endpoints })))
}

/// The URL of an endpoint, if the document has one; that of the aliases comes first.
fn url_of(
    endpoint: Endpoint,
    json: &Value,
    aliases: Option<&Value>,
    trust: &Trust<'_>,
) -> std::result::Result<Option<Url>, Refusal> {
    let name = endpoint.name();
    // The user's browser goes to the authorization endpoint, not this client.
    let aliases = aliases.filter(|aliases| endpoint != Endpoint::Authorization && aliases.get(name).is_some());
    let place = if aliases.is_some() { "mtls_endpoint_aliases: " } else { "" };
    let document = aliases.unwrap_or(json);
    if document.get(name).is_none() {
        return Ok(None);
    }
    let malformed = |why: &str| Refusal::malformed(format_args!("{place}{name} {why}"));
    let text = document.string(name).ok_or_else(|| malformed("is no string"))?;
    let url = endpoint::parse(name, text, trust.allow_http);
    let url = url.map_err(|why| Refusal::malformed(format_args!("{place}{why}")))?;
    if url.scheme() == "http" && !trust.allow_http && trust.issuer.is_https() {
        return Err(malformed("is plain http, though the issuer is not"));
    }
    Ok(Some(url))
}

/// RFC 8414 section 3.3: both must be identical, or any server could speak for the issuer.
fn mismatch(ours: &str, theirs: &str, context: &Context<'_>) -> Refusal {
    let mut secrets = Secrets::default(); // the server may echo a key from the program's headers
    (context.secrets)(&mut secrets);
    // Short enough that the line has room for both, and for the advice.
    let shown = |issuer: &str| secrets.clean(issuer).chars().take(120).collect::<String>();
    let only_a_slash = ours.trim_end_matches('/') == theirs.trim_end_matches('/');
    let next = match only_a_slash {
        true => "set issuer to the latter: only the slash at the end differs",
        false => "set issuer to the latter, or allow it besides, if it is the server that is meant",
    };
    let (ours, theirs) = (shown(ours), shown(theirs));
    Refusal(Status::IssuerMismatch, format!("the metadata of issuer {ours} named another one, {theirs}; {next}"))
}

impl Metadata {
    pub fn endpoint(&self, endpoint: Endpoint) -> Option<&Url> {
        self.endpoints.get(endpoint as usize)?.as_ref()
    }

    /// The issuer that the document names.
    pub fn issuer(&self) -> Option<&str> {
        self.json.string("issuer")
    }

    /// Whether authorization responses carry `iss` (RFC 9207 section 3).
    pub fn requires_iss(&self) -> bool {
        self.json.boolean("authorization_response_iss_parameter_supported") == Some(true)
    }

    /// Whether authorization requests must be pushed (RFC 9126 section 5).
    pub fn requires_pushed_requests(&self) -> bool {
        self.json.boolean("require_pushed_authorization_requests") == Some(true)
    }

    /// Whether authorization requests must be signed (RFC 9101 section 10.5).
    pub fn requires_signed_requests(&self) -> bool {
        self.json.boolean("require_signed_request_object") == Some(true)
    }

    /// Whether a response mode of signed responses (JARM) is listed; `None` if no mode is, which says nothing.
    pub fn supports_signed_responses(&self) -> Option<bool> {
        let mut modes = self.json.strings_of("response_modes_supported").peekable();
        modes.peek().is_some().then(|| modes.any(|mode| matches!(mode.as_str(), "jwt" | "query.jwt" | "form_post.jwt")))
    }

    /// Whether this endpoint is said to accept a client authentication method.
    pub fn allows(&self, endpoint: Endpoint, method: &str) -> bool {
        const TOKEN: &str = "token_endpoint_auth_methods_supported";
        let own = match endpoint {
            Endpoint::Revocation => "revocation_endpoint_auth_methods_supported",
            Endpoint::Introspection => "introspection_endpoint_auth_methods_supported",
            _ => TOKEN,
        };
        let methods = if self.json.strings_of(own).next().is_none() { TOKEN } else { own };
        self.json.lists(methods, method)
    }

    /// Whether PKCE with S256 is listed; `None` if no method is, which says nothing.
    pub fn supports_s256(&self) -> Option<bool> {
        const METHODS: &str = "code_challenge_methods_supported";
        let is_listed = self.json.strings_of(METHODS).next().is_some();
        is_listed.then(|| self.json.lists(METHODS, "S256"))
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::error::Error;
    use crate::http::Headers;

    const ISSUER: &str = "https://as.example/t";

    fn answer(status: u16, fields: &[(&str, &str)], body: &str) -> Result<Found> {
        answer_of(ISSUER, status, fields, body)
    }

    fn answer_of(issuer: &str, status: u16, fields: &[(&str, &str)], body: &str) -> Result<Found> {
        let mut headers = Headers::default();
        fields.iter().for_each(|(name, value)| headers.push(name.as_bytes(), value.as_bytes()));
        let response = Response { status, headers, body: body.as_bytes().to_vec().into(), cut: false };
        let issuer = Issuer::parse(issuer, false).expect("an issuer");
        let also = ["https://as.example/{tenantid}/v2.0".to_owned()];
        let context = Context { now: SystemTime::UNIX_EPOCH, deviations: 0, secrets: &|secrets| secrets.add("k3y") };
        read(response, &Trust { issuer: &issuer, also: &also, allow_http: false, mutual_tls: false }, &context)
    }

    fn metadata(body: &str) -> Metadata {
        match answer(200, &[("Cache-Control", "max-age=600")], body) {
            Ok(Found::Metadata(metadata)) => *metadata,
            other => panic!("{body}: {other:?}"),
        }
    }

    fn refused(status: u16, body: &str) -> Error {
        let error = answer(status, &[("Retry-After", "7")], body).expect_err(body);
        let response = error.response.as_ref().expect("the answer");
        assert_eq!((response.status, &response.body[..]), (status, body.as_bytes()));
        error
    }

    #[test]
    fn metadata_are_read() {
        let metadata = metadata(
            r#"{"issuer":"https://as.example/t","token_endpoint":"https://login.example/token?tenant=1",
            "authorization_endpoint":"https://as.example/authorize","device_authorization_endpoint":null,
            "revocation_endpoint":"https://as.example/r","introspection_endpoint":"https://as.example/i",
            "userinfo_endpoint":"https://as.example/u","pushed_authorization_request_endpoint":"https://as.example/par",
            "require_pushed_authorization_requests":true,"jwks_uri":"https://keys.example/jwks","registration_endpoint":"not looked at",
            "authorization_response_iss_parameter_supported":true,"code_challenge_methods_supported":["plain","S256"]}"#,
        );
        let endpoints = Endpoint::ALL.map(|endpoint| metadata.endpoint(endpoint).map(Url::as_str));
        let expected = [
            Some("https://as.example/authorize"),
            Some("https://login.example/token?tenant=1"),
            None,
            Some("https://as.example/r"),
            Some("https://as.example/i"),
            Some("https://as.example/u"),
            Some("https://as.example/par"),
            Some("https://keys.example/jwks"),
        ];
        assert_eq!(endpoints, expected);
        assert!(metadata.requires_iss() && metadata.requires_pushed_requests());
        assert_eq!(metadata.supports_s256(), Some(true));
        assert_eq!(metadata.fresh_for.as_secs(), 600);
        assert_eq!(metadata.json.string("registration_endpoint"), Some("not looked at"));
    }

    #[test]
    fn missing_members_are_absent() {
        for (member, requires_iss, supports_s256) in [
            (r#""x":1"#, false, None),
            (r#""code_challenge_methods_supported":["plain"]"#, false, Some(false)),
            (r#""code_challenge_methods_supported":[]"#, false, None),
            (r#""authorization_response_iss_parameter_supported":false"#, false, None),
            (r#""authorization_response_iss_parameter_supported":"true""#, false, None),
        ] {
            let metadata = metadata(&format!("\u{feff} {{{member},\"issuer\":\"{ISSUER}\"}}"));
            assert_eq!((metadata.requires_iss(), metadata.supports_s256()), (requires_iss, supports_s256), "{member}");
            assert!(Endpoint::ALL.iter().all(|endpoint| metadata.endpoint(*endpoint).is_none()));
        }
        metadata(r#"{"issuer":"https://as.example/{tenantid}/v2.0"}"#);
    }

    #[test]
    fn each_endpoint_lists_its_methods_or_those_of_the_token_endpoint() {
        let (post, basic) = (r#"["client_secret_post"]"#, r#"["client_secret_basic"]"#);
        let metadata = metadata(&format!(
            "{{\"issuer\":\"{ISSUER}\",\"token_endpoint_auth_methods_supported\":{post},\
             \"introspection_endpoint_auth_methods_supported\":{basic},\"revocation_endpoint_auth_methods_supported\":[]}}"
        ));
        for (endpoint, expected) in [
            (Endpoint::Token, true),
            (Endpoint::DeviceAuthorization, true),
            (Endpoint::Revocation, true),
            (Endpoint::Introspection, false),
        ] {
            assert_eq!(metadata.allows(endpoint, "client_secret_post"), expected, "{endpoint:?}");
            assert_eq!(metadata.allows(endpoint, "client_secret_basic"), !expected, "{endpoint:?}");
        }
    }

    #[test]
    fn answers_without_metadata_let_the_search_go_on() {
        let good = format!("{{\"issuer\":\"{ISSUER}\"}}");
        for status in [400, 401, 403, 404, 405, 410] {
            assert!(matches!(answer(status, &[], &good), Ok(Found::Elsewhere(_))), "{status}");
        }
        assert!(matches!(answer(203, &[], &good), Ok(Found::Metadata(_))), "a proxy that transforms");
        for body in ["<!doctype html><title>App</title>", "", "[]", "\"x\"", "{", "{} {}"] {
            assert!(matches!(answer(200, &[], body), Ok(Found::Elsewhere(_))), "{body}");
        }
    }

    #[test]
    fn answers_that_end_the_search() {
        for (status, expected, advice) in [
            (301, Status::Redirect, Advice::FixConfig),
            (307, Status::Redirect, Advice::FixConfig),
            (408, Status::Http, Advice::RetryLater),
            (425, Status::Http, Advice::RetryLater),
            (429, Status::Http, Advice::RetryLater),
            (500, Status::Http, Advice::RetryLater),
            (502, Status::Http, Advice::RetryLater),
        ] {
            let error = refused(status, "{}");
            assert_eq!((error.status, error.advice, error.retry_after_s), (expected, advice, Some(7)), "{status}");
        }
    }

    #[test]
    fn what_is_refused() {
        let with = |member: &str| format!("{{\"issuer\":\"{ISSUER}\",{member}}}");
        for (body, named) in [
            ("{}".to_owned(), "issuer"),
            (r#"{"error":"not_found"}"#.to_owned(), "issuer"),
            (r#"{"issuer":["https://as.example/t"]}"#.to_owned(), "issuer"),
            (with(r#""x":1,"x":1"#), "twice"),
            (with(r#""issuer":"https://as.example/t""#), "twice"),
            (with(r#""token_endpoint":"http://as.example/token""#), "token_endpoint is plain http"),
            (with(r#""token_endpoint":1"#), "token_endpoint is no string"),
            (with(r#""token_endpoint":["https://as.example/token"]"#), "token_endpoint is no string"),
            (with(r#""token_endpoint":"https://as.example/\u0000""#), "token_endpoint is no string"),
            (with(r#""authorization_endpoint":"javascript:alert(1)""#), "authorization_endpoint"),
            (with(r#""device_authorization_endpoint":"/device""#), "device_authorization_endpoint"),
            (with(r#""revocation_endpoint":"https://user@as.example/""#), "revocation_endpoint"),
            (with(r#""introspection_endpoint":"https://as.example/#""#), "introspection_endpoint"),
            (with(r#""userinfo_endpoint":"https://as.example/\n""#), "userinfo_endpoint"),
        ] {
            let error = refused(200, &body);
            assert_eq!((error.status, error.advice), (Status::InvalidResponse, Advice::None), "{body}");
            assert!(error.message.as_str().contains(named), "{body}: {error}");
        }
    }

    #[test]
    fn keys_that_nobody_may_need_are_passed_over() {
        for uri in ["7", r#""http://as.example/jwks""#, r#""http://127.0.0.1/jwks""#, r#""/jwks""#, r#""""#, "null"] {
            let metadata = metadata(&format!("{{\"issuer\":\"{ISSUER}\",\"jwks_uri\":{uri}}}"));
            assert!(metadata.endpoint(Endpoint::Jwks).is_none(), "{uri}");
        }
    }

    #[test]
    fn endpoints_on_this_machine_are_for_an_issuer_on_it() {
        for (issuer, good) in [("http://127.0.0.1", true), ("https://as.example", false), ("HTTPS://as.example", false)]
        {
            let body = format!(r#"{{"issuer":"{issuer}","token_endpoint":"http://127.0.0.1:1/token"}}"#);
            assert_eq!(answer_of(issuer, 200, &[], &body).is_ok(), good, "{issuer}");
        }
    }

    #[test]
    fn metadata_of_another_issuer_are_refused_by_name() {
        for (theirs, shown, only_a_slash) in [
            ("https://as.example/t/", "https://as.example/t/", true),
            ("https://as.example/T", "https://as.example/T", false),
            ("https://AS.example/t", "https://AS.example/t", false),
            ("https://as.example:443/t", "https://as.example:443/t", false),
            ("https://as.example/{tenant}/v2.0", "https://as.example/{tenant}/v2.0", false),
            ("https://evil.example/\\u001b[2J\\n", r"https://evil.example/\u{1b}[2J\n;", false),
            ("", "named another one, ;", false),
            ("https://k3y.example", "https://[redacted].example", false),
        ] {
            let error = refused(200, &format!("{{\"issuer\":\"{theirs}\",\"token_endpoint\":1}}"));
            let message = error.message.as_str();
            assert_eq!((error.status, error.advice), (Status::IssuerMismatch, Advice::FixConfig), "{message}");
            assert!(message.contains(ISSUER) && message.contains(shown), "{message}");
            assert_eq!(message.contains("slash"), only_a_slash, "{message}");
        }
        let error = refused(200, &format!("{{\"issuer\":\"{}\"}}", "x".repeat(9999)));
        assert!(error.message.as_str().contains("set issuer to the latter"), "{error}");
    }
}
