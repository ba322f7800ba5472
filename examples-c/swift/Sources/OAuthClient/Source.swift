internal import COAuthClient
internal import Dispatch

/// Gives a credential that comes from outside, read anew each time.
public final class Source: @unchecked Sendable { // const oauth_source *
    let pointer: OpaquePointer
    let thrown: Thrown

    private init(_ pointer: OpaquePointer, _ thrown: Thrown = Thrown()) { (self.pointer, self.thrown) = (pointer, thrown) }
    deinit { oauth_source_free(pointer) }

    public convenience init(file path: String, jsonPointer: String? = nil) throws {
        self.init(try make { oauth_source_from_file(c(path), c(jsonPointer), $0, $1) })
    }

    public convenience init(url: String, headers: Fields = [:], jsonPointer: String? = nil) throws {
        let params = headers.params()
        self.init(
            try withExtendedLifetime(params) {
                try make { oauth_source_from_url(c(url), params?.pointer, c(jsonPointer), $0, $1) }
            })
    }

    /// Runs a program, without a shell; what it prints is the credential.
    public convenience init(command arguments: [String], jsonPointer: String? = nil) throws {
        let copies = arguments.compactMap(c).map { text in
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.count)
            copy.initialize(from: text, count: text.count)
            return copy
        }
        defer { copies.forEach { $0.deallocate() } }
        let pointers = copies.map { UnsafePointer<CChar>?($0) }
        self.init(try make { oauth_source_from_command(pointers, pointers.count, c(jsonPointer), $0, $1) })
    }

    /// The access token of a session.
    public convenience init(session: Session) throws {
        self.init(
            try withExtendedLifetime(session) {
                try make { oauth_source_from_session(session.pointer, $0, $1) }
            })
    }

    /// A function of the program, which may wait: it runs on a thread of its own.
    public convenience init(read: @escaping @Sendable () throws -> String) throws {
        let thrown = Thrown()
        let reader: oauth_source_fn = { userData, value in
            let box = Box<@Sendable () throws -> String>.of(userData)
            return box.thrown.guarding { oauth_source_value_set(value, c(try box.function())) }
        }
        self.init(try make { oauth_source_from_callback(reader, Box(read, thrown).kept(), destroy, $0, $1) }, thrown)
    }

    /// Reads it now, on a thread of its own.
    public func read(options: Options? = nil) async throws -> String {
        let thrown = [thrown]
        return try await blocking(on: .global(), options) { [self] options in
            var text: UnsafeMutablePointer<CChar>?
            try call(thrown) { oauth_source_read(pointer, options, &text, $0) }
            return owned(text)
        }
    }
}
