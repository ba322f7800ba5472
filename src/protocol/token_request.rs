//! Requests to the token endpoint: an authorization code (RFC 6749 section 4.1.3) or a refresh token (section 6) for a token.

use crate::error::{Error, Result};
use crate::protocol::header_field;
use crate::protocol::parameters::{Fields, Parameters};
use crate::text::has_control;

/// What is given for a token.
#[derive(Clone, Copy)]
pub enum Grant<'a> {
    AuthorizationCode { code: &'a str, redirect_uri: Option<&'a str> },
    RefreshToken { refresh_token: &'a str, scope: Option<&'a str> },
}

/// How this request says who the client is.
#[derive(Clone, Copy)]
pub enum Credentials<'a> {
    /// The value of the `Authorization` header; nothing about the client goes into the form.
    Header(&'a str),
    /// In the form; no secret for a public client.
    Form { client_id: &'a str, client_secret: Option<&'a str> },
}

/// The fields of the form, in the order in which they are sent.
pub fn fields<'a>(
    grant: Grant<'a>,
    credentials: Credentials<'a>,
    parameters: Option<&'a Parameters>,
) -> Result<Fields<'a>> {
    let mut fields = Fields(Vec::with_capacity(8));
    let (own, verifier_is_ours) = match grant {
        Grant::AuthorizationCode { code, redirect_uri } => {
            check("code", code)?;
            fields.0.extend([("grant_type", "authorization_code"), ("code", code)]);
            if let Some(redirect_uri) = redirect_uri {
                check("redirect_uri", redirect_uri)?;
                fields.0.push(("redirect_uri", redirect_uri));
            }
            ("code", false)
        }
        Grant::RefreshToken { refresh_token, scope } => {
            check("refresh_token", refresh_token)?;
            if has_control(refresh_token) {
                // RFC 6749 appendix A.17; a line break read along with it from a file, mostly
                return Err(Error::argument("refresh_token", "has a control character"));
            }
            fields.0.extend([("grant_type", "refresh_token"), ("refresh_token", refresh_token)]);
            if let Some(scope) = scope {
                fields.0.push(("scope", scope));
            }
            ("refresh_token", true)
        }
    };
    match credentials {
        Credentials::Header("") => {
            return Err(Error::argument("authorization_header", "is empty"));
        }
        Credentials::Header(value) => header_field::check_value("authorization_header", value)?,
        Credentials::Form { client_id, client_secret } => {
            fields.0.push(("client_id", client_id));
            fields.0.extend(client_secret.map(|secret| ("client_secret", secret)));
        }
    }
    if let Some(parameters) = parameters {
        parameters.merge_into(&mut fields, &[own], verifier_is_ours)?;
    }
    Ok(fields)
}

fn check(name: &str, value: &str) -> Result<()> {
    if value.is_empty() {
        return Err(Error::argument(name, "is empty"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_grant_sends() {
        let code = Grant::AuthorizationCode { code: "c", redirect_uri: Some("http://r/") };
        let refresh = Grant::RefreshToken { refresh_token: "r", scope: Some("a b") };
        let header = Credentials::Header("Basic x");
        let public = Credentials::Form { client_id: "i", client_secret: None };
        let body = Credentials::Form { client_id: "i", client_secret: Some("s") };
        for (grant, credentials, expected) in [
            (code, header, "grant_type=authorization_code code=c redirect_uri=http://r/"),
            (
                Grant::AuthorizationCode { code: "c", redirect_uri: None },
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
            let fields = fields(grant, credentials, None).expect("good arguments");
            let sent: Vec<_> = fields.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!(sent.join(" "), expected);
        }
    }

    #[test]
    fn bad_arguments_are_named() {
        let header = Credentials::Header("Basic x");
        for (grant, credentials, named) in [
            (Grant::AuthorizationCode { code: "", redirect_uri: None }, header, "code"),
            (Grant::AuthorizationCode { code: "c", redirect_uri: Some("") }, header, "redirect_uri"),
            (Grant::RefreshToken { refresh_token: "", scope: None }, header, "refresh_token"),
            (Grant::RefreshToken { refresh_token: "r\n", scope: None }, header, "refresh_token"),
            (
                Grant::RefreshToken { refresh_token: "r", scope: None },
                Credentials::Header("a\r\nb: c"),
                "authorization_header",
            ),
            (Grant::RefreshToken { refresh_token: "r", scope: None }, Credentials::Header(""), "authorization_header"),
        ] {
            let error = fields(grant, credentials, None).err().expect("refused");
            assert!(error.message.as_str().starts_with(named), "{error}");
        }
    }
}
