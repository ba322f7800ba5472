import Foundation
import OAuthClient
import Synchronization
import Testing

/// One test at a time: some count threads, and what is freed.
@Suite(.serialized) struct Tests {}

struct Broken: Error, Equatable {}

/// What a call threw.
func failure<Value>(_ call: () async throws -> Value) async -> OAuthError? {
    do {
        _ = try await call()
        return nil
    } catch {
        return error as? OAuthError
    }
}

extension Tests {
    @Suite struct Calls {
        @Test func anErrorHasAllThatIsKnown() async throws {
            let server = Server { _ in
                json(
                    400, ["X-Request-Id": "42"],
                    #"{"error":"invalid_grant","error_description":"used up","error_uri":"https://as.example/e","trace":"hush-hush"}"#)
            }
            let client = try server.client()
            let error = try #require(await failure { try await client.refreshToken("old-secret") })
            #expect(error.status == .provider && error.advice == .logInAgain)
            #expect(error.providerError == "invalid_grant" && error.providerDescription == "used up")
            #expect(error.providerURI == "https://as.example/e" && error.httpStatus == 400)
            #expect(try error.providerJSON?.decode([String: String].self)["trace"] == "hush-hush")
            #expect(error.response?.headers["x-request-id"] == "42")
            #expect(error.requestSent && error.attempts == 1 && error.endpoint == server.url + "/token")
            #expect(error.localizedDescription == error.message && "\(error)" == error.message)
            var printed = ""
            dump(error, to: &printed)
            #expect(printed.contains("invalid_grant") && !printed.contains("hush-hush") && !printed.contains("old-secret"))
        }

        @Test func anErrorSaysWhenToComeBack() async throws {
            let server = Server { _ in json(503, ["Retry-After": "7"], "{}") }
            let client = try server.client()
            let error = try #require(await failure { try await client.requestClientCredentials() })
            #expect(error.status == .http && error.advice == .retryLater && error.retryAfter == .seconds(7))
        }

        @Test func aCancelledTaskEndsAtOnce() async throws {
            let server = Server { _ in nil }
            let client = try server.client()
            let task = Task { await failure { try await client.requestClientCredentials() } }
            for await _ in server.requests { break }
            let start = ContinuousClock.now
            task.cancel()
            let error = try #require(await task.value)
            #expect(error.status == .cancelled && error.requestSent && ContinuousClock.now - start < .seconds(5))

            let early = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await failure { try await client.requestClientCredentials() }
            }
            #expect(await early.value?.status == .cancelled)
            #expect(server.count == 1)
        }

        @Test func aTaskThatIsCancelledWhileItBlocksEndsToo() async throws {
            let (started, continuation) = AsyncStream.makeStream(of: Void.self)
            let source = try Source(command: ["sleep", "60"])
            let task = Task {
                continuation.finish()
                return await failure { try await source.read() }
            }
            for await _ in started {}
            task.cancel()
            #expect(await task.value?.status == .cancelled)
        }

        #if os(Linux)
        @Test func aHundredCallsThatWaitTakeFewThreads() async throws {
            let server = Server { _ in nil }
            let client = try server.client()
            func threads() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count }
            let before = try threads()
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<100 {
                    group.addTask { try await client.requestClientCredentials().accessToken }
                }
                var arrived = 0
                for await _ in server.requests {
                    arrived += 1
                    if arrived == 100 { break }
                }
                #expect(try threads() - before < 10)
                server.answer(token("late"))
                for try await name in group { #expect(name == "late") }
            }
        }
        #endif

        @Test func optionsReachTheWire() async throws {
            let server = Server { request in
                request.headers["X-Hold"] == nil ? token("t") : nil
            }
            let client = try server.client()
            var options = Options(timeout: .milliseconds(50), headers: ["X-Hold": "1"])
            let error = await failure { try await client.requestClientCredentials(options: options) }
            #expect(error?.status == .timeout)
            options = Options(headers: ["X-Request-Id": "7"])
            var iterator = server.requests.makeAsyncIterator()
            _ = await iterator.next()
            let fields = Fields([("resource", "https://one.example"), ("resource", "https://two.example"), ("scope", "less")])
            _ = try await client.requestClientCredentials(scope: "more", fields: fields, options: options)
            let request = try #require(await iterator.next())
            #expect(request.headers["X-Request-Id"] == "7" && request.form["scope"] == "less")
            #expect(request.body.components(separatedBy: "resource=").count == 3)
        }

        @Test func badTextIsRefusedByName() async throws {
            let server = Server { _ in token("t") }
            let client = try server.client()
            let error = await failure { try await client.refreshToken("one\0two") }
            #expect(error?.status == .invalidArgument && error?.message.contains("refresh_token") == true)
            #expect(server.count == 0)
            #expect(throws: OAuthError.self) { try server.client { $0.timeout = .zero } }
            let config = await failure { try Client(issuer: "nonsense", clientID: "app") }
            #expect(config?.status == .invalidConfig && config?.message.contains("issuer") == true)
        }

        @Test func eachGrantSendsItsFields() async throws {
            let server = Server { _ in token("t") }
            let client = try server.client()
            let before = try await client.refreshToken("r1")
            #expect(before.refreshToken == "r1" && !before.rotated && before.response?.status == 200)
            _ = try await client.renewToken(before)
            _ = try await client.requestToken(code: "c", redirectURI: "https://app.example/", authorization: "Basic YTpi")
            _ = try await client.requestTokenExchange(subjectToken: "s", subjectTokenType: "urn:ietf:params:oauth:token-type:jwt")
            _ = try await client.requestJWTBearer(assertion: "a.b.c")
            _ = try await client.requestSAMLBearer(assertion: "PHNhbWw-")
            _ = try await client.requestPassword(username: "alice", password: "pw")
            _ = try await client.requestGrant(type: "urn:example:grant", fields: ["x": "1"])
            var seen: [Request] = []
            for await request in server.requests {
                seen.append(request)
                if seen.count == 8 { break }
            }
            let types = seen.map { $0.form["grant_type"]?.components(separatedBy: ":").last }
            #expect(
                types == [
                    "refresh_token", "refresh_token", "authorization_code", "token-exchange", "jwt-bearer", "saml2-bearer",
                    "password", "grant",
                ])
            #expect(seen[1].form["refresh_token"] == "r1" && seen[2].headers["Authorization"] == "Basic YTpi")
            #expect(seen[6].form["username"] == "alice" && seen[7].form["x"] == "1")
        }

        @Test func questionsAreAnswered() async throws {
            let server = Server { request in
                switch request.path {
                case "/revoke": json(200, [:], "")
                case "/introspect": json(200, [:], #"{"active":true,"username":"alice"}"#)
                case "/userinfo": json(200, [:], #"{"sub":"1","name":"Alice"}"#)
                default: json(200, [:], #"{"issuer":"http://elsewhere.example"}"#)
                }
            }
            let client = try server.client {
                $0.revocationEndpoint = server.url + "/revoke"
                $0.introspectionEndpoint = server.url + "/introspect"
                $0.userinfoEndpoint = server.url + "/userinfo"
            }
            let (active, answer) = try await client.introspect("t", hint: "access_token")
            #expect(active)
            #expect(try answer.decode(Person.self).username == "alice")
            try await client.revoke("t")
            let token = try Token(accessToken: "t")
            #expect(try await client.requestUserinfo(token).decode(Person.self).name == "Alice")
            let other = try server.client { $0.issuer = server.url }
            let error = await failure { try await other.requestMetadata() }
            #expect(error?.status == .issuerMismatch)
        }

        @Test func secretsAreNotPrinted() async throws {
            var config = Config(issuer: "https://as.example", clientID: "app", clientSecret: "hush-hush")
            config.proxy = ("http://proxy.example", "me", "hush-hush")
            config.headers = ["X-Key": "hush-hush"]
            let token = try Token(accessToken: "hush-hush", refreshToken: "hush-hush")
            let saved = try Token(savedJSON: token.savedJSON())
            #expect(saved.refreshToken == "hush-hush" && !saved.isExpired())
            let proof = try Client(config).proof(token, method: "GET", url: "https://api.example")
            #expect(proof.authorization == "Bearer hush-hush" && proof.dpop == nil)
            let response = Response(status: 200, headers: ["Set-Cookie": "hush-hush"], body: Array("hush-hush".utf8))
            var store = Store.Options()
            store.encryptionKey = Array("hush-hush".utf8)
            let all: [Any] = [store, config, config.headers, token, proof, response, [Options(headers: config.headers)]]
            var printed = all.map { "\($0) \(String(reflecting: $0))" }.joined()
            all.forEach { dump($0, to: &printed) }
            #expect(!printed.contains("hush-hush") && !printed.contains("- 104"))
        }
    }
}

private struct Person: Decodable {
    let username: String?
    let name: String?
}
