import CPostgreSQL
import Synchronization

/// A request to a server to cancel what it is doing for a connection.
///
/// It goes over a connection of its own, which libpq makes in one call that nothing ends but the network: on a thread of
/// its own, so that a server that is silent holds nobody up for longer than he wants to wait.
final class PostgresCancellation: Sendable {
    private let done: Done

    /// Whether the server has dealt with it, or cannot be reached; whether it worked shows in what the statement answers.
    var isDone: Bool { done.value.load(ordering: .acquiring) }

    private final class Done: Sendable {
        let value = Atomic(false)
    }

    /// Sends a request.
    ///
    /// - Parameters:
    ///   - connection: The connection whose statement is to end.
    ///   - pipe: Is woken when the request is done.
    ///   - store: What errors call the store.
    /// - Throws: ``StorageError`` when there is no thread or no memory for it.
    init(of connection: OpaquePointer, _ pipe: WakePipe, store: String) throws(StorageError) {
        let done = Done()
        self.done = done
        guard let request = PQgetCancel(connection) else {
            throw StorageError(.connectionLost, store: store, "the connection is closed")
        }
        // A pointer may not go to another thread, its address may; nobody else has it.
        let address = UInt(bitPattern: request)
        let failure = OperatingSystemThread.start("sage-pg-cancel") {
            if let request = OpaquePointer(bitPattern: address) {
                var message = [CChar](repeating: 0, count: 256)
                PQcancel(request, &message, Int32(truncatingIfNeeded: message.count))
                PQfreeCancel(request)
            }
            done.value.store(true, ordering: .releasing)
            pipe.wake()
        }
        guard failure == 0 else {
            PQfreeCancel(request)
            throw StorageError(
                .other, store: store, "no thread is left to cancel a statement", code: "errno \(failure)")
        }
    }
}
