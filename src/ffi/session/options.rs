//! Session options
//!
//! How a session gets its next token, and the functions of the program that it calls. Without
//! options, a session renews with its refresh token. A machine without a user sets one of four ways,
//! and then neither a refresh token nor the acquire function is used: client credentials, or what a
//! source gives: a token to exchange, an assertion, or the token itself. A program that gets tokens
//! in yet another way sets an acquire function.
//!
//! oauth_session_open takes the values that are set at that moment; one oauth_session_options may
//! serve many sessions. They share the callbacks: destroy runs when the options, all sessions
//! opened with them, and the renewals of these sessions have ended. For callbacks in other
//! languages, see Callbacks in the head of this header.

use std::ffi::{c_char, c_void};
use std::ptr;
use std::sync::Arc;

use crate::blocking::Client;
use crate::error::{Error, Result, Status};
use crate::ffi::boundary::user_data::{UserData, oauth_destroy_fn};
use crate::ffi::boundary::{guard, pointer};
use crate::ffi::call::params::oauth_params;
use crate::ffi::client::oauth_client;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::status::{
    OAUTH_ERROR_CANCELLED, OAUTH_ERROR_CONNECT, OAUTH_ERROR_CONNECTION_LOST, OAUTH_ERROR_LOGIN_REQUIRED,
    OAUTH_ERROR_TIMEOUT, OAUTH_ERROR_TLS, OAUTH_OK, oauth_status,
};
use crate::ffi::token::oauth_token;
use crate::protocol::refusal::Verdict;
use crate::protocol::token::Token;
use crate::session::options::{Change, Judge, Options};
use crate::text::Text;

/// Gets a token in the program's own way: asks the user, signs an assertion ...
///
/// Called if there is no refresh token, or the server has permanently refused it. Runs on the
/// thread of a session's call, which waits for it even beyond its deadline, or on a short-lived
/// thread that finishes a renewal. A session calls it once at a time, and holds the store's lock of
/// the key meanwhile: other sessions and processes wait. SIGPIPE is blocked, unless the client has
/// a transport of the program.
///
/// It may call any function, also with this client. Calls with this session return
/// OAUTH_ERROR_BUSY, except those that only report its state.
///
/// @param[in]  user_data as passed to oauth_session_options_set_acquire.
/// @param[in]  client    the client of the session; valid only during the call.
/// @param[in]  key       the key of the session; valid only during the call.
/// @param[in]  before    the token that was kept, valid only during the call; NULL: none.
/// @param[out] token     the new token. The library owns this handle afterwards, whatever is
///                       returned. If the token has expired, its refresh token is used at once. It
///                       must not be of another issuer than that of the client.
/// @return OAUTH_OK with a token. The session's call returns OAUTH_ERROR_LOGIN_REQUIRED,
///         _CANCELLED, _TIMEOUT, _CONNECT, _TLS and _CONNECTION_LOST unchanged. Any other status
///         becomes OAUTH_ERROR_CALLBACK, as does OAUTH_OK without a token, or with an expired token
///         that has no refresh token.
pub type oauth_session_acquire_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        client: *const oauth_client,
        key: *const c_char,
        before: *const oauth_token,
        token: *mut *mut oauth_token,
    ) -> oauth_status,
>;

/// Reports each new token, after the store has it, and the end of the login.
///
/// Reports only what this session did, not changes by other processes. Runs on the thread of a
/// session's call, or on a short-lived thread that finishes a renewal. Calls may overlap, also for
/// one session. The function may call what an oauth_session_acquire_fn may call.
///
/// @param[in] user_data as passed to oauth_session_options_set_change.
/// @param[in] key       the key of the session; valid only during the call.
/// @param[in] token     valid only during the call; oauth_token_ref keeps it. NULL: the login has
///                      ended, because it was forgotten or the server permanently refused its
///                      refresh token.
pub type oauth_session_change_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, key: *const c_char, token: *const oauth_token)>;

/// What a failed refresh means for the login.
pub type oauth_refusal = i32;

/// What the library takes it for.
pub const OAUTH_REFUSAL_USUAL: oauth_refusal = 0;
/// The login has ended: OAUTH_ERROR_LOGIN_REQUIRED, or the acquire function.
pub const OAUTH_REFUSAL_ENDED: oauth_refusal = 1;
/// The login goes on: the call returns the error, and the refresh token is sent again later.
pub const OAUTH_REFUSAL_GOES_ON: oauth_refusal = 2;

/// Decides what a failed refresh means for the login.
///
/// Usually, an error whose advice is OAUTH_ADVICE_LOG_IN_AGAIN ends it. Another HTTP status 4xx
/// that is not about the client or the load ends it the second time; the refresh token is then
/// kept, and tried again every 15 minutes. Called where an acquire function may be called, with the
/// store's lock held; it may call the same functions.
///
/// @param[in] user_data as passed to oauth_session_options_set_refusal.
/// @param[in] key       the key of the session; valid only during the call.
/// @param[in] error     with the HTTP response; valid only during the call.
/// @return OAUTH_REFUSAL_...; any other number means OAUTH_REFUSAL_USUAL.
pub type oauth_session_refusal_fn = Option<
    unsafe extern "C" fn(user_data: *mut c_void, key: *const c_char, error: *const oauth_error) -> oauth_refusal,
>;

/// How sessions renew, and the functions that they call. A builder; free it with
/// oauth_session_options_free.
pub struct oauth_session_options {
    options: Arc<Options>,
    acquire: Option<Arc<Acquire>>,
}

struct Acquire {
    acquire: unsafe extern "C" fn(
        *mut c_void,
        *const oauth_client,
        *const c_char,
        *const oauth_token,
        *mut *mut oauth_token,
    ) -> oauth_status,
    user_data: UserData,
}

/// Makes options for renewal with the refresh token, for the scope that the login has.
///
/// @code
/// oauth_session *session = NULL;
/// oauth_session_options *options = oauth_session_options_new();
/// oauth_session_options_set_client_credentials(options, true);
/// oauth_session_options_set_scope(options, "read");
/// if (oauth_session_open(client, store, "reports", options, &session, &error) == OAUTH_OK)
///     printf("The session gets its tokens as the client itself.\n");
/// oauth_session_options_free(options);
/// oauth_session_free(session);
/// @endcode
///
/// @return never NULL; free it with oauth_session_options_free.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_options_new() -> Box<oauth_session_options> {
    Box::new(oauth_session_options { options: Arc::default(), acquire: None })
}

/// Frees the options. Sessions keep what they were opened with.
///
/// @param[in] options may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_options_free(options: Option<Box<oauth_session_options>>) {
    guard::value((), || drop(options));
}

/// Sets the scope of each renewal with a refresh token, and of each token without a user.
///
/// With a refresh token, it must not exceed what the user granted (RFC 6749 section 6).
///
/// @param[in] options NULL: nothing is done.
/// @param[in] scope   space-separated; NULL: left out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_session_options_set_scope(
    options: Option<&mut oauth_session_options>,
    scope: *const c_char,
) {
    change(options, |options| {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        match unsafe { pointer::copied(scope) } {
            Ok(scope) => options.scope = scope,
            Err(why) => options.reject(&format!("scope {why}")),
        }
    });
}

/// Adds form fields to each renewal, such as resource and audience.
///
/// @param[in] options          NULL: nothing is done.
/// @param[in] field_parameters copied; NULL: none.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_options_set_field_parameters(
    options: Option<&mut oauth_session_options>,
    field_parameters: Option<&oauth_params>,
) {
    change(options, |options| {
        options.field_parameters = field_parameters.map(|params| params.0.clone()).unwrap_or_default();
    });
}

/// Gets every token by client credentials (RFC 6749 section 4.4): a machine without a user.
///
/// @param[in] options            NULL: nothing is done.
/// @param[in] client_credentials false unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_options_set_client_credentials(
    options: Option<&mut oauth_session_options>,
    client_credentials: bool,
) {
    change(options, |options| options.client_credentials = client_credentials);
}

/// Sets a function that gets a token if there is no refresh token, or the server has refused it.
///
/// @param[in] options   NULL: only destroy is called.
/// @param[in] acquire   NULL: none, and destroy is called at once.
/// @param[in] user_data passed to acquire; may be NULL.
/// @param[in] destroy   frees user_data when neither the options nor a session needs it; may be
///                      NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_options_set_acquire(
    options: Option<&mut oauth_session_options>,
    acquire: oauth_session_acquire_fn,
    user_data: *mut c_void,
    destroy: oauth_destroy_fn,
) {
    let user_data = UserData::new(user_data, destroy);
    guard::value((), || {
        if let Some(options) = options {
            options.acquire = acquire.map(|acquire| Arc::new(Acquire { acquire, user_data }));
        }
    });
}

/// Sets a function that is called after each change of the login.
///
/// @param[in] options   NULL: only destroy is called.
/// @param[in] change    NULL: none, and destroy is called at once.
/// @param[in] user_data passed to change; may be NULL.
/// @param[in] destroy   frees user_data when neither the options nor a session needs it; may be
///                      NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_options_set_change(
    options: Option<&mut oauth_session_options>,
    change: oauth_session_change_fn,
    user_data: *mut c_void,
    destroy: oauth_destroy_fn,
) {
    let user_data = UserData::new(user_data, destroy);
    self::change(options, |options| {
        options.change = change.map(|change| -> Arc<Change> {
            Arc::new(move |key: &str, token: Option<&Arc<Token>>| {
                let (key, token) = (Text::lossy(key), token.cloned().map(oauth_token));
                let token = token.as_ref().map_or(ptr::null(), ptr::from_ref);
                // SAFETY: a function of the program, called with its user_data (header: Callbacks); key and token live during
                // the call.
                unsafe { change(user_data.pointer(), key.as_ptr(), token) };
            })
        });
    });
}

/// Sets a function that decides what a failed refresh means, for a server with words of its own.
///
/// @param[in] options   NULL: only destroy is called.
/// @param[in] refusal   NULL: none, and destroy is called at once.
/// @param[in] user_data passed to refusal; may be NULL.
/// @param[in] destroy   frees user_data when neither the options nor a session needs it; may be
///                      NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_options_set_refusal(
    options: Option<&mut oauth_session_options>,
    refusal: oauth_session_refusal_fn,
    user_data: *mut c_void,
    destroy: oauth_destroy_fn,
) {
    let user_data = UserData::new(user_data, destroy);
    change(options, |options| {
        options.refusal = refusal.map(|refusal| -> Arc<Judge> {
            Arc::new(move |key: &str, error: Error| {
                let (key, error) = (Text::lossy(key), oauth_error::new(error));
                // SAFETY: a function of the program, called with its user_data (header: Callbacks); key and error live
                // during the call.
                let own = unsafe { refusal(user_data.pointer(), key.as_ptr(), &raw const error) };
                let verdict = match own {
                    OAUTH_REFUSAL_ENDED => Some(Verdict::Ended),
                    OAUTH_REFUSAL_GOES_ON => Some(Verdict::GoesOn),
                    _ => None,
                };
                (verdict, error.into_error())
            })
        });
    });
}

/// The options for a session of this client; shared between sessions unless there is an acquire
/// function, which needs the client.
pub(crate) fn of(options: Option<&oauth_session_options>, client: &Arc<Client>) -> Arc<Options> {
    let Some(oauth_session_options { options, acquire }) = options else { return Arc::default() };
    let Some(acquire) = acquire.clone() else { return options.clone() };
    let client = oauth_client(client.clone());
    let acquire = move |key: &str, before: Option<&Arc<Token>>| acquire.call(&client, key, before);
    let mut own = Options::clone(options);
    own.acquire = Some(Arc::new(acquire));
    Arc::new(own)
}

impl Acquire {
    fn call(&self, client: &oauth_client, key: &str, before: Option<&Arc<Token>>) -> Result<Arc<Token>> {
        let (key, before) = (Text::lossy(key), before.cloned().map(oauth_token));
        let before = before.as_ref().map_or(ptr::null(), ptr::from_ref);
        let mut token = ptr::null_mut();
        // SAFETY: a function of the program, called with its user_data (header: Callbacks); all that it is given lives
        // during the call.
        let status = unsafe { (self.acquire)(self.user_data.pointer(), client, key.as_ptr(), before, &raw mut token) };
        // SAFETY: NULL, or a handle of this library, which owns it from now on (header: oauth_session_acquire_fn).
        let token = (!token.is_null()).then(|| unsafe { Box::from_raw(token) });
        let failed = |status, how: &str| Err(Error::new(status, &format!("the session's acquire callback {how}")));
        match (status, token) {
            (OAUTH_OK, Some(token)) => Ok(token.0),
            (OAUTH_OK, None) => failed(Status::Callback, "returned OAUTH_OK without a token"),
            (OAUTH_ERROR_LOGIN_REQUIRED, _) => failed(Status::LoginRequired, "said that a login is required"),
            (OAUTH_ERROR_CANCELLED, _) => failed(Status::Cancelled, "said that it was cancelled"),
            (OAUTH_ERROR_TIMEOUT, _) => failed(Status::Timeout, "said that the time was over"),
            (OAUTH_ERROR_CONNECT, _) => failed(Status::Connect, "could not connect"),
            (OAUTH_ERROR_TLS, _) => failed(Status::Tls, "could not connect with TLS"),
            (OAUTH_ERROR_CONNECTION_LOST, _) => failed(Status::ConnectionLost, "lost its connection"),
            (other, _) => failed(Status::Callback, &format!("returned {other}")),
        }
    }
}

pub(super) fn change(options: Option<&mut oauth_session_options>, change: impl FnOnce(&mut Options)) {
    guard::value((), || options.map_or((), |options| change(Arc::make_mut(&mut options.options))));
}
