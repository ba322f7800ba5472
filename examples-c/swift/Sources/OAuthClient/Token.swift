internal import COAuthClient
#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// An access token and what came with it. It stays in the memory of the library, which wipes it; what a property gives is
/// a copy that nobody wipes.
public final class Token: @unchecked Sendable { // const oauth_token *
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }
    deinit { oauth_token_free(pointer) }

    /// A token that was obtained elsewhere.
    public convenience init(
        accessToken: String, type: String? = nil, refreshToken: String? = nil, scope: String? = nil, expiresAt: Date? = nil
    ) throws {
        self.init(try make { oauth_token_new(c(accessToken), c(type), c(refreshToken), c(scope), seconds(expiresAt), $0, $1) })
    }

    /// A token that `savedJSON` has saved.
    public convenience init(savedJSON: String) throws {
        self.init(try make { oauth_token_from_json(c(savedJSON), $0, $1) })
    }

    /// Everything that another process needs of it, secrets too.
    public func savedJSON() throws -> String { try makeText { oauth_token_to_json(pointer, $0, $1) } }

    public var accessToken: String { string(oauth_token_access_token(pointer)) ?? "" }
    public var type: String? { string(oauth_token_type(pointer)) }
    public var expiresIn: Duration? {
        let seconds = oauth_token_expires_in_s(pointer)
        return seconds < 0 ? nil : .seconds(seconds)
    }
    public var expiresAt: Date? { moment(oauth_token_expires_at_s(pointer)) }
    public var refreshTokenExpiresAt: Date? { moment(oauth_token_refresh_token_expires_at_s(pointer)) }
    public var scope: String? { string(oauth_token_scope(pointer)) }
    public var refreshToken: String? { string(oauth_token_refresh_token(pointer)) }
    public var idToken: String? { string(oauth_token_id_token(pointer)) }
    /// Whether the server gave another refresh token than the one before.
    public var rotated: Bool { oauth_token_rotated(pointer) }
    public var deviations: Deviations { Deviations(rawValue: oauth_token_deviations(pointer)) }
    /// The claims of a verified ID token.
    public var claims: JSON? { JSON(oauth_token_claims(pointer)) }
    /// All members of the server's answer.
    public var json: JSON? { JSON(oauth_token_json(pointer)) }
    public var response: Response? { Response(oauth_token_response(pointer)) }
    /// The value of an Authorization header; nil for a token that needs more, such as a DPoP proof.
    public var authorization: String? { string(oauth_token_authorization(pointer)) }

    public func isExpired(leeway: Duration = .zero) -> Bool { oauth_token_expired(pointer, leeway.components.seconds) }
}

/// The headers for one request to a resource.
public struct Proof: Sendable, CustomStringConvertible, CustomReflectable {
    public let authorization: String
    /// nil: the token is a bearer token.
    public let dpop: String?

    init(taking handle: OpaquePointer) {
        defer { oauth_proof_free(handle) }
        authorization = string(oauth_proof_authorization(handle)) ?? ""
        dpop = string(oauth_proof_dpop(handle))
    }

    public var description: String { "Proof" }
    public var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }
}

extension Client {
    /// The headers for one request to a resource. Signs, if the token is bound to a key.
    public func proof(_ token: Token, method: String, url: String) throws -> Proof {
        Proof(taking: try make(functions) { oauth_proof_new(pointer, token.pointer, c(method), c(url), $0, $1) })
    }

    /// Takes the nonce of a resource's answer; true: send the request once more, with a new proof.
    public func proofAnswer(url: String, httpStatus: Int, wwwAuthenticate: String?, dpopNonce: String?) -> Bool {
        oauth_proof_answer(pointer, c(url), Int32(clamping: httpStatus), c(wwwAuthenticate), c(dpopNonce))
    }
}
