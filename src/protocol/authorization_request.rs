//! An authorization request (RFC 6749 section 4.1.1) with its protections: PKCE (RFC 7636), state, and OpenID's nonce.

use serde_json::value::RawValue;
use url::Url;

use crate::error::{Error, Result};
use crate::protocol::dpop::Bound;
use crate::protocol::parameters::{Fields, Parameters};
use crate::protocol::{authorization_response, form, id_token, pkce, redirect_uri, signed_response, token_request};
use crate::secret::{Secret, SecretBytes};
use crate::text::has_ascii_host;

/// A request that was begun, with the values that its redirect is checked against.
pub struct AuthorizationRequest {
    /// Where to send the user.
    pub url: Secret,
    pub state: Secret,
    /// Only with the scope `openid`.
    pub nonce: Option<Secret>,
    /// `None` if PKCE is off.
    pub code_verifier: Option<Secret>,
    pub redirect_uri: Secret,
    pub client_id: Secret,
    pub issuer: Option<Secret>,
    /// The metadata say that redirects carry `iss` (RFC 9207).
    pub requires_iss: bool,
    pub wants_id_token: bool,
    /// The redirect must be signed (JARM).
    pub signed_response: bool,
    /// Resource indicators (RFC 8707), separated by spaces: they belong into the token request, too.
    pub resources: Option<Secret>,
    /// The key to which its tokens will be bound (RFC 9449 section 10).
    pub dpop: Option<Bound>,
    /// Seconds since the epoch.
    pub expires_at_s: i64,
}

/// A request whose endpoint is not known yet.
#[derive(Clone)]
pub struct Query {
    /// The query of its URL.
    query: Secret,
    state: Secret,
    nonce: Option<Secret>,
    code_verifier: Option<Secret>,
    redirect_uri: Secret,
    client_id: Secret,
    issuer: Option<Secret>,
    resources: Option<Secret>,
    dpop: Option<Bound>,
    expires_at_s: i64,
    /// The redirect must be signed (JARM).
    pub signed_response: bool,
}

/// The arguments of a request.
pub struct Beginning<'a> {
    pub client_id: &'a str,
    pub issuer: Option<&'a str>,
    pub redirect_uri: &'a str,
    pub scope: Option<&'a str>,
    pub parameters: Option<&'a Parameters>,
    pub pkce: bool,
    pub signed_response: bool,
    pub dpop: Option<Bound>,
    pub expires_at_s: i64,
    /// From the operating system, used for this request only.
    pub random: &'a Random,
}

/// Random bytes for state, code verifier and nonce.
pub type Random = [[u8; 32]; 3];

impl Query {
    /// Builds the query and checks all arguments, before anything is sent to the server.
    pub fn begin(beginning: &Beginning<'_>) -> Result<Self> {
        redirect_uri::check(beginning.redirect_uri)?;
        let [state, verifier, nonce] = beginning.random.each_ref().map(pkce::unguessable);
        let challenge = pkce::challenge(verifier.as_str());
        let mut fields = Fields(vec![("response_type", "code"), ("client_id", beginning.client_id)]);
        fields.0.push(("redirect_uri", beginning.redirect_uri));
        token_request::add_scope(&mut fields, beginning.scope)?;
        fields.0.push(("state", state.as_str()));
        if beginning.pkce {
            fields.0.extend([("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")]);
        }
        if let Some(bound) = &beginning.dpop {
            fields.0.push(("dpop_jkt", bound.thumbprint()));
        }
        if let Some(parameters) = beginning.parameters {
            parameters.merge_into(&mut fields, "parameters", &["redirect_uri", "client_id"], true)?;
        }
        check(&fields)?;
        let mode = fields.get("response_mode");
        let signed_response = beginning.signed_response || mode.is_some_and(signed_response::is_mode);
        if signed_response {
            if beginning.issuer.is_none() {
                return Err(Error::config("issuer", "is not set, and a signed response needs it to be checked"));
            }
            fields.set("response_mode", signed_response::mode(mode));
        }
        let wants_id_token = fields.get("scope").is_some_and(id_token::is_in_scope);
        if wants_id_token {
            if beginning.issuer.is_none() {
                return Err(Error::config("issuer", "is not set, and the scope openid needs it to check the ID token"));
            }
            fields.0.push(("nonce", nonce.as_str()));
        }
        let mut query = SecretBytes::with_capacity(1024);
        form::append(&mut query, &fields.0);
        Ok(Self {
            query: secret(query.as_str().unwrap_or_default())?,
            redirect_uri: secret(beginning.redirect_uri)?,
            client_id: secret(beginning.client_id)?,
            issuer: beginning.issuer.and_then(Secret::new),
            resources: beginning.parameters.and_then(Parameters::resources),
            dpop: beginning.dpop.clone(),
            expires_at_s: beginning.expires_at_s,
            signed_response,
            nonce: wants_id_token.then_some(nonce),
            code_verifier: beginning.pkce.then_some(verifier),
            state,
        })
    }

    /// The names and values of a request that is pushed or signed; an error if they say already that it is.
    pub fn parameters(&self) -> Result<Vec<(Secret, Secret)>> {
        let refuse = |why| Error::argument("parameters", why);
        let pairs = form::parse(self.query.as_str()).map(|form| form.pairs).ok_or_else(|| refuse("are too many"))?;
        let has = |wanted| pairs.iter().any(|(name, _)| name.as_str() == wanted);
        match (has("request_uri"), has("request")) {
            (true, _) => Err(refuse("may not hold a request_uri: the library pushes or signs the request")),
            (_, true) => Err(refuse("may not hold a request: the library pushes or signs the request")),
            _ => Ok(pairs),
        }
    }

    /// The same request as a signed object (RFC 9101 section 5), with what OpenID Connect wants beside it (Core 6.1).
    pub fn signed(&self, request: &str) -> Result<Self> {
        let parameters = self.parameters()?;
        let scope = parameters.iter().find(|(name, _)| name.as_str() == "scope").map(|(_, scope)| scope.as_str());
        let mut pairs = vec![("client_id", self.client_id.as_str())];
        if let Some(scope) = scope.filter(|_| self.nonce.is_some()) {
            pairs.extend([("response_type", "code"), ("scope", scope)]);
        }
        pairs.push(("request", request));
        self.with_query(&pairs)
    }

    /// The same request, which the server knows by its request URI (RFC 9126 section 4).
    pub fn pushed(&self, request_uri: &str) -> Result<Self> {
        self.with_query(&[("client_id", self.client_id.as_str()), ("request_uri", request_uri)])
    }

    fn with_query(&self, pairs: &[(&str, &str)]) -> Result<Self> {
        let mut query = SecretBytes::with_capacity(256);
        form::append(&mut query, pairs);
        Ok(Self { query: secret(query.as_str().unwrap_or_default())?, ..self.clone() })
    }

    /// The request at its endpoint; the query of the endpoint's URL is kept (RFC 6749 section 3.1).
    pub fn at(self, endpoint: &Url, requires_iss: bool) -> Result<AuthorizationRequest> {
        let mut url = SecretBytes::with_capacity(endpoint.as_str().len() + 1 + self.query.as_str().len());
        let joint = if endpoint.query().is_some() { b"&" } else { b"?" };
        url.extend_all([endpoint.as_str().as_bytes(), joint, self.query.as_str().as_bytes()]);
        Ok(AuthorizationRequest {
            url: secret(url.as_str().unwrap_or_default())?,
            state: self.state,
            wants_id_token: self.nonce.is_some(),
            nonce: self.nonce,
            code_verifier: self.code_verifier,
            redirect_uri: self.redirect_uri,
            client_id: self.client_id,
            issuer: self.issuer,
            requires_iss,
            signed_response: self.signed_response,
            resources: self.resources,
            dpop: self.dpop,
            expires_at_s: self.expires_at_s,
        })
    }
}

impl AuthorizationRequest {
    /// Whether a redirect has the state of this request.
    pub fn is_answered_by(&self, redirect: &str) -> bool {
        let state = self.state.as_str();
        authorization_response::has_state(redirect, state)
            || (self.signed_response && signed_response::has_state(redirect, state))
    }
}

fn check(fields: &Fields<'_>) -> Result<()> {
    let refuse = |why: &str| Err(Error::argument("parameters", why));
    for (name, value) in &fields.0 {
        match *name {
            "scope" => token_request::no_control("scope", value)?,
            "response_mode" if !matches!(*value, "query" | "form_post") && !signed_response::is_mode(value) => {
                return refuse("hold a response_mode that is neither query nor form_post, nor a signed one of them");
            }
            "authorization_details" if serde_json::from_str::<Vec<&RawValue>>(value).is_err() => {
                return refuse("hold authorization_details that are no JSON array (RFC 9396)");
            }
            "resource"
                if !has_ascii_host(value)
                    || value.contains(' ')
                    || !Url::parse(value).is_ok_and(|url| url.fragment().is_none()) =>
            {
                return refuse("hold a resource that is no absolute URI without fragment (RFC 8707)");
            }
            _ => {}
        }
    }
    Ok(())
}

fn secret(text: &str) -> Result<Secret> {
    Secret::new(text).ok_or_else(|| Error::argument("parameters", "hold U+0000"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANDOM: Random = [[1; 32], [2; 32], [3; 32]];

    fn parameters(list: &[(&str, &str)]) -> Parameters {
        let mut parameters = Parameters::default();
        for (name, value) in list {
            parameters.add(Secret::new(name).expect("text"), Secret::new(value).expect("text"));
        }
        parameters
    }

    fn begin(
        endpoint: &str,
        redirect_uri: &str,
        scope: Option<&str>,
        list: &[(&str, &str)],
    ) -> Result<AuthorizationRequest> {
        let query = Query::begin(&Beginning {
            client_id: "client",
            issuer: Some("https://as.example"),
            redirect_uri,
            scope,
            parameters: Some(&parameters(list)),
            pkce: true,
            signed_response: false,
            dpop: None,
            expires_at_s: 900,
            random: &RANDOM,
        })?;
        query.at(&Url::parse(endpoint).expect("a URL"), false)
    }

    #[test]
    fn an_authorization_request_has_all_parameters() {
        let request = begin(
            "https://as.example/a?tenant=1",
            "http://127.0.0.1:1/",
            Some("openid a"),
            &[("prompt", "consent"), ("resource", "https://r.example/1"), ("resource", "https://r.example/2")],
        )
        .expect("good");
        let url = Url::parse(request.url.as_str()).expect("a URL");
        let pairs: Vec<_> = url.query_pairs().map(|(name, value)| format!("{name}={value}")).collect();
        let state = request.state.as_str();
        let challenge = pkce::challenge(request.code_verifier.as_ref().expect("PKCE").as_str());
        let nonce = request.nonce.as_ref().expect("openid").as_str();
        let expected = format!(
            "tenant=1 response_type=code client_id=client redirect_uri=http://127.0.0.1:1/ scope=openid a state={state} \
             code_challenge={challenge} code_challenge_method=S256 prompt=consent resource=https://r.example/1 \
             resource=https://r.example/2 nonce={nonce}"
        );
        assert_eq!(pairs.join(" "), expected);
        let resources = request.resources.as_ref().map(Secret::as_str);
        assert_eq!(resources, Some("https://r.example/1 https://r.example/2"));
        assert!(
            state != nonce && state.len() == 43 && !request.url.as_str().contains("AgIC"),
            "the verifier stays here"
        );
        assert!(begin("https://as.example/a", "app:/", None, &[]).expect("good").nonce.is_none());
    }

    #[test]
    fn mistakes_are_named_before_anything_is_sent() {
        for (redirect_uri, scope, list, named) in [
            ("/cb", None, vec![], "redirect_uri"),
            ("app:/", Some("a\nb"), vec![], "scope"),
            ("app:/", None, vec![("scope", "a\u{1}")], "scope"),
            ("app:/", None, vec![("response_mode", "fragment")], "response_mode"),
            ("app:/", None, vec![("authorization_details", "{}")], "authorization_details"),
            ("app:/", None, vec![("resource", "r")], "resource"),
            ("app:/", None, vec![("state", "mine")], "state"),
            ("app:/", None, vec![("nonce", "mine")], "nonce"),
            ("app:/", None, vec![("code_challenge", "mine")], "code_challenge"),
            ("app:/", None, vec![("redirect_uri", "app:/2")], "redirect_uri"),
        ] {
            let error = begin("https://as.example/a", redirect_uri, scope, &list).err().expect(named);
            assert!(error.message.as_str().contains(named), "{error}");
        }
        assert!(begin("https://as.example/a", "app:/", None, &[("authorization_details", "[{}]")]).is_ok());
    }
}
