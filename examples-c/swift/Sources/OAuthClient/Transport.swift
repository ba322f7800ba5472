internal import COAuthClient

/// A request for the transport of the program. It holds credentials, which are not printed.
public struct TransportRequest: Sendable, CustomStringConvertible, CustomReflectable {
    public let method: String
    public let url: String
    public let headers: Fields
    public let body: [UInt8]
    /// How much time is left. The library does not interrupt the function.
    public let remaining: Duration

    init(_ handle: OpaquePointer?) {
        method = string(oauth_transport_request_method(handle)) ?? ""
        url = string(oauth_transport_request_url(handle)) ?? ""
        headers = Fields(
            handle, oauth_transport_request_header_count, oauth_transport_request_header_name_at,
            oauth_transport_request_header_value_at)
        body = bytes { oauth_transport_request_body(handle, $0) }
        remaining = .milliseconds(oauth_transport_request_remaining_ms(handle))
    }

    public var description: String { "\(method) request" }
    public var customMirror: Mirror { Mirror(self, children: ["method": method]) }
}

let respond: oauth_transport_fn = { userData, request, response in
    let box = Box<@Sendable (TransportRequest) throws -> Response>.of(userData)
    return box.thrown.guarding {
        let answer = try box.function(TransportRequest(request))
        oauth_transport_response_set_status(response, Int32(clamping: answer.status))
        for (name, value) in answer.headers.pairs { oauth_transport_response_add_header(response, c(name), c(value)) }
        oauth_transport_response_append_body(response, answer.body, answer.body.count)
    }
}
