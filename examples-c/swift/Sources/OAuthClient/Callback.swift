internal import COAuthClient
internal import Dispatch
internal import Synchronization

/// What a function of the program has thrown last; the call that fails for it hands it on.
final class Thrown: Sendable {
    private let last = Mutex<(status: oauth_status, error: any Error)?>(nil)

    /// Runs the function, and says what became of it.
    func guarding(_ function: () throws -> Void) -> oauth_status {
        do {
            try function()
            last.withLock { $0 = nil }
            return OAUTH_OK
        } catch {
            let status = statusOf(error)
            last.withLock { $0 = (status, error) }
            return status
        }
    }

    func reason(of status: oauth_status) -> (any Error)? {
        last.withLock { last in
            let wrapped = [OAUTH_ERROR_CALLBACK, OAUTH_ERROR_STORE, OAUTH_ERROR_SOURCE].contains(status)
            guard let reason = last, wrapped || reason.status == status else { return nil }
            last = nil
            return reason.error
        }
    }

    private func statusOf(_ error: any Error) -> oauth_status {
        switch error {
        case let error as OAuthError: error.status.rawValue
        case let status as OAuthError.Status: status.rawValue
        case is CancellationError: OAUTH_ERROR_CANCELLED
        default: OAUTH_ERROR_CALLBACK
        }
    }
}

/// A function of the program as user_data.
final class Box<Function: Sendable>: Sendable {
    let function: Function
    let thrown: Thrown
    init(_ function: Function, _ thrown: Thrown) { (self.function, self.thrown) = (function, thrown) }

    /// The library calls `destroy` for it, once, whatever happens.
    func kept() -> UnsafeMutableRawPointer { Unmanaged.passRetained(self).toOpaque() }

    static func of(_ userData: UnsafeMutableRawPointer?) -> Box {
        Unmanaged<Box>.fromOpaque(userData!).takeUnretainedValue()
    }
}

let destroy: oauth_destroy_fn = { userData in
    if let userData { Unmanaged<AnyObject>.fromOpaque(userData).release() }
}

/// Asynchronous functions of the program, which the library waits for.
enum Waiting {
    /// The client whose thread waits: a call of its own would never begin.
    @TaskLocal static var client: ObjectIdentifier?

    static func result<Value: Sendable>(for client: ObjectIdentifier, _ function: @escaping @Sendable () async throws -> Value) throws -> Value {
        let (slot, done) = (Slot<Value>(), DispatchSemaphore(value: 0))
        Task.detached {
            await $client.withValue(client) {
                do { slot.put(.success(try await function())) } catch { slot.put(.failure(error)) }
            }
            done.signal()
        }
        done.wait()
        return try slot.take().get()
    }

    private final class Slot<Value: Sendable>: Sendable {
        private let result = Mutex<Result<Value, any Error>?>(nil)
        func put(_ value: Result<Value, any Error>) { result.withLock { $0 = value } }
        func take() -> Result<Value, any Error> { result.withLock { $0 ?? .failure(OAuthError.Status.internal) } }
    }
}
