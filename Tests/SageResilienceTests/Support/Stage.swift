/// Keeps what a waiting call is told from reaching it until the test allows it: the call runs on this actor.
actor Stage {
    private var arrival: CheckedContinuation<Void, Never>?

    /// Starts a call and returns when it waits.
    func start(_ call: @escaping @Sendable () async throws -> Void) async -> Task<Void, any Error> {
        let task = Task { try await self.run(call) }
        // The task cannot begin before this suspends the actor.
        await withCheckedContinuation { arrival = $0 }
        return task
    }

    /// Keeps the actor from announcing the arrival until the call suspends.
    private func run(_ call: nonisolated(nonsending) () async throws -> Void) async throws {
        arrival?.resume()
        try await call()
    }

    /// Cancels a call that has been granted what it waits for and has not heard of it.
    func cancel(_ task: Task<Void, any Error>, after grant: () -> Void) {
        grant()
        task.cancel()
    }
}
