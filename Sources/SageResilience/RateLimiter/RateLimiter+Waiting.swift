import Synchronization

extension RateLimiter: WaitingPolicy {
    /// Sees a call in the queue through to its grant, its refusal or its cancellation.
    ///
    /// - Returns: When the permits were taken.
    nonisolated(nonsending) func wait(_ id: UInt64, _ permits: Int, _ first: Signal?) async throws -> Moment {
        // One change may tell more calls something than it may deliver events: each delivers its share.
        defer { emitter?.deliver() }
        let signal = try await verdict(on: id, first) { signal in
            guard case .granted(_, let moment) = signal else { return }
            perform { $0.settle(reserved: permits, at: moment, actual: 0, now: $1) }
        }
        switch signal {
        case .granted(_, let moment): return moment
        case .rejected(let refusal): throw error(refusal, permits)
        case .cancelled, .sleep: throw CancellationError()
        }
    }

    func park(_ id: UInt64, _ continuation: CheckedContinuation<Signal, Never>) -> Signal? {
        state.withLock { $0.parking.park(id, continuation) }
    }

    func claim(_ id: UInt64) {
        perform { $0.claim(id, now: $1) }
    }

    func leave(_ id: UInt64) {
        perform { $0.leave(id, now: $1) }
    }

    /// Changes the queue and tells everybody concerned.
    func perform(_ change: (inout StateMachine, Moment) -> [Notice]) {
        let wakeUps = locked(present) { state, now in
            var wakeUps = Parking<Signal>.WakeUps()
            for notice in change(&state.machine, now) {
                report(notice)
                state.parking.tell(notice.id, notice.signal, &wakeUps)
            }
            return wakeUps
        }
        wakeUps.resume()
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

extension RateLimiter.Signal: WaitingSignal {
    var isGrant: Bool {
        if case .granted = self { true } else { false }
    }

    var alarm: Moment? {
        if case .sleep(let moment) = self { moment } else { nil }
    }
}
