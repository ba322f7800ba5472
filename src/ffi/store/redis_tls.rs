//! TLS to Redis.

use std::ffi::c_char;
use std::path::PathBuf;

use crate::ffi::boundary::pointer;
use crate::ffi::store::{self, oauth_store_options};

/// Also trusts the certificate authorities in a file for TLS to Redis, or servers' own
/// certificates, like oauth_config_add_ca_file. May be called again for more files.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] path    not NULL; a file of PEM certificates. oauth_store_open_redis reads it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_store_options_add_redis_ca_file(
    options: Option<&mut oauth_store_options>,
    path: *const c_char,
) {
    store::change(options, |options| {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        match unsafe { pointer::required(path) } {
            Ok(path) => options.redis.tls.ca_files.push(path.as_str().to_owned()),
            Err(why) => options.reject(&format!("redis_ca_file {why}")),
        }
    });
}

/// Also trusts these certificate authorities, or servers' own certificates, like
/// oauth_store_options_add_redis_ca_file. May be called again for more.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] pem     PEM certificates, at least one that is good; copied.
/// @param[in] length  in bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_store_options_add_redis_ca_pem(
    options: Option<&mut oauth_store_options>,
    pem: *const u8,
    length: usize,
) {
    // SAFETY: NULL, or `length` bytes (header: Bytes).
    store::change(options, |options| match unsafe { pointer::bytes(pem, length) } {
        Ok(pem) => options.redis.tls.ca_pem.push(pem.to_vec()),
        Err(why) => options.reject(&format!("redis_ca_pem {why}")),
    });
}

/// Whether the certificate authorities of the operating system are trusted for TLS to Redis. On
/// Linux, SSL_CERT_FILE and SSL_CERT_DIR replace them, except in a set-uid or set-gid program.
///
/// @param[in] options       NULL: nothing is done.
/// @param[in] use_system_ca false: only those of oauth_store_options_add_redis_ca_file and
///                          oauth_store_options_add_redis_ca_pem are; true unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_store_options_set_redis_use_system_ca(
    options: Option<&mut oauth_store_options>,
    use_system_ca: bool,
) {
    store::change(options, |options| options.redis.tls.without_system_ca = !use_system_ca);
}

/// Sets the certificate that is shown to Redis servers and sentinels that ask for one.
///
/// oauth_store_open_redis reads both files, and each new connection reads them again: replace them,
/// in any order, before the certificate expires. While they cannot be read, or do not fit each
/// other, those that were read last are used. CA certificates are read once.
///
/// @param[in] options          NULL: nothing is done.
/// @param[in] certificate_path not NULL; a PEM file: the certificate, then those that link it to an
///                             authority.
/// @param[in] key_path         not NULL; a PEM file with the private key (PKCS #8, PKCS #1 or
///                             SEC 1), not encrypted. It may be the same file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_store_options_set_redis_client_certificate(
    options: Option<&mut oauth_store_options>,
    certificate_path: *const c_char,
    key_path: *const c_char,
) {
    store::change(options, |options| {
        let mut path = |path, name: &str| {
            // SAFETY: NULL or a NUL-terminated string (header: Strings).
            let path = unsafe { pointer::required(path) };
            let path = path.inspect_err(|why| options.reject(&format!("redis_client_certificate {name} {why}")));
            path.map(|path| PathBuf::from(path.as_str())).ok()
        };
        if let (Some(certificate), Some(key)) = (path(certificate_path, "certificate_path"), path(key_path, "key_path"))
        {
            options.redis.tls.client_certificate = Some((certificate, key));
        }
    });
}
