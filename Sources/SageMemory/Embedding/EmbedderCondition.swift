import SageResilience
import Synchronization

/// Whether an embedder works, by what came of its last call; thread-safe.
final class EmbedderCondition: Sendable {
    private let problem = Mutex<String?>(nil)
    private let onChange: @Sendable (String?) -> Void

    /// - Parameter onChange: Called when it stops to work, with the reason, and when it works again, with nil.
    init(_ onChange: @escaping @Sendable (String?) -> Void) {
        self.onChange = onChange
    }

    /// Why the last call failed; nil when it did not.
    var current: String? { problem.withLock { $0 } }

    func succeeded() {
        let wasBroken = problem.withLock { problem in
            defer { problem = nil }
            return problem != nil
        }
        if wasBroken { onChange(nil) }
    }

    func failed(_ error: any Error) {
        // What was given up, and texts that are refused, say nothing of the embedder.
        guard !(error is CancellationError), ErrorClassifier.default.classify(error).fault != .caller else { return }
        let reason = GuardedEmbedder.describe(error)
        let isNew = problem.withLock { problem in
            let isNew = problem == nil
            // An open breaker hides why it is open.
            if isNew || !(error is any ResilienceRejection) { problem = reason }
            return isNew
        }
        if isNew { onChange(reason) }
    }
}
