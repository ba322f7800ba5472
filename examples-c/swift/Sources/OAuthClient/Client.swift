internal import COAuthClient

/// A checked config and its connections. Any task may use it. Each method is explained in `oauth.h` under oauth_ and its
/// name, and is an operation: no thread waits for it, and it ends when its task is cancelled.
public final class Client: @unchecked Sendable { // const oauth_client *
    let pointer: OpaquePointer
    let functions: [Thrown]

    public init(_ config: Config) throws {
        let (builder, functions) = config.builder()
        pointer = try withExtendedLifetime((config, builder)) {
            try make(functions) { oauth_client_new(builder.pointer, $0, $1) }
        }
        self.functions = functions
    }

    public convenience init(issuer: String, clientID: String, clientSecret: String? = nil) throws {
        try self.init(Config(issuer: issuer, clientID: clientID, clientSecret: clientSecret))
    }

    deinit { oauth_client_free(pointer) }

    /// The value of an Authorization header for one call that takes it.
    public static func basicAuthorization(clientID: String, clientSecret: String, raw: Bool = false) throws -> String {
        try makeText { oauth_basic_authorization(c(clientID), c(clientSecret), raw ? OAUTH_BASIC_RAW : OAUTH_BASIC_FORM_ENCODED, $0, $1) }
    }

    /// Starts a call with these fields, and waits for its end.
    func ended(
        _ fields: Fields, _ options: Options?, _ start: (_ fields: OpaquePointer?, _ options: OpaquePointer?, Place, Place) -> oauth_status
    ) async throws -> Operation {
        let params = fields.params()
        return try await Operation.ended(of: self, options, functions) { options, operation, error in
            withExtendedLifetime(params) { start(params?.pointer, options, operation, error) }
        }
    }

    // MARK: Code and refresh token

    /// `authorization` is the value of a header in place of the client authentication.
    public func requestToken(
        code: String, redirectURI: String?, authorization: String? = nil, fields: Fields = [:], options: Options? = nil
    ) async throws -> Token {
        try await ended(fields, options) {
            oauth_request_token_start(pointer, c(authorization), c(code), c(redirectURI), $0, $1, $2, $3)
        }.token()
    }

    public func refreshToken(
        _ refreshToken: String, scope: String? = nil, authorization: String? = nil, fields: Fields = [:], options: Options? = nil
    ) async throws -> Token {
        try await ended(fields, options) {
            oauth_refresh_token_start(pointer, c(authorization), c(refreshToken), c(scope), $0, $1, $2, $3)
        }.token()
    }

    public func renewToken(
        _ before: Token, scope: String? = nil, fields: Fields = [:], options: Options? = nil
    ) async throws -> Token {
        try await ended(fields, options) { oauth_renew_token_start(pointer, before.pointer, c(scope), $0, $1, $2, $3) }.token()
    }

    // MARK: Other grants

    public func requestClientCredentials(
        scope: String? = nil, fields: Fields = [:], options: Options? = nil
    ) async throws -> Token {
        try await ended(fields, options) { oauth_request_client_credentials_start(pointer, c(scope), $0, $1, $2, $3) }.token()
    }

    public func requestTokenExchange(
        subjectToken: String, subjectTokenType: String, actorToken: String? = nil, actorTokenType: String? = nil,
        requestedTokenType: String? = nil, scope: String? = nil, fields: Fields = [:], options: Options? = nil
    ) async throws -> Token {
        try await ended(fields, options) {
            oauth_request_token_exchange_start(
                pointer, c(subjectToken), c(subjectTokenType), c(actorToken), c(actorTokenType), c(requestedTokenType), c(scope),
                $0, $1, $2, $3)
        }.token()
    }

    public func requestJWTBearer(
        assertion: String, scope: String? = nil, fields: Fields = [:], options: Options? = nil
    ) async throws -> Token {
        try await ended(fields, options) { oauth_request_jwt_bearer_start(pointer, c(assertion), c(scope), $0, $1, $2, $3) }.token()
    }

    public func requestSAMLBearer(
        assertion: String, scope: String? = nil, fields: Fields = [:], options: Options? = nil
    ) async throws -> Token {
        try await ended(fields, options) { oauth_request_saml_bearer_start(pointer, c(assertion), c(scope), $0, $1, $2, $3) }.token()
    }

    public func requestPassword(
        username: String, password: String, scope: String? = nil, fields: Fields = [:], options: Options? = nil
    ) async throws -> Token {
        try await ended(fields, options) {
            oauth_request_password_start(pointer, c(username), c(password), c(scope), $0, $1, $2, $3)
        }.token()
    }

    public func requestGrant(type: String, fields: Fields = [:], options: Options? = nil) async throws -> Token {
        try await ended(fields, options) { oauth_request_grant_start(pointer, c(type), $0, $1, $2, $3) }.token()
    }

    // MARK: Questions to the server

    /// The server's metadata (RFC 8414).
    public func requestMetadata(options: Options? = nil) async throws -> JSON {
        let operation = try await ended([:], options) { oauth_request_metadata_start(pointer, $1, $2, $3) }
        let metadata = try operation.result(oauth_operation_metadata)
        defer { oauth_metadata_free(metadata) }
        return try json(oauth_metadata_json(metadata))
    }

    /// Claims about the user.
    public func requestUserinfo(_ token: Token, options: Options? = nil) async throws -> JSON {
        let operation = try await ended([:], options) { oauth_request_userinfo_start(pointer, token.pointer, $1, $2, $3) }
        let userinfo = try operation.result(oauth_operation_userinfo)
        defer { oauth_userinfo_free(userinfo) }
        return try json(oauth_userinfo_json(userinfo))
    }

    /// Whether a token is active, and what the server says about it.
    public func introspect(
        _ token: String, hint: String? = nil, options: Options? = nil
    ) async throws -> (active: Bool, json: JSON) {
        let operation = try await ended([:], options) { oauth_introspect_start(pointer, c(token), c(hint), $1, $2, $3) }
        let introspection = try operation.result(oauth_operation_introspection)
        defer { oauth_introspection_free(introspection) }
        return (oauth_introspection_active(introspection), try json(oauth_introspection_json(introspection)))
    }

    public func revoke(_ token: String, hint: String? = nil, options: Options? = nil) async throws {
        try await ended([:], options) { oauth_revoke_start(pointer, c(token), c(hint), $1, $2, $3) }.result()
    }

    private func json(_ handle: OpaquePointer?) throws -> JSON {
        guard let json = JSON(handle) else { throw OAuthError(.internal, "the library gave no JSON") }
        return json
    }
}
