//! The parts of the server put together as oxide-auth wants them.

use oxide_auth::code_grant::error::AccessTokenErrorType;
use oxide_auth::code_grant::extensions::Pkce;
use oxide_auth::endpoint::{
    Endpoint, Extension, OAuthError, OwnerConsent, OwnerSolicitor, QueryParameter, Scopes, Solicitation, Template,
};
use oxide_auth::frontends::simple::endpoint::FnSolicitor;
use oxide_auth::frontends::simple::extensions::AddonList;
use oxide_auth::primitives::prelude::*;
use oxide_auth_axum::{OAuthRequest, OAuthResponse, WebError};

use super::clients::Clients;
use super::device::Devices;
use super::tokens::Tokens;
use super::{Options, RESOURCE_SCOPE, USER};

type Consent = FnSolicitor<fn(&mut OAuthRequest, Solicitation) -> OwnerConsent<OAuthResponse>>;

pub(super) struct Provider {
    pub clients: Clients,
    pub tokens: Tokens,
    pub devices: Devices,
    codes: AuthMap<RandomGenerator>,
    consent: Consent,
    extensions: AddonList,
    resource_scopes: Vec<Scope>,
}

impl Provider {
    pub fn new(options: &Options) -> Self {
        let mut extensions = AddonList::new();
        extensions.push_code(Pkce::required());
        Self {
            clients: Clients::new(),
            tokens: Tokens::new(options.access_token_lifetime_s),
            devices: Devices::new(),
            codes: AuthMap::new(RandomGenerator::new(16)),
            consent: FnSolicitor(if options.user_agrees { agree } else { refuse }),
            extensions,
            resource_scopes: vec![RESOURCE_SCOPE.parse().expect("a valid constant")],
        }
    }
}

fn agree(request: &mut OAuthRequest, solicitation: Solicitation) -> OwnerConsent<OAuthResponse> {
    let owner = if is_own_request(request) { &solicitation.pre_grant().client_id } else { USER };
    OwnerConsent::Authorized(owner.to_string())
}

fn refuse(request: &mut OAuthRequest, solicitation: Solicitation) -> OwnerConsent<OAuthResponse> {
    if is_own_request(request) { agree(request, solicitation) } else { OwnerConsent::Denied }
}

/// Whether a client asks for itself (RFC 6749 §4.4): of the flows that need consent the only one with a grant type.
fn is_own_request(request: &OAuthRequest) -> bool {
    request.body().is_some_and(|body| body.unique_value("grant_type").is_some())
}

impl Endpoint<OAuthRequest> for Provider {
    type Error = WebError;

    fn registrar(&self) -> Option<&dyn Registrar> {
        Some(&self.clients)
    }

    fn authorizer_mut(&mut self) -> Option<&mut dyn Authorizer> {
        Some(&mut self.codes)
    }

    fn issuer_mut(&mut self) -> Option<&mut dyn Issuer> {
        Some(&mut self.tokens)
    }

    fn owner_solicitor(&mut self) -> Option<&mut dyn OwnerSolicitor<OAuthRequest>> {
        Some(&mut self.consent)
    }

    fn scopes(&mut self) -> Option<&mut dyn Scopes<OAuthRequest>> {
        Some(&mut self.resource_scopes)
    }

    fn extension(&mut self) -> Option<&mut dyn Extension> {
        Some(&mut self.extensions)
    }

    fn response(&mut self, _request: &mut OAuthRequest, mut kind: Template) -> Result<OAuthResponse, WebError> {
        if let Some(error) = kind.access_token_error() {
            // oxide-auth calls an unknown code and a wrong code_verifier invalid_request. RFC 6749 §5.2 and RFC 7636
            // §4.6 call them invalid_grant, and nothing else is left: the token endpoint has checked the request.
            if error.kind() == AccessTokenErrorType::InvalidRequest {
                error.set_type(AccessTokenErrorType::InvalidGrant);
            }
            let description = match error.kind() {
                AccessTokenErrorType::InvalidGrant => {
                    "The code or refresh token is unknown, expired, used or not for this request."
                }
                AccessTokenErrorType::InvalidClient => "The client is unknown or its secret wrong.",
                AccessTokenErrorType::InvalidScope => "The scope is wider than the grant.",
                _ => "The request was refused.",
            };
            error.explain(description);
        }
        Ok(OAuthResponse::default())
    }

    fn error(&mut self, error: OAuthError) -> WebError {
        error.into()
    }

    fn web_error(&mut self, error: WebError) -> WebError {
        error
    }
}
