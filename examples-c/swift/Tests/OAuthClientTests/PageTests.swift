import Foundation
import OAuthClient
import Testing

extension Tests {
    /// What README.md shows.
    @Suite struct Page {
        private func text(_ path: String) throws -> String {
            let here = URL(fileURLWithPath: #filePath)
            let package = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            return try String(contentsOf: package.appendingPathComponent(path), encoding: .utf8)
        }

        private func lines(_ text: String) -> [String] {
            text.components(separatedBy: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty && !$0.hasPrefix("//") }
        }

        @Test func isCompiled() throws {
            let compiled = try ["Sources/login/main.swift", "Tests/OAuthClientTests/PageTests.swift"].map { lines(try text($0)).joined(separator: "\n") }
            let shown = try text("README.md").components(separatedBy: "```swift\n").dropFirst().map { $0.components(separatedBy: "\n```")[0] }
            #expect(shown.count == 2)
            for snippet in shown {
                let snippet = lines(snippet)
                #expect(snippet.count <= 25 && compiled.contains { $0.contains(snippet.joined(separator: "\n")) })
            }
        }

        @Test func itsSessionWorks() async throws {
            let used = Lines()
            func use(_ authorization: String?) { used.add(authorization ?? "none") }
            let server = Server { _ in token("t") }
            let client = try server.client()

            let machine = try Session(client, key: "reports", options: .clientCredentials)
            do {
                let token = try await machine.token(options: Options(deadline: .seconds(20)))
                use(token.authorization)
            } catch let error as OAuthError where error.advice == .retryLater {
                print("\(error.message); again in \(error.retryAfter ?? .seconds(60))")
            }
            #expect(used.all == ["Bearer t"])
        }
    }
}
