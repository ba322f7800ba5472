import Foundation
import OAuthClient
import Synchronization
import Testing

extension Tests {
    @Suite struct Sessions {
        @Test func oneRenewalForAll() async throws {
            let server = Server { _ in token("t1") }
            let changes = Lines()
            var options = Session.Options.clientCredentials
            options.change = { key, token in changes.add("\(key) \(token?.accessToken ?? "over")") }
            let session = try Session(server.client(), key: "api", options: options)
            #expect(session.peek() == nil && session.expiresAt == nil)
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<100 { group.addTask { try await session.token().accessToken } }
                for try await name in group { #expect(name == "t1") }
            }
            #expect(server.count == 1 && session.isSaved && session.peek()?.authorization == "Bearer t1")
            #expect(try #require(session.nextRenewalAt) > Date() && session.expiresAt! > session.nextRenewalAt!)
            #expect(await session.lastError() == nil)
            try await session.finish()
            try await session.forget()
            #expect(changes.all == ["api t1", "api over"])
        }

        @Test func aLoginIsKeptInADirectory() async throws {
            let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
            defer { try? FileManager.default.removeItem(atPath: path) }
            let server = Server { request in token("new", #","refresh_token":"r-\#(request.form["refresh_token"] ?? "")""#) }
            let client = try server.client()
            do {
                let session = try Session(client, store: .directory(path), key: "work")
                do {
                    _ = try await session.token()
                    Issue.record("there is no login yet")
                } catch OAuthError.Status.loginRequired {
                    try await session.adopt(Token(accessToken: "old", refreshToken: "r", expiresAt: Date() - 1))
                }
                #expect(try await session.token().accessToken == "new")
            }
            let store = try Store.directory(path)
            #expect(try await store.keys().text.contains("work"))
            let again = try Session(client, store: store, key: "work")
            let kept = try await again.token()
            #expect(kept.accessToken == "new" && kept.refreshToken == "r-r" && server.count == 1)
            try await again.invalidate(kept)
            #expect(try await again.token().refreshToken == "r-r-r")
            try await again.adopt(refreshToken: "other")
            #expect(try await again.token().refreshToken == "r-other")
        }

        @Test func acquireMayWait() async throws {
            let server = Server { _ in token("t") }
            let other = try server.client()
            var options = Session.Options()
            options.acquire = { key, before in
                try Token(accessToken: key + (try await other.requestClientCredentials().accessToken))
            }
            let session = try Session(server.client(), key: "k-", options: options)
            #expect(try await session.token().accessToken == "k-t")
        }

        @Test func whatAcquireThrowsComesBack() async throws {
            let server = Server { _ in token("t") }
            let client = try server.client()
            var options = Session.Options()
            options.acquire = { _, _ in throw Broken() }
            let broken = try Session(client, key: "a", options: options)
            let error = await failure { try await broken.token() }
            #expect(error?.status == .callback && error?.underlying is Broken)
            options.acquire = { _, _ in throw OAuthError.Status.loginRequired }
            let over = try Session(client, key: "b", options: options)
            #expect(await failure { try await over.token() }?.status == .loginRequired)
            // The client's own calls would wait for the function that makes them.
            options.acquire = { _, _ in try await client.requestClientCredentials() }
            let circle = try Session(client, key: "c", options: options)
            let busy = await failure { try await circle.token() }
            #expect((busy?.underlying as? OAuthError)?.status == .busy)
        }

        @Test func theProgramDecidesWhatARefusalMeans() async throws {
            let server = Server { _ in json(400, [:], #"{"error":"invalid_grant"}"#) }
            var options = Session.Options()
            options.refusal = { _, error in error.providerError == "invalid_grant" && error.httpStatus == 400 ? .goesOn : .ended }
            let session = try Session(server.client(), key: "work", options: options)
            try await session.adopt(refreshToken: "r")
            let error = await failure { try await session.token() }
            #expect(error?.status == .provider && error?.providerError == "invalid_grant")
            #expect(await session.lastError()?.status == .provider)
        }

        @Test func aStoreOfTheProgram() async throws {
            let server = Server { _ in token("t") }
            let shelf = Shelf()
            let session = try Session(server.client(), store: Store(shelf), key: "work", options: .clientCredentials)
            _ = try await session.token()
            #expect(shelf.entries.count == 1 && shelf.entries.keys.first!.hasPrefix("work."))
            try await session.forget()
            #expect(shelf.entries.isEmpty && shelf.locks == 0)
            shelf.breakDown()
            let error = await failure { try await session.token() }
            #expect(error?.status == .store && error?.underlying is Broken)
        }

        @Test func aRefusedTokenIsReplacedOnce() async throws {
            let names = Mutex(0)
            let server = Server { _ in token("t\(names.withLock { $0 += 1; return $0 })") }
            let session = try Session(server.client(), key: "api", options: .clientCredentials)
            let first = try await session.token()
            #expect(try await session.replace(first, httpStatus: 200, wwwAuthenticate: nil) == nil)
            let second = try #require(try await session.replace(first, httpStatus: 401, wwwAuthenticate: nil))
            #expect(second.accessToken == "t2")
            #expect(try await session.replace(second, httpStatus: 401, wwwAuthenticate: nil) == nil)
        }

        @Test func aProfileHasAName() async throws {
            let error = await failure { try Session(profile: "not a name") }
            #expect(error?.status == .invalidArgument)
        }
    }
}

/// A store that can break.
private final class Shelf: Store.Functions {
    private let state = Mutex<(entries: [String: [UInt8]], locks: Int, broken: Bool)>(([:], 0, false))
    var entries: [String: [UInt8]] { state.withLock { $0.entries } }
    var locks: Int { state.withLock { $0.locks } }
    func breakDown() { state.withLock { $0.broken = true } }

    private func use<Value: Sendable>(_ function: @Sendable (inout [String: [UInt8]]) -> Value) throws -> Value {
        try state.withLock {
            if $0.broken { throw Broken() }
            return function(&$0.entries)
        }
    }
    func load(key: String) throws -> [UInt8]? { try use { $0[key] } }
    func save(key: String, entry: [UInt8], expiresAt: Date?) throws { try use { $0[key] = entry } }
    func remove(key: String) throws { try use { $0[key] = nil } }
    func lock(key: String) throws {
        try use { _ in }
        state.withLock { $0.locks += 1 }
    }
    func unlock(key: String) { state.withLock { $0.locks -= 1 } }
}
