internal import COAuthClient
internal import COAuthClientLibrary // which looks at the version of the header
internal import Dispatch
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Where a call puts a handle.
typealias Place = UnsafeMutablePointer<OpaquePointer?>

/// A text for C. C would end it at its first NUL: the library refuses what stands for that here.
func c(_ text: String?) -> [CChar]? {
    text.map { $0.utf8.map { CChar(bitPattern: $0 == 0 ? 0xFF : $0) } + [0] }
}

/// A text of C that its handle goes on owning.
func string(_ text: UnsafePointer<CChar>?) -> String? { text.map { String(cString: $0) } }

/// A text that the library gives away; it is wiped there.
func owned(_ text: UnsafeMutablePointer<CChar>?) -> String {
    defer { oauth_string_free(text) }
    return string(text) ?? ""
}

/// Bytes of C that their handle goes on owning.
func bytes(_ read: (UnsafeMutablePointer<Int>) -> UnsafePointer<UInt8>?) -> [UInt8] {
    var length = 0
    let start = read(&length)
    return Array(UnsafeBufferPointer(start: start, count: length))
}

func moment(_ seconds: Int64) -> Date? { seconds < 0 ? nil : Date(timeIntervalSince1970: TimeInterval(seconds)) }
func seconds(_ moment: Date?) -> Int64 { moment.map { Int64($0.timeIntervalSince1970) } ?? -1 }

/// 0 for what is not positive: the library names the setting.
func milliseconds(_ duration: Duration) -> UInt32 {
    let (seconds, attoseconds) = duration.components
    guard duration > .zero else { return 0 }
    let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    return overflow ? .max : UInt32(clamping: milliseconds + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
}

func seconds(_ duration: Duration) -> UInt32 { UInt32(clamping: max(0, duration.components.seconds)) }

/// The pointer of a builder, freed with it.
final class Builder {
    let pointer: OpaquePointer?
    private let free: (OpaquePointer?) -> Void
    init(_ pointer: OpaquePointer?, _ free: @escaping (OpaquePointer?) -> Void) { (self.pointer, self.free) = (pointer, free) }
    deinit { free(pointer) }
}

/// The library that is loaded.
public enum Library {
    public static var version: String { String(cString: oauth_version()) }

    /// Set if it is older than the header that this package was built with.
    static let tooOld: OAuthError? = {
        let numbers = version.split(separator: ".").compactMap { Int32($0) }
        let needed = [OAUTH_VERSION_MAJOR, OAUTH_VERSION_MINOR, OAUTH_VERSION_PATCH]
        guard numbers.count != 3 || numbers[0] != needed[0] || numbers.lexicographicallyPrecedes(needed) else { return nil }
        return OAuthError(
            .invalidConfig, "liboauthclient \(version) is loaded, but the program needs \(OAUTH_VERSION_STRING) or newer")
    }()

    static func check() throws {
        if let tooOld { throw tooOld }
    }
}

/// A call that gives a status alone.
func call(_ functions: [Thrown] = [], _ function: (Place) -> oauth_status) throws {
    try Library.check()
    var failure: OpaquePointer?
    let status = function(&failure)
    if status != OAUTH_OK { throw OAuthError(status, taking: failure, functions: functions) }
}

/// A call that gives a handle.
func make(_ functions: [Thrown] = [], _ function: (Place, Place) -> oauth_status) throws -> OpaquePointer {
    var handle: OpaquePointer?
    try call(functions) { function(&handle, $0) }
    guard let handle else { throw OAuthError(.internal, "the library gave nothing") }
    return handle
}

/// A call that gives a text.
func makeText(_ function: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, Place) -> oauth_status) throws -> String {
    var text: UnsafeMutablePointer<CChar>?
    try call { function(&text, $0) }
    return owned(text)
}

/// Makes a call that blocks on a thread of the queue, and stops it when the task is cancelled.
func blocking<Value: Sendable>(
    on queue: DispatchQueue, _ options: Options?, _ function: @escaping @Sendable (OpaquePointer?) throws -> Value
) async throws -> Value {
    let cancel = Cancel()
    return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
            queue.async {
                let builder = (options ?? Options()).builder()
                withExtendedLifetime(builder) {
                    oauth_request_options_set_cancel(builder.pointer, cancel.pointer)
                    continuation.resume(with: Result { try function(builder.pointer) })
                }
            }
        }
    } onCancel: {
        oauth_cancel_trigger(cancel.pointer)
    }
}

/// Any thread may trigger it.
private final class Cancel: @unchecked Sendable {
    let pointer = oauth_cancel_new()
    deinit { oauth_cancel_free(pointer) }
}
