import SageResilience
import SageTesting
import Testing

struct BulkheadConfigurationTests {
    @Test(arguments: [
        ("limit", 0, 0, Duration.zero, Duration.zero), ("limit", -1, 0, .zero, .zero),
        ("limit", 1_000_001, 0, .zero, .zero), ("limit", .max, 0, .zero, .zero), ("limit", .min, 0, .zero, .zero),
        ("maxQueued", 1, -1, .zero, .zero), ("maxWait", 1, 0, .nanoseconds(-1), .zero),
        ("ageing", 1, 0, .zero, .seconds(Int64.min)),
    ])
    func refusesWhatIsOutOfRange(field: String, limit: Int, queued: Int, wait: Duration, ageing: Duration) {
        let error = #expect(throws: ConfigurationError.self) {
            try BulkheadConfiguration(limit: limit, maxQueued: queued, maxWait: wait, ageing: ageing)
        }
        #expect(error?.field == field)
        #expect(error?.allowed.isEmpty == false)
    }

    @Test(arguments: [
        (1, 0, Duration.zero, Duration.zero), (1_000_000, Int.max, .seconds(Int64.max), .seconds(Int64.max)),
    ])
    func acceptsTheBounds(limit: Int, queued: Int, wait: Duration, ageing: Duration) async throws {
        let configuration = try BulkheadConfiguration(
            limit: limit, maxQueued: queued, maxWait: wait, ageing: ageing)
        let bulkhead = Bulkhead("bulkhead", configuration, clock: TestClock())
        #expect(try await bulkhead.execute { 42 } == 42)
        #expect(bulkhead.snapshot().available == limit)
    }

    @Test func defaults() throws {
        let configuration = try BulkheadConfiguration(limit: 8)
        #expect(configuration.limit == 8)
        #expect(configuration.maxQueued == 1_000)
        #expect(configuration.maxWait == .seconds(5))
        #expect(configuration.ageing == .seconds(1))
    }

    @Test(arguments: [0, -5, 1_000_001, .max, .min])
    func refusesToResizeOutOfRange(limit: Int) throws {
        let bulkhead = Bulkhead("bulkhead", try BulkheadConfiguration(limit: 8), clock: TestClock())
        let error = #expect(throws: ConfigurationError.self) { try bulkhead.resize(to: limit) }
        #expect(error?.field == "limit")
        #expect(bulkhead.snapshot().limit == 8)
        #expect(bulkhead.snapshot().available == 8)
    }

    @Test(arguments: [
        (RejectionReason.concurrencyLimited, "b: bulkhead refused: as many calls as allowed are in flight"),
        (.queueFull, "b: bulkhead refused: the queue is full"),
        (.displaced, "b: bulkhead refused: a more important call took the place in the queue"),
        (.waitTooLong, "b: bulkhead refused: no call ended within the longest wait"),
        (.deadlineExceeded, "b: bulkhead refused: the deadline passed before the call could be made"),
    ])
    func theErrorSaysWhy(reason: RejectionReason, text: String) {
        let error = BulkheadError(policyName: "b", reason: reason)
        #expect(error.description == text)
        #expect(error.retryAfter == nil)
    }
}
