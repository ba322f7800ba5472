internal import COAuthClient
#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// All that is known about a failed call.
public struct OAuthError: LocalizedError, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public let status: Status
    /// One line for people, without secrets.
    public let message: String
    public let advice: Advice
    /// How long to wait before the next call, if that is known.
    public let retryAfter: Duration?

    /// The server's own words (RFC 6749 section 5.2). They may hold anything, also secrets that the server was sent.
    public let providerError: String?
    public let providerDescription: String?
    public let providerURI: String?
    public let providerJSON: JSON?

    /// The HTTP response, if one came and no other call received it.
    public let response: Response?
    /// Whether the server may have acted.
    public let requestSent: Bool
    public let attempts: Int
    public let endpoint: String?
    public let deviations: Deviations

    /// What a function of the program has thrown, if that was the reason.
    public let underlying: (any Error)?

    public var httpStatus: Int? { response?.status }

    public var description: String { message }
    public var debugDescription: String { "OAuthError.Status.\(status): \(message)" }
    public var errorDescription: String? { message }
    /// Without what may hold secrets.
    public var customMirror: Mirror { Mirror(self, children: ["status": status, "message": message]) }

    /// For a function of the program that fails: the library hands on the status.
    public init(_ status: Status, _ message: String) {
        self.init(status: status.rawValue, message: message, handle: nil, underlying: nil)
    }

    private init(status: Int32, message: String?, handle: OpaquePointer?, underlying: (any Error)?) {
        self.status = Status(rawValue: status)
        self.message = message ?? string(oauth_error_message(handle)) ?? self.status.description
        self.underlying = underlying
        advice = Advice(rawValue: oauth_error_advice(handle))
        let seconds = oauth_error_retry_after_s(handle)
        retryAfter = seconds < 0 ? nil : .seconds(seconds)
        providerError = string(oauth_error_provider_error(handle))
        providerDescription = string(oauth_error_provider_description(handle))
        providerURI = string(oauth_error_provider_uri(handle))
        providerJSON = JSON(oauth_error_provider_json(handle))
        response = Response(oauth_error_response(handle))
        requestSent = oauth_error_request_sent(handle)
        attempts = Int(oauth_error_attempts(handle))
        endpoint = string(oauth_error_endpoint(handle))
        deviations = Deviations(rawValue: oauth_error_deviations(handle))
    }

    /// A copy of what a handle says.
    init(borrowed handle: OpaquePointer) {
        self.init(status: oauth_error_status(handle), message: nil, handle: handle, underlying: nil)
    }

    /// What a call gave, which frees the handle.
    init(_ status: oauth_status, taking handle: OpaquePointer?, functions: [Thrown] = []) {
        defer { oauth_error_free(handle) }
        var underlying: (any Error)?
        for function in functions where underlying == nil { underlying = function.reason(of: status) }
        self.init(status: status, message: nil, handle: handle, underlying: underlying)
    }
}
