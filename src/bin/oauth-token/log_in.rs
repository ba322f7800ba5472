//! Logs a user in for a profile, and gives the login back.

use std::io::{IsTerminal, stderr};
use std::thread;

use oauthclient::blocking::Client;
use oauthclient::client::authorization::AuthorizationArguments;
use oauthclient::client::log_in::{LogInArguments, Show};
use oauthclient::client::options::RequestOptions;
use oauthclient::profile::environment::Environment;
use oauthclient::profile::{Place, Profile};
use oauthclient::protocol::parameters::Parameters;
use oauthclient::protocol::token::Token;
use oauthclient::secret::Secret;
use oauthclient::transport::browser;
use oauthclient::transport::loopback::{Host, Options as Redirect};

use crate::arguments::Arguments;
use crate::ask;
use crate::failure::{CONFIGURATION, Failure, note};
use crate::option::Name;
use crate::profile;
use crate::secret::NewSecret;

/// How long the user has, in seconds.
const LIMIT_S: u32 = 300;

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let (name, environment) = (arguments.name(), Environment::of_process());
    let (given, secret) = (profile::given(arguments)?, NewSecret::read(arguments, name, &environment)?);
    let read = |secret| profile::read(arguments.verb, name, &given, secret, &environment);
    let profile = read(secret.as_ref().map(NewSecret::member))?;
    check(&profile)?;
    profile::warn_of_variable(&profile);
    let session = profile.open()?;
    let (client, options) = (profile::client(&session), profile::options(arguments, LIMIT_S, None));
    let parameters = profile::parameters(profile.fields())?;
    let way = Way { client, profile: &profile, parameters: &parameters, options: &options };
    let token = match () {
        () if arguments.has(Name::Device) => way.by_device()?,
        () if arguments.has(Name::Paste) => way.by_hand()?,
        () => way.through_browser()?,
    };
    let accepted = secret.map(NewSecret::keep).transpose()?;
    let path = read(accepted)?.write(name, &environment)?;
    session.adopt(&token, Some(&options))?;
    let user = token.claims.as_ref().and_then(|claims| claims.string("sub").map(str::to_owned));
    note(&format!("Logged in{}.", user.map(|user| format!(" as {user}")).unwrap_or_default()));
    if let Some(path) = path {
        note(&format!("The profile {name} is remembered in {}.", path.display()));
    }
    if token.refresh_token.is_none() {
        note(
            "The server gave no refresh token: the login lasts as long as this token. Some servers want the scope offline_access.",
        );
    }
    Ok(())
}

pub fn revoke(arguments: &Arguments) -> Result<(), Failure> {
    let session = profile::open(arguments.name())?;
    session.forget(true, Some(&profile::usual_options(arguments))).map_err(|error| Failure::of(error, arguments.name()))
}

fn check(profile: &Profile) -> Result<(), Failure> {
    let why = match () {
        () if profile.parts.client_credentials => "the profile is one of a machine (grant): nobody has to log in",
        () if profile.parts.store == Place::Memory => "a login in a store in memory would be over with this command",
        () => return Ok(()),
    };
    Err(Failure::new(CONFIGURATION, why.to_owned()))
}

struct Way<'a> {
    client: &'a Client,
    profile: &'a Profile,
    parameters: &'a Parameters,
    options: &'a RequestOptions,
}

impl Way<'_> {
    fn through_browser(&self) -> Result<Token, Failure> {
        let show = |url: &str| {
            note("Opening the browser; waiting for you to log in there.");
            let url = url.to_owned();
            // The redirect may come before the program that opens the browser ends.
            let opens = move || {
                if browser::open(&url).is_err() {
                    note(&format!("No browser could be opened. On this machine, open {url}"));
                    note("If the browser is on another machine, log in with --paste or --device.");
                }
            };
            drop(thread::Builder::new().spawn(opens));
            Ok(())
        };
        let mut listener = self.profile.parts.redirect.clone();
        listener.program_name = Some("oauth-token".to_owned());
        let arguments = LogInArguments {
            scope: self.profile.scope(),
            parameters: Some(self.parameters),
            show: Show::Program(&show),
            listener: &listener,
        };
        Ok(self.client.log_in(arguments, Some(self.options))?)
    }

    /// The browser may run on another machine: only its address bar comes back.
    fn by_hand(&self) -> Result<Token, Failure> {
        let redirect_uri = redirect_uri(&self.profile.parts.redirect);
        let arguments = AuthorizationArguments {
            redirect_uri: &redirect_uri,
            scope: self.profile.scope(),
            parameters: Some(self.parameters),
        };
        let mut authorization = self.client.authorization(arguments, Some(self.options))?;
        note("Open this URL. At the end the browser cannot reach the page: paste its address here.");
        note(authorization.request.url.as_str());
        let line = ask::line("> ")?;
        let redirect = line.as_str().map(str::trim).unwrap_or_default();
        Ok(self.client.finish(&mut authorization, redirect, None, Some(self.options))?)
    }

    fn by_device(&self) -> Result<Token, Failure> {
        let scope = self.profile.scope();
        let mut device = self.client.device_authorization(scope, Some(self.parameters), Some(self.options))?;
        if let Some(qr) = device.shown.qr_text().filter(|_| stderr().is_terminal()) {
            note(qr.as_str());
        }
        let codes = &device.shown.codes;
        note(&format!("Go to {} and enter {}", codes.verification_uri.as_str(), codes.user_code.as_str()));
        if let Some(complete) = codes.verification_uri_complete.as_ref().map(Secret::as_str) {
            note(&format!("or open {complete}"));
        }
        Ok(self.client.wait(&mut device, Some(self.options))?)
    }
}

fn redirect_uri(redirect: &Redirect) -> String {
    let host = match redirect.host {
        Host::Ipv4 => "127.0.0.1",
        Host::Ipv6 => "[::1]",
        Host::Localhost => "localhost",
    };
    match redirect.port {
        0 => format!("http://{host}{}", redirect.path),
        port => format!("http://{host}:{port}{}", redirect.path),
    }
}
