//! Client authentication at the token endpoint (RFC 6749 section 2.3.1, RFC 7617).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::{Error, Result};
use crate::protocol::parameters::Fields;
use crate::protocol::{client_assertion, header_field};
use crate::secret::{Secret, SecretBytes};
use crate::text::has_control;

/// How the client authenticates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Basic, with client id and secret form-encoded first: what a server that decodes would change, and no more.
    ClientSecretBasic,
    /// Basic as in plain HTTP (RFC 7617), as many servers want it.
    ClientSecretBasicRaw,
    /// `client_id` and `client_secret` in the body.
    ClientSecretPost,
    /// `client_id` alone: a public client.
    None,
    /// A JWT that the client's key signs.
    PrivateKeyJwt,
    /// A JWT with a code made of the client's secret.
    ClientSecretJwt,
    /// `client_id`, and a TLS certificate of an authority that the server trusts (RFC 8705 section 2.1).
    TlsClientAuth,
    /// The same with a certificate that the server knows (RFC 8705 section 2.2).
    SelfSignedTlsClientAuth,
}

impl Method {
    /// Whether the client authenticates by its TLS certificate.
    pub fn is_by_certificate(self) -> bool {
        matches!(self, Self::TlsClientAuth | Self::SelfSignedTlsClientAuth)
    }

    /// As the registry has it; Basic without the encoding has no name of its own.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClientSecretBasic | Self::ClientSecretBasicRaw => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::None => "none",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
        }
    }
}

/// The encoding of client id and secret before the base64 of a Basic header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BasicEncoding {
    Form,
    Raw,
}

/// The client's credentials in one request.
pub enum Credentials<'a> {
    /// The value of the `Authorization` header; nothing about the client goes into the form.
    Header(&'a str),
    /// Fields of the form; a public client has no secret.
    Form { client_id: &'a str, client_secret: Option<&'a str> },
    /// A JWT in the form.
    Assertion { client_id: &'a str, assertion: Secret },
    /// No client authentication.
    None,
}

impl<'a> Credentials<'a> {
    /// The value of the `Authorization` header.
    pub fn header(&self) -> Option<&str> {
        match self {
            Self::Header(value) => Some(value),
            Self::Form { .. } | Self::Assertion { .. } | Self::None => None,
        }
    }

    /// Adds the fields of the form, and checks a header.
    pub fn add_to(&'a self, fields: &mut Fields<'a>) -> Result<()> {
        match self {
            Self::Header("") => return Err(Error::argument("authorization_header", "is empty")),
            Self::Header(value) => header_field::check_value("authorization_header", value)?,
            Self::Form { client_id, client_secret } => {
                fields.0.push(("client_id", client_id));
                fields.0.extend(client_secret.map(|secret| ("client_secret", secret)));
            }
            Self::Assertion { client_id, assertion } => fields.0.extend([
                ("client_id", *client_id),
                ("client_assertion_type", client_assertion::TYPE),
                ("client_assertion", assertion.as_str()),
            ]),
            Self::None => {}
        }
        Ok(())
    }
}

/// The value of a Basic `Authorization` header.
pub fn basic(client_id: &str, client_secret: &str, encoding: BasicEncoding) -> Result<Secret> {
    check("client_id", client_id)?;
    check("client_secret", client_secret)?;
    let mut plain = SecretBytes::with_capacity(3 * (client_id.len() + client_secret.len()) + 1);
    match encoding {
        BasicEncoding::Form => {
            append_escaped(&mut plain, client_id, is_escaped_in_id);
            plain.push(b':');
            append_escaped(&mut plain, client_secret, is_escaped);
        }
        BasicEncoding::Raw if client_id.contains(':') => {
            return Err(Error::argument("client_id", "has a colon, which raw Basic cannot carry (RFC 7617 section 2)"));
        }
        BasicEncoding::Raw => {
            plain.extend(client_id.as_bytes());
            plain.push(b':');
            plain.extend(client_secret.as_bytes());
        }
    }
    const SCHEME: &[u8] = b"Basic ";
    let mut value = SecretBytes::default();
    value.extend(&vec![b' '; SCHEME.len() + plain.len().div_ceil(3) * 4]);
    value[..SCHEME.len()].copy_from_slice(SCHEME);
    let encoded = STANDARD.encode_slice(&plain[..], &mut value[SCHEME.len()..]).ok();
    encoded
        .and_then(|_| Secret::new(std::str::from_utf8(&value).ok()?))
        .ok_or_else(|| Error::argument("client_secret", "cannot be encoded"))
}

/// Whether the encodings make two different headers of these; with a colon in the id only one can be made.
pub fn encoding_matters(client_id: &str, client_secret: &str) -> bool {
    !client_id.contains(':') && client_id.bytes().chain(client_secret.bytes()).any(is_escaped)
}

/// RFC 6749 section 2.3.1 encodes whatever a form would, but many servers do not decode. What is left as it is here,
/// both kinds of servers read in the same way.
fn is_escaped(byte: u8) -> bool {
    !byte.is_ascii_graphic() || matches!(byte, b'%' | b'+')
}

fn is_escaped_in_id(byte: u8) -> bool {
    is_escaped(byte) || byte == b':'
}

/// A blank becomes `%20`: whoever decodes a form takes that like `+`, and a server that knows only percent escapes
/// would keep a `+`.
fn append_escaped(plain: &mut SecretBytes, text: &str, is_escaped: fn(u8) -> bool) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match is_escaped(byte) {
            true => plain.extend(&[b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]),
            false => plain.push(byte),
        }
    }
}

/// Client id and secret are printable text (RFC 6749 appendix A.1, A.2); characters beyond ASCII are left to the
/// server.
pub fn check(name: &str, value: &str) -> Result<()> {
    if has_control(value) {
        return Err(Error::argument(name, "has a control character"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_headers() {
        for (id, secret, encoding, expected) in [
            ("s6BhdRkqt3", "gX1fBat3bV", BasicEncoding::Form, "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"), // RFC 6749 4.1.3
            ("Aladdin", "open sesame", BasicEncoding::Raw, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),    // RFC 7617 2
            ("a:b", "c%d", BasicEncoding::Form, "Basic YSUzQWI6YyUyNWQ="),
            ("", "", BasicEncoding::Raw, "Basic Og=="),
        ] {
            let value = basic(id, secret, encoding).expect("encodable");
            assert_eq!(value.as_str(), expected);
        }
        for (id, secret, pair, matters) in [
            ("Aladdin", "open sesame", "Aladdin:open%20sesame", true),
            ("a:b", "c:d", "a%3Ab:c:d", false), // raw, this id cannot be sent
            ("a", "c:d", "a:c:d", false),
            ("a+b", "%+", "a%2Bb:%25%2B", true),
            ("\u{e9}", "x", "%C3%A9:x", true),
            ("id/=", "~!\"#$&'()*,-./;<=>?@[\\]^_`{|}", "id/=:~!\"#$&'()*,-./;<=>?@[\\]^_`{|}", false),
        ] {
            let value = basic(id, secret, BasicEncoding::Form).expect("encodable");
            assert_eq!(value.as_str(), format!("Basic {}", STANDARD.encode(pair)), "{pair}");
            assert_eq!(encoding_matters(id, secret), matters, "{pair}");
        }
        assert!(basic("a:b", "c", BasicEncoding::Raw).is_err());
        assert!(basic("a", "c\r\nd", BasicEncoding::Form).is_err());
        assert!(basic("a\0", "c", BasicEncoding::Raw).is_err());
    }
}
