extension StateLimits {
    /// Refuses a name that is too long, or none.
    package static func check(_ what: String, _ name: String, store: String) throws(StorageError) {
        guard (1...longestName).contains(name.utf8.count) else {
            throw refusal("\(what) has \(name.utf8.count) bytes; allowed is 1 to \(longestName)", store: store)
        }
    }

    /// Refuses reports that are out of bounds.
    package static func check(
        _ statuses: [BreakerStatus], by instance: String, store: String
    ) throws(StorageError) {
        try check("the instance's name", instance, store: store)
        guard statuses.count <= mostStatuses else {
            throw refusal("there are \(statuses.count) reports; allowed is up to \(mostStatuses)", store: store)
        }
        for status in statuses {
            try check("the breaker's name", status.breaker, store: store)
            try checkTime("keep", status.keep, store: store)
            try checkTime("remaining", status.remaining, store: store)
            guard status.timeInState >= .zero else {
                throw refusal("timeInState is \(status.timeInState); allowed is 0 or more", store: store)
            }
            for (field, count) in [
                ("failedRecoveries", status.failedRecoveries), ("calls", status.calls), ("failures", status.failures),
            ] where count < 0 {
                throw refusal("\(field) is \(count); allowed is 0 or more", store: store)
            }
        }
    }

    /// Refuses a question for a lease that is out of bounds.
    package static func check(
        breaker: String, holder: String, terms: ProbeTerms, store: String
    ) throws(StorageError) {
        try check("the breaker's name", breaker, store: store)
        try check("the holder's name", holder, store: store)
        guard terms.limit >= 1, terms.total >= terms.limit, terms.total <= mostProbes else {
            throw refusal(
                "the probes are \(terms.limit) at once of \(terms.total); allowed is 1 or more of 1 to \(mostProbes)",
                store: store)
        }
        guard terms.failureLimit >= 1, terms.successesToClose ?? 1 >= 1 else {
            throw refusal(
                "the verdict needs \(terms.failureLimit) failures or \(terms.successesToClose ?? 1) successes; "
                    + "allowed is 1 or more", store: store)
        }
        try checkTime("duration", terms.duration, store: store)
        guard terms.duration > .zero else { throw refusal("duration is 0; allowed is more", store: store) }
    }

    /// Refuses a result that is out of bounds.
    package static func check(_ result: ProbeResult, store: String) throws(StorageError) {
        switch result {
        case .succeeded, .unused: break
        case .failed(let pause), .reopened(let pause): try checkTime("pause", pause, store: store)
        }
    }

    /// Refuses demands that are out of bounds.
    package static func check(_ demands: [RateDemand], store: String) throws(StorageError) {
        try checkAccounts(demands.map { ($0.account, $0.rule) }, store: store)
        for demand in demands {
            try checkPermits("permits", demand.permits, store: store)
        }
    }

    /// Refuses corrections that are out of bounds.
    package static func check(_ corrections: [RateCorrection], store: String) throws(StorageError) {
        try checkAccounts(corrections.map { ($0.account, $0.rule) }, store: store)
        for correction in corrections {
            try checkPermits("reserved", correction.reserved, store: store)
            try checkPermits("actual", correction.actual, store: store)
        }
    }

    private static func checkAccounts(_ accounts: [(name: String, rule: RateRule)], store: String) throws(StorageError)
    {
        guard accounts.count <= mostDemands else {
            throw refusal("there are \(accounts.count) accounts; allowed is up to \(mostDemands)", store: store)
        }
        for (name, rule) in accounts {
            try check("the account's name", name, store: store)
            try checkPermits("the rule's capacity", rule.capacity, in: 1...mostPermits, store: store)
            switch rule {
            case .slidingWindow(_, let per):
                guard per >= .milliseconds(1), per <= longestTime else {
                    throw refusal("per is \(per); allowed is 1 ms to \(longestTime)", store: store)
                }
            case .tokenBucket(let capacity, let interval):
                let nanoseconds = interval.wholeNanoseconds
                let (full, overflow) = nanoseconds.multipliedReportingOverflow(by: Int64(capacity))
                guard nanoseconds >= 1, !overflow, full <= longestTime.wholeNanoseconds else {
                    throw refusal(
                        "refillInterval is \(interval); allowed is 1 ns or more, and \(longestTime) in which all "
                            + "\(capacity) come back", store: store)
                }
            }
        }
        guard Set(accounts.map { Array($0.name.utf8) }).count == accounts.count else {
            throw refusal("an account is named twice", store: store)
        }
    }

    private static func checkPermits(
        _ field: String, _ permits: Int, in range: ClosedRange<Int> = 0...Int.max, store: String
    ) throws(StorageError) {
        guard range.contains(permits) else {
            let allowed = range.upperBound == .max ? "0 or more" : "\(range.lowerBound) to \(range.upperBound)"
            throw refusal("\(field) is \(permits); allowed is \(allowed)", store: store)
        }
    }

    private static func checkTime(_ field: String, _ time: Duration, store: String) throws(StorageError) {
        guard time >= .zero, time <= longestTime else {
            throw refusal("\(field) is \(time); allowed is 0 to \(longestTime)", store: store)
        }
    }

    private static func refusal(_ message: String, store: String) -> StorageError {
        StorageError(.value, store: store, message, isNotDone: true)
    }
}
