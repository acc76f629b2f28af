import NIOPosix

/// Keeps what takes long away from an event loop, where all other connections would wait for it.
///
/// Reading and translating JSON takes some milliseconds a megabyte. A small body is read where it is: going to another
/// thread and back costs more.
package enum LargeWork {
    /// The size in bytes from which on a body is large: 1 MiB.
    package static let threshold = 1 << 20

    /// Runs work on a thread of its own, and comes back.
    ///
    /// - Throws: What the work throws; `CancellationError` when the task is cancelled before it begins.
    package static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive(work)
    }
}
