//! Reads the challenges of a resource or a token endpoint in `WWW-Authenticate` (RFC 9110 section 11.6.1, RFC 6750
//! section 3), as far as they can be understood. Malformed text is never refused, and is read in one pass.

use crate::error::{ProviderCode, ProviderError};
use crate::http::Response;
use crate::protocol::provider_error;
use crate::secret::{Secret, SecretBytes};
use crate::text::Text;

/// An authentication scheme with its parameters.
#[derive(Debug)]
pub struct Challenge {
    /// As sent; compared without case. Empty for parameters before any scheme.
    pub scheme: Text,
    pub token68: Option<Secret>,
    /// In order, duplicates included. Bytes that are not UTF-8 become U+FFFD.
    pub parameters: Vec<(Text, Secret)>,
}

impl Challenge {
    /// The first parameter of that name, compared without case.
    pub fn parameter(&self, name: &str) -> Option<&Secret> {
        self.parameters.iter().find(|(found, _)| found.as_str().eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn error(&self) -> Option<ProviderError> {
        let names = ["error", "error_description", "error_uri"].into_iter();
        let pairs: Vec<_> =
            names.filter_map(|name| Some((Secret::new(name)?, self.parameter(name)?.clone()))).collect();
        provider_error::from_form(&pairs, &mut 0)
    }
}

/// The OAuth error in the challenges (RFC 6750 section 3.1): the first of a Bearer or DPoP challenge, else the first.
pub fn provider_error(challenges: &[Challenge]) -> Option<ProviderError> {
    error_for_tokens(challenges).or_else(|| challenges.iter().find_map(Challenge::error))
}

fn error_for_tokens(challenges: &[Challenge]) -> Option<ProviderError> {
    let for_tokens = |challenge: &&Challenge| {
        ["bearer", "dpop"].iter().any(|scheme| challenge.scheme.as_str().eq_ignore_ascii_case(scheme))
    };
    challenges.iter().filter(for_tokens).find_map(Challenge::error)
}

/// Whether a resource that answers so refuses the access token itself, so that another token may help: 401, unless a
/// challenge for tokens names another error (RFC 6750 section 3.1).
pub fn refuses_the_token(http_status: i32, challenges: &[Challenge]) -> bool {
    match error_for_tokens(challenges).map(|error| error.code) {
        Some(ProviderCode::InvalidToken | ProviderCode::ExpiredToken) => (400..500).contains(&http_status),
        Some(_) => false,
        None => http_status == 401,
    }
}

/// The challenges of all `WWW-Authenticate` fields of an answer, in order.
pub fn of_response(response: &Response) -> Vec<Challenge> {
    let fields = response.headers.fields().iter().filter(|(name, _)| name.eq_ignore_ascii_case(b"www-authenticate"));
    fields.flat_map(|(_, value)| parse(value)).collect()
}

/// The challenges of one field value.
pub fn parse(value: &[u8]) -> Vec<Challenge> {
    let value = value.split(|byte| *byte == 0).next().unwrap_or_default(); // a C string ends there
    let mut scanner = Scanner { rest: value, may_close: true };
    let mut challenges: Vec<Challenge> = Vec::new();
    loop {
        let gap = scanner.take(|byte| is_space(byte) || byte == b',');
        let is_separated = challenges.is_empty() || gap.contains(&b',');
        if scanner.rest.is_empty() {
            return challenges;
        }
        let word = scanner.word();
        scanner.take(is_space);
        let is_name = scanner.skip(b'=');
        if !is_name && !word.is_empty() && (is_separated || is_known(word)) {
            let token68 = scanner.token68().and_then(secret);
            challenges.push(Challenge { scheme: text(word), token68, parameters: Vec::new() });
            continue;
        }
        let value = if is_name || word.is_empty() { scanner.value() } else { SecretBytes::default() };
        if word.is_empty() {
            continue; // a value without a name
        }
        if challenges.is_empty() {
            challenges.push(Challenge { scheme: text(b""), token68: None, parameters: Vec::new() });
        }
        if let (Some(challenge), Some(value)) = (challenges.last_mut(), secret(&value)) {
            challenge.parameters.push((text(word), value));
        }
    }
}

/// Schemes that are recognised even without a comma before them.
const KNOWN: [&str; 6] = ["basic", "bearer", "digest", "dpop", "negotiate", "ntlm"];

fn is_known(word: &[u8]) -> bool {
    KNOWN.iter().any(|scheme| word.eq_ignore_ascii_case(scheme.as_bytes()))
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace()
}

/// Whether a value without quotes ends here.
fn is_end(byte: u8) -> bool {
    is_space(byte) || byte == b','
}

fn text(bytes: &[u8]) -> Text {
    Text::lossy(&String::from_utf8_lossy(bytes))
}

fn secret(bytes: &[u8]) -> Option<Secret> {
    SecretBytes::from_utf8_lossy(bytes).as_str().and_then(Secret::new)
}

/// The input that is not read yet.
#[derive(Clone, Copy)]
struct Scanner<'a> {
    rest: &'a [u8],
    /// False once no closing single quote was found: there is none further on, and the search is not repeated.
    may_close: bool,
}

impl<'a> Scanner<'a> {
    fn take(&mut self, mut belongs: impl FnMut(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| !belongs(*byte)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn skip(&mut self, byte: u8) -> bool {
        let after = self.rest.strip_prefix(&[byte]);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    /// Reads a scheme or the name of a parameter.
    fn word(&mut self) -> &'a [u8] {
        self.take(|byte| !is_end(byte) && byte != b'=' && byte != b'"')
    }

    /// Reads a token68 if nothing else follows in this challenge; otherwise the text is the name of a parameter.
    fn token68(&mut self) -> Option<&'a [u8]> {
        let mut ahead = *self;
        ahead.take(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte));
        let begins = ahead.rest.len() < self.rest.len();
        ahead.take(|byte| byte == b'=');
        let (token68, _) = self.rest.split_at(self.rest.len() - ahead.rest.len());
        ahead.take(is_space);
        if !begins || !matches!(ahead.rest.first(), None | Some(b',')) {
            return None;
        }
        *self = ahead;
        Some(token68)
    }

    fn value(&mut self) -> SecretBytes {
        self.take(is_space);
        if self.skip(b'"') {
            return self.quoted();
        }
        self.single_quoted().unwrap_or_else(|| self.unquoted()).to_vec().into()
    }

    /// Reads up to the closing quote, or to the end if there is none.
    fn quoted(&mut self) -> SecretBytes {
        let inside = self.rest;
        let mut is_escaped = false;
        let mut content = self.take(|byte| {
            let closes = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            !closes
        });
        self.skip(b'"');
        // a="x, b="y": the quote that closes is the one that opens the next value.
        let opens = content.ends_with(b"=") && self.rest.first().is_some_and(|byte| !is_end(*byte));
        if let Some(comma) = content.iter().rposition(|byte| *byte == b',').filter(|_| opens) {
            (content, self.rest) = inside.split_at(comma);
        }
        let mut plain = SecretBytes::with_capacity(content.len());
        let mut is_escaped = false;
        for byte in content {
            is_escaped = *byte == b'\\' && !is_escaped;
            if !is_escaped {
                plain.push(*byte);
            }
        }
        plain
    }

    /// Reads a value in single quotes, which servers send against the RFC. An apostrophe inside a word does not close
    /// it.
    fn single_quoted(&mut self) -> Option<&'a [u8]> {
        let inside = self.rest.strip_prefix(b"'").filter(|_| self.may_close)?;
        let closes = |(at, byte): (usize, &u8)| *byte == b'\'' && inside.get(at + 1).is_none_or(|next| is_end(*next));
        let end = inside.iter().enumerate().position(closes);
        self.may_close = end.is_some();
        let (content, rest) = inside.split_at(end?);
        self.rest = rest;
        self.skip(b'\'');
        Some(content)
    }

    /// Reads up to a comma, the next parameter or the next challenge: servers send sentences without quotes, too.
    fn unquoted(&mut self) -> &'a [u8] {
        let whole = self.rest;
        self.take(|byte| !is_end(byte));
        loop {
            let mut ahead = *self;
            ahead.take(is_space);
            let word = ahead.word();
            let mut after = ahead;
            after.take(is_space);
            if word.is_empty() || is_known(word) || after.skip(b'=') {
                return whole.split_at(whole.len() - self.rest.len()).0;
            }
            *self = ahead;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ProviderCode;
    use crate::http::Headers;

    /// The challenges as `Scheme token68 name=[value]; Scheme ...`.
    fn shown(challenges: &[Challenge]) -> String {
        let one = |challenge: &Challenge| {
            let mut line = challenge.scheme.as_str().to_owned();
            line.extend(challenge.token68.iter().map(|token| format!(" {}", token.as_str())));
            line.extend(challenge.parameters.iter().map(|(name, value)| format!(" {name}=[{}]", value.as_str())));
            line
        };
        challenges.iter().map(one).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn challenges_of_the_rfc_are_read() {
        for (value, expected) in [
            ("", ""),
            ("Bearer", "Bearer"),
            ("Bearer realm=\"a\"", "Bearer realm=[a]"),
            ("Bearer realm=a,error=invalid_token", "Bearer realm=[a] error=[invalid_token]"),
            ("Basic realm=\"a, b=c; \\\"d\\\\\", charset=\"UTF-8\"", "Basic realm=[a, b=c; \"d\\] charset=[UTF-8]"),
            ("Bearer realm=\"\"", "Bearer realm=[]"),
            ("Negotiate, NTLM, Basic realm=\"a\"", "Negotiate; NTLM; Basic realm=[a]"),
            ("Negotiate YII+/a==", "Negotiate YII+/a=="),
            ("Negotiate YII= , Bearer", "Negotiate YII=; Bearer"),
            ("Bearer a=b, c=d, DPoP algs=\"ES256 PS256\", Basic", "Bearer a=[b] c=[d]; DPoP algs=[ES256 PS256]; Basic"),
            ("New realm=\"a\" , , title = \"b\", Basic\trealm=\"c\"", "New realm=[a] title=[b]; Basic realm=[c]"),
            ("Bearer a=\"caf\u{e9}\"", "Bearer a=[caf\u{e9}]"),
        ] {
            assert_eq!(shown(&parse(value.as_bytes())), expected, "{value}");
        }
    }

    #[test]
    fn malformed_challenges_are_read_as_far_as_possible() {
        for (value, expected) in [
            (", ,", ""),
            (" , Bearer ,, realm=\"a\",,", "Bearer realm=[a]"),
            ("Bearer, realm=\"a\"", "Bearer realm=[a]"),
            ("bEARER REALM=a, Realm=b", "bEARER REALM=[a] Realm=[b]"),
            ("Bearer realm=\"a\" error=\"b\"", "Bearer realm=[a] error=[b]"),
            ("Bearer realm=\"a\"error=\"b\"", "Bearer realm=[a] error=[b]"),
            ("Bearer realm=a error=b", "Bearer realm=[a] error=[b]"),
            ("Bearer realm = a , error= \"b\"", "Bearer realm=[a] error=[b]"),
            ("Bearer uri=https://a.example/?b=c&d;e#f, x=y", "Bearer uri=[https://a.example/?b=c&d;e#f] x=[y]"),
            (
                "Bearer error_description=The token expired, error=b",
                "Bearer error_description=[The token expired] error=[b]",
            ),
            ("Bearer a=The token expired error=b", "Bearer a=[The token expired] error=[b]"),
            ("Bearer error='a', x='b c', y='it's'", "Bearer error=[a] x=[b c] y=[it's]"),
            ("Bearer error='a, x='b", "Bearer error=['a] x=['b]"),
            ("Bearer a='', b=' ", "Bearer a=[] b=[']"),
            ("Bearer realm=, error=b, x=", "Bearer realm= error=[b] x=[]"), // `realm=` is a token68
            ("Bearer realm=\"a\", x=, error=b", "Bearer realm=[a] x=[] error=[b]"),
            ("Bearer realm=\"a\" strict, error=b", "Bearer realm=[a] strict=[] error=[b]"),
            ("Bearer strict realm=\"a\"", "Bearer strict=[] realm=[a]"),
            ("Bearer realm=\"a\" DPoP algs=b", "Bearer realm=[a]; DPoP algs=[b]"),
            ("Bearer error=a DPoP algs=b", "Bearer error=[a]; DPoP algs=[b]"),
            ("Negotiate Basic realm=a", "Negotiate; Basic realm=[a]"),
            ("Bearer realm=\"a", "Bearer realm=[a]"),
            ("Bearer realm=\"a\\", "Bearer realm=[a]"),
            ("Bearer realm=\"a, error=\"b\", x=\"c\"", "Bearer realm=[a] error=[b] x=[c]"),
            ("Bearer realm=\"a=\", x=c", "Bearer realm=[a=] x=[c]"),
            ("error=\"a\", realm=b", " error=[a] realm=[b]"),
            ("=a, \"b\", Bearer =c x=d", " Bearer=[c] x=[d]"),
            ("\"", ""),
        ] {
            assert_eq!(shown(&parse(value.as_bytes())), expected, "{value}");
        }
    }

    #[test]
    fn bytes_that_are_no_text() {
        let challenges = parse(b"B\xffr a\xff=\"b\xffc\", x=\xff\0, y=z");
        assert_eq!(shown(&challenges), "B\u{fffd}r a\u{fffd}=[b\u{fffd}c] x=[\u{fffd}]");
    }

    #[test]
    fn a_parameter_is_found_without_case() {
        let challenges = parse(b"Bearer Error=a, error=b");
        assert_eq!(challenges[0].parameter("ERROR").map(Secret::as_str), Some("a"));
        assert!(challenges[0].parameter("err").is_none());
    }

    #[test]
    fn the_error_of_the_bearer_challenge_is_taken() {
        for (values, expected) in [
            (&["Bearer error=\"invalid_token\", error_description=\"d\", error_uri=u"][..], Some("invalid_token d u")),
            (&["Basic error=a", "bearer realm=x", "dpop error=use_dpop_nonce"], Some("use_dpop_nonce - -")),
            (&["Basic realm=x", "Custom error=a, Error_Description=d"], Some("a d -")),
            (&["Bearer error=\"\", error_description=d"], None),
            (&["Bearer realm=\"error=a\""], None),
            (&[], None),
        ] {
            let mut headers = Headers::default();
            headers.push(b"x-www-authenticate", b"Bearer error=other");
            values.iter().for_each(|value| headers.push(b"WWW-Authenticate", value.as_bytes()));
            let response = Response { status: 401, headers, body: SecretBytes::default(), cut: false };
            let error = provider_error(&of_response(&response));
            let shown = error.as_ref().map(|error| {
                let all = [&error.error, &error.description, &error.uri];
                all.map(|text| text.as_ref().map_or("-", Secret::as_str)).join(" ")
            });
            assert_eq!(shown.as_deref(), expected, "{values:?}");
            let code = expected.and_then(|text| text.split(' ').next()).map(ProviderCode::from_text);
            assert_eq!(error.map(|error| error.code), code);
        }
    }
}
