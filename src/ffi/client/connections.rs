//! Connections: timeouts, retries, proxy, certificates
//!
//! How a client reaches its server. The defaults suit most programs: 10 s to connect, 30 s for an
//! exchange, two retries if nothing was sent, the proxy of the environment, and the certificate
//! authorities of the operating system.
//!
//! An exchange is one request and its response, retries included. Most calls make one; a call that
//! fetches the server's metadata first makes more. oauth_request_options changes timeout, retries
//! and header fields for one call, and can set a deadline for the whole call.
//!
//! Connections are HTTP/1.1, over TLS 1.2 or 1.3 with the server's certificate checked. Idle ones
//! are kept for later calls. Redirects are never followed.

use std::ffi::c_char;

use crate::client::options::RetryPolicy;
use crate::ffi::boundary::pointer;
use crate::ffi::client::config::{change, oauth_config};
use crate::ffi::key::oauth_key;
use crate::transport::proxy;

/// Limits the name lookup, the connection and the TLS handshake of each attempt.
///
/// @param[in] config             NULL: nothing is done.
/// @param[in] connect_timeout_ms milliseconds, not 0; 10,000 unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_connect_timeout_ms(config: Option<&mut oauth_config>, connect_timeout_ms: u32) {
    change(config, |config| config.connect_timeout_ms = connect_timeout_ms);
}

/// Limits one exchange with its retries.
///
/// @code
/// oauth_config_set_timeout_ms(config, 15000);
/// oauth_config_set_connect_timeout_ms(config, 5000);
/// oauth_config_set_retry_policy(config, 3, 200, true);
/// oauth_config_add_header(config, "X-Tenant", "example");
/// @endcode
///
/// @param[in] config     NULL: nothing is done.
/// @param[in] timeout_ms milliseconds, not 0; 30,000 unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_timeout_ms(config: Option<&mut oauth_config>, timeout_ms: u32) {
    change(config, |config| config.timeout_ms = timeout_ms);
}

/// How long a connection may be idle and still be used for another request.
///
/// @param[in] config          NULL: nothing is done.
/// @param[in] idle_timeout_ms milliseconds; 0: each request gets a new connection; 4,000 unless
///                            set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_idle_timeout_ms(config: Option<&mut oauth_config>, idle_timeout_ms: u32) {
    change(config, |config| config.idle_timeout_ms = idle_timeout_ms);
}

/// The largest response body. A larger one is refused while it is read.
///
/// @param[in] config             NULL: nothing is done.
/// @param[in] max_response_bytes not 0; 1 MiB unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_max_response_bytes(config: Option<&mut oauth_config>, max_response_bytes: usize) {
    change(config, |config| config.max_response_bytes = max_response_bytes);
}

/// Which failed attempts are repeated. If the name lookup, the connection or the TLS handshake
/// failed, nothing was sent, and the attempt is repeated, unless the certificate was refused, TLS
/// has no common version or cipher suite, or the proxy refused the password or the connection. Once
/// a byte was sent, it is repeated only after a status of retry_statuses.
///
/// If a kept connection ends before a byte of the response has come (through a proxy: before its
/// head), the request is sent once more, on a new connection: the server had nearly always closed
/// the old one before the request arrived.
///
/// Else never sent twice: a request with a code, a refresh token, a device code or an assertion,
/// and one of oauth_request_grant.
///
/// @param[in] config         NULL: nothing is done.
/// @param[in] max_retries    attempts after the first one; 0: none; 2 unless set.
/// @param[in] backoff_ms     the first pause, in milliseconds; each further one is twice as long. A
///                           random part makes each up to a half shorter or longer. 100 unless set.
/// @param[in] retry_statuses true: also after HTTP 429, 502, 503 and 504, after the pause that
///                           Retry-After asks for, if it ends within the timeout; false unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_retry_policy(
    config: Option<&mut oauth_config>,
    max_retries: u32,
    backoff_ms: u32,
    retry_statuses: bool,
) {
    change(config, |config| config.retry = RetryPolicy { max_retries, backoff_ms, retry_statuses });
}

/// The User-Agent header field.
///
/// @param[in] config     NULL: nothing is done.
/// @param[in] user_agent not NULL; no control characters. "liboauthclient/VERSION" unless set.
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

/// Sends every request through this proxy, in place of the environment's. That includes requests to
/// this machine: plain http to it then needs oauth_config_set_allow_http.
///
/// If an HTTP proxy refuses a connection to an https server, it is asked once more for its reasons.
/// The message of the error names its HTTP status and, for 407, the authentication schemes that it
/// wants; only Basic is supported.
///
/// @param[in] config   NULL: nothing is done.
/// @param[in] url      not NULL; http, https, socks5 (names are looked up here; also written socks)
///                     or socks5h (names are looked up by the proxy); may hold user information.
/// @param[in] username NULL: that of the URL, if any.
/// @param[in] password NULL if, and only if, username is NULL.
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

/// Whether a proxy is used: that of oauth_config_set_proxy, else those of the environment variables
/// http_proxy, https_proxy, all_proxy and no_proxy, in small or capital letters. The environment's
/// proxies are not used for this machine. A proxy that cannot be used is an error: the library
/// never connects directly instead. Only the variable for the scheme of the endpoints is read; with
/// an issuer that is https, and also http if oauth_config_set_allow_http allows it. The hosts of
/// no_proxy are separated by commas or blanks. In a CGI program (REQUEST_METHOD is set) HTTP_PROXY
/// is ignored, because a request header can set it.
///
/// @param[in] config    NULL: nothing is done.
/// @param[in] use_proxy false: connect directly, whatever else is set; true unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_use_proxy(config: Option<&mut oauth_config>, use_proxy: bool) {
    change(config, |config| config.use_proxy = use_proxy);
}

/// Also trusts the certificate authorities in a file. May be called again for more files.
///
/// A certificate may also be the server's own, self-signed or not. A server that shows exactly this
/// certificate, and holds its key, is accepted: for its name (the subject alternative names, or,
/// where it has none, the common name without wildcards) and while it is valid. It may be CA:TRUE,
/// and X.509 version 1. Unless it is that of an authority, it vouches for no other certificate; one
/// of version 1 cannot say what it is, and counts as that of an authority.
///
/// A certificate that cannot be read is passed over with a log line; a file in which none is good
/// is an error.
///
/// @param[in] config NULL: nothing is done.
/// @param[in] path   not NULL; a file of certificates in PEM: CERTIFICATE or OpenSSL's TRUSTED
///                   CERTIFICATE, whose trust settings are not used. oauth_client_new reads it.
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

/// Also trusts these certificate authorities, or servers' own certificates, like
/// oauth_config_add_ca_file. May be called again for more.
///
/// @param[in] config NULL: nothing is done.
/// @param[in] pem    PEM certificates, at least one that is good; copied.
/// @param[in] length in bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_config_add_ca_pem(config: Option<&mut oauth_config>, pem: *const u8, length: usize) {
    // SAFETY: NULL, or `length` bytes (header: Bytes).
    change(config, |config| match unsafe { pointer::bytes(pem, length) } {
        Ok(pem) => config.ca_pem.push(pem.to_vec()),
        Err(why) => config.reject("ca_pem", why),
    });
}

/// Whether the certificate authorities of the operating system are trusted.
///
/// Where they are files, a client reads them when it verifies its first server: after a chroot they
/// must still be there.
///
/// @param[in] config        NULL: nothing is done.
/// @param[in] use_system_ca false: only those of oauth_config_add_ca_file and
///                          oauth_config_add_ca_pem are; true unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_use_system_ca(config: Option<&mut oauth_config>, use_system_ca: bool) {
    change(config, |config| config.use_system_ca = use_system_ca);
}

/// The client's own certificate, shown to servers that ask for one (mutual TLS, RFC 8705): by it
/// the client authenticates, or the tokens that it gets are bound to it, or both.
///
/// It is the client authentication if the client has no secret, unless
/// oauth_config_set_client_authentication says otherwise. Endpoints in the server's metadata under
/// mtls_endpoint_aliases take the place of the usual ones. The resource takes a bound token only
/// over a connection with the same certificate, which is the program's matter.
///
/// oauth_client_new reads the file, and each request reads it again: replace it before the
/// certificate expires, best by rename(2). A new certificate is used at once, over new connections.
/// While the file cannot be read, or holds no certificate of the key, the one before is used; an
/// error of TLS says so. A certificate that is not valid at the time of oauth_client_new is told in
/// the log.
///
/// If a server refuses the certificate, the call ends with OAUTH_ERROR_TLS; the message has the
/// server's reason, and the server has not taken the request. oauth_client_new refuses a certificate
/// together with a transport of the program, or with an endpoint that is plain http. A proxy that is
/// reached by https and asks for a certificate gets this one, too.
///
/// @code
/// oauth_config_set_client(config, "my-client-id", NULL);
/// oauth_config_set_client_certificate(config, "/run/secrets/client.pem", NULL);
/// @endcode
///
/// @param[in] config           NULL: nothing is done.
/// @param[in] certificate_path not NULL; a PEM file: the certificate, then those that link it to an
///                             authority. If key is NULL also the private key (PKCS#8, PKCS#1 or
///                             SEC1), not encrypted.
/// @param[in] key              signs each handshake; it may be a signer. NULL: the key is in the
///                             file. A signer of RS256 is of no use for TLS 1.3: let it be PS256. If
///                             it fails, the call ends with OAUTH_ERROR_TLS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_config_set_client_certificate(
    config: Option<&mut oauth_config>,
    certificate_path: *const c_char,
    key: Option<&oauth_key>,
) {
    change(config, |config| {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        match unsafe { pointer::required(certificate_path) } {
            Ok(path) => config.client_certificate = Some((path.as_str().to_owned(), key.map(|key| key.0.clone()))),
            Err(why) => config.reject("client_certificate", why),
        }
    });
}

/// Whether oauth_client_new reads the environment: the proxy variables, and on Linux SSL_CERT_FILE
/// and SSL_CERT_DIR, which replace the CA certificates of the operating system. In a set-uid or
/// set-gid program it never does.
///
/// @param[in] config          NULL: nothing is done.
/// @param[in] use_environment true unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_use_environment(config: Option<&mut oauth_config>, use_environment: bool) {
    change(config, |config| config.use_environment = use_environment);
}

/// Whether URLs of other machines may be plain http. Everyone on the network path can then read the
/// credentials: for tests and closed networks only.
///
/// @param[in] config     NULL: nothing is done.
/// @param[in] allow_http false unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_allow_http(config: Option<&mut oauth_config>, allow_http: bool) {
    change(config, |config| config.allow_http = allow_http);
}

/// Adds a header field to every request. Accept and User-Agent replace those of the library.
///
/// @param[in] config NULL: nothing is done.
/// @param[in] name   not NULL; not Host, Content-Length, Content-Type, Transfer-Encoding,
///                   Connection or Authorization.
/// @param[in] value  not NULL; no control characters.
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
