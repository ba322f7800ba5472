//! The configuration of a client: a builder whose setters never fail, and the validated, immutable result.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use url::Url;

use crate::client::authentication::{Authentication, Given};
use crate::client::certificate_key::CertificateKey;
use crate::client::client_key::{self, ClientKey};
use crate::client::log::{Level, Log};
use crate::client::options::RetryPolicy;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::host;
use crate::protocol::client_authentication::Method;
use crate::protocol::dpop;
use crate::protocol::issuer::Issuer;
use crate::protocol::jose::key::Key;
use crate::protocol::metadata::Endpoint;
use crate::protocol::security_profile::{Proposed, SecurityProfile};
use crate::protocol::{endpoint, header_field};
use crate::secret::Secret;
use crate::source::Source;
use crate::text::Text;
use crate::transport::client_certificate::{self, ClientCertificate};
use crate::transport::{callback, certificates, proxy, settings, small_file};

/// The settings as the program gave them.
pub struct Builder {
    pub issuer: Option<String>,
    pub allowed_issuers: Vec<String>,
    endpoints: [Option<String>; Endpoint::ALL.len()],
    pub client: Option<(Secret, Option<Secret>)>,
    pub authentication: Option<Method>,
    pub client_key: Option<client_key::Setting>,
    pub client_assertion: Option<Arc<dyn Source>>,
    pub assertion_audience: Option<String>,
    pub dpop: dpop::Setting,
    pub security_profile: SecurityProfile,
    pub connect_timeout_ms: u32,
    pub timeout_ms: u32,
    pub idle_timeout_ms: u32,
    pub max_response_bytes: usize,
    pub retry: RetryPolicy,
    pub user_agent: Option<String>,
    pub proxy: proxy::Choice,
    pub use_proxy: bool,
    pub ca_files: Vec<String>,
    pub ca_pem: Vec<Vec<u8>>,
    pub use_system_ca: bool,
    /// The file of the certificate that is shown to servers, and its key; `None`: the key is in the file.
    pub client_certificate: Option<(String, Option<Arc<Key>>)>,
    pub use_environment: bool,
    pub allow_http: bool,
    pub headers: Vec<(String, Secret)>,
    pub log: Log,
    pub pkce: bool,
    pub pushed_authorization: bool,
    pub signed_requests: bool,
    pub signed_responses: bool,
    pub authorization_lifetime_s: u32,
    pub transport: Option<Arc<callback::Send>>,
    pub clock: Clock,
    rejected: Option<(&'static str, String)>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            issuer: None,
            allowed_issuers: Vec::new(),
            endpoints: Default::default(),
            client: None,
            authentication: None,
            client_key: None,
            client_assertion: None,
            assertion_audience: None,
            dpop: dpop::Setting::Off,
            security_profile: SecurityProfile::None,
            connect_timeout_ms: 10_000,
            timeout_ms: 30_000,
            idle_timeout_ms: 4_000,
            max_response_bytes: 1 << 20,
            retry: RetryPolicy::default(),
            user_agent: None,
            proxy: proxy::Choice::default(),
            use_proxy: true,
            ca_files: Vec::new(),
            ca_pem: Vec::new(),
            use_system_ca: true,
            client_certificate: None,
            use_environment: true,
            allow_http: false,
            headers: Vec::new(),
            log: Log::default(),
            pkce: true,
            pushed_authorization: false,
            signed_requests: false,
            signed_responses: false,
            authorization_lifetime_s: 900,
            transport: None,
            clock: Clock::default(),
            rejected: None,
        }
    }
}

/// The checked settings.
pub struct Config {
    /// Its metadata name the endpoints that are not set.
    pub issuer: Option<Issuer>,
    /// The issuers that metadata, redirects and ID tokens may name: `issuer` first, then others that the program
    /// allows.
    pub issuers: Vec<String>,
    endpoints: [Option<Url>; Endpoint::ALL.len()],
    /// Plain http may be used to other machines too.
    pub allow_http: bool,
    /// The program set a proxy: unlike the environment's, it also carries requests to this machine.
    pub proxied: bool,
    pub authentication: Option<Authentication>,
    /// Servers are asked by mutual TLS (RFC 8705), with a certificate of the config or of the program's transport.
    pub mutual_tls: bool,
    /// The certificate is the config's.
    shows_certificate: bool,
    /// Signs assertions and authorization requests.
    pub client_key: Option<Arc<ClientKey>>,
    /// Shared by the tokens that the client gets.
    pub client_id: Option<Arc<Secret>>,
    /// The issuer, shared in the same way.
    pub issuer_name: Option<Arc<Secret>>,
    pub pkce: bool,
    pub security_profile: SecurityProfile,
    /// Authorization requests are pushed also where the metadata do not require it.
    pub pushed_authorization: bool,
    /// Authorization requests are signed also where the metadata do not require it.
    pub signed_requests: bool,
    /// Redirects must be signed (JARM).
    pub signed_responses: bool,
    pub dpop: dpop::Setting,
    pub authorization_lifetime_s: u32,
    pub timeout: Duration,
    pub max_response_bytes: usize,
    pub retry: RetryPolicy,
    pub user_agent: String,
    pub headers: Vec<(String, Secret)>,
    pub log: Log,
    pub clock: Clock,
}

impl Config {
    /// The URL of an endpoint, if the program set it.
    pub fn endpoint(&self, endpoint: Endpoint) -> Option<&Url> {
        self.endpoints[endpoint as usize].as_ref()
    }

    /// The issuers that a redirect or an ID token may name.
    pub fn issuer_names(&self) -> Vec<&str> {
        self.issuers.iter().map(String::as_str).collect()
    }

    /// Plain http to this machine is allowed because it stays here: it must not go through a proxy on another one.
    pub fn check_stays_here(&self, url: &Url) -> std::result::Result<(), &'static str> {
        if url.scheme() == "http" && !self.allow_http && self.proxied {
            return Err("is plain http and would go through the proxy: use https, or allow http");
        }
        Ok(())
    }

    /// A client with a certificate sends nothing where it cannot show it.
    pub fn check_shows_certificate(&self, endpoint: Endpoint, url: &Url) -> Result<()> {
        if self.shows_certificate && url.scheme() == "http" && endpoint != Endpoint::Authorization {
            let why = format!("cannot be shown: {} is plain http", endpoint.name());
            return Err(Error::config("client_certificate", &why));
        }
        Ok(())
    }

    /// Whether a function of the program signs for the client, which may take long.
    pub fn signs_elsewhere(&self) -> bool {
        let by_client_key = self.client_key.as_ref().is_some_and(|key| key.is_elsewhere());
        by_client_key || matches!(&self.dpop, dpop::Setting::Key(key) if key.is_elsewhere())
    }

    /// The client id; an error if it is not set.
    pub fn need_client_id(&self) -> Result<&str> {
        let client_id = self.client_id.as_deref().map(Secret::as_str);
        client_id.ok_or_else(|| Error::config("client_id", "is not set: see oauth_config_set_client"))
    }
}

/// How requests reach the server.
pub enum Route {
    Native(Box<settings::Settings>),
    Callback(Arc<callback::Send>),
}

impl Route {
    /// Whether a write to a connection that the server has reset may raise SIGPIPE.
    pub fn raises_sigpipe(&self) -> bool {
        match self {
            Self::Native(settings) => !settings.is_direct() || !cfg!(target_os = "linux"),
            Self::Callback(_) => false, // the program's transport, and its children, keep the program's signals
        }
    }
}

impl Builder {
    /// Records the first wrong value; [`Self::build`] reports it.
    pub fn reject(&mut self, setting: &'static str, why: &str) {
        self.rejected.get_or_insert_with(|| (setting, why.to_owned()));
    }

    pub fn set_endpoint(&mut self, endpoint: Endpoint, url: String) {
        self.endpoints[endpoint as usize] = Some(url);
    }

    /// Checks all settings; the error names the first wrong one.
    pub fn build(&self) -> Result<(Config, Route)> {
        if let Some((setting, why)) = &self.rejected {
            return Err(Error::config(setting, why));
        }
        let issuer = self.issuer.as_deref().map(|issuer| Issuer::parse(issuer, self.allow_http)).transpose()?;
        let mut endpoints = <[Option<Url>; Endpoint::ALL.len()]>::default();
        for endpoint in Endpoint::ALL {
            if let Some(url) = &self.endpoints[endpoint as usize] {
                endpoints[endpoint as usize] = Some(endpoint::parse(endpoint.name(), url, self.allow_http)?);
            }
        }
        if issuer.is_none() && endpoints.iter().all(Option::is_none) {
            return Err(Error::config("token_endpoint", "is not set, and no issuer from which to find it is"));
        }
        let client_key = self.client_key.as_ref().map(ClientKey::new).transpose()?.map(Arc::new);
        self.check_proofs(client_key.as_deref())?;
        let has_certificate = self.client_certificate.is_some();
        let is_by_certificate = self.authentication.is_some_and(Method::is_by_certificate);
        let authentication = Authentication::new(Given {
            client: self.client.as_ref(),
            key: client_key.as_ref(),
            assertion: self.client_assertion.as_ref(),
            has_certificate,
            method: self.authentication,
            audience: self.assertion_audience.as_deref(),
        })?;
        for (setting, value) in [
            ("connect_timeout_ms", self.connect_timeout_ms),
            ("timeout_ms", self.timeout_ms),
            ("authorization_lifetime_s", self.authorization_lifetime_s),
        ] {
            if value == 0 {
                return Err(Error::config(setting, "is 0"));
            }
        }
        if self.max_response_bytes == 0 {
            return Err(Error::config("max_response_bytes", "is 0"));
        }
        let user_agent =
            self.user_agent.clone().unwrap_or_else(|| format!("liboauthclient/{}", env!("CARGO_PKG_VERSION")));
        header_field::check_value("user_agent", &user_agent).map_err(Error::into_config)?;
        for (name, value) in &self.headers {
            header_field::check("header", name, value.as_str()).map_err(Error::into_config)?;
        }
        let profile = self.security_profile;
        let issuers = self.issuer.iter().chain(&self.allowed_issuers).cloned().collect();
        let config = Config {
            issuer_name: self.issuer.as_deref().and_then(Secret::new).map(Arc::new),
            issuer,
            issuers,
            endpoints,
            allow_http: self.allow_http,
            proxied: self.use_proxy && self.transport.is_none() && matches!(self.proxy, proxy::Choice::Set { .. }),
            authentication,
            mutual_tls: has_certificate || is_by_certificate,
            shows_certificate: has_certificate,
            client_key,
            client_id: self.client.as_ref().map(|(client_id, _)| Arc::new(client_id.clone())),
            pkce: self.pkce,
            security_profile: profile,
            pushed_authorization: self.pushed_authorization || profile.is_fapi(),
            signed_requests: self.signed_requests || profile.signs_messages(),
            signed_responses: self.signed_responses || profile.signs_messages(),
            dpop: self.dpop.clone(),
            authorization_lifetime_s: self.authorization_lifetime_s,
            timeout: Duration::from_millis(self.timeout_ms.into()),
            max_response_bytes: self.max_response_bytes,
            retry: self.retry,
            user_agent,
            headers: self.headers.clone(),
            log: self.log.clone(),
            clock: self.clock.clone(),
        };
        let route = self.route(&config)?;
        Ok((config, route))
    }

    /// Checks what belongs together for certificates, signed and pushed requests, and what the profile asks for.
    fn check_proofs(&self, client_key: Option<&ClientKey>) -> Result<()> {
        let (has_issuer, has_key) = (self.issuer.is_some(), self.client_key.is_some());
        let has_certificate = self.client_certificate.is_some();
        let pushed = Endpoint::PushedAuthorizationRequest;
        for (setting, is_wrong, why) in [
            (
                "client_certificate",
                has_certificate && self.transport.is_some(),
                "is set, but TLS is the matter of the program's transport",
            ),
            (
                "client_certificate",
                !has_certificate
                    && self.transport.is_none()
                    && self.authentication.is_some_and(Method::is_by_certificate),
                "is not set, but client_authentication needs one",
            ),
            (
                pushed.name(),
                self.pushed_authorization && !has_issuer && self.endpoints[pushed as usize].is_none(),
                "is not set, nor an issuer from which to find it, but requests are to be pushed",
            ),
            ("issuer", self.signed_responses && !has_issuer, "is not set, and signed responses need it"),
            ("issuer", self.signed_requests && !has_issuer, "is not set, and signed requests are made for it"),
            ("client_key", self.signed_requests && !has_key, "is not set, but requests are to be signed"),
        ] {
            if is_wrong {
                return Err(Error::config(setting, why));
            }
        }
        self.security_profile.check(&Proposed {
            has_issuer,
            has_secret: self.client.as_ref().is_some_and(|(_, secret)| secret.is_some()),
            has_assertion: self.client_assertion.is_some(),
            has_certificate,
            client_key: client_key.map(|key| key.current().algorithm()),
            method: self.authentication,
            audience_is_set: self.assertion_audience.is_some(),
            has_other_issuers: !self.allowed_issuers.is_empty(),
            dpop: !matches!(self.dpop, dpop::Setting::Off),
            dpop_key: match &self.dpop {
                dpop::Setting::Key(key) => Some(key.algorithm()),
                _ => None,
            },
            pkce: self.pkce,
            allow_http: self.allow_http,
        })
    }

    /// The good certificates; a log line for each bad one. `place` says more about where they are.
    fn certificates(&self, setting: &'static str, place: &str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
        let given = certificates::parse_pem(pem).map_err(|why| Error::config(setting, why))?;
        for (number, why) in given.passed_over {
            let line = || Text::line(&format!("{setting}{place}: certificate {number} is passed over: it {why}"));
            self.log.line(Level::Warn, || line().as_str().to_owned());
        }
        Ok(given.good)
    }

    /// The certificate that is shown to servers; a log line if it is not valid now.
    fn own_certificate(&self, config: &Config) -> Result<Option<ClientCertificate>> {
        let Some((path, key)) = &self.client_certificate else { return Ok(None) };
        let key = match key {
            Some(key) => client_certificate::Key::Own(Arc::new(CertificateKey(key.clone()))),
            None => client_certificate::Key::File(None, CertificateKey::from_pem),
        };
        let own = ClientCertificate::new(path.into(), key);
        let own = own.map_err(|why| Error::config("client_certificate", &why))?;
        for endpoint in Endpoint::ALL {
            config.endpoint(endpoint).map_or(Ok(()), |url| config.check_shows_certificate(endpoint, url))?;
        }
        if let Some(why) = own.date_trouble(config.clock.now_s()) {
            self.log.line(Level::Warn, || Text::line(&format!("client_certificate {why}")).as_str().to_owned());
        }
        Ok(Some(own))
    }

    fn route(&self, config: &Config) -> Result<Route> {
        let use_environment = self.use_environment && !host::is_privileged();
        proxy::check_choice(&self.proxy).map_err(|why| Error::config("proxy", why))?;
        let mut extra = Vec::new();
        for file in &self.ca_files {
            let pem = small_file::read(file.as_ref())
                .map_err(|error| Error::config("ca_file", &format!("cannot be read: {error}")))?;
            extra.extend(self.certificates("ca_file", &format!(" {file}"), &pem)?);
        }
        for pem in &self.ca_pem {
            extra.extend(self.certificates("ca_pem", "", pem)?);
        }
        if let Some(transport) = &self.transport {
            return Ok(Route::Callback(transport.clone()));
        }
        let endpoints = Endpoint::ALL.into_iter().filter_map(|one| Some((one.name(), config.endpoint(one)?)));
        let mut urls: Vec<_> = endpoints.collect();
        let metadata_urls = config.issuer.as_ref().map(Issuer::metadata_urls).unwrap_or_default();
        urls.extend(metadata_urls.iter().map(|url| ("issuer", url)));
        for (setting, url) in &urls {
            config.check_stays_here(url).map_err(|why| Error::config(setting, why))?;
        }
        let client_certificate = self.own_certificate(config)?;
        let needs_tls = urls.iter().any(|(_, url)| url.scheme() == "https");
        if extra.is_empty() && !self.use_system_ca && needs_tls {
            return Err(Error::config("use_system_ca", "is off, and no other certificates were given"));
        }
        let choice = if self.use_proxy { &self.proxy } else { &proxy::Choice::Off };
        // Metadata may name endpoints of either scheme; plain http on other machines only if that is allowed.
        let schemes = proxy::Schemes {
            http: urls.iter().any(|(_, url)| url.scheme() == "http") || (config.issuer.is_some() && self.allow_http),
            https: needs_tls || config.issuer.is_some(),
        };
        let proxies = proxy::proxies(choice, use_environment, schemes).map_err(|why| Error::config("proxy", why))?;
        let tls = certificates::client_config(extra, self.use_system_ca, use_environment, None);
        Ok(Route::Native(Box::new(settings::Settings {
            tls: tls.map_err(|why| Error::config("certificates:", &why))?,
            client_certificate,
            proxies,
            connect_timeout: Duration::from_millis(self.connect_timeout_ms.into()),
            idle_timeout: Duration::from_millis(self.idle_timeout_ms.into()),
        })))
    }
}
