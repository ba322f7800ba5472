internal import COAuthClient
#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// The redirect URI of a log-in on this machine, and how it looks to the user: oauth_listener_options_...
public struct Listener: Sendable {
    public var host: String?
    public var port: UInt16?
    public var path: String?
    public var pages: (success: String?, failure: String?)?
    public var programName: String?
    public var checkBrowser: Bool?
    /// Shows the URL to the user in place of the browser, on a thread that drives all calls of the client.
    public var openURL: (@Sendable (_ url: String) throws -> Void)?

    public init(
        host: String? = nil, port: UInt16? = nil, path: String? = nil, programName: String? = nil,
        openURL: (@Sendable (_ url: String) throws -> Void)? = nil
    ) {
        (self.host, self.port, self.path, self.programName, self.openURL) = (host, port, path, programName, openURL)
    }

    func builder(_ thrown: Thrown) -> Builder {
        let builder = Builder(oauth_listener_options_new(), oauth_listener_options_free)
        let options = builder.pointer
        if let host { oauth_listener_options_set_host(options, c(host)) }
        if let port { oauth_listener_options_set_port(options, port) }
        if let path { oauth_listener_options_set_path(options, c(path)) }
        if let pages { oauth_listener_options_set_pages(options, c(pages.success), c(pages.failure)) }
        if let programName { oauth_listener_options_set_program_name(options, c(programName)) }
        if let checkBrowser { oauth_listener_options_set_check_browser(options, checkBrowser) }
        if let openURL {
            let open: oauth_open_url_fn = { userData, url in
                let box = Box<@Sendable (String) throws -> Void>.of(userData)
                return box.thrown.guarding { try box.function(string(url) ?? "") }
            }
            oauth_listener_options_set_open_url(options, open, Box(openURL, thrown).kept(), destroy)
        }
        return builder
    }
}

/// Opens a URL in the user's browser.
public func openBrowser(_ url: String) throws {
    try call { oauth_browser_open(c(url), $0) }
}

extension Client {
    /// Logs the user in with the browser of this machine.
    public func logIn(
        scope: String? = nil, parameters: Fields = [:], listener: Listener = Listener(), options: Options? = nil
    ) async throws -> Token {
        let thrown = Thrown()
        let (builder, params) = (listener.builder(thrown), parameters.params())
        return try await Operation.ended(of: self, options, functions + [thrown]) { options, operation, error in
            withExtendedLifetime((builder, params)) {
                oauth_log_in_start(pointer, c(scope), params?.pointer, builder.pointer, options, operation, error)
            }
        }.token()
    }

    /// Begins a log-in whose redirect the program receives itself.
    public func beginAuthorization(
        redirectURI: String, scope: String? = nil, parameters: Fields = [:], options: Options? = nil
    ) async throws -> Authorization {
        let operation = try await ended(parameters, options) {
            oauth_authorization_begin_start(pointer, c(redirectURI), c(scope), $0, $1, $2, $3)
        }
        return Authorization(try operation.result(oauth_operation_authorization), self)
    }

    /// An authorization that another process has begun, and saved.
    public func authorization(json: String) throws -> Authorization {
        Authorization(try make { oauth_authorization_from_json(pointer, c(json), $0, $1) }, self)
    }

    /// Begins the log-in of a device without a browser (RFC 8628).
    public func beginDeviceAuthorization(
        scope: String? = nil, parameters: Fields = [:], options: Options? = nil
    ) async throws -> DeviceAuthorization {
        let operation = try await ended(parameters, options) {
            oauth_device_authorization_begin_start(pointer, c(scope), $0, $1, $2, $3)
        }
        return DeviceAuthorization(try operation.result(oauth_operation_device_authorization), self)
    }
}

/// A log-in that has begun: a URL for the browser, and the secrets that check the redirect.
public final class Authorization: @unchecked Sendable { // const oauth_authorization *: a second call at once is .busy
    let pointer: OpaquePointer
    private let client: Client

    init(_ pointer: OpaquePointer, _ client: Client) { (self.pointer, self.client) = (pointer, client) }
    deinit { oauth_authorization_free(pointer) }

    public var url: String { string(oauth_authorization_url(pointer)) ?? "" }
    public var state: String { string(oauth_authorization_state(pointer)) ?? "" }
    public var nonce: String? { string(oauth_authorization_nonce(pointer)) }

    /// For another process that finishes it. It holds secrets.
    public func json() throws -> String { try makeText { oauth_authorization_to_json(pointer, $0, $1) } }

    /// The redirect is the URL that the browser was sent back to, its query, or the form that it posted.
    public func finish(redirect: String, fields: Fields = [:], options: Options? = nil) async throws -> Token {
        try await client.ended(fields, options) {
            oauth_authorization_finish_start(pointer, c(redirect), $0, $1, $2, $3)
        }.token()
    }
}

/// The log-in of a device that has begun (RFC 8628).
public final class DeviceAuthorization: @unchecked Sendable { // const oauth_device_authorization *: a second call at once is .busy
    let pointer: OpaquePointer
    private let client: Client

    init(_ pointer: OpaquePointer, _ client: Client) { (self.pointer, self.client) = (pointer, client) }
    deinit { oauth_device_authorization_free(pointer) }

    public var userCode: String { string(oauth_device_authorization_user_code(pointer)) ?? "" }
    public var verificationURI: String { string(oauth_device_authorization_verification_uri(pointer)) ?? "" }
    public var verificationURIComplete: String? { string(oauth_device_authorization_verification_uri_complete(pointer)) }
    /// A QR code of that address, in characters.
    public var qrText: String? { string(oauth_device_authorization_qr_text(pointer)) }
    public var expiresAt: Date? { moment(oauth_device_authorization_expires_at_s(pointer)) }
    public var nextPollIn: Duration { .milliseconds(oauth_device_authorization_next_poll_in_ms(pointer)) }
    /// The server's whole answer, with the secret device_code.
    public var json: JSON? { JSON(oauth_device_authorization_json(pointer)) }

    /// Polls until the user has decided.
    public func wait(options: Options? = nil) async throws -> Token {
        try await client.ended([:], options) { oauth_device_authorization_wait_start(pointer, $1, $2, $3) }.token()
    }

    /// Asks once. `.authorizationPending`: again after `nextPollIn`.
    public func poll(options: Options? = nil) async throws -> Token {
        try await client.ended([:], options) { oauth_device_authorization_poll_start(pointer, $1, $2, $3) }.token()
    }
}
