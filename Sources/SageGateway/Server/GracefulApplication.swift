import ServiceLifecycle

/// Runs the application, and ends what is left of its requests before a graceful shutdown turns into a forced one.
///
/// A forced shutdown cancels the tasks that write the answers: by then clients can no longer be told why theirs stops.
struct GracefulApplication: Service {
    let application: @Sendable () async throws -> Void
    let connections: ConnectionRegistry
    var turns: TurnRunner?
    let grace: Duration

    /// How long after the begin of a shutdown requests are interrupted; the rest of the grace is for telling clients.
    var timeUntilInterruption: Duration { grace - min(.seconds(1), grace / 2) }

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await gracefulShutdown()
                try await Task.sleep(for: timeUntilInterruption)
                // First the turns, which tell their clients themselves.
                turns?.interruptAll()
                connections.interruptAll()
            }
            defer { group.cancelAll() }
            try await application()
        }
    }
}
