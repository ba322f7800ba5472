//! The configuration of a client.

use std::ffi::{c_char, c_void};

use crate::client::config::Builder;
use crate::client::options::RetryPolicy;
use crate::ffi::callbacks::{self, UserData, oauth_destroy_fn, oauth_log_fn, oauth_transport_fn};
use crate::ffi::{guard, pointer};
use crate::protocol::client_authentication::Method;
use crate::transport::proxy;

/// Settings of a client. A builder: setters return nothing, and oauth_client_new reports the first bad value by name.
/// Free it with oauth_config_free.
pub struct oauth_config(pub(super) Builder);

/// How the client authenticates at the token endpoint.
pub type oauth_client_authentication = i32;

/// HTTP Basic with identifier and secret form-encoded first (RFC 6749 section 2.3.1). The default for a client with a secret.
pub const OAUTH_CLIENT_AUTHENTICATION_BASIC: oauth_client_authentication = 0;
/// HTTP Basic with both as they are (RFC 7617): for servers that do not decode.
pub const OAUTH_CLIENT_AUTHENTICATION_BASIC_RAW: oauth_client_authentication = 1;
/// client_id and client_secret in the form.
pub const OAUTH_CLIENT_AUTHENTICATION_BODY: oauth_client_authentication = 2;
/// client_id in the form, no proof: a public client. The default for a client without a secret.
pub const OAUTH_CLIENT_AUTHENTICATION_NONE: oauth_client_authentication = 3;

/// A config with the defaults.
///
/// @return free it with oauth_config_free; never NULL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_new() -> Box<oauth_config> {
    Box::new(oauth_config(Builder::default()))
}

/// Frees the config; clients made from it live on.
///
/// @param[in] config may be NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_free(config: Option<Box<oauth_config>>) {
    guard::value((), || drop(config));
}

/// Turns PKCE (RFC 7636) off, for a server that fails on it. On unless this is called, with S256 always.
///
/// @param[in] config NULL: nothing is done.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_disable_pkce(config: Option<&mut oauth_config>) {
    change(config, |config| config.pkce = false);
}

/// How long a begun authorization takes its answer.
///
/// @param[in] config     NULL: nothing is done.
/// @param[in] lifetime_s seconds, not 0; 900 unless set.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_authorization_lifetime_s(config: Option<&mut oauth_config>, lifetime_s: u32) {
    change(config, |config| config.authorization_lifetime_s = lifetime_s);
}

/// The client's identifier and secret (RFC 6749 section 2.2 and 2.3.1). Not needed by a program that passes an
/// Authorization header to each call.
///
/// @param[in] config        NULL: nothing is done.
/// @param[in] client_id     not NULL, not empty; no control characters. Copied.
/// @param[in] client_secret NULL: a public client. Copied.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_config_set_client(
    config: Option<&mut oauth_config>,
    client_id: *const c_char,
    client_secret: *const c_char,
) {
    change(config, |config| {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let client_id = unsafe { pointer::required(client_id) };
        // SAFETY: as above.
        let client_secret = unsafe { pointer::copied(client_secret) };
        match (client_id, client_secret) {
            (Ok(client_id), Ok(client_secret)) => config.client = Some((client_id, client_secret)),
            (Err(why), _) => config.reject("client_id", why),
            (_, Err(why)) => config.reject("client_secret", why),
        }
    });
}

/// How the client authenticates when a call passes no Authorization header. Unless this is called, a client with a secret
/// uses Basic, or the form where the server's metadata list client_secret_post and no client_secret_basic (RFC 8414
/// section 2).
///
/// @param[in] config NULL: nothing is done.
/// @param[in] method OAUTH_CLIENT_AUTHENTICATION_...
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_client_authentication(
    config: Option<&mut oauth_config>,
    method: oauth_client_authentication,
) {
    change(config, |config| match method {
        OAUTH_CLIENT_AUTHENTICATION_BASIC => config.authentication = Some(Method::BasicForm),
        OAUTH_CLIENT_AUTHENTICATION_BASIC_RAW => config.authentication = Some(Method::BasicRaw),
        OAUTH_CLIENT_AUTHENTICATION_BODY => config.authentication = Some(Method::Body),
        OAUTH_CLIENT_AUTHENTICATION_NONE => config.authentication = Some(Method::None),
        _ => config.reject("client_authentication", "is none of OAUTH_CLIENT_AUTHENTICATION_..."),
    });
}

/// Bounds name look-up, connection and TLS handshake.
///
/// @param[in] config             NULL: nothing is done.
/// @param[in] connect_timeout_ms milliseconds, not 0; 10,000 unless set.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_connect_timeout_ms(config: Option<&mut oauth_config>, connect_timeout_ms: u32) {
    change(config, |config| config.connect_timeout_ms = connect_timeout_ms);
}

/// Bounds one exchange with its retries.
///
/// @param[in] config     NULL: nothing is done.
/// @param[in] timeout_ms milliseconds, not 0; 30,000 unless set.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_timeout_ms(config: Option<&mut oauth_config>, timeout_ms: u32) {
    change(config, |config| config.timeout_ms = timeout_ms);
}

/// How long a connection may have been idle and still be used again.
///
/// @param[in] config          NULL: nothing is done.
/// @param[in] idle_timeout_ms milliseconds; 0: connections are never used again; 4,000 unless set.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_idle_timeout_ms(config: Option<&mut oauth_config>, idle_timeout_ms: u32) {
    change(config, |config| config.idle_timeout_ms = idle_timeout_ms);
}

/// The largest body of an answer; larger ones are refused while they are read.
///
/// @param[in] config             NULL: nothing is done.
/// @param[in] max_response_bytes not 0; 1 MiB unless set.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_max_response_bytes(config: Option<&mut oauth_config>, max_response_bytes: usize) {
    change(config, |config| config.max_response_bytes = max_response_bytes);
}

/// When to try again. A code or a refresh token never goes out twice once a byte of it has left: for such requests only
/// failures to connect are tried again, which is also the default.
///
/// @param[in] config         NULL: nothing is done.
/// @param[in] max_retries    more tries after the first one; 0: none; 2 unless set.
/// @param[in] backoff_ms     the first pause in milliseconds; each further one is twice as long, give or take a half; 100
///                           unless set.
/// @param[in] retry_statuses also after HTTP 429, 502, 503 and 504, as Retry-After says, if that is within the timeout;
///                           never for a code or a refresh token; false unless set.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_retry_policy(
    config: Option<&mut oauth_config>,
    max_retries: u32,
    backoff_ms: u32,
    retry_statuses: bool,
) {
    change(config, |config| config.retry = RetryPolicy { max_retries, backoff_ms, retry_statuses });
}

/// The User-Agent header.
///
/// @param[in] config     NULL: nothing is done.
/// @param[in] user_agent no control characters; copied. "liboauthclient/VERSION" unless set.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_config_set_user_agent(config: Option<&mut oauth_config>, user_agent: *const c_char) {
    change(config, |config| {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        match unsafe { pointer::required(user_agent) } {
            Ok(user_agent) => config.user_agent = Some(user_agent.as_str().to_owned()),
            Err(why) => config.reject("user_agent", why),
        }
    });
}

/// Sends every request through this proxy, whatever the environment says.
///
/// @param[in] config   NULL: nothing is done.
/// @param[in] url      http, https, socks5 (names looked up here) or socks5h (names looked up by the proxy); may hold
///                     user information. Copied.
/// @param[in] username NULL: that of the URL, if any. Copied.
/// @param[in] password NULL: that of the URL, if any; needed with a username. Copied.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_config_set_proxy(
    config: Option<&mut oauth_config>,
    url: *const c_char,
    username: *const c_char,
    password: *const c_char,
) {
    change(config, |config| {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let url = unsafe { pointer::required(url) };
        // SAFETY: as above.
        let (username, password) = unsafe { (pointer::copied(username), pointer::copied(password)) };
        let credentials = match (username, password) {
            (Ok(Some(username)), Ok(Some(password))) => Ok(Some((username, password))),
            (Ok(None), Ok(None)) => Ok(None),
            (Ok(_), Ok(_)) => Err("has a username without a password, or a password without a username"),
            (Err(why), _) | (_, Err(why)) => Err(why),
        };
        match (url, credentials) {
            (Ok(url), Ok(credentials)) => config.proxy = proxy::Choice::Set { url, credentials },
            (Err(why), _) | (_, Err(why)) => config.reject("proxy", why),
        }
    });
}

/// Connects directly, whatever the environment says. Without this and oauth_config_set_proxy the variables http_proxy,
/// https_proxy, all_proxy and no_proxy count, but never for this machine itself; one that cannot be used is an error, and
/// never means a direct connection.
///
/// @param[in] config NULL: nothing is done.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_disable_proxy(config: Option<&mut oauth_config>) {
    change(config, |config| config.proxy = proxy::Choice::Off);
}

/// Trusts the certificate authorities in a file too; may be called again for more files.
///
/// @param[in] config NULL: nothing is done.
/// @param[in] path   of PEM certificates, read by oauth_client_new. Copied.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_config_add_ca_file(config: Option<&mut oauth_config>, path: *const c_char) {
    change(config, |config| {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        match unsafe { pointer::required(path) } {
            Ok(path) => config.ca_files.push(path.as_str().to_owned()),
            Err(why) => config.reject("ca_file", why),
        }
    });
}

/// Trusts these certificate authorities too; may be called again for more.
///
/// @param[in] config NULL: nothing is done.
/// @param[in] pem    PEM certificates; copied. NULL only when length is 0, which is reported as empty.
/// @param[in] length in bytes.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_config_add_ca_pem(config: Option<&mut oauth_config>, pem: *const u8, length: usize) {
    // SAFETY: NULL, or `length` bytes (header: Strings).
    change(config, |config| match unsafe { pointer::bytes(pem, length) } {
        Ok(pem) => config.ca_pem.push(pem.to_vec()),
        Err(why) => config.reject("ca_pem", why),
    });
}

/// Whether the operating system's certificate authorities are trusted.
///
/// @param[in] config        NULL: nothing is done.
/// @param[in] use_system_ca false: only those of oauth_config_add_ca_file and oauth_config_add_ca_pem; true unless set.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_use_system_ca(config: Option<&mut oauth_config>, use_system_ca: bool) {
    change(config, |config| config.use_system_ca = use_system_ca);
}

/// Whether the environment counts: the proxy variables, and SSL_CERT_FILE and SSL_CERT_DIR. It never does in a set-uid or
/// set-gid program. It is read once, by oauth_client_new.
///
/// @param[in] config          NULL: nothing is done.
/// @param[in] use_environment true unless set.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_use_environment(config: Option<&mut oauth_config>, use_environment: bool) {
    change(config, |config| config.use_environment = use_environment);
}

/// Whether endpoints beyond this machine may be plain http: everybody on the way can read the credentials. For tests and
/// closed networks.
///
/// @param[in] config     NULL: nothing is done.
/// @param[in] allow_http false unless set.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_allow_http(config: Option<&mut oauth_config>, allow_http: bool) {
    change(config, |config| config.allow_http = allow_http);
}

/// Adds a header field to every request.
///
/// @param[in] config NULL: nothing is done.
/// @param[in] name   not NULL; not Host, Content-Length, Content-Type, Transfer-Encoding, Connection or Authorization.
/// @param[in] value  not NULL; no control characters. Both are copied.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_config_add_header(
    config: Option<&mut oauth_config>,
    name: *const c_char,
    value: *const c_char,
) {
    // SAFETY: NULL or NUL-terminated strings (header: Strings).
    change(config, |config| match unsafe { pointer::header_field(name, value) } {
        Ok((name, value)) => config.headers.push((name.as_str().to_owned(), value)),
        Err(why) => config.reject("header", &why),
    });
}

/// Sends log lines to a function of the program; off unless set.
///
/// @param[in] config    NULL: nothing is done, but destroy is called.
/// @param[in] level     the least important level wanted: OAUTH_LOG_ERROR to OAUTH_LOG_DEBUG.
/// @param[in] log       NULL: no log.
/// @param[in] user_data passed to log; may be NULL.
/// @param[in] destroy   frees user_data when neither config nor client needs it any more; NULL: nothing to free.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_log(
    config: Option<&mut oauth_config>,
    level: i32,
    log: oauth_log_fn,
    user_data: *mut c_void,
    destroy: oauth_destroy_fn,
) {
    let user_data = UserData::new(user_data, destroy);
    change(config, |config| match callbacks::log(level, log, user_data) {
        Some(log) => config.log = log,
        None => config.reject("log", "has a level that is none of OAUTH_LOG_..."),
    });
}

/// Lets the program do the HTTP itself: another TLS library, a simulator, a test. Timeouts and cancelling are then up to
/// the function; settings about connections, proxies and certificates are checked, but not used.
///
/// @param[in] config    NULL: nothing is done, but destroy is called.
/// @param[in] transport NULL: the library's own transport.
/// @param[in] user_data passed to transport; may be NULL.
/// @param[in] destroy   frees user_data when neither config nor client needs it any more; NULL: nothing to free.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_transport(
    config: Option<&mut oauth_config>,
    transport: oauth_transport_fn,
    user_data: *mut c_void,
    destroy: oauth_destroy_fn,
) {
    let user_data = UserData::new(user_data, destroy);
    change(config, |config| config.transport = callbacks::transport(transport, user_data));
}

pub(super) fn change(config: Option<&mut oauth_config>, change: impl FnOnce(&mut Builder)) {
    guard::value((), || config.map_or((), |config| change(&mut config.0)));
}
