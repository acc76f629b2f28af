import SageTesting
import Testing

@testable import SageResilience

/// The shell: what is run, how often, and what comes out.
@Suite(.timeLimit(.minutes(1)))
struct RetryPolicyTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()
    private let attempts = Locked(0)

    private func policy(
        maxAttempts: Int = 3, totalTimeLimit: Duration? = nil, backoff: Backoff? = nil, maxUnknownRetries: Int = 1,
        waitsForRejections: Bool = false, budget: RetryBudget? = nil,
        onRetry: (@Sendable (RetryPolicy.Attempt) -> Void)? = nil
    ) throws -> RetryPolicy {
        RetryPolicy(
            "r",
            try RetryConfiguration(
                maxAttempts: maxAttempts, totalTimeLimit: totalTimeLimit,
                backoff: try backoff ?? .exponential(jitter: .none), maxUnknownRetries: maxUnknownRetries,
                waitsForRejections: waitsForRejections, budget: budget),
            onRetry: onRetry, clock: clock, random: .constant(0), listener: recorder)
    }

    /// Runs an operation that ends with each of these errors in turn and then succeeds, and moves the clock from
    /// sleep to sleep.
    private func run(_ policy: RetryPolicy, _ errors: [any Error], sleeps: [Double]) async throws -> Int {
        // A child task, so that the time limit of the suite ends a sleep that nobody expected.
        async let result = policy.execute { [attempts] in
            let attempt = attempts.update { attempts in
                attempts += 1
                return attempts
            }
            if attempt <= errors.count { throw errors[attempt - 1] }
            return attempt
        }
        for sleep in sleeps {
            let deadline = await clock.nextTimerScheduled()
            #expect(clock.now.duration(to: deadline).seconds == sleep)
            clock.advance(to: deadline)
        }
        return try await result
    }

    private var story: [String] {
        recorder.kinds.map { kind in
            switch kind {
            case .retryScheduled(let attempt, let delay, let error): "\(attempt) after \(delay.seconds) \(error)"
            case .retrySucceeded(let attempts): "succeeded with \(attempts)"
            case .retryStopped(let attempts, let reason, let error): "\(attempts) \(reason.rawValue) \(error)"
            default: "?"
            }
        }
    }

    @Test func aFirstSuccessIsThatAndNothingElse() async throws {
        #expect(try await run(try policy(), [], sleeps: []) == 1)
        #expect(recorder.events.isEmpty)
    }

    @Test func retriesUntilItSucceeds() async throws {
        let result = try await run(
            try policy(maxAttempts: 5), Array(repeating: ServiceError.transient, count: 4), sleeps: [1, 2, 4, 8])
        #expect(result == 5)
        #expect(recorder.events.map(\.sequence) == [1, 2, 3, 4, 5])
        #expect(story.last == "succeeded with 5")
        #expect(recorder.events.allSatisfy { $0.policy == PolicyIdentity(.retry, "r") })
    }

    @Test("the attempts include the first", arguments: [1, 2, 3, 7])
    func stopsAfterSoManyAttempts(maxAttempts: Int) async throws {
        let errors = (0..<10).map { UnknownError(number: $0) }
        let policy = try policy(maxAttempts: maxAttempts, backoff: .fixed(.seconds(1)), maxUnknownRetries: 100)
        let error = await #expect(throws: UnknownError.self) {
            try await run(policy, errors, sleeps: Array(repeating: 1, count: maxAttempts - 1))
        }
        #expect(error == UnknownError(number: maxAttempts - 1), "the last one")
        #expect(attempts.value == maxAttempts)
        #expect(story.last == "\(maxAttempts) attempts_exhausted \(UnknownError(number: maxAttempts - 1))")
    }

    @Test(arguments: [(0, 1), (1, 2), (5, 6)])
    func retriesAreOneLessThanAttempts(retries: Int, attempts: Int) throws {
        for policy in [
            try RetryPolicy.fixed(maxRetries: retries), try .linear(maxRetries: retries),
            try .exponential(maxRetries: retries), try .fibonacci(maxRetries: retries),
        ] {
            #expect(policy.configuration.maxAttempts == attempts)
        }
    }

    @Test func theStrategiesCarryTheirParameters() throws {
        let exponential = try RetryPolicy.exponential(
            initialDelay: .milliseconds(100), multiplier: 3, maxDelay: .seconds(2), jitter: .none)
        #expect((1...4).map { exponential.configuration.backoff.delay(beforeRetry: $0).seconds } == [0.1, 0.3, 0.9, 2])
        let linear = try RetryPolicy.linear(initialDelay: .seconds(2), maxDelay: .seconds(5), jitter: .none)
        #expect((1...3).map { linear.configuration.backoff.delay(beforeRetry: $0).seconds } == [2, 4, 5])
        let fibonacci = try RetryPolicy.fibonacci(initialDelay: .seconds(2), maxDelay: .seconds(5), jitter: .none)
        #expect((1...4).map { fibonacci.configuration.backoff.delay(beforeRetry: $0).seconds } == [2, 2, 4, 5])
        #expect(try RetryPolicy.fixed(delay: .seconds(9)).configuration.backoff.delay(beforeRetry: 4) == .seconds(9))
    }

    @Test(
        "refuses by name and value",
        arguments: [
            ("maxAttempts", "0", { @Sendable in try RetryConfiguration(maxAttempts: 0) }),
            ("totalTimeLimit", "0.0 seconds", { try RetryConfiguration(totalTimeLimit: .zero) }),
            ("maxUnknownRetries", "-1", { try RetryConfiguration(maxUnknownRetries: -1) }),
            ("maxServerHint", "-1.0 seconds", { try RetryConfiguration(maxServerHint: .seconds(-1)) }),
            ("maxRetries", "-1", { try RetryPolicy.fixed(maxRetries: -1).configuration }),
            ("maxRetries", "\(Int.max)", { try RetryPolicy.exponential(maxRetries: .max).configuration }),
        ] as [(String, String, @Sendable () throws -> RetryConfiguration)])
    func configurationErrors(field: String, value: String, make: @Sendable () throws -> RetryConfiguration) {
        let error = #expect(throws: ConfigurationError.self) { _ = try make() }
        #expect(error?.field == field)
        #expect(error?.value == value)
    }

    @Test func aPermanentErrorIsNotRetried() async throws {
        await #expect(throws: ServiceError.permanent) {
            try await run(try policy(), [ServiceError.permanent], sleeps: [])
        }
        #expect(attempts.value == 1)
        #expect(story == ["1 permanent \(ServiceError.permanent)"])
    }

    @Test func anUnknownErrorIsRetriedOnce() async throws {
        let errors = [UnknownError(number: 1), UnknownError(number: 2)]
        await #expect(throws: errors[1]) { try await run(try policy(), errors, sleeps: [1]) }
        #expect(story == ["2 after 1.0 \(errors[0])", "2 unknown_error \(errors[1])"])
    }

    @Test func theServersHintIsWaitedFor() async throws {
        let error = ServiceError(.rateLimited, hint: .wait(.seconds(17)))
        #expect(try await run(try policy(), [error], sleeps: [17]) == 2)
    }

    @Test func aServiceThatCancelsIsRetriedWhileOurTaskLives() async throws {
        #expect(try await run(try policy(), [CancellationError(), CancellationError()], sleeps: [1, 2]) == 3)
    }

    @Test func theTotalTimeCountsFromTheFirstAttempt() async throws {
        clock.advance(by: .seconds(100))
        await #expect(throws: ServiceError.transient) {
            try await run(
                try policy(maxAttempts: 10, totalTimeLimit: .seconds(7)),
                Array(repeating: ServiceError.transient, count: 9), sleeps: [1, 2])
        }
        #expect(attempts.value == 3)
        #expect(story.last == "3 deadline_exceeded \(ServiceError.transient)")
    }

    @Test func onRetryIsCalledBeforeEachWaitInOrder() async throws {
        let calls = Locked<[String]>([])
        let clock = clock
        let policy = try policy { attempt in
            #expect(clock.pendingDeadlines.isEmpty, "before the wait")
            calls.update { $0.append("\(attempt.number) \(attempt.delay.seconds) \(attempt.error)") }
        }
        let errors = [ServiceError(.timeout), ServiceError(.overloaded), ServiceError(.transient)]
        await #expect(throws: errors[2]) { try await run(policy, errors, sleeps: [1, 2]) }
        #expect(calls.value == ["2 1.0 \(errors[0])", "3 2.0 \(errors[1])"])
        #expect(story == ["2 after 1.0 \(errors[0])", "3 after 2.0 \(errors[1])", "3 attempts_exhausted \(errors[2])"])
    }

    @Test func aRejectionStopsUnlessToldToWait() async throws {
        let refusal = Refusal(retryAfter: .seconds(5))
        await #expect(throws: refusal) { try await run(try policy(), [refusal], sleeps: []) }
        #expect(story == ["1 rejected \(refusal)"])
        attempts.update { $0 = 0 }
        #expect(try await run(try policy(waitsForRejections: true), [refusal, refusal], sleeps: [5, 5]) == 3)
    }

    @Test("a refusal does not hide why the attempt before it failed", arguments: [false, true])
    func aRefusalHidesNothing(waits: Bool) async throws {
        let refusal = Refusal(retryAfter: waits ? .seconds(5) : nil)
        let policy = try policy(waitsForRejections: waits)
        await #expect(throws: ServiceError.transient) {
            try await run(policy, [ServiceError.transient, refusal, refusal], sleeps: waits ? [1, 5] : [1])
        }
        #expect(story.last == (waits ? "3 attempts_exhausted \(refusal)" : "2 rejected \(refusal)"))
    }

    @Test func whoIsRefusedEveryTimeGetsTheLastRefusal() async throws {
        let refusals = (1...3).map { Refusal(retryAfter: .seconds($0)) }
        await #expect(throws: refusals[2]) {
            try await run(try policy(waitsForRejections: true), refusals, sleeps: [1, 2])
        }
    }

    @Test func theErrorAfterARefusalIsTheOperationsOwn() async throws {
        let errors: [any Error] = [ServiceError.transient, Refusal(retryAfter: .seconds(5)), ServiceError(.timeout)]
        await #expect(throws: ServiceError(.timeout)) {
            try await run(try policy(waitsForRejections: true), errors, sleeps: [1, 5])
        }
    }

    @Test func countsWhatItDid() async throws {
        let policy = try policy()
        #expect(policy.snapshot() == RetryPolicy.Snapshot(name: policy.name, retriedCalls: 0, retries: 0, stops: [:]))
        _ = try await run(policy, [], sleeps: [])
        #expect(policy.snapshot().retriedCalls == 0)
        attempts.update { $0 = 0 }
        _ = try await run(policy, [ServiceError.transient, ServiceError.transient], sleeps: [1, 2])
        attempts.update { $0 = 0 }
        let failures = Array(repeating: ServiceError.transient, count: 3)
        await #expect(throws: ServiceError.transient) { try await run(policy, failures, sleeps: [1, 2]) }
        attempts.update { $0 = 0 }
        await #expect(throws: ServiceError.permanent) {
            try await run(policy, [ServiceError.permanent], sleeps: [])
        }
        let snapshot = policy.snapshot()
        #expect(snapshot.retriedCalls == 2)
        #expect(snapshot.retries == 4)
        #expect(snapshot.stops == [.attemptsExhausted: 1, .permanent: 1])
        #expect(snapshot.exhausted == 1)
    }

    @Test func aPipelineCountsWithThePolicyThatItWasGiven() async throws {
        let policy = RetryPolicy("r", try RetryConfiguration(backoff: .none), clock: clock)
        let pipeline = ResiliencePipeline("p") { policy }
        await #expect(throws: ServiceError.transient) { try await pipeline.execute { throw ServiceError.transient } }
        #expect(policy.snapshot().retries == 2)
        #expect(policy.snapshot().exhausted == 1)
    }

    @Test func waitsForRejectionsWithAnyClassifier() async throws {
        let policy = RetryPolicy(
            "r",
            try RetryConfiguration(
                backoff: .none, classifier: ErrorClassifier { _ in ErrorClassification(.permanent) },
                waitsForRejections: true),
            clock: clock, random: .constant(0))
        #expect(try await run(policy, [Refusal(retryAfter: .seconds(5))], sleeps: [5]) == 2)
    }

    @Test func theErrorKeepsItsType() async throws {
        let policy = try policy(maxAttempts: 1)
        do {
            try await policy.execute { () throws(UnknownError) in throw UnknownError(number: 4) }
            Issue.record("no error")
        } catch let error as UnknownError {
            #expect(error == UnknownError(number: 4))
        }
    }

    @Test func worksWithTheDefaultClock() async throws {
        let policy = RetryPolicy("now", try RetryConfiguration(backoff: .none))
        let attempts = attempts
        try await policy.execute {
            let attempt = attempts.update { attempts in
                attempts += 1
                return attempts
            }
            if attempt < 3 { throw ServiceError.transient }
        }
        #expect(attempts.value == 3)
    }
}
