import SageMacros
import SageTesting
import Testing

/// Counts how often its bodies run, under stacks of decorators in different orders.
actor Stacks {
    private(set) var calls = 0

    private func fail() throws {
        calls += 1
        throw Outage(number: calls)
    }

    @Retry(maxAttempts: 5, initialDelay: .zero)
    @CircuitBreaker("inner", failureThreshold: 2)
    func retryOutside() async throws { try fail() }

    @Timeout(.seconds(10))
    @Retry(maxAttempts: 3, initialDelay: .seconds(9), jitter: .none)
    func timeoutOutside() async throws { try fail() }

    @Retry(maxAttempts: 3, initialDelay: .seconds(9), jitter: .none)
    @Timeout(.seconds(10))
    func timeoutInside() async throws { try fail() }

    @CircuitBreaker("outer", failureThreshold: 9)
    @Timeout(.seconds(10))
    @RateLimited("three", limit: 2, per: .seconds(60), maxWait: .zero)
    func limiterInside() async throws { try fail() }

    @RateLimited("reversed", limit: 1, per: .seconds(60), maxWait: .zero)
    @Timeout(.seconds(10))
    @Bulkhead("reversed", limit: 2)
    func limiterOutside() async throws { try fail() }

    @Retry(maxAttempts: 3, initialDelay: .zero)
    @CircuitBreaker("three", failureThreshold: 9)
    @Bulkhead("three", limit: 2)
    func three() async throws { try fail() }

    @Fallback(returning: -1)
    @Timeout(.seconds(60))
    @Retry(maxAttempts: 3, initialDelay: .zero)
    @CircuitBreaker("all", failureThreshold: 9)
    @Throttled("all")
    @RateLimited("all", limit: 100, per: .seconds(1))
    @Bulkhead("all", limit: 2)
    @AdaptiveLimited("all")
    @Resilient("all")
    @Hedged(after: .seconds(5))
    func all() async throws -> Int {
        try fail()
        return 0
    }

    @Timeout(.seconds(60))
    @Fallback(to: Stacks.second)
    @Fallback(returning: 0, kinds: [.contextWindow])
    @Retry(maxAttempts: 2, initialDelay: .zero)
    @Bulkhead(limit: 1)
    func alternatives(_ number: Int) async throws -> Int {
        try fail()
        return number
    }

    func second(_ number: Int) async throws -> Int { number + calls }
}

struct StackingTests {
    @Test func aBreakerBelowARetryStopsIt() async throws {
        try await withRegistry { (registry) async throws in
            let stacks = Stacks()
            await #expect(throws: Outage(number: 2)) { try await stacks.retryOutside() }
            #expect(await stacks.calls == 2)
            #expect(registry.circuitBreakers["inner"]?.state == .open)
            #expect(registry.decoratedFunctions.first?.warnings.isEmpty == true)
        }
    }

    @Test func aTimeoutAboveARetryLimitsTheWholeCallAndOneBelowEachAttempt() async throws {
        let clock = TestClock()
        let registry = try ResilienceRegistry(clock: clock)
        let stacks = Stacks()
        let outside = Task {
            try await ResilienceRegistry.withCurrent(registry) { try await stacks.timeoutOutside() }
        }
        // The second wait would end after the limit, so that there is none.
        await clock.waitForTimer(due: .seconds(9))
        clock.advance(by: .seconds(9))
        await #expect(throws: Outage(number: 2)) { try await outside.value }
        let inside = Task {
            try await ResilienceRegistry.withCurrent(registry) { try await stacks.timeoutInside() }
        }
        await clock.waitForTimer(due: .seconds(9))
        clock.advance(by: .seconds(9))
        await clock.waitForTimer(due: .seconds(18))
        clock.advance(by: .seconds(18))
        await #expect(throws: Outage(number: 5)) { try await inside.value }
    }

    @Test func threeComposeInBothOrders() async throws {
        try await withRegistry { (registry) async throws in
            let stacks = Stacks()
            await #expect(throws: Outage(number: 3)) { try await stacks.three() }
            #expect(registry.circuitBreakers["three"]?.snapshot().failures == 3)
            await #expect(throws: Outage(number: 4)) { try await stacks.limiterInside() }
            await #expect(throws: Outage(number: 5)) { try await stacks.limiterOutside() }
            await #expect(throws: RateLimiterError.self) { try await stacks.limiterOutside() }
            #expect(await stacks.calls == 5)
            #expect(registry.bulkheads.names == ["reversed", "three"])
            let orders = registry.decoratedFunctions.map { order(of: $0.policies) }
            #expect(
                orders == [
                    ["circuit_breaker", "time_limiter", "rate_limiter"], ["rate_limiter", "time_limiter", "bulkhead"],
                    ["retry", "circuit_breaker", "bulkhead"],
                ])
        }
    }

    /// The kinds of policies in a description, outermost first.
    private func order(of policies: String) -> [String] {
        policies.split(separator: "\n").compactMap { line -> String? in
            let words = line.drop { !$0.isLetter }
            return PolicyKind.allCases.map(\.rawValue).first { kind in
                words.hasPrefix(String(kind.map { $0 == "_" ? " " : $0 }))
            }
        }
    }

    @Test func allComposeInTheOrderInWhichTheyAreWritten() async throws {
        try await withRegistry { (registry) async throws in
            let inner = try ResiliencePipeline("all") { try CircuitBreakerConfiguration(failureThreshold: 9) }
            try registry.pipelines.register("all", inner)
            let stacks = Stacks()
            #expect(try await stacks.all() == -1)
            // A copy follows each failure at once.
            #expect(await stacks.calls == 6)
            #expect(registry.circuitBreakers["all"]?.snapshot().failures == 3)
            let functions = registry.decoratedFunctions
            #expect(functions.map(\.name) == ["Stacks.all()", "Stacks.all()"])
            #expect(
                order(of: functions[0].policies) == [
                    "fallback", "time_limiter", "retry", "circuit_breaker", "client_throttle", "rate_limiter",
                    "bulkhead", "adaptive_limiter",
                ])
            #expect(functions[1].policies.contains("hedge"))
        }
    }

    @Test func anAlternativeRunsOutsideOfWhatStandsBelowIt() async throws {
        try await withRegistry { (registry) async throws in
            let stacks = Stacks()
            #expect(try await stacks.alternatives(10) == 12)
            #expect(await stacks.calls == 2)
            #expect(registry.decoratedFunctions.count == 3)
        }
    }
}
