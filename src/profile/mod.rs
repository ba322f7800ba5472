//! Profiles: which server, client, login and store a session has, by a name, in a small file of the user.

mod document;
pub mod environment;
pub mod member;
mod secret;
mod session;
mod settings;
mod writing;

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::protocol::client_authentication::Method;
use crate::protocol::endpoint;
use crate::protocol::issuer::Issuer;
use crate::protocol::metadata::Endpoint;
use crate::store::Key;
use crate::text::has_control;
use crate::transport::loopback::{Host, Options as Redirect};
use environment::Environment;
use member::Member;
use settings::{Given, Settings};

/// A profile whose values were checked, each by itself.
pub struct Profile {
    /// As they were read, and where each stands, for messages.
    settings: Settings,
    pub parts: Parts,
}

/// The values that are more than texts.
pub struct Parts {
    pub authentication: Option<Method>,
    pub client_credentials: bool,
    pub key: String,
    pub store: Place,
    pub client_secret: Option<Source>,
    pub ca_file: Option<PathBuf>,
    /// Where a log-in listens for its redirect.
    pub redirect: Redirect,
}

/// Where the logins are kept.
#[derive(Debug, PartialEq, Eq)]
pub enum Place {
    /// The user's own directory.
    UsersDirectory,
    Directory(PathBuf),
    Memory,
    Keyring,
    Redis(String),
}

/// Where the client secret is.
#[derive(Debug, PartialEq, Eq)]
pub enum Source {
    File(PathBuf),
    /// The name of an item in the key store.
    Keyring(String),
}

/// The members that name an endpoint.
const ENDPOINTS: [(Member, Endpoint); 4] = [
    (Member::TokenEndpoint, Endpoint::Token),
    (Member::AuthorizationEndpoint, Endpoint::Authorization),
    (Member::DeviceAuthorizationEndpoint, Endpoint::DeviceAuthorization),
    (Member::RevocationEndpoint, Endpoint::Revocation),
];

impl Profile {
    /// Reads the profile of that name, and checks it.
    pub fn read(name: &str, environment: &Environment<'_>) -> Result<Self> {
        Self::read_with(name, Given::new(), environment)
    }

    /// The same with values of the program's own, which [`Self::write`] keeps for the next time.
    pub fn read_with(name: &str, given: Given, environment: &Environment<'_>) -> Result<Self> {
        check_name(name)?;
        let settings = Settings::read(name, given, environment)?;
        let parts = Parts::of(&settings, name, environment)?;
        Ok(Self { settings, parts })
    }

    /// Whether a profile may have this name.
    pub fn may_be_called(name: &str) -> bool {
        check_name(name).is_ok()
    }

    pub fn issuer(&self) -> Option<&str> {
        self.settings.text(Member::Issuer)
    }

    pub fn client_id(&self) -> &str {
        self.settings.text(Member::ClientId).unwrap_or_default()
    }

    /// What a log-in asks for, and each token by client credentials.
    pub fn scope(&self) -> Option<&str> {
        self.settings.text(Member::Scope)
    }

    /// The fields that go into each request for a token, too.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let with_name = |member: Member| self.settings.texts(member).iter().map(move |text| (member.name(), &**text));
        with_name(Member::Resource).chain(with_name(Member::Audience))
    }
}

impl Parts {
    fn of(settings: &Settings, name: &str, environment: &Environment<'_>) -> Result<Self> {
        for found in &settings.found {
            for value in &found.values {
                if value.is_empty() && found.member != Member::RedirectPath {
                    return Err(settings.wrong(found.member, "is empty"));
                }
                if has_control(value) {
                    return Err(settings.wrong(found.member, "has a control character"));
                }
            }
        }
        let key = settings.text(Member::Key).unwrap_or(name);
        check_server(settings).and_then(|()| Key::new(key).map(drop)).map_err(|error| settings.blamed(error))?;
        Ok(Self {
            authentication: authentication(settings)?,
            client_credentials: client_credentials(settings)?,
            key: key.to_owned(),
            store: store(settings, environment)?,
            client_secret: client_secret(settings, environment)?,
            ca_file: path(settings, environment, Member::CaFile)?,
            redirect: redirect(settings)?,
        })
    }
}

fn path(settings: &Settings, environment: &Environment<'_>, member: Member) -> Result<Option<PathBuf>> {
    let path = settings.text(member).map(|text| environment.path(text)).transpose();
    path.map_err(|why| settings.wrong(member, why))
}

fn client_secret(settings: &Settings, environment: &Environment<'_>) -> Result<Option<Source>> {
    let file = path(settings, environment, Member::ClientSecretFile)?.map(Source::File);
    match (file, settings.text(Member::ClientSecretKeyring)) {
        (Some(_), Some(_)) => Err(settings.wrong(Member::ClientSecretKeyring, "is given, and client_secret_file too")),
        (None, Some(name)) => Ok(Some(Source::Keyring(name.to_owned()))),
        (file, None) => Ok(file),
    }
}

fn check_name(name: &str) -> Result<()> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@+".contains(&byte);
    if !(1..=64).contains(&name.len()) || name.starts_with('.') || !name.bytes().all(is_allowed) {
        let why = "is not 1 to 64 letters, digits, '-', '_', '.', '@' and '+', with no '.' at the beginning";
        return Err(Error::argument("name", why));
    }
    Ok(())
}

/// The errors name the settings.
fn check_server(settings: &Settings) -> Result<()> {
    if let Some(issuer) = settings.text(Member::Issuer) {
        Issuer::parse(issuer, false)?;
    }
    for (member, _) in ENDPOINTS {
        if let Some(url) = settings.text(member) {
            endpoint::parse(member.name(), url, false)?;
        }
    }
    Ok(())
}

fn authentication(settings: &Settings) -> Result<Option<Method>> {
    Ok(Some(match settings.text(Member::ClientAuthentication) {
        None => return Ok(None),
        Some("client_secret_basic") => Method::ClientSecretBasic,
        Some("client_secret_post") => Method::ClientSecretPost,
        Some("none") => Method::None,
        Some(_) => {
            let why = "is none of client_secret_basic, client_secret_post and none";
            return Err(settings.wrong(Member::ClientAuthentication, why));
        }
    }))
}

fn client_credentials(settings: &Settings) -> Result<bool> {
    match settings.text(Member::Grant) {
        None | Some("refresh_token") => Ok(false),
        Some("client_credentials") => Ok(true),
        Some(_) => Err(settings.wrong(Member::Grant, "is neither refresh_token nor client_credentials")),
    }
}

fn store(settings: &Settings, environment: &Environment<'_>) -> Result<Place> {
    let wrong = |why: &str| Err(settings.wrong(Member::Store, why));
    match settings.text(Member::Store) {
        None | Some("directory") => Ok(Place::UsersDirectory),
        Some("memory") => Ok(Place::Memory),
        Some("keyring") => Ok(Place::Keyring),
        Some(url) if ["redis://", "rediss://", "unix:"].iter().any(|scheme| url.starts_with(scheme)) => {
            if has_credentials(url) {
                return wrong("has a user or a password in its URL: a profile keeps no secret");
            }
            Ok(Place::Redis(url.to_owned()))
        }
        Some(path) => match environment.path(path) {
            Ok(path) => Ok(Place::Directory(path)),
            Err(_) if !path.starts_with("~/") => {
                wrong("is none of directory, memory, keyring, a path with / or ~/ at its beginning, and a URL of Redis")
            }
            Err(why) => wrong(why),
        },
    }
}

/// Whether there may be a user or a password in the URL: before an @, also where it should have been percent-encoded, or
/// in the query of a socket's.
fn has_credentials(url: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    url.contains('@') || form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name != "db")
}

fn redirect(settings: &Settings) -> Result<Redirect> {
    let mut redirect = Redirect::default();
    if let Some(host) = settings.text(Member::RedirectHost) {
        redirect.host = Host::from_text(host)
            .ok_or_else(|| settings.wrong(Member::RedirectHost, "is none of 127.0.0.1, ::1 and localhost"))?;
    }
    if let Some(port) = settings.text(Member::RedirectPort) {
        redirect.port =
            port.parse().map_err(|_| settings.wrong(Member::RedirectPort, "is no number from 0 to 65535"))?;
    }
    if let Some(path) = settings.text(Member::RedirectPath) {
        redirect.path = path.to_owned();
        redirect.check().map_err(|_| {
            settings.wrong(Member::RedirectPath, "is neither empty nor a URL's path, with / at its beginning")
        })?;
    }
    Ok(redirect)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    const SERVER: &str = "issuer='https://as.example'\nclient_id='c'\n";

    /// The profile "p" of this text, with these variables.
    fn read(text: Option<&str>, variables: &[(&str, &str)]) -> Result<Profile> {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("p.toml");
        if let Some(text) = text {
            fs::write(&file, text).expect("written");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("a mode");
        }
        let variable = |name: &str| match name {
            "OAUTH_PROFILE_DIR" => Some(directory.path().into()),
            _ => variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()),
        };
        Profile::read("p", &Environment { variable: &variable, home: Some("/home/a".into()) })
    }

    fn good(text: &str) -> Profile {
        read(Some(&format!("{SERVER}{text}")), &[]).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let profile = good("");
        assert_eq!((profile.issuer(), profile.client_id(), profile.scope()), (Some("https://as.example"), "c", None));
        assert_eq!(
            (profile.parts.authentication, profile.parts.client_credentials, &*profile.parts.key),
            (None, false, "p")
        );
        assert_eq!(
            (&profile.parts.store, &profile.parts.client_secret, &profile.parts.ca_file),
            (&Place::UsersDirectory, &None, &None)
        );
        let redirect = &profile.parts.redirect;
        assert_eq!((redirect.host, redirect.port, &*redirect.path), (Host::Ipv4, 0, "/"));
        assert_eq!(profile.fields().count(), 0);
    }

    #[test]
    fn each_member_is_read() {
        let profile = good(
            "token_endpoint='https://as.example/t'\nauthorization_endpoint='https://as.example/a'\n\
             device_authorization_endpoint='https://as.example/d'\nrevocation_endpoint='https://as.example/r'\n\
             client_authentication='none'\nscope='a b'\nresource=['https://a', 'https://b']\naudience='api'\n\
             grant='client_credentials'\nkey='k'\nca_file='~/ca.pem'\nclient_secret_file='/s'\n\
             redirect_host='::1'\nredirect_port=8080\nredirect_path='/cb'\n",
        );
        for (member, endpoint) in ENDPOINTS {
            assert_eq!(member.name(), endpoint.name());
            assert!(profile.settings.text(member).is_some_and(|url| url.starts_with("https://as.example/")));
        }
        assert_eq!((profile.parts.authentication, profile.scope()), (Some(Method::None), Some("a b")));
        let fields: Vec<_> = profile.fields().collect();
        assert_eq!(fields, [("resource", "https://a"), ("resource", "https://b"), ("audience", "api")]);
        assert!(profile.parts.client_credentials && profile.parts.key == "k");
        assert_eq!(profile.parts.ca_file, Some("/home/a/ca.pem".into()));
        assert_eq!(profile.parts.client_secret, Some(Source::File("/s".into())));
        let redirect = &profile.parts.redirect;
        assert_eq!((redirect.host, redirect.port, &*redirect.path), (Host::Ipv6, 8080, "/cb"));
        assert_eq!(good("client_secret_keyring='s'").parts.client_secret, Some(Source::Keyring("s".to_owned())));
        for (name, method) in
            [("client_secret_basic", Method::ClientSecretBasic), ("client_secret_post", Method::ClientSecretPost)]
        {
            assert_eq!(good(&format!("client_authentication='{name}'")).parts.authentication, Some(method));
        }
        for (store, place) in [
            ("directory", Place::UsersDirectory),
            ("memory", Place::Memory),
            ("keyring", Place::Keyring),
            ("/a/b", Place::Directory("/a/b".into())),
            ("~/b", Place::Directory("/home/a/b".into())),
            ("redis://host/1", Place::Redis("redis://host/1".to_owned())),
            ("rediss://a,b", Place::Redis("rediss://a,b".to_owned())),
            ("unix:///run/redis?db=1", Place::Redis("unix:///run/redis?db=1".to_owned())),
        ] {
            assert_eq!(good(&format!("store='{store}'")).parts.store, place);
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_file_line_and_member() {
        for (text, what) in [
            ("issuer='as.example'", "issuer is not an absolute URL"),
            ("token_endpoint='https://a/#s3cr3t'", "token_endpoint has a fragment"),
            ("revocation_endpoint='https://u:s3cr3t@a/'", "revocation_endpoint has user information"),
            ("client_id=''", "client_id is empty"),
            ("scope='a\\nb'", ""),
            ("scope=\"a\\nb\"", "scope has a control character"),
            ("resource=['a','']", "resource is empty"),
            ("client_authentication='s3cr3t'", "client_authentication is none of"),
            ("grant='s3cr3t'", "grant is neither"),
            ("store='s3cr3t'", "store is none of"),
            ("store='redis://:s3cr3t@host'", "store has a user or a password"),
            ("store='redis://:s3/cr3t@host'", "store has a user or a password"),
            ("store='unix:///s?pass=s3cr3t'", "store has a user or a password"),
            ("store='unix:///s?p%61ss=s3cr3t'", "store has a user or a password"),
            ("ca_file='ca.pem'", "ca_file is not an absolute path"),
            ("client_secret_file='s3cr3t'", "client_secret_file is not an absolute path"),
            ("redirect_host='s3cr3t'", "redirect_host is none of"),
            ("redirect_port=65536", "redirect_port is no number"),
            ("redirect_port=-1", "redirect_port is not a number"),
            ("redirect_path='cb'", "redirect_path is neither"),
            ("unknown='s3cr3t'", "unknown is no member"),
        ] {
            let name = text.split('=').next().unwrap_or_default();
            let others: String =
                SERVER.lines().filter(|line| !line.starts_with(name)).map(|line| format!("{line}\n")).collect();
            let line = others.lines().count() + 2;
            let result = read(Some(&format!("{others}\n{text}")), &[]);
            let Err(error) = result else {
                assert!(what.is_empty(), "{text}");
                continue;
            };
            let message = error.message.as_str();
            assert!(message.contains(&format!("/p.toml:{line}: {what}")), "{text}: {message}");
            assert!(!message.contains("s3cr3t"), "{message}");
        }
    }

    #[test]
    fn the_secret_is_in_one_place() {
        let error = read(Some(&format!("{SERVER}client_secret_file='/f'\nclient_secret_keyring='k'")), &[]).err();
        assert!(error.is_some_and(|error| error.message.as_str().contains("p.toml:4: client_secret_keyring is given")));
        let text = format!("{SERVER}client_secret_keyring='k'");
        let profile = read(Some(&text), &[("OAUTH_CLIENT_SECRET_FILE", "/f")]).expect("the variable's");
        assert_eq!(profile.parts.client_secret, Some(Source::File("/f".into())));
        let both = [("OAUTH_CLIENT_SECRET_FILE", "/f"), ("OAUTH_CLIENT_SECRET_KEYRING", "k")];
        let error = read(Some(SERVER), &both).err();
        assert!(error.is_some_and(|error| error.message.as_str().starts_with("OAUTH_CLIENT_SECRET_KEYRING is given")));
    }

    #[test]
    fn variables_take_the_place_of_members_and_of_the_file() {
        let variables =
            [("OAUTH_SCOPE", "b"), ("OAUTH_RESOURCE", " x  y "), ("OAUTH_REDIRECT_PORT", "80"), ("OAUTH_KEY", "")];
        let profile = read(Some(&format!("{SERVER}scope='a'\nkey='k'\nresource='z'")), &variables).expect("good");
        assert_eq!((profile.scope(), &*profile.parts.key, profile.parts.redirect.port), (Some("b"), "k", 80));
        assert_eq!(profile.fields().collect::<Vec<_>>(), [("resource", "x"), ("resource", "y")]);
        let server = [("OAUTH_TOKEN_ENDPOINT", "https://a/t"), ("OAUTH_CLIENT_ID", "c")];
        assert_eq!(read(None, &server).expect("enough").client_id(), "c");
        for too_few in [&server[..1], &server[1..], &[]] {
            let error = read(None, too_few).err().expect("not enough");
            assert!(error.message.as_str().contains("/p.toml does not exist"), "{error}");
        }
        let error = read(Some(SERVER), &[("OAUTH_REDIRECT_PORT", "s3cr3t")]).err().expect("refused");
        assert_eq!(error.message.as_str(), "OAUTH_REDIRECT_PORT is no number from 0 to 65535");
    }

    #[test]
    fn a_name_is_no_path() {
        let longest = "a".repeat(64);
        for name in ["a", "A-1_b.c", "alice+test@mail.example", &longest] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        let longer = "a".repeat(65);
        for name in ["", ".", "..", ".a", "a/b", "a\\b", "a b", "\u{e9}", &longer] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
