import Foundation
import OAuthClient
import Synchronization
import Testing

extension Tests {
    @Suite struct Functions {
        @Test func aTransportAnswers() async throws {
            let log = Lines()
            var config = Config(clientID: "app", clientSecret: "hush-hush")
            config.tokenEndpoint = "https://as.example/token"
            config.log = { _, line in log.add(line) }
            config.logLevel = .debug
            config.transport = { request in
                guard request.method == "POST", request.url == "https://as.example/token", request.remaining > .zero,
                    String(decoding: request.body, as: UTF8.self).contains("grant_type=client_credentials"),
                    request.headers["Authorization"]?.hasPrefix("Basic ") == true
                else { throw Broken() }
                return token("mine")
            }
            let client = try Client(config)
            #expect(try await client.requestClientCredentials().accessToken == "mine")
            #expect(log.all.contains { $0.contains("https://as.example/token") } && !log.all.contains { $0.contains("hush") })
        }

        @Test func whatATransportThrowsComesBack() async throws {
            var config = Config(clientID: "app")
            config.tokenEndpoint = "https://as.example/token"
            config.transport = { _ in throw Broken() }
            let client = try Client(config)
            let error = await failure { try await client.refreshToken("r") }
            #expect(error?.status == .callback && error?.underlying is Broken)
            config.transport = { _ in throw OAuthError.Status.tls }
            config.retries = RetryPolicy(max: 0)
            let other = try Client(config)
            let tls = await failure { try await other.refreshToken("r") }
            #expect(tls?.status == .tls && tls?.underlying as? OAuthError.Status == .tls)
        }

        @Test func aFunctionIsFreedWithItsClient() async throws {
            let server = Server { _ in token("t") }
            weak var freed: Lines?
            do {
                let log = Lines()
                freed = log
                let client = try server.client {
                    $0.log = { _, line in log.add(line) }
                    $0.logLevel = .debug
                }
                _ = try await client.requestClientCredentials()
                #expect(!log.all.isEmpty)
            }
            // The client's thread ends soon after its last handle.
            for _ in 0..<1000 where freed != nil { try await Task.sleep(for: .milliseconds(5)) }
            #expect(freed == nil)
        }

        @Test func keysSign() async throws {
            let key = try Key(generating: "ES256").with(kid: "k1")
            #expect(key.algorithm == "ES256" && key.kid == "k1" && key.publicJWKS.contains("k1"))
            let copy = try Key(pem: Array(key.pem().utf8))
            #expect(copy.thumbprint == key.thumbprint && !copy.publicJWK.contains(#""d""#))

            let server = Server { request in request.form["client_assertion"] == nil ? json(400, [:], "{}") : token("t") }
            func client(_ key: Key) throws -> Client {
                try server.client {
                    $0.clientSecret = nil
                    $0.clientKey = key
                    $0.clientAuthentication = .privateKeyJWT
                    $0.assertionAudience = "https://as.example"
                }
            }
            #expect(try await client(copy).requestClientCredentials().accessToken == "t")
            let wrong = try Key(publicKey: key.publicJWK) { algorithm, message in
                guard algorithm == "ES256", String(decoding: message, as: UTF8.self).contains(".") else { throw Broken() }
                return [UInt8](repeating: 7, count: 64)
            }
            let called = await failure { try await client(wrong).requestClientCredentials() }
            #expect(called?.message.contains("does not verify") == true && called?.underlying == nil)
            let broken = try Key(publicKey: key.publicJWK) { _, _ in throw Broken() }
            let error = await failure { try await client(broken).requestClientCredentials() }
            #expect(error?.status == .callback && error?.underlying is Broken)
        }

        @Test func sourcesGiveWhatTheyHave() async throws {
            #expect(try await Source(command: ["printf", "%s", #"{"a":{"b":"two"}}"#], jsonPointer: "/a/b").read() == "two")
            #expect(try await Source { "three" }.read() == "three")
            let server = Server { request in json(200, [:], #"{"value":"\#(request.headers["X-Key"] ?? "")"}"#) }
            let source = try Source(url: server.url, headers: ["X-Key": "four"], jsonPointer: "/value")
            #expect(try await source.read() == "four")
            let broken = try Source { throw Broken() }
            let error = await failure { try await broken.read() }
            #expect(error?.underlying is Broken, "\(String(reflecting: error))")
            let missing = try Source(file: "/nonexistent/token")
            #expect(await failure { try await missing.read() }?.message.contains("/nonexistent/token") == true)
        }
    }
}

final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
}
