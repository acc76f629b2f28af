import SageResilience

/// Those of this instance who wait for limits that all instances share.
///
/// Only the first of them asks the store, when it has said that there will be room; nobody knows those who wait in the
/// other instances, so that there it is a matter of chance who comes first.
final class SharedLimitQueue: Sendable {
    /// Whom the first one asks.
    let limits: SharedLimits
    private let line: Bulkhead
    private let timeline: Timeline

    /// - Parameters:
    ///   - name: The target's name.
    ///   - sets: The limits that are asked for together.
    ///   - clock: The time in which calls wait.
    /// - Returns: Nil when none of the limits is shared.
    init?(_ name: String, _ sets: [LimitSet], clock: any Clock<Duration>) {
        guard let limits = sets.lazy.compactMap(\.accounts?.limits).first else { return nil }
        let longest = sets.compactMap { $0.limits.maxQueued ?? GatewayConfiguration.Limits.defaultMaxQueued }.min()
        // Nobody listens: whoever gives up here is told, and counted, as refused by the limit.
        guard let configuration = try? BulkheadConfiguration(limit: 1, maxQueued: max(0, longest ?? 0)) else {
            return nil
        }
        self.limits = limits
        self.line = Bulkhead("\(name):shared", configuration, clock: clock)
        self.timeline = Timeline(clock)
    }

    /// The calls that wait.
    var queued: Int {
        let line = line.snapshot()
        return line.queued + line.inFlight
    }

    /// Takes permits, waiting for them.
    ///
    /// - Parameters:
    ///   - shares: What to take.
    ///   - priority: Who goes first.
    ///   - end: Until when.
    /// - Returns: What was taken; nil when the store is away.
    /// - Throws: ``LimitRefusal`` at once when the wait is known to be too long; `CancellationError`.
    func take(_ shares: [SharedShare], _ priority: CallPriority, until end: Moment) async throws -> SharedHold? {
        let start = timeline.now
        switch try await limits.take(shares) {
        case .granted(let hold): return hold
        case .away: return nil
        case .wait(let wait, let moment, let scarce):
            guard moment <= end else { throw refusal(.waitTooLong, wait, scarce) }
            let hold = try await takeInTurn(shares, priority, until: end, (wait, moment, scarce))
            scarce.account.noteWait(.nanoseconds(timeline.now.elapsed(since: start)), scarce.permits)
            return hold
        }
    }

    private func takeInTurn(
        _ shares: [SharedShare], _ priority: CallPriority, until end: Moment,
        _ first: (wait: Duration, until: Moment, scarce: SharedShare)
    ) async throws -> SharedHold? {
        do {
            _ = try await line.enter(priority: priority, maxWait: .nanoseconds(end.elapsed(since: timeline.now)))
        } catch let error as BulkheadError {
            throw refusal(error.reason, first.wait, first.scarce)
        }
        defer { line.leave() }
        var ready = first.until
        while true {
            try await timeline.sleep(until: ready)
            switch try await limits.take(shares) {
            case .granted(let hold): return hold
            case .away: return nil
            case .wait(let wait, let moment, let scarce):
                guard moment <= end else { throw refusal(.waitTooLong, wait, scarce) }
                ready = moment
            }
        }
    }

    private func refusal(_ reason: RejectionReason, _ wait: Duration, _ scarce: SharedShare) -> LimitRefusal {
        scarce.account.noteRefusal(reason, scarce.permits)
        return LimitRefusal(shared: scarce.account, reason, retryAfter: wait)
    }
}
