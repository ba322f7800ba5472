//! A session as the source of another one.

use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::blocking::source::SessionToken;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::session::oauth_session;
use crate::ffi::source::oauth_source;

/// Makes a source of the access token of a session, for a chain: one session exchanges a token at
/// its server, and another one takes the new token to the next server.
///
/// @code
/// oauth_source *subject = NULL;
/// oauth_session_options *options = oauth_session_options_new();
/// const char *type = "urn:ietf:params:oauth:token-type:access_token";
///
/// if (oauth_source_from_session(session, &subject, &error) == OAUTH_OK) {
///     oauth_session_options_set_token_exchange(options, subject, type);
///     // oauth_session_open(client_of_the_next_server, store, "reports", options, ...
/// }
/// oauth_session_options_free(options);
/// oauth_source_free(subject);
/// @endcode
///
/// A use of the source is a call of oauth_session_token, with the deadline of the call that needs
/// the token, else the timeout of its client.
///
/// @param[in]  session not NULL; the source keeps it.
/// @param[out] source  free it with oauth_source_free.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_source_from_session(
    session: Option<&oauth_session>,
    source: Option<&mut MaybeUninit<*mut oauth_source>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(source, "source");
    report::status(error, || {
        out.check()?;
        let session = pointer::handle(session, "session")?.0.clone();
        out.fill(Box::into_raw(Box::new(oauth_source(Arc::new(SessionToken::new(session))))));
        Ok(())
    })
}
