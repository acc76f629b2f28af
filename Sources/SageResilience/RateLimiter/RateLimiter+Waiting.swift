import Synchronization

extension RateLimiter {
    /// Sees a call in the queue through to its grant, its refusal or its cancellation.
    ///
    /// - Returns: When the permits were taken.
    nonisolated(nonsending) func wait(_ id: UInt64, _ permits: Int, _ first: Signal?) async throws -> Moment {
        // One change may tell more calls something than it may deliver events: each delivers its share.
        defer { emitter?.deliver() }
        var signal = first
        while true {
            switch signal {
            case nil:
                signal = await park(id)
            case .sleep(let moment):
                // The call itself stays parked, so that whatever happens reaches it; the end of the scope cancels the
                // sleep that has become pointless.
                async let _ = claim(id, at: moment)
                signal = await park(id)
            case .granted(_, let moment): return moment
            case .rejected(let refusal): throw error(refusal, permits)
            case .cancelled: throw CancellationError()
            }
        }
    }

    /// Suspends a call until it is told something.
    private nonisolated(nonsending) func park(_ id: UInt64) async -> Signal {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let early: Signal? = state.withLock { state in
                    if let signal = state.undelivered.removeValue(forKey: id) { return signal }
                    state.parked[id] = continuation
                    return nil
                }
                if let early { continuation.resume(returning: early) }
            }
        } onCancel: {
            // Before the call is parked, this leaves the signal to be found; afterwards it resumes the call.
            perform { $0.leave(id, now: $1) }
        }
    }

    /// Sleeps for the head of the queue, and then claims the permits.
    private func claim(_ id: UInt64, at moment: Moment) async {
        do {
            try await timeline.sleep(until: moment)
        } catch {
            // Either the call has been told something, or it is cancelled and leaves by itself. A clock that fails for
            // another reason would let it wait for ever.
            if !Task.isCancelled { perform { $0.leave(id, now: $1) } }
            return
        }
        perform { $0.claim(id, now: $1) }
    }

    /// Changes the queue and tells everybody concerned: signals are settled under the lock, each to be taken once,
    /// and continuations are resumed after it.
    func perform(_ change: (inout StateMachine, Moment) -> [Notice]) {
        let resumptions = locked(present) { state, now in
            var resumptions: [(CheckedContinuation<Signal, Never>, Signal)] = []
            for notice in change(&state.machine, now) {
                report(notice)
                if let continuation = state.parked.removeValue(forKey: notice.id) {
                    resumptions.append((continuation, notice.signal))
                } else {
                    state.undelivered[notice.id] = notice.signal
                }
            }
            return resumptions
        }
        for (continuation, signal) in resumptions { continuation.resume(returning: signal) }
        emitter?.deliver()
    }

    private func report(_ notice: Notice) {
        switch notice.signal {
        case .granted(let waited, _):
            emitter?.enqueue(.rateLimiterWaited(.nanoseconds(waited), permits: notice.permits))
        case .rejected(let refusal):
            emitter?.enqueue(.rateLimiterRejected(refusal.reason, permits: notice.permits))
        case .sleep, .cancelled: break
        }
    }
}
