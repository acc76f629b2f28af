import SageLLM
import SageResilience
import SageStorage

extension LimitSet {
    /// The limiters of rates, for `/status`.
    var limiterStatus: [JSONValue] {
        [(requests, accounts?.requests, "requests"), (tokens, accounts?.tokens, "tokens")].compactMap {
            limiter, account, unit in
            guard let snapshot = limiter?.snapshot() else { return nil }
            let isShared = account != nil && accounts?.limits.health.isUp == true
            let available = isShared ? account?.remaining : nil
            return [
                "name": .string(snapshot.name),
                "unit": .string(unit),
                "limit_per_minute": .integer(Int64(snapshot.capacity)),
                "shared": .bool(isShared),
                "available": .integer(Int64(available ?? snapshot.availablePermits)),
                "debt": .integer(Int64(snapshot.debt)),
                "queued": .integer(Int64(snapshot.queued)),
                "acquired": .integer(Int64(snapshot.acquired)),
                "rejected": .integer(Int64(snapshot.rejected + (account?.rejected ?? 0))),
                "waited": .integer(Int64(snapshot.waited)),
                "longest_wait_ms": .integer(snapshot.longestWait.wholeMilliseconds),
                "retry_after_ms": snapshot.retryAfter.map { .integer($0.wholeMilliseconds) } ?? .null,
            ]
        }
    }

    /// The limiter of concurrent calls, for `/status`.
    var bulkheadStatus: JSONValue? {
        guard let snapshot = concurrency?.snapshot() else { return nil }
        var queued = JSONObject()
        for priority in CallPriority.allCases.reversed() {
            queued[priority.description] = .integer(Int64(snapshot.queuedByPriority[priority] ?? 0))
        }
        return [
            "name": .string(snapshot.name),
            "limit": .integer(Int64(snapshot.limit)),
            "in_flight": .integer(Int64(snapshot.inFlight)),
            "queued": .integer(Int64(snapshot.queued)),
            "queued_by_priority": .object(queued),
            "rejected": .integer(Int64(snapshot.rejected)),
            "displaced": .integer(Int64(snapshot.displaced)),
            "timed_out": .integer(Int64(snapshot.timedOut)),
            "waited": .integer(Int64(snapshot.waited)),
            "longest_wait_ms": .integer(snapshot.longestWait.wholeMilliseconds),
        ]
    }
}

extension GatewayConfiguration.Limits {
    /// The numbers, for `/status`.
    fileprivate var status: JSONValue {
        var members = JSONObject()
        for (name, number) in [
            ("requests_per_minute", requestsPerMinute), ("tokens_per_minute", tokensPerMinute),
            ("max_concurrent", maxConcurrent),
        ] {
            members[name] = number.map { .integer(Int64($0)) } ?? .null
        }
        return .object(members)
    }
}

extension TargetLimits {
    /// What limits the target, for `/status`; null when nothing does.
    var status: JSONValue {
        let exhausted = exhaustedFor
        guard !sets.isEmpty || exhausted != nil else { return .null }
        var members = JSONObject()
        members["model"] = own.map { $0.limits.status } ?? .null
        members["provider"] = shared.map { $0.limits.status } ?? .null
        members["exhausted_for_ms"] = exhausted.map { .integer($0.wholeMilliseconds) } ?? .null
        return .object(members)
    }
}
