//! Reads the answer of an authorization endpoint (RFC 6749 section 4.1.2, RFC 9207): the redirect, its query, or the
//! form of OAuth 2.0 Form Post Response Mode.

use subtle::ConstantTimeEq as _;
use url::{Position, Url};

use crate::error::{Advice, Error, ProviderError, Result, Status};
use crate::protocol::message::Secrets;
use crate::protocol::{form, json, provider_error};
use crate::secret::Secret;
use crate::text::{has_ascii_host, has_control};

/// The values that the answer is checked against.
pub struct Expected<'a> {
    pub redirect_uri: &'a str,
    pub state: &'a str,
    /// The accepted values of `iss`; empty if none is known.
    pub issuers: &'a [&'a str],
    /// The server's metadata say that it always sends `iss` (RFC 9207 section 3).
    pub iss_required: bool,
}

/// The answer of the authorization server.
#[derive(Debug)]
pub enum Answer {
    /// An authorization code, never empty.
    Code(Secret),
    /// An OAuth error, with the code of the same answer if it had one: the error's text may echo it.
    Error(ProviderError, Option<Secret>),
    /// The same without the `iss` that this server always sends, or without the signature that the request asked for:
    /// it may come from anybody.
    Anonymous(ProviderError, Option<Secret>),
}

/// What is wrong with a redirect without the `iss` that the server always sends.
pub const NO_ISSUER: &str = "the redirect did not say which server it came from";

/// The longest redirect that is read, in bytes.
const LONGEST: usize = 64 * 1024;

/// Reads a redirect: a whole URL, a path with its query, a query, or a form. Nothing in it is used unless its state is
/// the request's.
pub fn read(redirect: &str, expected: &Expected<'_>) -> Result<Answer> {
    let redirect = Redirect::parse(redirect)?;
    redirect.check_location(expected.redirect_uri)?;
    redirect.check_once()?;
    redirect.answer(expected)
}

/// The same for parameters that came in another shape.
pub fn read_pairs(pairs: Vec<(Secret, Secret)>, expected: &Expected<'_>) -> Result<Answer> {
    Redirect { location: None, pairs, fragment: "" }.answer(expected)
}

/// One parameter of a redirect, whose location is checked if the redirect URI is given.
pub fn parameter(redirect: &str, redirect_uri: Option<&str>, name: &str) -> Result<Option<Secret>> {
    let redirect = Redirect::parse(redirect)?;
    redirect_uri.map_or(Ok(()), |redirect_uri| redirect.check_location(redirect_uri))?;
    redirect.check_once()?;
    Ok(redirect.get(name).cloned())
}

/// Whether a redirect has this state; its location is not checked.
pub fn has_state(redirect: &str, state: &str) -> bool {
    Redirect::parse(redirect).is_ok_and(|redirect| !redirect.has_twice() && redirect.check_state(state).is_ok())
}

fn invalid(message: &str, advice: Advice) -> Error {
    Error::new(Status::InvalidResponse, message).with_advice(advice)
}

/// The parts of a redirect.
struct Redirect<'a> {
    /// The URL or path before the query, if there is one.
    location: Option<&'a str>,
    /// The parameters of the query or form.
    pairs: Vec<(Secret, Secret)>,
    fragment: &'a str,
}

impl<'a> Redirect<'a> {
    fn parse(redirect: &'a str) -> Result<Self> {
        let refuse = |why| Err(invalid(why, Advice::FixRequest));
        let text = redirect.trim(); // it may be pasted
        if text.len() > LONGEST {
            return refuse("the redirect was longer than 64 KiB");
        }
        if has_control(text) {
            return refuse("the redirect had a control character in it");
        }
        let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
        let has_scheme = text.find([':', '=', '&', '?']).is_some_and(|at| text[at..].starts_with(':'));
        let (location, query) = if has_scheme || text.starts_with('/') {
            let (location, query) = text.split_once('?').unwrap_or((text, ""));
            (Some(location), query)
        } else {
            (None, text.strip_prefix('?').unwrap_or(text))
        };
        match form::parse(query) {
            Some(form) if form.is_utf8 && !form.has_nul => Ok(Self { location, pairs: form.pairs, fragment }),
            _ => refuse("the redirect was not UTF-8, or had U+0000 in it"),
        }
    }

    fn answer(&self, expected: &Expected<'_>) -> Result<Answer> {
        self.check_state(expected.state)?;
        let error = provider_error::from_form(&self.pairs, &mut 0);
        let is_anonymous = expected.iss_required && self.get("iss").is_none();
        if error.is_none() || !is_anonymous {
            self.check_issuer(expected)?;
        }
        if let Some(error) = error {
            let code = self.get("code").cloned();
            return Ok(if is_anonymous { Answer::Anonymous(error, code) } else { Answer::Error(error, code) });
        }
        match self.get("code") {
            Some(code) if !code.as_str().is_empty() => Ok(Answer::Code(code.clone())),
            Some(_) => Err(invalid("the redirect had an empty code", Advice::LogInAgain)),
            None => Err(invalid("the redirect had neither a code nor an error", Advice::LogInAgain)),
        }
    }

    fn get(&self, wanted: &str) -> Option<&Secret> {
        self.pairs.iter().find(|(name, _)| name.as_str() == wanted).map(|(_, value)| value)
    }

    fn check_once(&self) -> Result<()> {
        match self.has_twice() {
            true => Err(invalid("the redirect gave a parameter twice", Advice::LogInAgain)),
            false => Ok(()),
        }
    }

    /// Whether a parameter that is read here is given twice, which is ambiguous.
    fn has_twice(&self) -> bool {
        let is_read = |name: &str| {
            matches!(name, "code" | "state" | "iss" | "error" | "error_description" | "error_uri" | "response")
        };
        json::any_twice(&self.pairs, |(name, _)| name.as_str(), is_read)
    }

    /// A location must be the redirect URI, with all parameters of its query.
    fn check_location(&self, redirect_uri: &str) -> Result<()> {
        let Some(location) = self.location else { return Ok(()) };
        let foreign = || invalid("the redirect went elsewhere than to the redirect URI", Advice::FixRequest);
        if !has_ascii_host(location) {
            return Err(foreign());
        }
        let own = Url::parse(redirect_uri).map_err(|_| foreign())?;
        let went = if location.starts_with('/') { own.join(location) } else { Url::parse(location) };
        let went = went.map_err(|_| foreign())?;
        let kept = |(name, value): &(Secret, Secret)| {
            self.pairs.iter().any(|(kept, same)| kept.as_str() == name.as_str() && same.as_str() == value.as_str())
        };
        let own_pairs = form::parse(own.query().unwrap_or_default()).unwrap_or_default().pairs;
        if went[..Position::AfterPath] != own[..Position::AfterPath] || !own_pairs.iter().all(kept) {
            return Err(foreign());
        }
        Ok(())
    }

    fn check_state(&self, expected: &str) -> Result<()> {
        let mut fragment = self.fragment.split('&');
        let why = match self.get("state").map(Secret::as_str) {
            Some(state) if bool::from(state.as_bytes().ct_eq(expected.as_bytes())) && !state.is_empty() => {
                return Ok(());
            }
            Some(_) => "the redirect had another state than this authorization",
            None if fragment.any(|pair| pair.starts_with("code=") || pair.starts_with("error=")) => {
                let why = "the server answered in the fragment of the redirect: response_mode=query is needed";
                return Err(invalid(why, Advice::FixRequest));
            }
            None if self.get("response").is_some() => {
                let why = "the redirect was a signed response, which was not asked for: see oauth_config_set_signed_responses";
                return Err(invalid(why, Advice::FixConfig));
            }
            None => "the redirect had no state",
        };
        Err(Error::new(Status::StateMismatch, why))
    }

    /// Checks `iss` (RFC 9207 section 2.4).
    fn check_issuer(&self, expected: &Expected<'_>) -> Result<()> {
        let why = match self.get("iss").map(Secret::as_str) {
            None if expected.iss_required => NO_ISSUER.to_owned(),
            Some(issuer) if !expected.issuers.is_empty() && !expected.issuers.contains(&issuer) => {
                let mut secrets = Secrets::default(); // a hostile server may have put them into `iss`
                ["code", "state"].iter().filter_map(|name| self.get(name)).for_each(|one| secrets.add(one.as_str()));
                format!("the redirect came from {}, not from {}", secrets.clean(issuer), expected.issuers.join(" or "))
            }
            _ => return Ok(()),
        };
        Err(Error::new(Status::IssuerMismatch, &why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPECTED: Expected<'_> = Expected {
        redirect_uri: "https://app.example/cb?tenant=a+b",
        state: "s7a7e",
        issuers: &["https://as.example", "https://as.example/"],
        iss_required: false,
    };

    /// The code or the error in a redirect; else the status and the advice.
    fn outcome(redirect: &str, expected: &Expected<'_>) -> std::result::Result<String, (Status, Advice)> {
        match read(redirect, expected) {
            Ok(Answer::Code(code)) => Ok(code.as_str().to_owned()),
            Ok(Answer::Error(error, _)) => Ok(format!("error {}", error.error.as_ref().map_or("", Secret::as_str))),
            Ok(Answer::Anonymous(error, _)) => {
                assert!(error.error.is_some());
                Err(ISSUER)
            }
            Err(error) => {
                let message = error.message.as_str();
                assert!(!message.contains("s7a7e") && !message.contains("c0de"), "{message}");
                Err((error.status, error.advice))
            }
        }
    }

    const MALFORMED: (Status, Advice) = (Status::InvalidResponse, Advice::FixRequest);
    const WRONG: (Status, Advice) = (Status::InvalidResponse, Advice::LogInAgain);
    const STATE: (Status, Advice) = (Status::StateMismatch, Advice::LogInAgain);
    const ISSUER: (Status, Advice) = (Status::IssuerMismatch, Advice::FixConfig);

    #[test]
    fn a_redirect_is_read_as_url_query_or_form() {
        let good = "code=c0de&state=s7a7e";
        for (before, after, good_shape) in [
            ("", "", true),
            ("?", "", true),
            ("", "#_=_", true),
            (" \t?", "\r\n", true),
            ("&&", "&", true),
            ("iss=https://as.example&", "", true),
            ("https://app.example/cb?tenant=a+b&", "", true),
            ("https://app.example/cb?tenant=a%20b&", "#_=_", true),
            ("HTTPS://APP.example:443/x/../cb?", "&tenant=a+b&tenant=c", true),
            ("/cb?tenant=a+b&", "", true),
            ("/cb?", "", false),
            ("https://app.example/cb?", "", false),
            ("https://app.example/cb?tenant=b&", "", false),
            ("https://app.example/cb?tenant=a+b#", "", false),
            ("http://app.example/cb?tenant=a+b&", "", false),
            ("https://app.example:444/cb?tenant=a+b&", "", false),
            ("https://app.example.evil.example/cb?tenant=a+b&", "", false),
            ("https://app.example@evil.example/cb?tenant=a+b&", "", false),
            ("https://user@app.example/cb?tenant=a+b&", "", false),
            ("https://app.example/cb/?tenant=a+b&", "", false),
            ("https://app.example/CB?tenant=a+b&", "", false),
            ("//evil.example/cb?tenant=a+b&", "", false),
            ("/\\evil.example/cb?tenant=a+b&", "", false),
            ("/other?tenant=a+b&", "", false),
            ("https:cb?tenant=a+b&", "", false),
            ("Location: https://app.example/cb?tenant=a+b&", "", false),
            (":?", "", false),
            ("x=\n&", "", false),
            ("x=\u{85}&", "", false),
            ("x=%00&", "", false),
            ("token=%00&", "", false),
            ("%00=x&", "", false),
            ("x=%ff&", "", false),
        ] {
            let redirect = format!("{before}{good}{after}");
            let expected = if good_shape { Ok("c0de".to_owned()) } else { Err(MALFORMED) };
            assert_eq!(outcome(&redirect, &EXPECTED), expected, "{redirect}");
        }
        for (length, expected) in [(LONGEST, Ok("c0de".to_owned())), (LONGEST + 1, Err(MALFORMED))] {
            let redirect = format!("{good}&x={}", "y".repeat(length - good.len() - 3));
            assert_eq!(outcome(&redirect, &EXPECTED), expected);
        }
    }

    #[test]
    fn redirect_uris_of_all_kinds_are_compared() {
        for (redirect_uri, location, same) in [
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080", true),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8081/", false),
            ("http://[::1]:80/cb", "http://[0:0::1]/cb", true),
            ("com.example.app:/cb", "com.example.app:/cb", true),
            ("com.example.app:/cb", "com.example.other:/cb", false),
            ("com.example.app:cb", "com.example.app:cb", true),
            ("com.example.app:cb", "/cb", false),
            ("app://cb", "app://cb", true),
            ("not a URL", "https://app.example/cb", false),
        ] {
            let expected = Expected { redirect_uri, ..EXPECTED };
            let read = outcome(&format!("{location}?code=c0de&state=s7a7e"), &expected);
            assert_eq!(read.is_ok(), same, "{location} for {redirect_uri}");
        }
    }

    #[test]
    fn code_and_error_parameters_are_read() {
        for (redirect, expected) in [
            ("state=s7a7e&code=c0de", Ok("c0de")),
            ("state=s7a7e&code=a%2Bb+c%C3%A9", Ok("a+b c\u{e9}")),
            ("st%61te=s7a7e&%63ode=c0de", Ok("c0de")),
            ("state=s7a7e&error=access_denied&error_description=a%0D%0Ab", Ok("error access_denied")),
            ("state=s7a7e&error=x&code=c0de", Ok("error x")),
            ("state=s7a7e&error=&code=c0de", Ok("c0de")),
            ("state=s7a7e", Err(WRONG)),
            ("state=s7a7e&code=", Err(WRONG)),
            ("state=s7a7e&code", Err(WRONG)),
            ("state=s7a7e&error=", Err(WRONG)),
            ("code=c0de", Err(STATE)),
            ("", Err(STATE)),
            ("?", Err(STATE)),
            ("code=c0de&state=", Err(STATE)),
            ("code=c0de&state=s7a7", Err(STATE)),
            ("code=c0de&state=s7a7ee", Err(STATE)),
            ("code=c0de&state=S7A7E", Err(STATE)),
            ("code=c0de&State=s7a7e", Err(STATE)),
            ("error=access_denied&state=x", Err(STATE)),
            ("error=access_denied", Err(STATE)),
            ("iss=https://evil.example&state=x&code=c0de", Err(STATE)),
            ("iss=https://evil.example&state=s7a7e&code=c0de", Err(ISSUER)),
            ("iss=https://evil.example&state=s7a7e&error=x", Err(ISSUER)),
            ("iss=https://AS.example&state=s7a7e&code=c0de", Err(ISSUER)),
            ("iss=c0de+s7a7e&state=s7a7e&code=c0de", Err(ISSUER)),
            ("iss=&state=s7a7e&code=c0de", Err(ISSUER)),
            ("iss=https%3A%2F%2Fas.example%2F&state=s7a7e&code=c0de", Ok("c0de")),
            ("state=s7a7e&code=c0de&state=s7a7e", Err(WRONG)),
            ("state=s7a7e&code=c0de&stat%65=x", Err(WRONG)),
            ("state=s7a7e&code=c0de&code=c0de", Err(WRONG)),
            ("state=x&code=c0de&code=c0de", Err(WRONG)),
            ("state=s7a7e&code=c0de&iss=https://as.example&iss=https://as.example", Err(WRONG)),
            ("state=s7a7e&error=x&error=x", Err(WRONG)),
            ("state=s7a7e&error=x&error_description=y&error_description", Err(WRONG)),
            ("state=s7a7e&error=x&error_uri=y&error_uri=z", Err(WRONG)),
            ("state=s7a7e&code=c0de&scope=a&scope=b", Ok("c0de")),
        ] {
            assert_eq!(outcome(redirect, &EXPECTED), expected.map(str::to_owned), "{redirect}");
        }
    }

    #[test]
    fn iss_is_required_where_the_metadata_say_so() {
        let none_known = Expected { issuers: &[], ..EXPECTED };
        let required = Expected { iss_required: true, ..EXPECTED };
        for (redirect, expected, right) in [
            ("code=c0de&state=s7a7e&iss=any", &none_known, true),
            ("code=c0de&state=s7a7e", &required, false),
            ("error=x&state=s7a7e", &required, false),
            ("code=c0de&state=s7a7e&iss=https://as.example", &required, true),
        ] {
            let read = outcome(redirect, expected);
            assert_eq!(read.as_ref().err(), (!right).then_some(&ISSUER), "{redirect}");
        }
        let error = read("iss=https://evil.example&state=s7a7e", &EXPECTED).expect_err("a mix-up");
        assert!(error.message.as_str().contains("https://evil.example, not from https://as.example"), "{error}");
    }

    #[test]
    fn a_redirect_with_a_fragment_is_named() {
        for (redirect, says_so) in [
            ("https://app.example/cb?tenant=a+b#code=c0de&state=s7a7e", true),
            ("https://app.example/cb?tenant=a+b#state=s7a7e&error=x", true),
            ("#code=c0de&state=s7a7e", true),
            ("https://app.example/cb?tenant=a+b#_=_", false),
            ("https://app.example/cb?tenant=a+b&state=x#code=c0de", false),
        ] {
            let error = read(redirect, &EXPECTED).expect_err("no answer");
            assert_eq!(error.message.as_str().contains("response_mode=query"), says_so, "{redirect}: {error}");
            assert_eq!(error.status == Status::StateMismatch, !says_so, "{redirect}");
        }
    }

    #[test]
    fn a_redirect_needs_the_right_uri_and_state() {
        for (redirect, is_ours) in [
            ("/anywhere?code=c0de&state=s7a7e", true),
            ("state=s7a7e&error=x", true),
            ("/anywhere?code=c0de&state=s7a7e&state=s7a7e", false),
            ("/anywhere?code=c0de&state=s7a7f", false),
            ("/anywhere?code=c0de&state=s7a7e&x=%00", false),
            ("/favicon.ico", false),
        ] {
            assert_eq!(has_state(redirect, "s7a7e"), is_ours, "{redirect}");
        }
        assert!(!has_state("state=", "") && read("code=c0de&state=", &Expected { state: "", ..EXPECTED }).is_err());
    }
}
