import Logging
import SageResilience
import SageTesting
import Synchronization
import Testing

@testable import SageTelemetry

struct LogListenerTests {
    private let clock = TestClock()
    private let log = CapturedLog()

    @Test func tellsWhyABreakerOpened() async throws {
        let listener = LogListener(log.logger(), clock: clock)
        let breaker = CircuitBreaker(
            "openai", try CircuitBreakerConfiguration(failureThreshold: 7, recoveryJitterFree: true), clock: clock,
            listener: listener)
        for _ in 0..<7 {
            clock.advance(by: .seconds(1))
            await #expect(throws: SecretError.self) { try await breaker.execute { throw SecretError() } }
        }
        let line = try #require(log.lines.first)
        #expect(log.lines.count == 1)
        #expect(line.level == .warning)
        #expect(line.message == "circuit breaker opened")
        let expected = [
            "policy": "circuit_breaker", "name": "openai", "sequence": "1", "from": "closed", "to": "open",
            "calls": "7", "failures": "7", "failure_rate": "1.0", "consecutive_failures": "7", "slow_calls": "0",
            "failures_per_minute": "7.0", "recent_failures_ms_ago": "0 1000 2000 3000 4000",
            "retry_after_ms": "30000", "error_class": "transient", "error_type": "SecretError", "times_opened": "1",
            "rejected": "0",
        ]
        for (key, value) in expected { #expect(line[key] == value, "\(key)") }
        #expect(Set(line.metadata.keys).subtracting(expected.keys).isSubset(of: ["slow_rate"]))
    }

    @Test(arguments: ResilienceEvent.samples)
    func writesEveryKindOfEventWithBoundedMetadata(_ event: ResilienceEvent) throws {
        LogListener(log.logger(), clock: clock).receive(event)
        let line = try #require(log.lines.first)
        #expect(log.lines.count == 1)
        #expect(line["policy"] == event.policy.kind.rawValue)
        #expect(line["name"] == "openai")
        #expect(line["sequence"] == "1")
        #expect(line.metadata.values.allSatisfy { "\($0)".count <= 130 })
        #expect(LogLine(rawValue: line.message) != nil)
        #expect(!line.text.contains(SecretError.secret))
    }

    @Test(arguments: [
        (
            ResilienceEvent.Kind.retryScheduled(attempt: 2, delay: .milliseconds(150), error: SecretError()),
            ["attempt": "2", "delay_ms": "150", "error_class": "transient", "error_type": "SecretError"]
        ),
        (
            .retryStopped(attempts: 4, reason: .attemptsExhausted, error: SecretError(errorClass: .overloaded)),
            ["attempts": "4", "reason": "attempts_exhausted", "error_class": "overloaded"]
        ),
        (.rateLimiterRejected(.waitTooLong, permits: 2), ["reason": "wait_too_long", "permits": "2"]),
        (.bulkheadWaited(.milliseconds(40), priority: .low), ["wait_ms": "40", "priority": "low"]),
        (.adaptiveLimiterChanged(from: 8, to: 4), ["from": "8", "to": "4"]),
        (.clientThrottleRejected(probability: 0.123456), ["rejection_probability": "0.123"]),
        (.timeLimitAbandoned(.seconds(20), running: 3), ["limit_ms": "20000", "running": "3"]),
        (.hedgeSent(copy: 2, delay: .milliseconds(90)), ["copy": "2", "delay_ms": "90"]),
        (.childStarted(child: "ingest", restarts: 3), ["child": "ingest", "restarts": "3"]),
        (.supervisorGaveUp(child: "ingest", action: "stop"), ["child": "ingest", "action": "stop"]),
        (.registryEvicted(entry: "a\nb"), ["entry": "a?b"]),
    ])
    func tellsTheFactsOfAnEvent(_ kind: ResilienceEvent.Kind, _ facts: [String: String]) throws {
        LogListener(log.logger(), clock: clock).receive(.sample(kind))
        let line = try #require(log.lines.first)
        for (key, value) in facts { #expect(line[key] == value, "\(key)") }
    }

    @Test(arguments: ResilienceEvent.samples)
    func writesAtTheLevelOfTheSeverity(_ event: ResilienceEvent) throws {
        let line = LogLine(event.kind)
        switch event.severity {
        case .warning: #expect(line.importance == .warning)
        case .info: #expect(line.importance == .info)
        case .debug: #expect(line.importance == .debug || line.importance == .trace)
        }
    }

    @Test func levelsCanBeChanged() throws {
        let levels = LogLevels(warning: .error, info: nil, debug: .info)
        let listener = LogListener(log.logger(), configuration: try LogConfiguration(levels: levels), clock: clock)
        listener.receive(.sample(.timeLimitExceeded(.seconds(1))))
        listener.receive(.sample(.hedgeRefused))
        listener.receive(.sample(.timeLimiterRejected(.tooManyAbandoned)))
        listener.receive(.sample(.hedgeWon(copy: 2)))
        #expect(log.lines.map(\.level) == [.error, .info, .trace])
    }

    @Test func asksNobodyAboutAnErrorBelowTheLevel() throws {
        let asked = Mutex(0)
        let classifier = ErrorClassifier { _ in
            asked.withLock { $0 += 1 }
            return ErrorClassification(.unknown)
        }
        let configuration = try LogConfiguration(linesPerInterval: 1, classifier: classifier)
        let event = ResilienceEvent.sample(.retryScheduled(attempt: 2, delay: .zero, error: SecretError()))
        LogListener(log.logger(.warning), configuration: configuration, clock: clock).receive(event)
        #expect(log.lines.isEmpty)
        #expect(asked.withLock { $0 } == 0)
        // Nor about one that is suppressed.
        let listener = LogListener(log.logger(.info), configuration: configuration, clock: clock)
        for _ in 1...5 { listener.receive(event) }
        #expect(log.lines.count == 1)
        #expect(asked.withLock { $0 } == 1)
    }

    @Test func aFloodIsCountedInsteadOfWritten() throws {
        let configuration = try LogConfiguration(linesPerInterval: 3, interval: .seconds(10))
        let listener = LogListener(log.logger(), configuration: configuration, clock: clock)
        let refusal = ResilienceEvent.sample(.circuitBreakerRejected(.circuitOpen), .circuitBreaker)
        for _ in 1...1_000 { listener.receive(refusal) }
        listener.receive(.sample(.circuitBreakerRejected(.circuitOpen), .circuitBreaker, "other"))
        listener.receive(.sample(.circuitBreakerWouldOpen(breakerSnapshot()), .circuitBreaker))
        #expect(log.lines.count == 5)
        clock.advance(by: .seconds(10))
        listener.receive(refusal)
        #expect(log.lines.last?["suppressed"] == "997")
        listener.receive(refusal)
        #expect(log.lines.last?["suppressed"] == nil)
    }

    @Test func whatNoLaterLineTellsIsFlushed() throws {
        let configuration = try LogConfiguration(linesPerInterval: 1, interval: .seconds(10))
        let listener = LogListener(log.logger(), configuration: configuration, clock: clock)
        for _ in 1...3 { listener.receive(.sample(.hedgeWon(copy: 2), .hedge, "b")) }
        for _ in 1...5 { listener.receive(.sample(.hedgeRefused, .hedge, "a")) }
        listener.flush()
        #expect(log.lines.count == 2)
        clock.advance(by: .seconds(10))
        listener.flush()
        listener.flush()
        #expect(log.messages.suffix(2) == ["similar events were not logged", "similar events were not logged"])
        #expect(log.lines.count == 4)
        #expect(log.lines.suffix(2).map { $0["name"] } == ["a", "b"])
        #expect(log.lines.suffix(2).map { $0["suppressed"] } == ["4", "2"])
        #expect(log.lines.suffix(2).map { $0["event"] } == ["hedge was refused a copy", "hedge was won by a copy"])
        #expect(log.lines.suffix(2).map(\.level) == [.info, .trace])
    }

    @Test func refusesLimitsOutOfRange() {
        #expect(throws: ConfigurationError(field: "linesPerInterval", value: 0, allowed: "1 or more")) {
            try LogConfiguration(linesPerInterval: 0)
        }
        #expect(throws: ConfigurationError.self) { try LogConfiguration(interval: .zero) }
    }

    private func breakerSnapshot() -> CircuitBreaker.Snapshot { CircuitBreaker("x", clock: clock).snapshot() }
}

extension CircuitBreakerConfiguration {
    /// Opens after so many failures, for 30 s sharp.
    fileprivate init(failureThreshold: Int, recoveryJitterFree: Bool) throws {
        try self.init(
            window: .calls(20), minimumCalls: failureThreshold, failureRate: nil, failureCount: failureThreshold,
            recoveryTimeout: .seconds(30), recoveryJitter: recoveryJitterFree ? 0 : 0.1)
    }
}
