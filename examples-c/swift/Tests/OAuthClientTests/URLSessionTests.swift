import Foundation
import OAuthClient
import OAuthClientURLSession
import Synchronization
import Testing
#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

extension Tests {
    @Suite struct Resources {
        /// "t1", "t2", ...
        private func tokens() -> Server {
            let names = Mutex(0)
            return Server { _ in token("t\(names.withLock { $0 += 1; return $0 })") }
        }

        private func post(_ url: String) -> URLRequest {
            var request = URLRequest(url: URL(string: url)!)
            request.httpMethod = "POST"
            request.httpBody = Data("hello".utf8)
            return request
        }

        @Test func aRefusedTokenIsReplaced() async throws {
            let seen = Lines()
            let api = Server { request in
                seen.add("\(request.headers["Authorization"] ?? "none") \(request.body)")
                let good = request.headers["Authorization"] == "Bearer t2"
                return json(good ? 200 : 401, good ? [:] : ["WWW-Authenticate": #"Bearer error="invalid_token""#], "{}")
            }
            let server = tokens()
            let session = try Session(server.client(), key: "api", options: .clientCredentials)
            for _ in 0..<2 {
                let (_, answer) = try await AuthorizedURLSession(session).data(for: post(api.url))
                #expect(answer.statusCode == 200)
            }
            #expect(seen.all == ["Bearer t1 hello", "Bearer t2 hello", "Bearer t2 hello"] && server.count == 2)
        }

        @Test func aResourceThatRefusesEverythingCostsOneRenewal() async throws {
            let api = Server { _ in json(401, [:], "{}") }
            let server = tokens()
            let session = try Session(server.client(), key: "api", options: .clientCredentials)
            for _ in 0..<3 {
                let (_, answer) = try await AuthorizedURLSession(session).data(for: post(api.url))
                #expect(answer.statusCode == 401)
            }
            #expect(server.count == 2 && api.count == 4)
        }

        @Test func aRedirectElsewhereGetsNoToken() async throws {
            let elsewhere = Server { json(200, [:], $0.headers["Authorization"] ?? "none") }
            let api = Server { request in
                switch request.path {
                case "/here": Response(status: 302, headers: ["Location": "/there"])
                case "/away": Response(status: 302, headers: ["Location": elsewhere.url])
                default: json(200, [:], request.headers["Authorization"] ?? "none")
                }
            }
            let server = tokens()
            let session = try Session(server.client(), key: "api", options: .clientCredentials)
            for (path, expected) in [("/here", "Bearer t1"), ("/away", "none")] {
                let request = URLRequest(url: URL(string: api.url + path)!)
                let (data, _) = try await AuthorizedURLSession(session).data(for: request)
                #expect(String(decoding: data, as: UTF8.self) == expected)
            }
        }

        @Test func proofsFollowTheNonce() async throws {
            let server = Server { _ in json(200, [:], #"{"access_token":"bound","token_type":"DPoP","expires_in":3600}"#) }
            let api = Server { request in
                var payload = (request.headers["DPoP"] ?? "..").components(separatedBy: ".")[1]
                payload = payload.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
                payload += String(repeating: "=", count: (4 - payload.count % 4) % 4)
                let proof = (try? JSONDecoder().decode([String: Claim].self, from: Data(base64Encoded: payload) ?? Data())) ?? [:]
                guard proof["nonce"]?.text == "fresh" else {
                    return json(401, ["DPoP-Nonce": "fresh", "WWW-Authenticate": #"DPoP error="use_dpop_nonce""#], "{}")
                }
                if request.path == "/here" { return Response(status: 302, headers: ["Location": "/me?x=1"]) }
                return json(200, [:], "\(request.headers["Authorization"] ?? "") \(proof["htm"]?.text ?? "") \(proof["htu"]?.text ?? "")")
            }
            let client = try server.client {
                $0.dpop = true
                $0.dpopKey = try? Key(generating: "ES256")
            }
            let session = try Session(client, key: "api", options: .clientCredentials)
            for path in ["/me?x=1", "/here"] {
                let request = URLRequest(url: URL(string: api.url + path)!)
                let (data, _) = try await AuthorizedURLSession(session).data(for: request)
                #expect(String(decoding: data, as: UTF8.self) == "DPoP bound GET \(api.url)/me")
            }
            #expect(server.count == 1)
        }

        @Test func withoutATokenNothingIsSent() async throws {
            let api = Server { _ in json(200, [:], "{}") }
            let session = try Session(tokens().client(), key: "api")
            do {
                _ = try await AuthorizedURLSession(session).data(for: post(api.url))
                Issue.record("there is no login")
            } catch OAuthError.Status.loginRequired {}
            #expect(api.count == 0)
        }
    }
}

private struct Claim: Decodable {
    let text: String?
    init(from decoder: any Decoder) throws { text = try? decoder.singleValueContainer().decode(String.self) }
}
