import Foundation
import OAuthClient
import Synchronization

/// What a program sent.
struct Request: Sendable {
    let method: String
    let path: String
    let headers: Fields
    let body: String

    /// The fields of a form.
    var form: [String: String] {
        let items = URLComponents(string: "?" + body.replacingOccurrences(of: "+", with: "%20"))?.queryItems ?? []
        return Dictionary(items.map { ($0.name, $0.value ?? "") }) { first, _ in first }
    }
}

/// A server on loopback. One thread serves all connections; what its function does not answer waits for `answer`.
final class Server: Sendable {
    let url: String
    /// As they come.
    let requests: AsyncStream<Request>
    private let ears: Int32
    private let stop: (read: Int32, write: Int32)
    private let state = Mutex<(count: Int, waiting: [Int32])>((0, []))

    var count: Int { state.withLock { $0.count } }

    init(_ function: @escaping @Sendable (Request) -> Response?) {
        ears = socket(AF_INET, streamType, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (ears, bound) = withUnsafeMutablePointer(to: &address) { [ears] in
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                (ears, bind(ears, $0, length) == 0 && listen(ears, 512) == 0 && getsockname(ears, $0, &length) == 0)
            }
        }
        precondition(bound, "no port on loopback")
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        var ends: [Int32] = [0, 0]
        precondition(pipe(&ends) == 0, "no pipe")
        stop = (ends[0], ends[1])
        let (stream, continuation) = AsyncStream.makeStream(of: Request.self)
        requests = stream
        let stopped = ends[0]
        let count: @Sendable (Int32?) -> Void = { [weak self] waiting in
            self?.state.withLock {
                $0.count += 1
                if let waiting { $0.waiting.append(waiting) }
            }
        }
        Thread.detachNewThread {
            serve(ears, stopped) { request, connection in
                let answer = function(request)
                count(answer == nil ? connection : nil)
                continuation.yield(request)
                if let answer { send(answer, to: connection) }
            }
        }
    }

    deinit { close(stop.write) } // the thread closes the rest

    /// What waits for an answer.
    func answer(_ response: Response) {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        waiting.forEach { send(response, to: $0) }
    }

    /// A client that gets its tokens here.
    func client(_ change: (inout Config) -> Void = { _ in }) throws -> Client {
        var config = Config(clientID: "app", clientSecret: "hush-hush")
        config.tokenEndpoint = url + "/token"
        config.useProxy = false
        change(&config)
        return try Client(config)
    }
}

#if canImport(Glibc)
private let streamType = Int32(SOCK_STREAM.rawValue)
#else
private let streamType = SOCK_STREAM
#endif

private func serve(_ ears: Int32, _ stopped: Int32, _ function: (Request, Int32) -> Void) {
    var received: [Int32: [UInt8]] = [:]
    defer { ([ears, stopped] + received.keys).forEach { close($0) } }
    while true {
        var descriptors = ([stopped, ears] + received.keys).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        if poll(&descriptors, nfds_t(descriptors.count), -1) < 0 { return }
        for descriptor in descriptors where descriptor.revents != 0 {
            if descriptor.fd == stopped { return }
            if descriptor.fd == ears {
                received[accept(ears, nil, nil)] = []
                continue
            }
            var bytes = [UInt8](repeating: 0, count: 65536)
            let length = read(descriptor.fd, &bytes, bytes.count)
            if length <= 0 {
                received[descriptor.fd] = nil
                close(descriptor.fd)
                continue
            }
            received[descriptor.fd]! += bytes[..<length]
            while let request = take(&received[descriptor.fd]!) { function(request, descriptor.fd) }
        }
    }
}

/// The first whole request.
private func take(_ bytes: inout [UInt8]) -> Request? {
    guard let end = Data(bytes).range(of: Data("\r\n\r\n".utf8)) else { return nil }
    let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    let first = lines[0].split(separator: " ").map(String.init)
    let headers = lines.dropFirst().map { line in
        let parts = line.split(separator: ":", maxSplits: 1)
        return (name: String(parts[0]), value: parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : "")
    }
    let fields = Fields(headers)
    let length = Int(fields["Content-Length"] ?? "") ?? 0
    guard bytes.count >= end.upperBound + length else { return nil }
    let body = String(decoding: bytes[end.upperBound..<end.upperBound + length], as: UTF8.self)
    bytes.removeFirst(end.upperBound + length)
    return Request(method: first[0], path: first[1], headers: fields, body: body)
}

private func send(_ response: Response, to connection: Int32) {
    let headers = response.headers.pairs.map { "\($0.name): \($0.value)\r\n" }.joined()
    let head = "HTTP/1.1 \(response.status) Status\r\nContent-Length: \(response.body.count)\r\n\(headers)\r\n"
    let bytes = Array(head.utf8) + response.body
    _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
}

/// A JSON answer.
func json(_ status: Int = 200, _ headers: Fields = [:], _ text: String) -> Response {
    var headers = headers
    headers.pairs.append(("Content-Type", "application/json"))
    return Response(status: status, headers: headers, body: Array(text.utf8))
}

func token(_ name: String, _ more: String = "") -> Response {
    json(200, [:], #"{"access_token":"\#(name)","token_type":"Bearer","expires_in":3600\#(more)}"#)
}
