//! Redis
//!
//! A store on Redis or Valkey servers, version 5 or newer, for programs on many machines: one
//! server, a cluster, or a master and its replicas with sentinels. Only in builds with the cargo
//! feature `redis`. Set an encryption key, unless all who can read the memory, the files and the
//! connections of the server may have the tokens.
//!
//! Settings of the server that make losses rare:
//!
//!   appendonly yes, appendfsync always   what it has confirmed survives a crash
//!   maxmemory-policy noeviction          no login is dropped when memory is short
//!   min-replicas-to-write 1              with two replicas or more: a master that was cut off from
//!                                        them takes no writes
//!
//! Its user needs the ACL `~oauthclient:* +eval +evalsha +time +get +set +del +hget +hmget +hset
//! +hdel +persist +pexpire +pexpireat`, `+role +wait` where there are replicas, `+scan` for
//! oauth_store_keys, `+select` for a database other than 0, and `+asking` in a cluster. A user at
//! sentinels needs `+sentinel|get-master-addr-by-name +sentinel|replicas`. The names of keys on the
//! server contain those of logins, which are not encrypted.
//!
//! The lock of a login is a lease of at most 15 s, which a longer request extends. What a machine
//! that died had begun is tried again then, within the 30 s in which many authorization servers take
//! a refresh token once more. A renewal runs on a short-lived thread of the library: no call of
//! oauth_session_token waits for the server longer than its deadline, or once it is cancelled.
//!
//! Fail-over. Where there are replicas, a new token is on one of them before anybody gets it, and on
//! all that answer within 200 ms; for that, a renewal waits up to 2 s, and up to 2 s more for
//! sentinels that do not answer. A replica that is further behind and takes over, or one that joined
//! in the last second, lacks the last writes, locks included. A session that holds a newer token
//! than the server has, after a loss, a fail-over or a restored backup, writes it again at its next
//! renewal. Until then another machine may send the old refresh token, which the authorization
//! server may treat as stolen. While no server takes writes, calls whose token is good succeed, and
//! others fail at once with OAUTH_ERROR_STORE: call again after oauth_error_retry_after_s.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::error::Result;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::source::oauth_source;
use crate::ffi::store::{self, oauth_store, oauth_store_options};
use crate::store::options::redis::SentinelOptions;
use crate::store::options::{Options, Settings};

/// Says that the hosts of the URL are nodes of a cluster. The library finds the other nodes.
///
/// Of several hosts, the first that answers is asked. The URL of a cluster has neither a database
/// nor the path of a socket. oauth_store_keys cannot list the logins of a cluster.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] cluster false unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_store_options_set_redis_cluster(options: Option<&mut oauth_store_options>, cluster: bool) {
    store::change(options, |options| options.redis.cluster = cluster);
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
pub extern "C" fn oauth_store_options_set_redis_idle_connections(
    options: Option<&mut oauth_store_options>,
    connections: u32,
) {
    store::change(options, |options| options.redis.connections = usize::try_from(connections).ok());
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
        let prefix = unsafe { pointer::required(prefix) }.map_err(str::to_owned);
        if let Err(why) = prefix.and_then(|prefix| options.redis.set_prefix(prefix.as_str())) {
            options.reject(&format!("redis_prefix {why}"));
        }
    });
}

/// Says that the hosts of the URL are sentinels, which know where the master is.
///
/// They are asked in turn when the first connection is made, and again after the master is lost or
/// has become a replica. User, password, database and TLS of the URL are for the master; TLS, with
/// its certificates, for the sentinels too. Port 26379 is meant where the URL has none.
///
/// @param[in] options  NULL: nothing is done.
/// @param[in] master   not NULL; the name of the master, as in `sentinel monitor NAME ...`.
/// @param[in] user     at the sentinels; NULL: their default user.
/// @param[in] password at the sentinels; NULL: they ask for none. It may be that of the URL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_store_options_set_redis_sentinel(
    options: Option<&mut oauth_store_options>,
    master: *const c_char,
    user: *const c_char,
    password: *const c_char,
) {
    store::change(options, |options| {
        // SAFETY: NULL or NUL-terminated strings (header: Strings).
        let given = unsafe { (pointer::required(master), pointer::copied(user), pointer::copied(password)) };
        let set = || {
            let master = given.0.map_err(|why| format!("master {why}"))?;
            let user = given.1.map_err(|why| format!("user {why}"))?;
            let password = given.2.map_err(|why| format!("password {why}"))?;
            SentinelOptions::new(&master, user.as_ref(), password.as_ref()).map_err(str::to_owned)
        };
        match set() {
            Ok(sentinels) => options.redis.sentinels = Some(sentinels),
            Err(why) => options.reject(&format!("redis_sentinel {why}")),
        }
    });
}

/// Sets where the password at Redis comes from; the URL must have none then. The source is asked for
/// each new connection, so the password may change.
///
/// For services whose passwords are tokens, such as those of cloud providers. Connections that are
/// open go on with the password that they have sent. A server that refuses a password for a moment
/// costs a pause: let it take the old one and the new one for a while. All calls that need a new
/// connection wait for the source. password_of_vault, in the example, is a function of the program
/// like that at oauth_source_fn.
///
/// @code
/// oauth_source *password = NULL;
/// oauth_store_options *options = oauth_store_options_new();
/// if (oauth_source_from_callback(password_of_vault, NULL, NULL, &password, &error) == OAUTH_OK) {
///     oauth_store *store = NULL;
///     oauth_store_options_set_redis_password(options, password);
///     if (oauth_store_open_redis("rediss://app@redis.example", options, &store, &error)
///         == OAUTH_OK)
///         printf("The password is asked when a session needs the store.\n");
///     oauth_store_free(store);
/// }
/// oauth_store_options_free(options);
/// oauth_source_free(password);
/// @endcode
///
/// @param[in] options  NULL: nothing is done.
/// @param[in] password NULL: the one of the URL, as if never set. The options keep the source.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_store_options_set_redis_password(
    options: Option<&mut oauth_store_options>,
    password: Option<&oauth_source>,
) {
    store::change(options, |options| options.redis.password = password.map(|source| source.0.clone()));
}

/// Sets how long an entry stays that no session writes. Only a new token is written, so it must be
/// longer than a token lasts: an entry that is gone is a lost login, unless a session still holds
/// its token and writes it again.
///
/// Without it, an entry whose tokens have no known end stays until it is forgotten, or its login is
/// over for 30 days. Of this time and the end of the tokens, the earlier one counts.
///
/// @param[in] options    NULL: nothing is done.
/// @param[in] max_idle_s in seconds; 0, unless set: for ever.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_store_options_set_redis_entry_max_idle_s(
    options: Option<&mut oauth_store_options>,
    max_idle_s: u32,
) {
    store::change(options, |options| options.redis.max_idle_s = max_idle_s);
}

/// Opens a store on Redis or Valkey servers.
///
/// The first connection is made when a session needs it. Connections are kept, and replaced after
/// they are lost. A lookup of a name ends after 10 s, and each other wait for a server after 3 s.
/// TLS trusts the CA certificates of the operating system; see
/// oauth_store_options_add_redis_ca_file.
///
/// The lock of a login lasts five minutes while an acquire function runs. A holder that dies or
/// stalls blocks others no longer than the lock lasts, and can no longer write after a later holder
/// has written (fencing). An entry expires one hour after its refresh token, or after the access
/// token if there is none, where that end is known. A damaged entry is kept under another name for
/// 90 days.
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
/// @param[in]  url     not NULL: `redis://[[user]:password@]host[:port][/database]`, the same with
///                     `rediss` for TLS, or `unix:///path[?db=number][&user=name][&pass=password]`.
///                     A cluster or sentinels may have several hosts: `host:port,host:port`.
///                     Percent-encoded; `valkey` is the same as `redis`. No message contains user
///                     or password.
/// @param[in]  options NULL: none.
/// @param[out] store   free it with oauth_store_free.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INVALID_CONFIG: built without a
///         feature, or a certificate or key cannot be read; OAUTH_ERROR_STORE: the key store did not
///         give the encryption key; OAUTH_ERROR_TLS: TLS could not be set up;
///         OAUTH_ERROR_INTERNAL.
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
