import Synchronization

extension AdaptiveRateLimiter: WaitingPolicy {
    /// Sees a call in the queue through to its turn, its refusal or its cancellation.
    func wait(_ id: UInt64, _ first: Signal?) async throws {
        // One change may tell more calls something than it may deliver events: each delivers its share.
        defer { emitter?.deliver() }
        let signal = try await verdict(on: id, first) { _ in
            let now = timeline.now
            perform { $0.giveBack(now: now) }
        }
        switch signal {
        case .granted: return
        case .rejected(let reason, let wait): throw error(reason, wait)
        case .cancelled, .sleep: throw CancellationError()
        }
    }

    func park(_ id: UInt64, _ continuation: CheckedContinuation<Signal, Never>) -> Signal? {
        state.withLock { $0.parking.park(id, continuation) }
    }

    func claim(_ id: UInt64) {
        let now = timeline.now
        perform { $0.claim(id, now: now) }
    }

    func leave(_ id: UInt64) {
        let now = timeline.now
        perform { $0.leave(id, now: now) }
    }

    /// Changes the state and tells everybody concerned.
    func perform(_ change: (inout StateMachine) -> [Notice]) {
        let wakeUps = state.withLock { state in
            var wakeUps = Parking<Signal>.WakeUps()
            for notice in change(&state.machine) {
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
        case .granted(let waited): emitter?.enqueue(.rateLimiterWaited(.nanoseconds(waited), permits: 1))
        case .rejected(let reason, _): emitter?.enqueue(.rateLimiterRejected(reason, permits: 1))
        case .sleep, .cancelled: break
        }
    }
}

extension AdaptiveRateLimiter.Signal: WaitingSignal {
    var isGrant: Bool {
        if case .granted = self { true } else { false }
    }

    var alarm: Moment? {
        if case .sleep(let moment) = self { moment } else { nil }
    }
}
