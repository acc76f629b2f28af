import Synchronization

/// A ``PipelinePermit`` that can be shared: the first verdict counts, later ones do nothing.
///
/// When the last reference goes without a verdict the call counts as ignored. Thread-safe.
public final class SharedPipelinePermit: Sendable {
    /// Outermost first; nil once there is a verdict.
    private let calls: Mutex<[HeldCall]?>

    init(_ calls: sending [HeldCall]) {
        self.calls = Mutex(calls)
    }

    deinit { ignore() }

    /// Records that the service did its work.
    public func succeed() { end { $0.call.succeed($0.ring) } }

    /// Records an error, as each policy classifies it.
    ///
    /// To be called in the task that made the call: whether the caller cancelled the call or a time limit did is
    /// read from the task that reports. In any other task use ``ignore()`` for a call that was cancelled.
    public func fail(_ error: any Error) { end { $0.call.fail($0.ring, error) } }

    /// Gives everything back without a verdict.
    public func ignore() { end { $0.call.release($0.ring) } }

    /// Ends the call's duration now although its result comes later; only the first time counts.
    public func stopTiming() {
        calls.withLock { calls in
            guard var held = calls.take() else { return }
            for index in held.indices { held[index].call.stopTiming(held[index].ring) }
            calls = held
        }
    }

    private func end(_ body: (inout HeldCall) -> Void) {
        // The policies are told outside the lock: a listener may use this permit.
        guard var ended = calls.withLock({ $0.take() }) else { return }
        for index in ended.indices.reversed() { body(&ended[index]) }
    }
}
