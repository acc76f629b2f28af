import SageResilience

/// A call that stays inside a policy until the test lets it end.
struct GuardedCall: Sendable {
    let task: Task<Void, any Error>
    private let entered = Gate()
    private let end = Gate()

    /// - Parameter execute: Runs the operation that it is given inside the policy.
    init(_ execute: @escaping @Sendable (_ operation: @Sendable () async throws -> Void) async throws -> Void) {
        task = Task { [entered, end] in
            try await execute {
                entered.open()
                try await end.pass()
            }
        }
    }

    /// Waits until the call is inside.
    func isInside() async throws {
        try await entered.pass()
    }

    /// Lets the call end well, and waits for it.
    func finish() async throws {
        end.open()
        try await task.value
    }
}
