//! A store on a Redis or Valkey server.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::error::Result;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::store::{self, oauth_store, oauth_store_options};
use crate::store::options::{Options, Settings};

/// The server of a Redis store is a node of a cluster. It names the others.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] cluster false: it is not, as when nothing is set.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_store_options_set_redis_cluster(options: Option<&mut oauth_store_options>, cluster: bool) {
    store::change(options, |options| options.cluster = cluster);
}

/// Opens a store on a Redis or Valkey server, 5 or newer, for programs on many machines. Only in builds with the cargo
/// feature `redis`.
///
/// A lock there is a lease: ten seconds beyond the client's timeout, or five minutes while a renew function of the program
/// runs. A holder that dies or is stalled blocks nobody for longer, and the server takes nothing from one whose lock others
/// have had and written under since. What is kept expires an hour after nobody wants it
/// any more; what is damaged is kept under another name for 90 days. Set an encryption key, unless whoever can read the
/// server's memory, files and connections may have the tokens.
///
/// The server is asked for the first time when a session needs it. Connections are kept, and replaced when they were lost;
/// each wait for the server is bounded by 3 seconds, the system's look-up of its name aside. TLS trusts whom the operating
/// system trusts, and what SSL_CERT_FILE and SSL_CERT_DIR name.
///
/// What was written is as durable as the server makes it: let it append to its file before it answers (`appendonly yes`,
/// `appendfsync always`), drop no key for want of memory (`maxmemory-policy noeviction`), and, where a replica may take over,
/// write to one at least (`min-replicas-to-write`); even so, a replica that takes over may lack what was written last, the
/// lock too. A server that was set back to an older state gives out what it kept then: the authorization server may take an
/// old refresh token for stolen.
///
/// A user of the server needs
/// `~oauthclient:* +eval +time +get +set +del +exists +hget +hset +hdel +persist +pexpire +pexpireat`, besides `+select` for a
/// database other than 0, and `+asking` in a cluster.
///
/// @param[in]  url     not NULL: `redis://[user:password@]host[:port][/database]`, the same with `rediss` for TLS, or
///                     `unix:///path[?db=number][&user=name][&pass=password]`. Percent-encoded; `valkey` is the same as
///                     `redis`. User and password are in no message.
/// @param[in]  options NULL: none.
/// @param[out] store   free it with oauth_store_free.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INVALID_CONFIG where the build lacks a feature;
///         OAUTH_ERROR_STORE when the encryption key could not be had from the key store; OAUTH_ERROR_TLS when there is
///         nobody to trust; OAUTH_ERROR_INTERNAL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_store_open_redis(
    url: *const c_char,
    options: Option<&oauth_store_options>,
    store: Option<&mut MaybeUninit<*mut oauth_store>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(store, "store");
    report::status(error, || {
        out.check()?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let url = unsafe { pointer::text(url, "url") }?;
        open(url, Options::check(store::of(options))?, out)
    })
}

#[cfg(feature = "redis")]
fn open(url: &str, settings: Settings, out: Out<'_, oauth_store>) -> Result<()> {
    store::fill(out, crate::store::redis::Redis::open(url, settings)?);
    Ok(())
}

#[cfg(not(feature = "redis"))]
fn open(_: &str, _: Settings, _: Out<'_, oauth_store>) -> Result<()> {
    Err(crate::error::Error::config("redis", "is a cargo feature that this build lacks"))
}
