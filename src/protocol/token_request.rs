//! Requests to the token endpoint: the fields of each grant (RFC 6749 section 4, and the grants that extend it).

use crate::error::{Error, Result};
use crate::protocol::client_authentication::Credentials;
use crate::protocol::parameters::{Fields, Parameters};
use crate::text::has_control;

/// The grant that a token is requested with.
#[derive(Clone, Copy)]
pub enum Grant<'a> {
    /// RFC 6749 section 4.1.3; the verifier of RFC 7636 if the library made it.
    AuthorizationCode {
        code: &'a str,
        redirect_uri: Option<&'a str>,
        code_verifier: Option<&'a str>,
    },
    /// RFC 6749 section 6.
    RefreshToken {
        refresh_token: &'a str,
        scope: Option<&'a str>,
    },
    /// RFC 6749 section 4.4.
    ClientCredentials {
        scope: Option<&'a str>,
    },
    /// RFC 6749 section 4.3.
    Password {
        username: &'a str,
        password: &'a str,
        scope: Option<&'a str>,
    },
    /// RFC 8628 section 3.4.
    DeviceCode {
        device_code: &'a str,
    },
    TokenExchange(TokenExchange<'a>),
    /// RFC 7523 section 2.1.
    JwtBearer {
        assertion: &'a str,
        scope: Option<&'a str>,
    },
    /// RFC 7522 section 2.1; the assertion in base64url.
    SamlBearer {
        assertion: &'a str,
        scope: Option<&'a str>,
    },
    /// RFC 6749 section 4.5.
    Extension {
        grant_type: &'a str,
    },
}

/// RFC 8693 section 2.1, without `resource` and `audience`, which may be repeated and come as field parameters.
#[derive(Clone, Copy)]
pub struct TokenExchange<'a> {
    pub subject_token: &'a str,
    pub subject_token_type: &'a str,
    pub actor_token: Option<&'a str>,
    pub actor_token_type: Option<&'a str>,
    pub requested_token_type: Option<&'a str>,
    pub scope: Option<&'a str>,
}

impl<'a> Grant<'a> {
    /// Whether the grant is a credential that servers accept once.
    pub fn is_single_use(self) -> bool {
        !matches!(self, Self::ClientCredentials { .. } | Self::Password { .. } | Self::TokenExchange(_))
    }

    /// Whether the request may go without a client (RFC 7521 section 4.1, RFC 8693 section 2.1): the assertion, or the
    /// subject token, can identify it.
    pub fn allows_anonymous_client(self) -> bool {
        matches!(
            self,
            Self::JwtBearer { .. } | Self::SamlBearer { .. } | Self::TokenExchange(_) | Self::Extension { .. }
        )
    }

    /// The same grant with other texts.
    pub fn with<'b>(self, mut text: impl FnMut(&'a str) -> &'b str) -> Grant<'b> {
        match self {
            Self::AuthorizationCode { code, redirect_uri, code_verifier } => Grant::AuthorizationCode {
                code: text(code),
                redirect_uri: redirect_uri.map(&mut text),
                code_verifier: code_verifier.map(text),
            },
            Self::RefreshToken { refresh_token, scope } => {
                Grant::RefreshToken { refresh_token: text(refresh_token), scope: scope.map(text) }
            }
            Self::ClientCredentials { scope } => Grant::ClientCredentials { scope: scope.map(text) },
            Self::Password { username, password, scope } => {
                Grant::Password { username: text(username), password: text(password), scope: scope.map(text) }
            }
            Self::DeviceCode { device_code } => Grant::DeviceCode { device_code: text(device_code) },
            Self::TokenExchange(exchange) => Grant::TokenExchange(TokenExchange {
                subject_token: text(exchange.subject_token),
                subject_token_type: text(exchange.subject_token_type),
                actor_token: exchange.actor_token.map(&mut text),
                actor_token_type: exchange.actor_token_type.map(&mut text),
                requested_token_type: exchange.requested_token_type.map(&mut text),
                scope: exchange.scope.map(text),
            }),
            Self::JwtBearer { assertion, scope } => {
                Grant::JwtBearer { assertion: text(assertion), scope: scope.map(text) }
            }
            Self::SamlBearer { assertion, scope } => {
                Grant::SamlBearer { assertion: text(assertion), scope: scope.map(text) }
            }
            Self::Extension { grant_type } => Grant::Extension { grant_type: text(grant_type) },
        }
    }

    /// The refresh token that is used.
    pub fn refresh_token(self) -> Option<&'a str> {
        match self {
            Self::RefreshToken { refresh_token, .. } => Some(refresh_token),
            _ => None,
        }
    }

    pub fn grant_type(self) -> &'a str {
        match self {
            Self::AuthorizationCode { .. } => "authorization_code",
            Self::RefreshToken { .. } => "refresh_token",
            Self::ClientCredentials { .. } => "client_credentials",
            Self::Password { .. } => "password",
            Self::DeviceCode { .. } => "urn:ietf:params:oauth:grant-type:device_code",
            Self::TokenExchange(_) => "urn:ietf:params:oauth:grant-type:token-exchange",
            Self::JwtBearer { .. } => "urn:ietf:params:oauth:grant-type:jwt-bearer",
            Self::SamlBearer { .. } => "urn:ietf:params:oauth:grant-type:saml2-bearer",
            Self::Extension { grant_type } => grant_type,
        }
    }

    /// Adds the required fields, then the optional ones; each is checked, so that an error names the argument.
    fn add_to(self, fields: &mut Fields<'a>) -> Result<()> {
        match self {
            Self::AuthorizationCode { code, redirect_uri, code_verifier } => {
                required(fields, "code", code)?;
                optional(fields, "redirect_uri", redirect_uri)?;
                optional(fields, "code_verifier", code_verifier)
            }
            Self::RefreshToken { refresh_token, scope } => {
                required(fields, "refresh_token", refresh_token)?;
                add_scope(fields, scope)
            }
            Self::ClientCredentials { scope } => add_scope(fields, scope),
            Self::Password { username, password, scope } => {
                required(fields, "username", username)?;
                fields.0.push(("password", password)); // may be empty, and hold anything
                add_scope(fields, scope)
            }
            Self::DeviceCode { device_code } => required(fields, "device_code", device_code),
            Self::TokenExchange(exchange) => exchange.add_to(fields),
            Self::JwtBearer { assertion, scope } | Self::SamlBearer { assertion, scope } => {
                required(fields, "assertion", assertion)?;
                add_scope(fields, scope)
            }
            Self::Extension { grant_type: known @ ("authorization_code" | "refresh_token") } => {
                Err(Error::argument("grant_type", &format!("is {known}, which has a call of its own")))
            }
            Self::Extension { grant_type } => {
                no_control("grant_type", grant_type)?;
                check("grant_type", grant_type)
            }
        }
    }

    /// The arguments of the call, which field parameters cannot give again.
    fn own(self) -> &'static [&'static str] {
        match self {
            Self::AuthorizationCode { .. } => &["code"],
            Self::RefreshToken { .. } => &["refresh_token"],
            Self::Password { .. } => &["username", "password"],
            Self::DeviceCode { .. } => &["device_code"],
            Self::TokenExchange(_) => &["subject_token", "subject_token_type", "actor_token", "actor_token_type"],
            Self::JwtBearer { .. } | Self::SamlBearer { .. } => &["assertion"],
            Self::ClientCredentials { .. } | Self::Extension { .. } => &[],
        }
    }
}

impl<'a> TokenExchange<'a> {
    fn add_to(self, fields: &mut Fields<'a>) -> Result<()> {
        required(fields, "subject_token", self.subject_token)?;
        required(fields, "subject_token_type", self.subject_token_type)?;
        if self.actor_token.is_some() != self.actor_token_type.is_some() {
            return Err(Error::argument("actor_token_type", "must be given together with actor_token, or neither"));
        }
        optional(fields, "actor_token", self.actor_token)?;
        optional(fields, "actor_token_type", self.actor_token_type)?;
        optional(fields, "requested_token_type", self.requested_token_type)?;
        add_scope(fields, self.scope)
    }
}

/// A request to the token endpoint, without the client's credentials.
#[derive(Clone, Copy)]
pub struct TokenRequest<'a> {
    pub grant: Grant<'a>,
    pub field_parameters: Option<&'a Parameters>,
    /// Resource indicators (RFC 8707), separated by spaces, if the field parameters have none.
    pub resources: Option<&'a str>,
}

impl TokenRequest<'_> {
    /// The fields of the form, in the order in which they are sent.
    pub fn fields<'a>(&'a self, credentials: &'a Credentials<'a>) -> Result<Fields<'a>> {
        let mut fields = Fields(Vec::with_capacity(8));
        fields.0.push(("grant_type", self.grant.grant_type()));
        self.grant.add_to(&mut fields)?;
        credentials.add_to(&mut fields)?;
        if let Some(parameters) = self.field_parameters {
            let verifier_is_ours = !matches!(self.grant, Grant::AuthorizationCode { code_verifier: None, .. });
            parameters.merge_into(&mut fields, "field_parameters", self.grant.own(), verifier_is_ours)?;
        }
        if fields.get("resource").is_none() {
            let resources = self.resources.into_iter().flat_map(|resources| resources.split_ascii_whitespace());
            fields.0.extend(resources.map(|resource| ("resource", resource)));
        }
        Ok(fields)
    }
}

/// Adds a value that is not empty and holds no control character.
pub fn required<'a>(fields: &mut Fields<'a>, name: &'static str, value: &'a str) -> Result<()> {
    check(name, value)?;
    no_control(name, value)?;
    fields.0.push((name, value));
    Ok(())
}

/// Like [`required`], for a value that may be left out.
pub fn optional<'a>(fields: &mut Fields<'a>, name: &'static str, value: Option<&'a str>) -> Result<()> {
    value.map_or(Ok(()), |value| required(fields, name, value))
}

/// Adds a scope if there is one (RFC 6749 section 3.3).
pub fn add_scope<'a>(fields: &mut Fields<'a>, scope: Option<&'a str>) -> Result<()> {
    let Some(scope) = scope else { return Ok(()) };
    no_control("scope", scope)?;
    fields.0.push(("scope", scope));
    Ok(())
}

fn check(name: &str, value: &str) -> Result<()> {
    if value.is_empty() {
        return Err(Error::argument(name, "is empty"));
    }
    Ok(())
}

/// Refuses control characters (RFC 6749 appendix A): mostly a line break that was read from a file with the value.
pub fn no_control(name: &str, value: &str) -> Result<()> {
    if has_control(value) {
        return Err(Error::argument(name, "has a control character"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_grant_sends() {
        let code = Grant::AuthorizationCode { code: "c", redirect_uri: Some("http://r/"), code_verifier: None };
        let refresh = Grant::RefreshToken { refresh_token: "r", scope: Some("a b") };
        let header = &Credentials::Header("Basic x");
        let public = &Credentials::Form { client_id: "i", client_secret: None };
        let body = &Credentials::Form { client_id: "i", client_secret: Some("s") };
        for (grant, credentials, expected) in [
            (code, header, "grant_type=authorization_code code=c redirect_uri=http://r/"),
            (
                Grant::AuthorizationCode { code: "c", redirect_uri: None, code_verifier: None },
                header,
                "grant_type=authorization_code code=c",
            ),
            (code, public, "grant_type=authorization_code code=c redirect_uri=http://r/ client_id=i"),
            (refresh, header, "grant_type=refresh_token refresh_token=r scope=a b"),
            (
                Grant::RefreshToken { refresh_token: "r", scope: None },
                body,
                "grant_type=refresh_token refresh_token=r client_id=i client_secret=s",
            ),
        ] {
            let request = TokenRequest { grant, field_parameters: None, resources: None };
            let fields = request.fields(credentials).expect("good arguments");
            let sent: Vec<_> = fields.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!(sent.join(" "), expected);
        }
    }

    #[test]
    fn bad_arguments_are_named() {
        let header = &Credentials::Header("Basic x");
        for (grant, credentials, named) in [
            (Grant::AuthorizationCode { code: "", redirect_uri: None, code_verifier: None }, header, "code"),
            (
                Grant::AuthorizationCode { code: "c", redirect_uri: Some(""), code_verifier: None },
                header,
                "redirect_uri",
            ),
            (Grant::RefreshToken { refresh_token: "", scope: None }, header, "refresh_token"),
            (Grant::RefreshToken { refresh_token: "r\n", scope: None }, header, "refresh_token"),
            (
                Grant::RefreshToken { refresh_token: "r", scope: None },
                &Credentials::Header("a\r\nb: c"),
                "authorization_header",
            ),
            (Grant::RefreshToken { refresh_token: "r", scope: None }, &Credentials::Header(""), "authorization_header"),
        ] {
            let error = TokenRequest { grant, field_parameters: None, resources: None }
                .fields(credentials)
                .err()
                .expect("refused");
            assert!(error.message.as_str().starts_with(named), "{error}");
        }
    }
}
