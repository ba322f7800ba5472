internal import COAuthClient
internal import Dispatch

/// A call that was started. It is stopped when its task is cancelled; no thread waits for it.
final class Operation: @unchecked Sendable { // one thread uses it, but for cancelling
    let pointer: OpaquePointer
    private let functions: [Thrown]

    private init(_ pointer: OpaquePointer, _ functions: [Thrown]) { (self.pointer, self.functions) = (pointer, functions) }
    deinit { oauth_operation_free(pointer) }

    /// Starts a call with these options, and waits for its end.
    static func ended(
        of client: Client?, _ options: Options?, _ functions: [Thrown], _ start: (OpaquePointer?, Place, Place) -> oauth_status
    ) async throws -> Operation {
        if Task.isCancelled { throw OAuthError(.cancelled, "the task was cancelled before the call") }
        if let client, Waiting.client == ObjectIdentifier(client) {
            throw OAuthError(.busy, "this client waits for the function that makes the call: make it with another client")
        }
        let builder = options?.builder()
        let pointer = try withExtendedLifetime(builder) {
            try make(functions) { start(builder?.pointer, $0, $1) }
        }
        let operation = Operation(pointer, functions)
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let wake = Box<@Sendable () -> Void>({ continuation.resume() }, Thrown())
                oauth_operation_on_done(
                    pointer, { Box<@Sendable () -> Void>.of($0).function() }, wake.kept(), destroy)
            }
        } onCancel: {
            oauth_operation_cancel(operation.pointer)
        }
        return operation
    }

    /// What it gives: a handle that is freed by whoever gets it.
    func result(_ getter: (OpaquePointer?, Place, Place) -> oauth_status) throws -> OpaquePointer {
        try make(functions) { getter(pointer, $0, $1) }
    }

    func result() throws {
        try call(functions) { oauth_operation_result(pointer, $0) }
    }

    func token() throws -> Token {
        Token(try make(functions) { oauth_operation_token(pointer, $0, $1) })
    }
}
