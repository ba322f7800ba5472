// Logs a user in, once, keeps the login, and calls an API. The settings are those of the demo's server.
import Foundation
import OAuthClient
import OAuthClientURLSession

let settings = ProcessInfo.processInfo.environment
do {
    let client = try Client(
        issuer: settings["OAUTH_ISSUER"] ?? "", clientID: settings["OAUTH_CLIENT_ID"] ?? "",
        clientSecret: settings["OAUTH_CLIENT_SECRET"])
    let session = try Session(client, store: .directory(settings["OAUTH_STORE"]), key: "work")
    do {
        _ = try await session.token()
    } catch OAuthError.Status.loginRequired {
        let listener = Listener(path: settings["OAUTH_REDIRECT_PATH"])
        try await session.adopt(client.logIn(scope: settings["OAUTH_SCOPE"], listener: listener))
    }
    guard let resource = URL(string: settings["OAUTH_RESOURCE"] ?? "") else { throw URLError(.badURL) }
    let (data, answer) = try await AuthorizedURLSession(session).data(from: resource)
    print(answer.statusCode, String(decoding: data, as: UTF8.self))
} catch {
    FileHandle.standardError.write(Data("login: \(error)\n".utf8))
    exit(1)
}
