internal import COAuthClient
#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// The HTTP response behind a token or an error. It may hold secrets, which are not printed.
public struct Response: Sendable, CustomStringConvertible, CustomReflectable {
    public let status: Int
    public let headers: Fields
    public let body: [UInt8]

    public init(status: Int, headers: Fields = [:], body: [UInt8] = []) {
        (self.status, self.headers, self.body) = (status, headers, body)
    }

    init?(_ handle: OpaquePointer?) {
        guard let handle else { return nil }
        status = Int(oauth_response_status(handle))
        headers = Fields(
            handle, oauth_response_header_count, oauth_response_header_name_at, oauth_response_header_value_at)
        body = bytes { oauth_response_body(handle, $0) }
    }

    public var description: String { "HTTP \(status)" }
    public var customMirror: Mirror { Mirror(self, children: ["status": status]) }
}

/// A JSON value that a server sent, or that the library wrote. It may hold secrets, which are not printed.
public struct JSON: Sendable, CustomStringConvertible, CustomReflectable {
    public let text: String

    init?(_ handle: OpaquePointer?) {
        guard let text = string(oauth_json_raw(handle, nil)) else { return nil }
        self.text = text
    }

    /// Its members as a type of the program.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self, with decoder: JSONDecoder = JSONDecoder()) throws -> Value {
        try decoder.decode(type, from: Data(text.utf8))
    }

    public var description: String { "JSON" }
    public var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }
}

/// Names with values, in order; a name may come more than once. Values are not printed: they may be secrets.
public struct Fields: Sendable, ExpressibleByDictionaryLiteral, CustomStringConvertible, CustomReflectable {
    public var pairs: [(name: String, value: String)]

    public init(_ pairs: [(name: String, value: String)] = []) { self.pairs = pairs }
    public init(dictionaryLiteral elements: (String, String)...) { pairs = elements.map { (name: $0.0, value: $0.1) } }

    /// Those that a handle has.
    init(
        _ handle: OpaquePointer?, _ count: (OpaquePointer?) -> Int,
        _ name: (OpaquePointer?, Int) -> UnsafePointer<CChar>?, _ value: (OpaquePointer?, Int) -> UnsafePointer<CChar>?
    ) {
        pairs = (0..<count(handle)).compactMap { index in
            guard let name = string(name(handle, index)), let value = string(value(handle, index)) else { return nil }
            return (name, value)
        }
    }

    /// The first value of a name, compared as HTTP compares names.
    public subscript(name: String) -> String? { pairs.first { $0.name.lowercased() == name.lowercased() }?.value }

    public var description: String { "\(pairs.map(\.name))" }
    public var customMirror: Mirror { Mirror(self, unlabeledChildren: pairs.map(\.name)) }

    /// As parameters: a value that is alone takes the place of what the library would send.
    func params() -> Builder? {
        guard !pairs.isEmpty else { return nil }
        let builder = Builder(oauth_params_new(), oauth_params_free)
        for (name, value) in pairs {
            if pairs.filter({ $0.name == name }).count == 1 {
                oauth_params_set(builder.pointer, c(name), c(value))
            } else {
                oauth_params_add(builder.pointer, c(name), c(value))
            }
        }
        return builder
    }
}
