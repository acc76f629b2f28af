import SageResilience

// Where all instances together count the limits a minute.
extension TargetLimits {
    /// ``tryAcquire(_:)`` that asks the store of shared state, once for all limits of the target.
    ///
    /// - Parameter estimate: The tokens that the call will use, at a guess; only computed when it is needed.
    /// - Returns: Nil when it would have to wait.
    /// - Throws: `CancellationError`.
    func tryAcquireShared(_ estimate: @autoclosure () -> Int) async throws -> LimitPermit? {
        guard let queue else { return tryAcquire(estimate()) }
        let estimate = countsTokens ? max(0, estimate()) : 0
        var mark: ProviderAllowance.Mark?
        if allowance.isActive {
            guard case .admitted(let admitted) = allowance.admit(estimate, now: timeline.now) else { return nil }
            mark = admitted
        }
        var grants = (LimitGrant(), LimitGrant())
        do {
            let shares = sets.flatMap { $0.shares(estimate) }
            if tryTakePlaces(&grants) {
                switch try await queue.limits.take(shares) {
                case .granted(let hold):
                    note(&grants, estimate)
                    return permit(grants, mark, hold)
                case .away where tryTakeRates(&grants, estimate):
                    return permit(grants, mark, queue.limits.grant(shares))
                case .away, .wait:
                    break
                }
            }
        } catch {
            undo(grants, mark)
            throw error
        }
        undo(grants, mark)
        return nil
    }

    /// ``acquire(_:priority:deadline:)`` that asks the store of shared state.
    func acquireShared(
        _ queue: SharedLimitQueue, _ estimate: Int, priority: CallPriority, deadline: Moment
    ) async throws -> LimitPermit {
        let end = min(deadline, timeline.now.advanced(by: maxWait.saturatingNanoseconds))
        let estimate = countsTokens ? max(0, estimate) : 0
        let mark = try await allowedMark(estimate, until: end)
        var grants = (LimitGrant(), LimitGrant())
        do {
            if let model { try await grants.0.takePlace(model, priority, maxWait: left(until: end)) }
            if let provider { try await grants.1.takePlace(provider, priority, maxWait: left(until: end)) }
            let shares = sets.flatMap { $0.shares(estimate) }
            if let hold = try await queue.take(shares, priority, until: end) {
                note(&grants, estimate)
                return permit(grants, mark, hold)
            }
            if let model { try await takeRates(&grants.0, model, estimate, until: end) }
            if let provider { try await takeRates(&grants.1, provider, estimate, until: end) }
            return permit(grants, mark, queue.limits.grant(shares))
        } catch {
            undo(grants, mark)
            throw error
        }
    }

    private func permit(
        _ grants: (LimitGrant, LimitGrant), _ mark: ProviderAllowance.Mark?, _ hold: SharedHold
    ) -> LimitPermit {
        LimitPermit(grants, allowance: allowance, mark: mark, shared: hold)
    }

    private func tryTakePlaces(_ grants: inout (LimitGrant, LimitGrant)) -> Bool {
        if let model, !grants.0.tryTakePlace(model) { return false }
        if let provider, !grants.1.tryTakePlace(provider) { return false }
        return true
    }

    private func tryTakeRates(_ grants: inout (LimitGrant, LimitGrant), _ estimate: Int) -> Bool {
        if let model, !grants.0.tryTakeRates(model, estimate) { return false }
        if let provider, !grants.1.tryTakeRates(provider, estimate) { return false }
        return true
    }

    /// Lets the limiters of this instance know what all together have granted, for the time when they decide alone.
    private func note(_ grants: inout (LimitGrant, LimitGrant), _ estimate: Int) {
        if let model { grants.0.noteRates(model, estimate) }
        if let provider { grants.1.noteRates(provider, estimate) }
    }
}
