import Foundation
import Testing

/// Functions that the package does without; a new one of the header is either called, or named here with its reason.
private let leftOut = [
    #"oauth_(request|refresh|renew)_token|oauth_log_in|oauth_introspect|oauth_revoke|oauth_request_\w+(?<!_start)|oauth_authorization_(begin|finish)|oauth_device_authorization_(begin|wait|poll)|oauth_session_(token|adopt|adopt_refresh_token|invalidate|finish|forget)"#:
        "each has a _start",
    #"oauth_session_(copy_\w+|invalidate_text)|oauth_operation_(descriptor|done)|oauth_request_options_set_interrupt|oauth_transport_request_cancelled"#:
        "for callers without tasks",
    #"oauth_(json|challenges)_\w+|oauth_response_header|oauth_userinfo_subject|oauth_token_response_json"#: "Foundation reads JSON and headers",
    #"oauth_listener_(open|free|wait|finish|redirect_uri|browser_url)"#: "Client.logIn",
    #"oauth_(error|client|key|source|proof|store|session)_ref"#: "Swift's references",
    #"oauth_error_provider_code"#: "OAuthError.providerError",
]

extension Tests {
    @Suite struct Tree {
        private let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()

        private func text(_ path: String) throws -> String {
            try String(contentsOf: package.appendingPathComponent(path), encoding: .utf8)
        }

        @Test func nothingOfTheHeaderIsForgotten() throws {
            let sources = try FileManager.default.contentsOfDirectory(atPath: package.appendingPathComponent("Sources/OAuthClient").path)
            let called = Set(try sources.map { try text("Sources/OAuthClient/" + $0) }.joined().matches(of: /\boauth_\w+/).map { String($0.0) })
            var header = try text("../../include/oauth.h")
            header.replace(/(?s)\/\*.*?\*\//, with: "")
            let declared = Set(header.matches(of: /\b(oauth_\w+)\(/).map { String($0.1) })
            #expect(declared.count > 200)
            for function in declared.subtracting(called) {
                let reason = leftOut.first { function.range(of: "^(\($0.key))$", options: .regularExpression) != nil }
                #expect(reason != nil, "\(function) is neither called nor left out for a reason")
            }
        }

        @Test func noNumberOfTheHeaderIsForgotten() throws {
            let sources = try ["Status", "Config", "SessionOptions", "Call", "Client"].map { try text("Sources/OAuthClient/\($0).swift") }.joined()
            let named = Set(sources.matches(of: /\bOAUTH_[A-Z0-9_]+/).map { String($0.0) })
            let declared = try text("../../include/oauth.h").matches(of: /#define (OAUTH_[A-Z0-9_]+) \d/).map { String($0.1) }
            for number in declared where !number.hasPrefix("OAUTH_PROVIDER_") && number != "OAUTH_OK" {
                #expect(named.contains(number), "\(number)")
            }
        }
    }
}
