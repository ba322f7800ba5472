internal import COAuthClient
internal import Dispatch
#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// A login that stays valid: a token in a store, renewed before it expires. Any task may use it.
public final class Session: @unchecked Sendable { // const oauth_session *
    let pointer: OpaquePointer
    private let client: Client?
    private let functions: [Thrown]
    /// Where `replace` waits, one call at a time.
    private let queue = DispatchQueue(label: "oauthclient.session")

    /// Without a store, the login is kept in memory, for this session alone.
    public init(_ client: Client, store: Store? = nil, key: String, options: Options = Options()) throws {
        let (builder, thrown) = options.builder(for: client)
        functions = client.functions + (store?.functions ?? []) + thrown
        pointer = try withExtendedLifetime((client, store, options, builder)) {
            try make { oauth_session_open(client.pointer, store?.pointer, c(key), builder.pointer, $0, $1) }
        }
        self.client = client
    }

    /// The session that a profile describes, a file of the user.
    public init(profile name: String) throws {
        pointer = try make { oauth_profile_open(c(name), $0, $1) }
        (client, functions) = (nil, [])
    }

    deinit { oauth_session_free(pointer) }

    /// A valid token: at once, or after a renewal.
    public func token(options: OAuthClient.Options? = nil) async throws -> Token {
        if options == nil, !Task.isCancelled, let token = peek(), !isDue { return token }
        return try await ended(options) { oauth_session_token_start(pointer, $0, $1, $2) }.token()
    }

    /// The token that is good now. Never waits, and sends nothing.
    public func peek() -> Token? { oauth_session_peek(pointer).map(Token.init) }

    /// Keeps a token that was obtained elsewhere, usually by a log-in, in place of the login that was kept.
    public func adopt(_ token: Token, options: OAuthClient.Options? = nil) async throws {
        try await ended(options) { oauth_session_adopt_start(pointer, token.pointer, $0, $1, $2) }.result()
    }

    /// The same, for a refresh token of another program. From then on the session has it.
    public func adopt(refreshToken: String, options: OAuthClient.Options? = nil) async throws {
        try await ended(options) { oauth_session_adopt_refresh_token_start(pointer, c(refreshToken), $0, $1, $2) }.result()
    }

    /// A resource has refused this token: the next call renews it.
    public func invalidate(_ token: Token, options: OAuthClient.Options? = nil) async throws {
        try await ended(options) { oauth_session_invalidate_start(pointer, token.pointer, $0, $1, $2) }.result()
    }

    /// Waits until no renewal is under way, before the program exits.
    public func finish(options: OAuthClient.Options? = nil) async throws {
        try await ended(options) { oauth_session_finish_start(pointer, $0, $1, $2) }.result()
    }

    /// Ends the login.
    public func forget(revoke: Bool = false, options: OAuthClient.Options? = nil) async throws {
        try await ended(options) { oauth_session_forget_start(pointer, revoke, $0, $1, $2) }.result()
    }

    /// After a resource's answer: another token, if this one was the reason why the resource refused. nil: the answer is final.
    /// Waits on a thread; one call of a session at a time.
    public func replace(
        _ token: Token, httpStatus: Int, wwwAuthenticate: String?, options: OAuthClient.Options? = nil
    ) async throws -> Token? {
        try await blocking(on: queue, options) { [self] options in
            var held: OpaquePointer? = oauth_token_ref(token.pointer)
            var failure: OpaquePointer?
            let replaced = oauth_session_replace(pointer, &held, Int32(clamping: httpStatus), c(wwwAuthenticate), options, &failure)
            let other = held.map(Token.init)
            if failure != nil { throw OAuthError(oauth_error_status(failure), taking: failure, functions: functions) }
            return replaced ? other : nil
        }
    }

    /// The headers for one request to a resource, with a valid token.
    public func proof(method: String, url: String, options: OAuthClient.Options? = nil) async throws -> Proof {
        _ = try await token(options: options) // waits as a task does, so that the call below finds a valid one
        return try await blocking(on: .global(), options) { [self] options in
            Proof(taking: try make(functions) { oauth_session_proof(pointer, c(method), c(url), options, $0, $1) })
        }
    }

    /// Takes the nonce of a resource's answer; true: send the request once more, with a new proof.
    public func proofAnswer(url: String, httpStatus: Int, wwwAuthenticate: String?, dpopNonce: String?) -> Bool {
        oauth_session_proof_answer(pointer, c(url), Int32(clamping: httpStatus), c(wwwAuthenticate), c(dpopNonce))
    }

    // MARK: State

    public var issuer: String? { string(oauth_session_issuer(pointer)) }
    public var expiresAt: Date? { moment(oauth_session_expires_at_s(pointer)) }
    public var loginExpiresAt: Date? { moment(oauth_session_login_expires_at_s(pointer)) }
    public var nextRenewalAt: Date? { moment(oauth_session_next_renewal_at_s(pointer)) }
    /// Whether the store has the token.
    public var isSaved: Bool { oauth_session_saved(pointer) }

    /// Why the last renewal failed, or its token could not be saved; nil: neither. May read the store.
    public func lastError() async -> OAuthError? {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [self] in
                let handle = oauth_session_last_error(pointer)
                continuation.resume(returning: handle.map { OAuthError(oauth_error_status($0), taking: $0) })
            }
        }
    }

    /// Whether a call should begin a renewal, although the token is valid.
    private var isDue: Bool { nextRenewalAt.map { $0 <= Date() } ?? false }

    private func ended(
        _ options: OAuthClient.Options?, _ start: (OpaquePointer?, Place, Place) -> oauth_status
    ) async throws -> Operation {
        try await Operation.ended(of: client, options, functions, start)
    }
}
