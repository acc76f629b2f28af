import SageResilience

/// The limits that the configuration file sets for one thing: a provider, one of its models, or a client's key.
final class LimitSet: Sendable {
    /// Whose limits these are.
    let name: String
    /// The most calls at the same time.
    let concurrency: Bulkhead?
    /// Calls in any minute: a window, because a bucket would let twice the limit pass in the first one.
    let requests: RateLimiter?
    /// Tokens a minute: a bucket, from which estimates are taken and corrected afterwards.
    let tokens: RateLimiter?
    /// The rates as all instances count them; nil where each counts for itself.
    let accounts: SharedAccounts?
    /// What the limits were made from.
    let limits: GatewayConfiguration.Limits

    /// Makes limits with all their permits.
    ///
    /// - Parameters:
    ///   - name: Whose limits these are; the limiters are named after it.
    ///   - limits: The numbers.
    ///   - maxWait: The longest wait for each of them.
    ///   - clock: The time they live in.
    ///   - listener: Hears of refusals and waits.
    ///   - shared: Counts the rates for all instances together; nil where each counts for itself.
    /// - Returns: Nil when nothing is limited.
    /// - Throws: ``ConfigurationError`` for what the reader of the file let pass and the engine does not.
    init?(
        _ name: String, _ limits: GatewayConfiguration.Limits?, maxWait: Duration, clock: any Clock<Duration>,
        listener: (any ResilienceListener)?, shared: SharedLimits? = nil
    ) throws(ConfigurationError) {
        guard let limits = limits?.resolved, !limits.isEmpty else { return nil }
        self.name = name
        self.limits = limits
        let maxQueued = limits.maxQueued ?? GatewayConfiguration.Limits.defaultMaxQueued
        if let limit = limits.maxConcurrent {
            concurrency = Bulkhead(
                name, try BulkheadConfiguration(limit: limit, maxQueued: maxQueued, maxWait: maxWait), clock: clock,
                listener: listener)
        } else {
            concurrency = nil
        }
        if let limit = limits.requestsPerMinute {
            let window = try RateLimiterConfiguration(
                .slidingWindow(limit: limit, per: .seconds(60)), maxWait: maxWait, maxQueued: maxQueued)
            requests = RateLimiter("\(name):requests", window, clock: clock, listener: listener)
        } else {
            requests = nil
        }
        if let limit = limits.tokensPerMinute {
            let bucket = try RateLimiterConfiguration.tokensPerMinute(
                limit: limit, maxWait: maxWait, maxQueued: maxQueued)
            tokens = RateLimiter("\(name):tokens", bucket, clock: clock, listener: listener)
        } else {
            tokens = nil
        }
        if let shared {
            accounts = try SharedAccounts(name, requests: requests, tokens: tokens, in: shared, listener: listener)
        } else {
            accounts = nil
        }
    }

    /// The calls that wait.
    var queued: Int {
        (concurrency?.snapshot().queued ?? 0) + (requests?.snapshot().queued ?? 0) + (tokens?.snapshot().queued ?? 0)
    }

    /// Whether nobody is in flight or waits, and all permits are there.
    var isEvictable: Bool {
        (concurrency?.isEvictable ?? true) && (requests?.isEvictable ?? true) && (tokens?.isEvictable ?? true)
    }

    /// An estimate that can be granted: one that is larger than the bucket would never be, and is only an estimate.
    func grantable(_ estimate: Int) -> Int {
        max(1, min(estimate, tokens?.configuration.capacity ?? estimate))
    }
}

extension RateLimiterConfiguration {
    /// The most permits at once.
    fileprivate var capacity: Int {
        switch algorithm {
        case .slidingWindow(let limit, _): limit
        case .tokenBucket(let capacity, _): capacity
        @unknown default: .max
        }
    }
}
