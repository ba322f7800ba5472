internal import COAuthClient

extension OAuthError {
    /// What kind of failure it was: OAUTH_ERROR_... of `oauth.h`. `catch OAuthError.Status.loginRequired` catches one of them;
    /// a function of the program may throw one.
    public struct Status: Error, RawRepresentable, Hashable, Sendable, CustomStringConvertible {
        public let rawValue: Int32
        public init(rawValue: Int32) { self.rawValue = rawValue }
        public var description: String { string(oauth_status_name(rawValue)) ?? "status \(rawValue)" }

        public static let invalidArgument = Status(rawValue: OAUTH_ERROR_INVALID_ARGUMENT)
        public static let invalidConfig = Status(rawValue: OAUTH_ERROR_INVALID_CONFIG)
        public static let invalidState = Status(rawValue: OAUTH_ERROR_INVALID_STATE)
        public static let busy = Status(rawValue: OAUTH_ERROR_BUSY)
        public static let bufferTooSmall = Status(rawValue: OAUTH_ERROR_BUFFER_TOO_SMALL)
        public static let `internal` = Status(rawValue: OAUTH_ERROR_INTERNAL)
        public static let callback = Status(rawValue: OAUTH_ERROR_CALLBACK)
        public static let cancelled = Status(rawValue: OAUTH_ERROR_CANCELLED)
        public static let timeout = Status(rawValue: OAUTH_ERROR_TIMEOUT)
        public static let connect = Status(rawValue: OAUTH_ERROR_CONNECT)
        public static let tls = Status(rawValue: OAUTH_ERROR_TLS)
        public static let connectionLost = Status(rawValue: OAUTH_ERROR_CONNECTION_LOST)
        public static let redirect = Status(rawValue: OAUTH_ERROR_REDIRECT)
        public static let responseTooLarge = Status(rawValue: OAUTH_ERROR_RESPONSE_TOO_LARGE)
        public static let http = Status(rawValue: OAUTH_ERROR_HTTP)
        public static let invalidResponse = Status(rawValue: OAUTH_ERROR_INVALID_RESPONSE)
        public static let provider = Status(rawValue: OAUTH_ERROR_PROVIDER)
        public static let authorizationPending = Status(rawValue: OAUTH_ERROR_AUTHORIZATION_PENDING)
        public static let expired = Status(rawValue: OAUTH_ERROR_EXPIRED)
        public static let stateMismatch = Status(rawValue: OAUTH_ERROR_STATE_MISMATCH)
        public static let issuerMismatch = Status(rawValue: OAUTH_ERROR_ISSUER_MISMATCH)
        public static let idToken = Status(rawValue: OAUTH_ERROR_ID_TOKEN)
        public static let system = Status(rawValue: OAUTH_ERROR_SYSTEM)
        public static let loginRequired = Status(rawValue: OAUTH_ERROR_LOGIN_REQUIRED)
        public static let store = Status(rawValue: OAUTH_ERROR_STORE)
        public static let notRevoked = Status(rawValue: OAUTH_ERROR_NOT_REVOKED)
        public static let source = Status(rawValue: OAUTH_ERROR_SOURCE)

        /// For `catch`.
        public static func ~= (status: Status, error: any Error) -> Bool {
            (error as? OAuthError)?.status == status || (error as? Status) == status
        }
    }

    /// What the program can do next: OAUTH_ADVICE_...
    public struct Advice: RawRepresentable, Hashable, Sendable {
        public let rawValue: Int32
        public init(rawValue: Int32) { self.rawValue = rawValue }

        public static let none = Advice(rawValue: OAUTH_ADVICE_NONE)
        public static let retry = Advice(rawValue: OAUTH_ADVICE_RETRY)
        public static let retryLater = Advice(rawValue: OAUTH_ADVICE_RETRY_LATER)
        public static let logInAgain = Advice(rawValue: OAUTH_ADVICE_LOG_IN_AGAIN)
        public static let fixRequest = Advice(rawValue: OAUTH_ADVICE_FIX_REQUEST)
        public static let fixConfig = Advice(rawValue: OAUTH_ADVICE_FIX_CONFIG)
        public static let outcomeUnknown = Advice(rawValue: OAUTH_ADVICE_OUTCOME_UNKNOWN)
    }
}

/// How an answer differs from its RFC: OAUTH_DEVIATION_...
public struct Deviations: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    private init(_ number: Int32) { rawValue = UInt32(number) }

    public static let formEncoded = Deviations(OAUTH_DEVIATION_FORM_ENCODED)
    public static let contentType = Deviations(OAUTH_DEVIATION_CONTENT_TYPE)
    public static let byteOrderMark = Deviations(OAUTH_DEVIATION_BYTE_ORDER_MARK)
    public static let tokenTypeMissing = Deviations(OAUTH_DEVIATION_TOKEN_TYPE_MISSING)
    public static let tokenTypeUnknown = Deviations(OAUTH_DEVIATION_TOKEN_TYPE_UNKNOWN)
    public static let expiresInType = Deviations(OAUTH_DEVIATION_EXPIRES_IN_TYPE)
    public static let expiresInInvalid = Deviations(OAUTH_DEVIATION_EXPIRES_IN_INVALID)
    public static let scopeArray = Deviations(OAUTH_DEVIATION_SCOPE_ARRAY)
    public static let nulInValue = Deviations(OAUTH_DEVIATION_NUL_IN_VALUE)
    public static let invalidUTF8 = Deviations(OAUTH_DEVIATION_INVALID_UTF8)
    public static let errorObject = Deviations(OAUTH_DEVIATION_ERROR_OBJECT)
    public static let errorStatus = Deviations(OAUTH_DEVIATION_ERROR_STATUS)
    public static let memberType = Deviations(OAUTH_DEVIATION_MEMBER_TYPE)
    public static let status = Deviations(OAUTH_DEVIATION_STATUS)
    public static let lifetimeName = Deviations(OAUTH_DEVIATION_LIFETIME_NAME)
    public static let descriptionName = Deviations(OAUTH_DEVIATION_DESCRIPTION_NAME)
    public static let contentCoding = Deviations(OAUTH_DEVIATION_CONTENT_CODING)
    public static let noCloseNotify = Deviations(OAUTH_DEVIATION_NO_CLOSE_NOTIFY)
    public static let accessTokenMissing = Deviations(OAUTH_DEVIATION_ACCESS_TOKEN_MISSING)
}
