import Foundation
import OAuthClient
import Synchronization
import Testing

private let settings = ProcessInfo.processInfo.environment

extension Tests {
    /// At the demo's server, with its browser: `oauthclient-test-server --command swift test`.
    @Suite(.enabled(if: settings["OAUTH_ISSUER"] != nil && settings["BROWSER"] != nil)) struct LogIns {
        private func client() throws -> Client {
            try Client(
                issuer: settings["OAUTH_ISSUER"]!, clientID: settings["OAUTH_CLIENT_ID"]!,
                clientSecret: settings["OAUTH_CLIENT_SECRET"])
        }

        @Test func aUserLogsIn() async throws {
            let opened = Lines()
            let listener = Listener(path: settings["OAUTH_REDIRECT_PATH"]) { url in
                opened.add(url)
                _ = try browser(url)
            }
            let token = try await client().logIn(scope: "read", listener: listener)
            #expect(token.scope == "read" && token.refreshToken != nil && opened.all.count == 1)
        }

        @Test func aBrowserThatCannotBeOpenedIsSaid() async throws {
            let client = try client()
            let listener = Listener(path: settings["OAUTH_REDIRECT_PATH"]) { _ in throw Broken() }
            let error = await failure { try await client.logIn(listener: listener) }
            #expect(error?.status == .callback && error?.underlying is Broken)
        }

        @Test func aLogInThatIsCancelledEnds() async throws {
            let client = try client()
            let (opened, continuation) = AsyncStream.makeStream(of: String.self)
            let task = Task {
                let listener = Listener(path: settings["OAUTH_REDIRECT_PATH"]) { url in continuation.yield(url) }
                return await failure { try await client.logIn(listener: listener) }
            }
            for await _ in opened { break }
            task.cancel()
            #expect(await task.value?.status == .cancelled)
        }

        @Test func anotherProcessFinishesALogIn() async throws {
            let client = try client()
            let begun = try await client.beginAuthorization(redirectURI: settings["OAUTH_REDIRECT_URI"]!, scope: "read")
            #expect(begun.url.contains(begun.state))
            let redirect = try await output(browser(begun.url, ["OAUTH_BROWSER_FOLLOW": "0"]))
            let other = try client.authorization(json: begun.json())
            let token = try await other.finish(redirect: redirect)
            #expect(token.scope == "read")
            #expect(await failure { try await other.finish(redirect: redirect) }?.status == .invalidState)
        }

        @Test func aProfileOpensASession() async throws {
            let session = try Session(profile: "demo") // which the environment describes
            #expect(session.issuer == settings["OAUTH_ISSUER"])
            #expect(await failure { try await session.token() }?.status == .loginRequired)
        }

        @Test func aDeviceLogsIn() async throws {
            let device = try await client().beginDeviceAuthorization(scope: "read")
            #expect(!device.userCode.isEmpty && device.verificationURI.hasPrefix("http") && device.expiresAt! > Date())
            #expect(device.nextPollIn > .zero && device.json != nil && device.qrText != nil)
            _ = try browser(device.verificationURI, [:], ["--device", device.userCode])
            #expect(try await device.wait().scope == "read")
        }
    }
}

/// The user's browser, started.
private func browser(_ url: String, _ more: [String: String] = [:], _ arguments: [String] = []) throws -> (Process, Pipe) {
    let (process, pipe) = (Process(), Pipe())
    process.executableURL = URL(fileURLWithPath: settings["BROWSER"]!)
    process.arguments = arguments + [url]
    process.environment = settings.merging(more) { $1 }
    process.standardOutput = pipe
    try process.run()
    return (process, pipe)
}

private func output(_ browser: (Process, Pipe)) async throws -> String {
    let bytes = browser.1.fileHandleForReading.readDataToEndOfFile()
    browser.0.waitUntilExit()
    return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
}
