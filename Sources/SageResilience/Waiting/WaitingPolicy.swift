/// What a waiting call is told.
protocol WaitingSignal: Sendable {
    /// Whether the call goes on.
    var isGrant: Bool { get }
    /// Until when the call sleeps, to claim its turn then; nil when its wait is over.
    var alarm: Moment? { get }
}

/// A policy in whose queue calls wait, of which only the head sleeps.
protocol WaitingPolicy: AnyObject, Sendable {
    associatedtype Signal: WaitingSignal

    /// The time in which the head sleeps.
    var timeline: Timeline { get }

    /// Parks a call under the policy's lock.
    ///
    /// - Returns: What it has been told before; it is not parked then.
    func park(_ id: UInt64, _ continuation: CheckedContinuation<Signal, Never>) -> Signal?

    /// The alarm of a call has gone off: serves the queue if it still waits.
    func claim(_ id: UInt64)

    /// Takes a call out of the queue, and tells it so, if it still waits.
    func leave(_ id: UInt64)
}

extension WaitingPolicy {
    /// Sees a call in the queue through to its grant, its refusal or its cancellation.
    ///
    /// - Parameters:
    ///   - id: The call.
    ///   - first: What it was told when it was queued.
    ///   - giveBack: Takes back what was granted to a call whose task has been cancelled meanwhile.
    /// - Returns: The signal that ended its wait; a grant only if the task lives.
    /// - Throws: `CancellationError` in place of a grant that has been given back.
    func verdict(on id: UInt64, _ first: Signal?, giveBack: (Signal) -> Void) async throws -> Signal {
        var signal: Signal
        if let first { signal = first } else { signal = await suspend(id) }
        while let moment = signal.alarm {
            // The call itself stays parked, so that whatever happens reaches it; the end of the scope cancels the sleep
            // that has become pointless.
            async let _ = sleep(id, until: moment)
            signal = await suspend(id)
        }
        if signal.isGrant, Task.isCancelled {
            giveBack(signal)
            throw CancellationError()
        }
        return signal
    }

    /// Suspends a call until it is told something.
    private func suspend(_ id: UInt64) async -> Signal {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if let early = park(id, continuation) { continuation.resume(returning: early) }
            }
        } onCancel: {
            // Before the call is parked, this leaves the signal to be found; afterwards it resumes the call.
            leave(id)
        }
    }

    /// Sleeps for the head of the queue, and then claims its turn.
    private func sleep(_ id: UInt64, until moment: Moment) async {
        do {
            try await timeline.sleep(until: moment)
        } catch {
            // Either the call has been told something, or it is cancelled and leaves by itself. A clock that fails for
            // another reason would let it wait for ever.
            if !Task.isCancelled { leave(id) }
            return
        }
        claim(id)
    }
}
