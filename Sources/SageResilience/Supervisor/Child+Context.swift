extension Child {
    /// What one run of a child tells its supervisor, and hears from it.
    ///
    /// Thread-safe. It belongs to one run: after a restart the operation gets another.
    public struct Context: Sendable {
        /// Carries the time that is left to end in.
        let shutdown: StopSignal<Duration>
        /// Comes when the child has to end at once; only a supervisor listens, all others are cancelled.
        let stop: StopSignal<Void>
        let onReady: @Sendable () -> Void

        /// Says that the children after this one may start; only the first call does something.
        public func ready() {
            onReady()
        }

        /// Whether the child was asked to end its work: it should accept no more and finish what it has begun.
        ///
        /// It is asked at a shutdown, when its turn has come. When it takes too long, it is cancelled.
        public var isShuttingDown: Bool { shutdown.message != nil }

        /// Waits until the child is asked to end its work.
        ///
        /// - Returns: The time that is left before it is cancelled.
        /// - Throws: `CancellationError` when the waiting task is cancelled.
        @discardableResult
        public func waitForShutdown() async throws -> Duration {
            try await shutdown.wait()
        }
    }
}
