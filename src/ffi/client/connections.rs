//! How a config reaches its server: time, retries, proxy, certificates.

use std::ffi::c_char;

use crate::client::options::RetryPolicy;
use crate::ffi::boundary::pointer;
use crate::ffi::client::config::{change, oauth_config};
use crate::transport::proxy;

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

/// Whether a proxy is used: the one of oauth_config_set_proxy, else those that the environment names (http_proxy,
/// https_proxy, all_proxy and no_proxy), but never for this machine itself. One that cannot be used is an error, and never
/// means a direct connection.
///
/// @param[in] config    NULL: nothing is done.
/// @param[in] use_proxy false: connect directly, whatever else is set; true unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_use_proxy(config: Option<&mut oauth_config>, use_proxy: bool) {
    change(config, |config| config.use_proxy = use_proxy);
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
