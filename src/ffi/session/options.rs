//! How sessions renew, and whom they tell.

use std::ffi::{c_char, c_void};
use std::ptr;
use std::sync::Arc;

use crate::blocking::Client;
use crate::error::{Error, Result, Status};
use crate::ffi::boundary::user_data::{UserData, oauth_destroy_fn};
use crate::ffi::boundary::{guard, pointer};
use crate::ffi::call::params::oauth_params;
use crate::ffi::client::oauth_client;
use crate::ffi::outcome::status::{
    OAUTH_ERROR_CANCELLED, OAUTH_ERROR_CONNECT, OAUTH_ERROR_CONNECTION_LOST, OAUTH_ERROR_LOGIN_REQUIRED,
    OAUTH_ERROR_TIMEOUT, OAUTH_ERROR_TLS, OAUTH_OK, oauth_status,
};
use crate::ffi::token::oauth_token;
use crate::protocol::token::Token;
use crate::session::options::{Change, Options};
use crate::text::Text;

/// Gets a token in a way of the program's own: asks the user, signs an assertion ... It is called where there is no refresh
/// token, or the server refused it for good; before is what was kept, NULL: nothing, and key names the session.
///
/// It runs on the thread of a session's call, which then waits for it whatever its deadline, or on a short-lived one that
/// finishes a renewal; once at a time for a session, with the store's lock of the key, for which others wait, and SIGPIPE
/// blocked unless the program brings its own transport. All but user_data is valid only during the call. It may call any
/// function, also with this client, but not one that needs the session's token: that is OAUTH_ERROR_BUSY. Must not unwind
/// or longjmp.
///
/// Returns OAUTH_OK with a token; its handle is the library's from then on, also beside an error. If it has expired, its
/// refresh token is used at once. The session's call returns OAUTH_ERROR_LOGIN_REQUIRED, _CANCELLED, _TIMEOUT, _CONNECT,
/// _TLS and _CONNECTION_LOST as they are; anything else, OAUTH_OK without a token, and one that has expired and has no
/// refresh token, becomes OAUTH_ERROR_CALLBACK.
pub type oauth_session_acquire_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        client: *const oauth_client,
        key: *const c_char,
        before: *const oauth_token,
        token: *mut *mut oauth_token,
    ) -> oauth_status,
>;

/// Is told of every new token once the store has it; token NULL: the login has ended, because it was forgotten or the server
/// refused its refresh token for good. Only of what this session did: not of what other processes wrote.
///
/// It runs on the thread of a session's call, or on a short-lived one that finishes a renewal, by many threads at once for
/// different sessions, with no lock held. Key and token are valid only during the call; oauth_token_ref keeps the token.
/// What the session cannot do meanwhile is OAUTH_ERROR_BUSY, as in oauth_session_acquire_fn. Must not unwind or longjmp.
pub type oauth_session_change_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, key: *const c_char, token: *const oauth_token)>;

/// How sessions renew; one may serve many. A builder; free it with oauth_session_options_free.
///
/// oauth_session_open takes what was set until then, without copying callbacks: their user_data is freed when these options,
/// every session opened with it, and the renewals of those have gone.
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

/// Options that change nothing: a session renews with its refresh token, and asks for the scope that it has.
///
/// @return free them with oauth_session_options_free; never NULL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_options_new() -> Box<oauth_session_options> {
    Box::new(oauth_session_options { options: Arc::default(), acquire: None })
}

/// Frees the options; sessions keep what they were opened with.
///
/// @param[in] options may be NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_options_free(options: Option<Box<oauth_session_options>>) {
    guard::value((), || drop(options));
}

/// The scope to ask for at each renewal (RFC 6749 section 6): no more than the user granted.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] scope   space-separated; NULL: left out.
/// @since 0.1
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

/// More form fields of each renewal, such as resource and audience.
///
/// @param[in] options          NULL: nothing is done.
/// @param[in] field_parameters copied; NULL: none.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_options_set_field_parameters(
    options: Option<&mut oauth_session_options>,
    field_parameters: Option<&oauth_params>,
) {
    change(options, |options| {
        options.field_parameters = field_parameters.map(|params| params.0.clone()).unwrap_or_default();
    });
}

/// Whether every token is got by client credentials (RFC 6749 section 4.4): a machine, no user. Neither a refresh token nor
/// an acquire function is used then.
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

/// The program's own way to a token, where there is no refresh token, or it is refused.
///
/// @param[in] options   NULL: nothing is done, but destroy is called.
/// @param[in] renew     NULL: none, and destroy is called.
/// @param[in] user_data passed to renew; may be NULL.
/// @param[in] destroy   frees user_data when neither options nor a session needs it any more; NULL: nothing to free.
/// @since 0.1
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

/// A function that is told of every change once it is kept.
///
/// @param[in] options   NULL: nothing is done, but destroy is called.
/// @param[in] change    NULL: none, and destroy is called.
/// @param[in] user_data passed to change; may be NULL.
/// @param[in] destroy   frees user_data when neither options nor a session needs it any more; NULL: nothing to free.
/// @since 0.1
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
                // SAFETY: a function of the program with the data it asked for; key and token live during the call.
                unsafe { change(user_data.pointer(), key.as_ptr(), token) };
            })
        });
    });
}

/// What a session of this client is opened with. Shared, unless it has to know its client.
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
        // SAFETY: a function of the program with the data it asked for; all that it is given lives during the call.
        let status = unsafe { (self.acquire)(self.user_data.pointer(), client, key.as_ptr(), before, &raw mut token) };
        // SAFETY: NULL, or a handle of this library, which is ours from now on (header: oauth_session_acquire_fn).
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

fn change(options: Option<&mut oauth_session_options>, change: impl FnOnce(&mut Options)) {
    guard::value((), || options.map_or((), |options| change(Arc::make_mut(&mut options.options))));
}
