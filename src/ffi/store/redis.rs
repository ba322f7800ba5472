//! Redis
//!
//! A store on a Redis or Valkey server, version 5 or newer, for programs on many machines. Only in
//! builds with the cargo feature `redis`. Set an encryption key, unless all who can read the
//! memory, the files and the connections of the server may have the tokens.
//!
//! Entries are as durable as the server makes them. Configure it to append to its file before it
//! answers (`appendonly yes`, `appendfsync always`), to drop no key when memory is short
//! (`maxmemory-policy noeviction`) and, if a replica may take over, to write to one at least
//! (`min-replicas-to-write`). Where there are replicas, a new token is on one of them before anybody
//! gets it; for that, no call waits longer than 500 ms. A replica that takes over may still lack the
//! last writes, locks included. A session that holds a newer token than the server has, after a
//! loss, a fail-over or a restored backup, writes it again at its next renewal. Until then another
//! machine may send the old refresh token, which the authorization server may treat as stolen.
//!
//! The lock of a login is a lease of at most 15 s, which a longer request extends. What a machine
//! that died had begun is tried again then, within the 30 s in which many authorization servers take
//! a refresh token once more. A renewal runs on a short-lived thread of the library: no call waits
//! for the server longer than its deadline, or once it is cancelled.
//!
//! The ACL of the server's user needs `~oauthclient:* +eval +evalsha +time +get +set +del +hget
//! +hmget +hset +hdel +persist +pexpire +pexpireat`, `+role +wait` where there are replicas, `+scan`
//! for oauth_store_keys, `+select` for a database other than 0, and `+asking` in a cluster.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::error::Result;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::store::{self, oauth_store, oauth_store_options};
use crate::store::options::{Options, Settings};

/// Says that the server of a Redis store is a node of a cluster. The library finds the other nodes.
///
/// The URL of a cluster has neither a database nor the path of a socket.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] cluster false unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_store_options_set_redis_cluster(options: Option<&mut oauth_store_options>, cluster: bool) {
    store::change(options, |options| options.cluster = cluster);
}

/// Sets how many idle connections to Redis, or to each node of a cluster, a process keeps for this
/// store.
///
/// More than that are opened while as many calls are under way, and closed after them. One that was
/// idle for a minute is closed when the store is next used.
///
/// @param[in] options     NULL: nothing is done.
/// @param[in] connections 2 unless set; 0: none is kept.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_store_options_set_redis_connections(
    options: Option<&mut oauth_store_options>,
    connections: u32,
) {
    store::change(options, |options| options.redis_connections = usize::try_from(connections).ok());
}

/// Sets how the names of the store's keys in Redis begin, so that several programs, or a test and
/// what is real, can share a server.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] prefix  not NULL; 1 to 64 ASCII letters, digits, '-', '_', '.' or ':'; "oauthclient"
///                    unless set. The ACL needs it in place of that.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_store_options_set_redis_prefix(
    options: Option<&mut oauth_store_options>,
    prefix: *const c_char,
) {
    store::change(options, |options| {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        match unsafe { pointer::required(prefix) } {
            Ok(prefix) => options.set_redis_prefix(prefix.as_str()),
            Err(why) => options.reject(&format!("redis_prefix {why}")),
        }
    });
}

/// Opens a store on a Redis or Valkey server.
///
/// The first connection is made when a session needs it. Connections are kept, and replaced after
/// they are lost. Each wait for the server ends after 3 s, except the system's DNS lookup. TLS
/// trusts the CA certificates of the operating system; on Linux, SSL_CERT_FILE and SSL_CERT_DIR
/// replace them.
///
/// A lock is a lease: it lasts 10 s longer than the timeout of the client, or five minutes while an
/// acquire function runs. A holder that dies or stalls blocks others no longer than that, and can
/// no longer write after a later holder has written (fencing). An entry expires one hour after its
/// tokens, if their lifetime is known. A damaged entry is kept under another name for 90 days.
///
/// @code
/// const uint8_t key[32] = {0}; // 32 random bytes that all machines share
/// oauth_store *store = NULL;
/// oauth_store_options *options = oauth_store_options_new();
/// oauth_store_options_set_encryption_key(options, key, sizeof key);
/// if (oauth_store_open_redis("rediss://app:password@redis.example", options, &store, &error)
///     == OAUTH_OK)
///     printf("Sessions may use the store.\n");
/// oauth_store_options_free(options);
/// oauth_store_free(store);
/// @endcode
///
/// @param[in]  url     not NULL: `redis://[user:password@]host[:port][/database]`, the same with
///                     `rediss` for TLS, or `unix:///path[?db=number][&user=name][&pass=password]`.
///                     Percent-encoded; `valkey` is the same as `redis`. No message contains user
///                     or password.
/// @param[in]  options NULL: none.
/// @param[out] store   free it with oauth_store_free.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INVALID_CONFIG: built without a
///         feature; OAUTH_ERROR_STORE: the key store did not give the encryption key;
///         OAUTH_ERROR_TLS: TLS could not be set up; OAUTH_ERROR_INTERNAL.
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
