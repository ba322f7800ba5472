internal import COAuthClient

extension Session {
    /// How a session gets its next token: oauth_session_options_... Without any: with its refresh token.
    public struct Options: Sendable {
        public var scope: String?
        public var fields: Fields = [:]
        public var clientCredentials = false
        public var tokenExchange: (subjectToken: Source, type: String)?
        public var actorToken: (token: Source, type: String)?
        public var jwtBearer: Source?
        /// Gives the token itself.
        public var source: Source?

        /// Gets a token in the program's own way. The call of the session waits for it, and so does every other call of the
        /// client: a call that goes out in it needs a client of its own; with this one it is `.busy`.
        public var acquire: (@Sendable (_ key: String, _ before: Token?) async throws -> Token)?
        /// Is told each new token, or nil at the end of the login. The calls of the client wait for it.
        public var change: (@Sendable (_ key: String, _ token: Token?) -> Void)?
        /// Decides what a failed refresh means for the login.
        public var refusal: (@Sendable (_ key: String, _ error: OAuthError) -> Refusal)?

        public init() {}

        public static var clientCredentials: Options {
            var options = Options()
            options.clientCredentials = true
            return options
        }
    }

    public enum Refusal: Sendable {
        /// What the library takes it for.
        case usual
        case ended
        case goesOn
    }
}

extension Session.Options {
    func builder(for client: Client) -> (Builder, [Thrown]) {
        let builder = Builder(oauth_session_options_new(), oauth_session_options_free)
        let (options, params) = (builder.pointer, fields.params())
        if let scope { oauth_session_options_set_scope(options, c(scope)) }
        withExtendedLifetime(params) { oauth_session_options_set_field_parameters(options, params?.pointer) }
        oauth_session_options_set_client_credentials(options, clientCredentials)
        if let (token, type) = tokenExchange { oauth_session_options_set_token_exchange(options, token.pointer, c(type)) }
        if let (token, type) = actorToken { oauth_session_options_set_actor_token(options, token.pointer, c(type)) }
        if let jwtBearer { oauth_session_options_set_jwt_bearer(options, jwtBearer.pointer) }
        if let source { oauth_session_options_set_source(options, source.pointer) }
        let sources = [tokenExchange?.subjectToken, actorToken?.token, jwtBearer, source]
        return (builder, sources.compactMap { $0?.thrown } + setFunctions(options, client))
    }

    private func setFunctions(_ options: OpaquePointer?, _ client: Client) -> [Thrown] {
        let thrown = Thrown()
        if let acquire {
            // The session has the client, and the library the session's options: no circle.
            let identity = ObjectIdentifier(client)
            let waiting: Acquire = { key, before in
                try Waiting.result(for: identity) { try await acquire(key, before) }
            }
            oauth_session_options_set_acquire(options, acquireToken, Box(waiting, thrown).kept(), destroy)
        }
        if let change {
            oauth_session_options_set_change(
                options,
                { Box<Change>.of($0).function(string($1) ?? "", $2.map { Token(oauth_token_ref($0)) }) },
                Box(change, Thrown()).kept(), destroy)
        }
        if let refusal {
            oauth_session_options_set_refusal(options, decide, Box(refusal, Thrown()).kept(), destroy)
        }
        return [thrown]
    }
}

private typealias Acquire = @Sendable (String, Token?) throws -> Token
private typealias Change = @Sendable (String, Token?) -> Void
private typealias Decide = @Sendable (String, OAuthError) -> Session.Refusal

private let acquireToken: oauth_session_acquire_fn = { userData, _, key, before, place in
    let box = Box<Acquire>.of(userData)
    return box.thrown.guarding {
        let fresh = try box.function(string(key) ?? "", before.map { Token(oauth_token_ref($0)) })
        withExtendedLifetime(fresh) { place?.pointee = oauth_token_ref(fresh.pointer) }
    }
}

private let decide: oauth_session_refusal_fn = { userData, key, error in
    guard let error else { return OAUTH_REFUSAL_USUAL }
    return switch Box<Decide>.of(userData).function(string(key) ?? "", OAuthError(borrowed: error)) {
    case .usual: OAUTH_REFUSAL_USUAL
    case .ended: OAUTH_REFUSAL_ENDED
    case .goesOn: OAUTH_REFUSAL_GOES_ON
    }
}
