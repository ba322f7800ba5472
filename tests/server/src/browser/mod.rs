//! A scripted browser: HTTP on loopback, cookies, redirects, and the pages of the servers used here.
//!
//! It knows no server: it fills in what asks for a user, a password or a user code, and presses what is offered, until
//! it is sent to another origin (the program's redirect URI) or has a page with nothing left to press.

mod cookies;
mod exchange;
mod page;

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use url::Url;

use cookies::Cookies;
use exchange::Answer;
use page::{Control, Page};

/// More steps than any login takes: beyond them the servers go round in circles.
const MAX_STEPS: usize = 20;

pub type Result<T> = std::result::Result<T, String>;

pub struct Browser {
    user: String,
    consent: Consent,
    user_code: Option<String>,
    cookies: Cookies,
    trusted: Option<Arc<ClientConfig>>,
}

#[derive(PartialEq, Eq)]
enum Consent {
    Give,
    Refuse,
    Refused,
}

/// The way back to the program: a GET, or with `response_mode=form_post` a POST of a form.
#[derive(Debug)]
pub struct Redirect {
    pub uri: String,
    pub form: Option<String>,
}

impl Redirect {
    /// As one URL: the fields of a form are put where a redirect has them.
    pub fn to_url(&self) -> String {
        let separator = if self.uri.contains('?') { '&' } else { '?' };
        self.form.as_ref().map_or(self.uri.clone(), |form| format!("{}{separator}{form}", self.uri))
    }
}

enum End {
    Redirect(Redirect),
    Page(String),
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

impl Browser {
    /// A browser without cookies, in the hands of alice.
    pub fn new() -> Self {
        Self {
            user: "alice".to_string(),
            consent: Consent::Give,
            user_code: None,
            cookies: Cookies::default(),
            trusted: None,
        }
    }

    /// Somebody else.
    pub fn user(mut self, user: &str) -> Self {
        self.user = user.to_string();
        self
    }

    /// For servers with certificates of this authority, too.
    pub fn trust(mut self, authority: &str) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(CertificateDer::pem_slice_iter(authority.as_bytes()).flatten());
        let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().expect("ring knows TLS 1.2 and 1.3");
        self.trusted = Some(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()));
        self
    }

    /// Lets the user log in but refuse what is asked for.
    pub fn deny(mut self) -> Self {
        self.consent = Consent::Refuse;
        self
    }

    /// Follows an authorization URL (RFC 6749 §4.1.1), or the program's own address that leads there, to where the
    /// server sends the user back to the program.
    pub fn log_in(&mut self, url: &str) -> Result<Redirect> {
        match self.walk(url)? {
            End::Redirect(redirect) => Ok(redirect),
            End::Page(text) => Err(format!("no way back to the program: {text}")),
        }
    }

    /// Enters a user code at the verification URI (RFC 8628 §3.3), and gives the text of the last page.
    pub fn enter_code(&mut self, verification_uri: &str, user_code: &str) -> Result<String> {
        self.user_code = Some(user_code.to_string());
        match self.walk(verification_uri)? {
            End::Page(text) => Ok(text),
            End::Redirect(redirect) => Err(format!("sent away to {}", redirect.uri)),
        }
    }

    /// Goes back to the program, and gives the status and the text of its page.
    pub fn follow(&mut self, redirect: &Redirect) -> Result<(u16, String)> {
        let uri = parse(&redirect.uri)?;
        let mut answer = self.fetch(&uri, redirect.form.as_deref())?;
        if let Some(location) = answer.header("location") {
            answer = self.fetch(&resolve(&uri, location)?, None)?;
        }
        Ok((answer.status, answer.body))
    }

    fn walk(&mut self, url: &str) -> Result<End> {
        let mut at = parse(url)?;
        let mut home = at.origin();
        let mut form = None;
        for step in 0..MAX_STEPS {
            let answer = self.fetch(&at, form.as_deref())?;
            let next = match answer.header("location") {
                Some(location) => Some((resolve(&at, location)?, None)),
                None => self.act(&at, &answer.body)?,
            };
            if let (0, None, Some((uri, None))) = (step, at.query(), &next) {
                home = uri.origin(); // from the program's address to its server
            }
            let end = match next {
                None if answer.status != 200 => {
                    return Err(format!("{} answered {}: {}", at.path(), answer.status, answer.body));
                }
                None => End::Page(answer.body),
                Some((uri, form)) if uri.origin() != home => End::Redirect(Redirect { uri: uri.into(), form }),
                Some(next) => {
                    (at, form) = next;
                    continue;
                }
            };
            return match self.consent {
                Consent::Refuse => Err("nobody asked for what was to be refused".to_string()),
                _ => Ok(end),
            };
        }
        Err(format!("more than {MAX_STEPS} steps, the last to {at}"))
    }

    fn fetch(&mut self, url: &Url, form: Option<&str>) -> Result<Answer> {
        let answer = exchange::send(url, &self.cookies.header(url.path()), form, self.trusted.as_ref())
            .map_err(|error| format!("{url} gave no answer: {error}"))?;
        answer.headers("set-cookie").for_each(|cookie| self.cookies.keep(cookie));
        Ok(answer)
    }

    /// What a user does next: where it leads, or nothing when all is done.
    fn act(&mut self, at: &Url, html: &str) -> Result<Option<(Url, Option<String>)>> {
        let Page { form: Some(form), links } = Page::read(html) else { return Ok(None) };
        let mut asked = false;
        let mut refusal = None;
        let mut fields = form_urlencoded::Serializer::new(String::new());
        for Control { kind, name, value } in &form.controls {
            let value = match (kind.as_str(), name.as_str()) {
                ("submit", "abort") => {
                    refusal = Some((name, value));
                    continue;
                }
                ("submit", _) | (_, "") => continue,
                ("text", "user_code") => match (self.user_code.take(), &self.consent) {
                    (Some(code), _) => &code.clone(),
                    (None, Consent::Refused) => return Ok(None),
                    (None, _) => return Err("the user code was not accepted".to_string()),
                },
                ("text", _) => &self.user,
                ("password", _) => "password",
                _ => value,
            };
            asked |= matches!(kind.as_str(), "text" | "password");
            fields.append_pair(name, value);
        }
        if self.consent == Consent::Refuse {
            let link = links.iter().find(|link| link.ends_with("/abort")).filter(|_| !asked);
            if let Some(link) = link {
                self.consent = Consent::Refused;
                return Ok(Some((resolve(at, link)?, None)));
            }
            if let Some((name, value)) = refusal {
                self.consent = Consent::Refused;
                fields.append_pair(name, value);
            }
        }
        Ok(Some((resolve(at, &form.action)?, Some(fields.finish()))))
    }
}

fn parse(url: &str) -> Result<Url> {
    url.parse().map_err(|error| format!("{url} is no URL: {error}"))
}

fn resolve(at: &Url, reference: &str) -> Result<Url> {
    at.join(reference).map_err(|error| format!("{reference} is no URL: {error}"))
}
