//! The session of a profile.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::session::oauth_session;
use crate::profile::Profile;
use crate::profile::environment::Environment;

/// Opens the session that a profile describes: for a program, or a plug-in of one, that has no
/// settings of its own for a server, a client and a store.
///
/// @code
/// oauth_session *session = NULL;
/// if (oauth_profile_open("work", &session, &error) == OAUTH_OK)
///     printf("The session of the profile is open.\n");
/// else
///     fprintf(stderr, "%s\n", oauth_error_message(error)); // names file, line and member
/// oauth_session_free(session);
/// @endcode
///
/// A profile is a file NAME.toml in the user's directory `$XDG_CONFIG_HOME/oauthclient`, else
/// `~/.config/oauthclient`; on macOS `~/Library/Application Support/oauthclient`, on Windows
/// `%APPDATA%\oauthclient`. OAUTH_PROFILE_DIR names another directory. File and directory have to
/// belong to the effective user or to root, and be writable by nobody else; so has every directory
/// above, as for oauth_store_open_directory. A file that is a symbolic link is refused. A profile
/// is TOML without tables:
///
///     issuer = "https://as.example"
///     client_id = "my-client-id"
///     client_secret_file = "~/.config/oauthclient/work.secret"
///     scope = "openid offline_access"
///
/// | member                          | value                                                   |
/// |---------------------------------|---------------------------------------------------------|
/// | `issuer`                        | see oauth_config_set_issuer                             |
/// | `token_endpoint`                | its URL; needed without issuer                          |
/// | `authorization_endpoint`        | its URL                                                 |
/// | `device_authorization_endpoint` | its URL                                                 |
/// | `revocation_endpoint`           | its URL                                                 |
/// | `client_id`                     | needed                                                  |
/// | `client_secret_file`            | a file that only the user may read; it holds one line   |
/// | `client_secret_keyring`         | the item of that name, and of the service oauthclient,  |
/// |                                 | in the key store                                        |
/// | `client_authentication`         | client_secret_basic, client_secret_post or none         |
/// | `scope`                         | what a log-in asks for, and a token by client           |
/// |                                 | credentials; a renewal with a refresh token keeps the   |
/// |                                 | scope that was granted                                  |
/// | `resource`                      | a string or an array of them, sent with each renewal    |
/// |                                 | (RFC 8707)                                              |
/// | `audience`                      | sent with each renewal                                  |
/// | `grant`                         | refresh_token (the default) or client_credentials       |
/// | `key`                           | names the login in the store; default: the profile's    |
/// |                                 | name                                                    |
/// | `store`                         | directory (the default: the user's own), a directory's  |
/// |                                 | path, memory, keyring (its service is oauthclient), or  |
/// |                                 | a URL for oauth_store_open_redis without user and       |
/// |                                 | password                                                |
/// | `ca_file`                       | certificates, see oauth_config_add_ca_file              |
/// | `redirect_host`                 | of a log-in: 127.0.0.1 (the default), ::1, localhost    |
/// | `redirect_port`                 | of a log-in: an integer; default 0, any free port       |
/// | `redirect_path`                 | of a log-in; default /                                  |
///
/// All are strings in quotes, on one line, but for the port and an array of resources. Paths are
/// absolute or begin with ~/. Anything else in the file is an error.
///
/// An environment variable takes the place of each member: OAUTH_ and its name in capitals, such as
/// OAUTH_CLIENT_ID. An empty one counts as none; OAUTH_RESOURCE has spaces between resources. If
/// OAUTH_CLIENT_ID, and OAUTH_ISSUER or OAUTH_TOKEN_ENDPOINT, are set, the file may be missing. The
/// secret of the file is for the server of the file: a variable that names another one is an error
/// unless a variable says where its secret is. A set-uid program ignores all of them, takes the
/// home directory from the password database, and needs a profile with a store other than directory
/// and keyring.
///
/// Nothing is sent. The secret is read here, and not again. The session is like any other: when
/// there is no login, or it has ended, its calls return OAUTH_ERROR_LOGIN_REQUIRED. Then the user
/// logs in, and some process adopts the token (oauth_session_adopt) in a session of the same
/// profile; where the store lasts, this session finds it there. With client credentials there is
/// nothing to log in to. Since programs share a profile, and some end soon, it sends no refresh
/// token that the store cannot note: on a full disk, a call that has to renew returns
/// OAUTH_ERROR_STORE, and the login is kept.
///
/// @param[in]  name    not NULL; 1 to 64 letters, digits, '-', '_', '.', '@' and '+', not beginning
///                     with '.'.
/// @param[out] session free it with oauth_session_free.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_CONFIG: there is no such profile, or a value in it is
///         wrong; the message names the path, the line and the member, or the variable, and never
///         shows a secret; OAUTH_ERROR_STORE: the store of the profile cannot be used;
///         OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_profile_open(
    name: *const c_char,
    session: Option<&mut MaybeUninit<*mut oauth_session>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(session, "session");
    report::status(error, || {
        out.check()?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let name = unsafe { pointer::text(name, "name") }?;
        let session = Profile::read(name, &Environment::of_process())?.open()?;
        out.fill(Box::into_raw(Box::new(oauth_session(session))));
        Ok(())
    })
}
