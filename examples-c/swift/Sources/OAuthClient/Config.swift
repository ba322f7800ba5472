internal import COAuthClient

/// Settings of a client; each is described in `oauth.h` under oauth_config_set_ and its name. What is nil, or not set, is
/// left to the library.
public struct Config: Sendable, CustomStringConvertible, CustomReflectable {
    public var issuer: String?
    public var allowedIssuers: [String] = []
    public var tokenEndpoint: String?
    public var authorizationEndpoint: String?
    public var deviceAuthorizationEndpoint: String?
    public var revocationEndpoint: String?
    public var introspectionEndpoint: String?
    public var userinfoEndpoint: String?
    public var pushedAuthorizationRequestEndpoint: String?
    public var jwksURI: String?

    public var clientID: String?
    public var clientSecret: String?
    public var clientAuthentication: ClientAuthentication = .automatic
    /// Client authentication by a key, or signed requests.
    public var clientKey: Key?
    /// The same, read anew from a file; the algorithm may be nil.
    public var clientKeyFile: (path: String, algorithm: String?)?
    public var clientAssertion: Source?
    public var assertionAudience: String?
    public var dpop = false
    public var dpopKey: Key?
    public var securityProfile: SecurityProfile = .none
    public var pkce = true
    public var authorizationLifetime: Duration?
    public var pushedAuthorization = false
    public var signedRequests = false
    public var signedResponses = false

    public var connectTimeout: Duration?
    public var timeout: Duration?
    public var idleTimeout: Duration?
    public var maxResponseBytes: Int?
    public var retries: RetryPolicy?
    public var userAgent: String?
    public var headers: Fields = [:]
    public var proxy: (url: String, username: String?, password: String?)?
    public var useProxy = true
    public var caFiles: [String] = []
    public var caPEM: [[UInt8]] = []
    public var useSystemCA = true
    public var clientCertificate: (path: String, key: Key?)?
    public var useEnvironment = true
    public var allowHTTP = false

    /// Gets lines without secrets, on any thread. Calls wait for it.
    public var log: (@Sendable (_ level: LogLevel, _ message: String) -> Void)?
    public var logLevel: LogLevel = .info
    /// Does the HTTP in place of the library, on a thread that drives all calls of the client.
    public var transport: (@Sendable (TransportRequest) throws -> Response)?

    public init(issuer: String? = nil, clientID: String? = nil, clientSecret: String? = nil) {
        (self.issuer, self.clientID, self.clientSecret) = (issuer, clientID, clientSecret)
    }

    /// Without secrets.
    public var description: String { "Config(issuer: \(issuer ?? "nil"), clientID: \(clientID ?? "nil"))" }
    public var customMirror: Mirror { Mirror(self, children: ["issuer": issuer as Any, "clientID": clientID as Any]) }
}

/// How the client authenticates to the server: OAUTH_CLIENT_AUTHENTICATION_...
public struct ClientAuthentication: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    public static let automatic = Self(rawValue: OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC)
    public static let clientSecretBasic = Self(rawValue: OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC)
    public static let clientSecretBasicRaw = Self(rawValue: OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC_RAW)
    public static let clientSecretPost = Self(rawValue: OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_POST)
    public static let none = Self(rawValue: OAUTH_CLIENT_AUTHENTICATION_NONE)
    public static let privateKeyJWT = Self(rawValue: OAUTH_CLIENT_AUTHENTICATION_PRIVATE_KEY_JWT)
    public static let clientSecretJWT = Self(rawValue: OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_JWT)
    public static let tlsClientAuth = Self(rawValue: OAUTH_CLIENT_AUTHENTICATION_TLS_CLIENT_AUTH)
    public static let selfSignedTLSClientAuth = Self(rawValue: OAUTH_CLIENT_AUTHENTICATION_SELF_SIGNED_TLS_CLIENT_AUTH)
}

/// Refuses what is weaker: OAUTH_SECURITY_PROFILE_...
public struct SecurityProfile: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    public static let none = Self(rawValue: OAUTH_SECURITY_PROFILE_NONE)
    public static let fapi2 = Self(rawValue: OAUTH_SECURITY_PROFILE_FAPI2)
    public static let fapi2MessageSigning = Self(rawValue: OAUTH_SECURITY_PROFILE_FAPI2_MESSAGE_SIGNING)
}

/// How important a line of the log is: OAUTH_LOG_...
public struct LogLevel: RawRepresentable, Hashable, Sendable, Comparable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }
    public static func < (one: Self, other: Self) -> Bool { one.rawValue > other.rawValue }

    public static let error = Self(rawValue: OAUTH_LOG_ERROR)
    public static let warn = Self(rawValue: OAUTH_LOG_WARN)
    public static let info = Self(rawValue: OAUTH_LOG_INFO)
    public static let debug = Self(rawValue: OAUTH_LOG_DEBUG)
}

extension Config {
    /// The builder, and where its functions leave what they throw.
    func builder() -> (Builder, [Thrown]) {
        let builder = Builder(oauth_config_new(), oauth_config_free)
        let config = builder.pointer
        func set(_ text: String?, _ setter: (OpaquePointer?, UnsafePointer<CChar>?) -> Void) {
            if let text { setter(config, c(text)) }
        }
        set(issuer, oauth_config_set_issuer)
        allowedIssuers.forEach { oauth_config_add_allowed_issuer(config, c($0)) }
        set(tokenEndpoint, oauth_config_set_token_endpoint)
        set(authorizationEndpoint, oauth_config_set_authorization_endpoint)
        set(deviceAuthorizationEndpoint, oauth_config_set_device_authorization_endpoint)
        set(revocationEndpoint, oauth_config_set_revocation_endpoint)
        set(introspectionEndpoint, oauth_config_set_introspection_endpoint)
        set(userinfoEndpoint, oauth_config_set_userinfo_endpoint)
        set(pushedAuthorizationRequestEndpoint, oauth_config_set_pushed_authorization_request_endpoint)
        set(jwksURI, oauth_config_set_jwks_uri)
        setClient(config)
        setConnection(config)
        return (builder, setFunctions(config))
    }

    private func setClient(_ config: OpaquePointer?) {
        if clientID != nil || clientSecret != nil { oauth_config_set_client(config, c(clientID), c(clientSecret)) }
        oauth_config_set_client_authentication(config, clientAuthentication.rawValue)
        if let clientKey { oauth_config_set_client_key(config, clientKey.pointer) }
        if let (path, algorithm) = clientKeyFile { oauth_config_set_client_key_file(config, c(path), c(algorithm)) }
        if let clientAssertion { oauth_config_set_client_assertion(config, clientAssertion.pointer) }
        if let assertionAudience { oauth_config_set_assertion_audience(config, c(assertionAudience)) }
        oauth_config_set_dpop(config, dpop)
        if let dpopKey { oauth_config_set_dpop_key(config, dpopKey.pointer) }
        oauth_config_set_security_profile(config, securityProfile.rawValue)
        oauth_config_set_pkce(config, pkce)
        if let authorizationLifetime { oauth_config_set_authorization_lifetime_s(config, seconds(authorizationLifetime)) }
        oauth_config_set_pushed_authorization(config, pushedAuthorization)
        oauth_config_set_signed_requests(config, signedRequests)
        oauth_config_set_signed_responses(config, signedResponses)
    }

    private func setConnection(_ config: OpaquePointer?) {
        if let connectTimeout { oauth_config_set_connect_timeout_ms(config, milliseconds(connectTimeout)) }
        if let timeout { oauth_config_set_timeout_ms(config, milliseconds(timeout)) }
        if let idleTimeout { oauth_config_set_idle_timeout_ms(config, milliseconds(idleTimeout)) }
        if let maxResponseBytes { oauth_config_set_max_response_bytes(config, max(0, maxResponseBytes)) }
        if let retries {
            oauth_config_set_retry_policy(config, retries.max, milliseconds(retries.backoff), retries.statuses)
        }
        if let userAgent { oauth_config_set_user_agent(config, c(userAgent)) }
        for (name, value) in headers.pairs { oauth_config_add_header(config, c(name), c(value)) }
        if let proxy { oauth_config_set_proxy(config, c(proxy.url), c(proxy.username), c(proxy.password)) }
        oauth_config_set_use_proxy(config, useProxy)
        caFiles.forEach { oauth_config_add_ca_file(config, c($0)) }
        caPEM.forEach { oauth_config_add_ca_pem(config, $0, $0.count) }
        oauth_config_set_use_system_ca(config, useSystemCA)
        if let (path, key) = clientCertificate { oauth_config_set_client_certificate(config, c(path), key?.pointer) }
        oauth_config_set_use_environment(config, useEnvironment)
        oauth_config_set_allow_http(config, allowHTTP)
    }

    private func setFunctions(_ config: OpaquePointer?) -> [Thrown] {
        var functions = [clientKey?.thrown, dpopKey?.thrown, clientCertificate?.key?.thrown, clientAssertion?.thrown].compactMap { $0 }
        if let log {
            oauth_config_set_log(
                config, logLevel.rawValue,
                { Box<@Sendable (LogLevel, String) -> Void>.of($0).function(LogLevel(rawValue: $1), string($2) ?? "") },
                Box(log, Thrown()).kept(), destroy)
        }
        if let transport {
            let thrown = Thrown()
            functions.append(thrown)
            oauth_config_set_transport(config, respond, Box(transport, thrown).kept(), destroy)
        }
        return functions
    }
}
