public import Foundation
public import OAuthClient
#if canImport(FoundationNetworking)
public import FoundationNetworking
#endif

/// Sends requests with a valid token of a session: as a bearer, or with a DPoP proof for each request alone. Where the
/// resource refuses the token, or wants a nonce, a request is sent once more. A redirect to another origin gets no token.
public final class AuthorizedURLSession: Sendable {
    private let session: Session
    // One of its own: on Linux, another URLSession would hand the token on to wherever a redirect leads.
    private let urlSession: URLSession

    public init(_ session: Session, configuration: URLSessionConfiguration = .default) {
        self.session = session
        urlSession = URLSession(configuration: configuration, delegate: Redirects(session), delegateQueue: nil)
    }

    deinit { urlSession.finishTasksAndInvalidate() }

    public func data(from url: URL) async throws -> (Data, HTTPURLResponse) { try await data(for: URLRequest(url: url)) }

    /// Throws the error of `Session.token`, or that of URLSession. A request with a body stream is not sent twice.
    public func data(for request: URLRequest) async throws -> (Data, HTTPURLResponse) {
        var token = try await session.token()
        var nonceWanted = false
        while true {
            let (data, answer) = try await urlSession.data(for: session.authorized(request))
            guard let answer = answer as? HTTPURLResponse, let url = answer.url ?? request.url else {
                throw URLError(.badServerResponse)
            }
            guard sameOrigin(url, request.url), request.httpBodyStream == nil else { return (data, answer) }
            let refusal = answer.value(forHTTPHeaderField: "WWW-Authenticate")
            let again = session.proofAnswer(
                url: url.absoluteString, httpStatus: answer.statusCode, wwwAuthenticate: refusal,
                dpopNonce: answer.value(forHTTPHeaderField: "DPoP-Nonce"))
            if again && !nonceWanted {
                nonceWanted = true
            } else if let other = try? await session.replace(token, httpStatus: answer.statusCode, wwwAuthenticate: refusal) {
                token = other
            } else {
                return (data, answer)
            }
        }
    }
}

extension Session {
    /// The request with the headers of a valid token, for this request alone.
    public func authorized(_ request: URLRequest) async throws -> URLRequest {
        guard let url = request.url else { throw URLError(.badURL) }
        let proof = try await proof(method: request.httpMethod ?? "GET", url: url.absoluteString)
        var signed = request
        signed.setValue(proof.authorization, forHTTPHeaderField: "Authorization")
        signed.setValue(proof.dpop, forHTTPHeaderField: "DPoP")
        return signed
    }
}

private func sameOrigin(_ one: URL, _ other: URL?) -> Bool {
    one.scheme == other?.scheme && one.host == other?.host && one.port == other?.port
}

/// Follows redirects: with headers of their own where the request went, without any elsewhere.
private final class Redirects: NSObject, URLSessionTaskDelegate {
    private let session: Session

    init(_ session: Session) { self.session = session }

    func urlSession(
        _ urlSession: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        var request = newRequest
        request.setValue(nil, forHTTPHeaderField: "Authorization")
        request.setValue(nil, forHTTPHeaderField: "DPoP")
        guard let url = request.url, sameOrigin(url, task.originalRequest?.url) else { return completionHandler(request) }
        // Without a token, the answer is the redirect.
        Task { [session, request] in completionHandler(try? await session.authorized(request)) }
    }
}
