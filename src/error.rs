//! The one error type: the status, the server's own error, the HTTP answer, and advice on what to do next.

use std::fmt;

use crate::http::Response;
use crate::secret::{Secret, SecretBytes};
use crate::text::{LONGEST_LINE, Text, shorten_to};

/// The kind of a failure. The numbers are part of the ABI: never reused, never renumbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    InvalidArgument = 1,
    InvalidConfig = 2,
    InvalidState = 3,
    Busy = 4,
    BufferTooSmall = 5,
    Internal = 6,
    Callback = 7,
    Cancelled = 8,
    Timeout = 9,
    Connect = 10,
    Tls = 11,
    ConnectionLost = 12,
    Redirect = 13,
    ResponseTooLarge = 14,
    Http = 15,
    InvalidResponse = 16,
    Provider = 17,
    AuthorizationPending = 18,
    Expired = 19,
    StateMismatch = 20,
    IssuerMismatch = 21,
    IdToken = 22,
    System = 23,
    LoginRequired = 24,
    Store = 25,
    NotRevoked = 26,
    Source = 27,
}

/// The advice for the caller's next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Advice {
    None = 0,
    /// The same call may succeed at once; the server has not acted.
    Retry = 1,
    /// The same call may succeed later; see `retry_after_s`.
    RetryLater = 2,
    /// Only the user can help: start a new authorization.
    LogInAgain = 3,
    FixRequest = 4,
    FixConfig = 5,
    /// The server may have acted on the request, but no usable answer came.
    OutcomeUnknown = 6,
}

macro_rules! provider_codes {
    ($($name:ident = $number:literal $text:literal,)*) => {
        /// The registered OAuth error codes, as numbers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(i32)]
        pub enum ProviderCode { Unknown = 0, $($name = $number,)* }

        impl ProviderCode {
            pub fn from_text(error: &str) -> Self {
                match error { $($text => Self::$name,)* _ => Self::Unknown }
            }

            /// Every code with its text, for tables.
            pub const ALL: &'static [(Self, &'static str)] = &[$((Self::$name, $text),)*];
        }
    };
}

provider_codes! {
    InvalidRequest = 1 "invalid_request",
    InvalidClient = 2 "invalid_client",
    InvalidGrant = 3 "invalid_grant",
    UnauthorizedClient = 4 "unauthorized_client",
    UnsupportedGrantType = 5 "unsupported_grant_type",
    InvalidScope = 6 "invalid_scope",
    ServerError = 7 "server_error",
    TemporarilyUnavailable = 8 "temporarily_unavailable",
    AccessDenied = 9 "access_denied",
    UnsupportedResponseType = 10 "unsupported_response_type",
    AuthorizationPending = 11 "authorization_pending",
    SlowDown = 12 "slow_down",
    ExpiredToken = 13 "expired_token",
    InvalidTarget = 14 "invalid_target",
    UnsupportedTokenType = 15 "unsupported_token_type",
    UseDpopNonce = 16 "use_dpop_nonce",
    InvalidDpopProof = 17 "invalid_dpop_proof",
    LoginRequired = 18 "login_required",
    InteractionRequired = 19 "interaction_required",
    ConsentRequired = 20 "consent_required",
    AccountSelectionRequired = 21 "account_selection_required",
    InvalidToken = 22 "invalid_token",
    InsufficientScope = 23 "insufficient_scope",
    InvalidAuthorizationDetails = 24 "invalid_authorization_details",
    InsufficientUserAuthentication = 25 "insufficient_user_authentication",
}

/// An OAuth error of the server (RFC 6749 section 5.2). Its texts are kept as secrets: servers echo parts of the
/// request.
#[derive(Clone, Debug)]
pub struct ProviderError {
    /// `None` if the server's value cannot be a C string.
    pub error: Option<Secret>,
    pub code: ProviderCode,
    pub description: Option<Secret>,
    pub uri: Option<Secret>,
}

impl ProviderError {
    /// The error, and its description if there is one, with any secrets in them.
    pub fn words(&self) -> SecretBytes {
        let mut words = SecretBytes::default();
        words.extend(self.error.as_ref().map_or("an error that is no text", Secret::as_str).as_bytes());
        if let Some(description) = &self.description {
            words.extend_all([b": ", description.as_str().as_bytes()]);
        }
        words
    }
}

/// An error with all details. One pointer wide, so that results stay small.
pub struct Error(Box<Detail>);

/// The fields of an [`Error`].
pub struct Detail {
    pub status: Status,
    /// One line, never empty, free of secrets.
    pub message: Text,
    pub advice: Advice,
    pub provider: Option<ProviderError>,
    pub retry_after_s: Option<u32>,
    /// The server may have acted.
    pub request_sent: bool,
    pub attempts: u32,
    /// URL of the exchange that failed, without its query.
    pub endpoint: Option<Text>,
    pub response: Option<Response>,
    /// [`crate::protocol::deviation`] bits seen while reading the answer.
    pub deviations: u32,
}

impl Error {
    #[cold]
    pub fn new(status: Status, message: &str) -> Self {
        let message = if message.is_empty() { "no detail is known" } else { message };
        Self(Box::new(Detail {
            status,
            message: Text::line(message),
            advice: usual_advice(status),
            provider: None,
            retry_after_s: None,
            request_sent: false,
            attempts: 0,
            endpoint: None,
            response: None,
            deviations: 0,
        }))
    }

    /// A wrong argument, which the message names; nothing was sent.
    #[cold]
    pub fn argument(name: &str, why: &str) -> Self {
        Self::new(Status::InvalidArgument, &format!("{name} {why}"))
    }

    /// A wrong setting, which the message names; nothing was sent.
    #[cold]
    pub fn config(setting: &str, why: &str) -> Self {
        Self::new(Status::InvalidConfig, &format!("{setting} {why}"))
    }

    /// A store failed: what could not be done, and why.
    pub fn store(what: &str, why: impl fmt::Display) -> Self {
        Self::new(Status::Store, &format!("{what}: {why}"))
    }

    /// Of a call that the parent goes on with.
    #[cold]
    pub fn in_forked_child() -> Self {
        const WHY: &str = "nothing was sent: the call is that of the process that this one was forked from";
        Self::new(Status::Busy, WHY)
    }

    pub fn no_randomness(why: impl fmt::Display) -> Self {
        Self::new(Status::Internal, &format!("the operating system gave no randomness: {why}"))
    }

    /// Turns the error of an argument into one of a setting.
    #[cold]
    pub fn into_config(self) -> Self {
        Self::new(Status::InvalidConfig, self.message.as_str())
    }

    /// The same failure for another caller that waited for the same result: without the answer, which is for one
    /// caller.
    #[cold]
    pub fn repeated(&self) -> Self {
        let mut error = Self::new(self.status, self.message.as_str()).with_advice(self.advice);
        error.retry_after_s = self.retry_after_s;
        error.request_sent = self.request_sent;
        error.endpoint = self.endpoint.clone();
        error.provider = self.provider.clone();
        error
    }

    /// The same failure, of an exchange that came before the request itself: nothing of the request was sent.
    pub fn before_request(mut self) -> Self {
        self.request_sent = false;
        if self.advice == Advice::OutcomeUnknown {
            self.advice = Advice::Retry;
        }
        self
    }

    /// Adds to the end of the message, which is cut where there is no room for both.
    pub fn add_to_message(&mut self, more: &str) {
        let mut line = self.message.as_str().to_owned();
        shorten_to(&mut line, LONGEST_LINE.saturating_sub(more.len()));
        line.push_str(more);
        self.message = Text::line(&line);
    }

    pub fn with_advice(mut self, advice: Advice) -> Self {
        self.0.advice = advice;
        self
    }
}

/// The advice that follows from the status alone; code that knows more replaces it.
fn usual_advice(status: Status) -> Advice {
    match status {
        Status::InvalidArgument | Status::InvalidState | Status::BufferTooSmall => Advice::FixRequest,
        Status::InvalidConfig | Status::Redirect | Status::IssuerMismatch | Status::System => Advice::FixConfig,
        Status::AuthorizationPending | Status::Store | Status::Source => Advice::RetryLater,
        Status::Expired | Status::StateMismatch | Status::IdToken | Status::LoginRequired => Advice::LogInAgain,
        Status::Busy | Status::Connect | Status::Timeout => Advice::Retry,
        Status::ConnectionLost | Status::ResponseTooLarge | Status::Callback => Advice::OutcomeUnknown,
        _ => Advice::None,
    }
}

impl std::ops::Deref for Error {
    type Target = Detail;

    fn deref(&self) -> &Detail {
        &self.0
    }
}

impl std::ops::DerefMut for Error {
    fn deref_mut(&mut self) -> &mut Detail {
        &mut self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message.as_str())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The server's error and the answer may echo a credential; the message holds none.
        write!(f, "Error({:?}, {:?})", self.status, self.message)
    }
}

impl std::error::Error for Error {}

/// The result of everything that can fail here.
pub type Result<T> = std::result::Result<T, Error>;
