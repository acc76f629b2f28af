/// A run of policies that need no child task: the part of a pipeline between two time limits.
///
/// Policies that only admit and record are gates in a flat list: admitted in order, the operation run once, recorded
/// in reverse. Closures around closures would cost an allocation and an indirection each. A retry is the loop around
/// the gates that follow it.
struct PipelineSegment: Sendable {
    enum Layer: Sendable {
        case circuitBreaker(CircuitBreaker)
        case rateLimiter(RateLimiter)
        case retry(RetryPolicy)
    }

    var layers: [Layer] = []

    func run<Result>(from start: Int = 0, _ operation: () async throws -> Result) async throws -> Result {
        var admissions = Admissions()
        var index = start
        do {
            admitting: while index < layers.count {
                switch layers[index] {
                case .circuitBreaker(let breaker): admissions.append(breaker, try breaker.admit())
                case .rateLimiter(let limiter): if try await Self.pass(limiter) { admissions.restartTiming() }
                case .retry: break admitting
                }
                index += 1
            }
        } catch {
            admissions.release()
            throw error
        }
        do {
            let result: Result
            if index < layers.count, case .retry(let policy) = layers[index] {
                result = try await policy.execute { try await run(from: index + 1, operation) }
            } else {
                result = try await operation()
            }
            admissions.succeed()
            return result
        } catch {
            admissions.fail(error)
            throw error
        }
    }

    /// Suspends only when there is something to wait for.
    ///
    /// - Returns: Whether the call has waited.
    private static func pass(_ limiter: RateLimiter) async throws -> Bool {
        switch limiter.admit(1, now: limiter.timeline.now) {
        case .admitted:
            return false
        case .rejected(let error):
            throw error
        case .mustWait:
            try await limiter.acquire()
            return true
        }
    }
}

/// What the gates of one attempt have admitted, in order; the first two without an allocation.
private struct Admissions {
    private typealias Entry = (breaker: CircuitBreaker, ticket: CircuitBreaker.Ticket)

    private var first: Entry?
    private var second: Entry?
    private var others: [Entry] = []

    mutating func append(_ breaker: CircuitBreaker, _ ticket: CircuitBreaker.Ticket) {
        if first == nil {
            first = (breaker, ticket)
        } else if second == nil {
            second = (breaker, ticket)
        } else {
            others.append((breaker, ticket))
        }
    }

    /// Lets the durations begin now: a wait in a queue of our own says nothing about the service.
    mutating func restartTiming() {
        first = first.map(Self.restarted)
        second = second.map(Self.restarted)
        others = others.map(Self.restarted)
    }

    private static func restarted(_ entry: Entry) -> Entry {
        (entry.breaker, entry.breaker.restartTiming(of: entry.ticket))
    }

    func succeed() {
        forEachReversed { $0.breaker.recordSuccess($0.ticket) }
    }

    func fail(_ error: any Error) {
        forEachReversed { $0.breaker.recordFailure($0.ticket, error) }
    }

    func release() {
        forEachReversed { $0.breaker.release($0.ticket) }
    }

    private func forEachReversed(_ body: (Entry) -> Void) {
        for entry in others.reversed() { body(entry) }
        if let second { body(second) }
        if let first { body(first) }
    }
}
