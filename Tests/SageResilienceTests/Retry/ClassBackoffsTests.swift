import SageTesting
import Testing

@testable import SageResilience

/// Backoffs by the kind of error, and how their limits combine.
struct ClassBackoffsTests {
    private typealias Machine = RetryPolicy.StateMachine

    /// The seconds waited after each failure, and why there is no further wait.
    private func play(
        _ configuration: RetryConfiguration, _ failures: [ErrorClassification], rejections: Bool = false
    ) -> (waits: [Double], ending: RetryStopReason?) {
        var machine = Machine(configuration, startedAt: .zero)
        var waits: [Double] = []
        for failure in failures {
            let decision = machine.decide(
                .init(failure, isRejection: rejections, isCallerCancelled: false), now: .zero,
                random: .constant(0.5), reserve: { true }, release: {})
            switch decision {
            case .retry(let nanoseconds): waits.append(Double(nanoseconds) / 1e9)
            case .stop(let reason): return (waits, reason)
            }
        }
        return (waits, nil)
    }

    private func standard(maxAttempts: Int = 100) throws -> RetryConfiguration {
        try RetryConfiguration(
            maxAttempts: maxAttempts, backoff: .fixed(.seconds(7)), classBackoffs: .standard, maxUnknownRetries: 100)
    }

    @Test(
        "the numbers of the table, in the middle of their spread",
        arguments: [
            (ErrorClassification(.rateLimited), [5, 10, 20, 40, 80]),
            (ErrorClassification(.timeout), [0.5, 0.75, 1.125]),
            (ErrorClassification(.transient, isNotSent: true), [0.5, 0.75, 1.125]),
            (ErrorClassification(.overloaded, isNotSent: true), [0.5, 0.75, 1.125]),
            (ErrorClassification(errno: SystemErrorNumber.connectionReset), [0.5, 0.75, 1.125]),
            (ErrorClassification(.unknown, isConnection: true), [0.5, 0.75, 1.125]),
            (ErrorClassification(.transient), [2, 4, 8]),
            (ErrorClassification(.overloaded), [2, 4, 8]),
            (ErrorClassification(.unknown), [1, 2, 4]),
        ] as [(ErrorClassification, [Double])])
    func table(classification: ErrorClassification, waits: [Double]) throws {
        let played = play(try standard(), Array(repeating: classification, count: 10))
        #expect(played.waits == waits)
        #expect(played.ending == .attemptsExhausted)
        #expect(ClassBackoffs.standard.schedule(for: classification)?.maxRetries == waits.count)
    }

    @Test(
        "the longest waits",
        arguments: [
            (ErrorClassification(.rateLimited), 120), (ErrorClassification(.timeout), 10),
            (ErrorClassification(.transient), 30), (ErrorClassification(.overloaded), 60),
            (ErrorClassification(.unknown), 60), (ErrorClassification(.transient, isNotSent: true), 10),
        ])
    func longest(classification: ErrorClassification, seconds: Int) throws {
        let backoff = try #require(ClassBackoffs.standard.schedule(for: classification)).backoff
        #expect(backoff.delay(beforeRetry: 100, random: .constant(1)) == .seconds(seconds))
        #expect(backoff.delay(beforeRetry: 1, random: .constant(0)) < backoff.delay(beforeRetry: 1))
    }

    @Test("the smaller limit ends the call", arguments: [(1, 0), (2, 1), (4, 3), (5, 4), (6, 5), (7, 5), (100, 5)])
    func limitsCombine(maxAttempts: Int, retries: Int) throws {
        let limited = ErrorClassification(.rateLimited)
        let played = play(try standard(maxAttempts: maxAttempts), Array(repeating: limited, count: 10))
        #expect(played.waits.count == retries)
        #expect(played.ending == .attemptsExhausted)
    }

    @Test func eachKindCountsForItself() throws {
        let (limited, timeout) = (ErrorClassification(.rateLimited), ErrorClassification(.timeout))
        let played = play(
            try standard(), [timeout, limited, timeout, limited, timeout, limited, timeout])
        #expect(played.waits == [0.5, 5, 0.75, 10, 1.125, 20])
        #expect(played.ending == .attemptsExhausted, "the fourth timeout")
        #expect(play(try standard(maxAttempts: 4), [timeout, limited, timeout, limited]).waits == [0.5, 5, 0.75])
    }

    @Test func whatHasNoEntryHasTheDefaultAndNoLimitOfItsOwn() throws {
        let configuration = try RetryConfiguration(
            maxAttempts: 7, backoff: .linear(jitter: .none),
            classBackoffs: ClassBackoffs([.timeout: .init(.fixed(.seconds(100)), maxRetries: 0)]))
        let transient = ErrorClassification(.transient)
        #expect(play(configuration, Array(repeating: transient, count: 7)).waits == [1, 2, 3, 4, 5, 6])
        let stopped = play(configuration, [transient, ErrorClassification(.timeout)])
        #expect(stopped.waits == [1])
        #expect(stopped.ending == .attemptsExhausted)
        #expect(ClassBackoffs([:]).schedule(for: transient) == nil)
        #expect(ClassBackoffs([:]).schedule(for: ErrorClassification(.transient, isNotSent: true)) == nil)
    }

    @Test func whatIsNotSentHasTheEntryOfItsClassWithoutOneOfItsOwn() throws {
        let table = ClassBackoffs([.transient: try .init(.fixed(.seconds(3)))])
        let notSent = ErrorClassification(.transient, isNotSent: true)
        #expect(table.schedule(for: notSent)?.backoff.delay(beforeRetry: 1) == .seconds(3))
        #expect(table.schedule(for: notSent)?.maxRetries == 3)
    }

    @Test func aConnectionThatIsNotMadeAndOneThatBreaksAreOneKindUnlessToldOtherwise() throws {
        let refused = ErrorClassification(errno: SystemErrorNumber.connectionRefused)
        let reset = ErrorClassification(errno: SystemErrorNumber.connectionReset)
        #expect(play(try standard(), [refused, reset, refused, reset]).waits == [0.5, 0.75, 1.125])
        let table = ClassBackoffs(
            [.transient: try .init(.fixed(.seconds(3)))], connection: try .init(.fixed(.seconds(2))),
            notSent: try .init(.fixed(.seconds(1))))
        let seconds = [refused, reset, ErrorClassification(.transient)].map {
            table.schedule(for: $0)?.backoff.delay(beforeRetry: 1)
        }
        #expect(seconds == [.seconds(1), .seconds(2), .seconds(3)])
    }

    @Test func aWaitForARejectionHasNoPlaceInTheTable() throws {
        let configuration = try RetryConfiguration(
            maxAttempts: 9, backoff: .none, classBackoffs: .standard, waitsForRejections: true)
        let rejection = ErrorClassification(.overloaded, fault: .policy, hint: .wait(.seconds(10)))
        let played = play(configuration, Array(repeating: rejection, count: 9), rejections: true)
        #expect(played.waits == Array(repeating: 10.5, count: 8), "with the spread of a hint")
        #expect(played.ending == .attemptsExhausted)
    }

    @Test func aPushBackBeginsOnlyItsOwnKindAgain() throws {
        let (limited, timeout) = (ErrorClassification(.rateLimited), ErrorClassification(.timeout))
        let pushed = ErrorClassification(.rateLimited, hint: .pushBack(.seconds(33)))
        let played = play(try standard(), [timeout, limited, limited, pushed, limited, timeout])
        #expect(played.waits == [0.5, 5, 10, 33, 5, 0.75])
    }

    @Test("a schedule refuses a negative number", arguments: [-1, .min])
    func configurationErrors(maxRetries: Int) {
        let error = #expect(throws: ConfigurationError.self) {
            _ = try ClassBackoffs.Schedule(.none, maxRetries: maxRetries)
        }
        #expect(error?.field == "maxRetries")
        #expect(error?.value == "\(maxRetries)")
    }

    // MARK: Presets

    private struct Described: Error, CustomStringConvertible {
        var description: String
    }

    @Test(
        "a preset reads what clients of its kind say",
        arguments: [
            (RetryConfiguration.default, ErrorClassifier.default), (.database, .database), (.network, .network),
            (.llm, .llm),
        ])
    func presetClassifiers(preset: RetryConfiguration, classifier: ErrorClassifier) {
        for text in ["connection reset by peer", "deadlock detected", "HTTP 404", "rate limit reached"] {
            let error = Described(description: text)
            #expect(preset.classifier.classify(error) == classifier.classify(error))
        }
    }

    @Test func thePresetForNetworksTriesABrokenConnectionAgainAsOftenAsItSays() async {
        let attempts = Locked(0)
        let policy = RetryPolicy("n", .network, clock: TestClock(), random: .constant(0))
        await #expect(throws: Described.self) {
            try await policy.execute {
                attempts.update { $0 += 1 }
                throw Described(description: "connection reset by peer")
            }
        }
        #expect(attempts.value == 4)
    }

    @Test(
        "the presets carry the numbers that they are documented with",
        arguments: [
            (RetryConfiguration.default, 3, [1.0, 2, 4], 60.0, RetryConfiguration.Idempotency.idempotent),
            (.database, 4, [0.5, 1, 2], 5, .notIdempotent), (.network, 4, [0.5, 0.75, 1.125], 10, .idempotent),
            (.llm, 6, [0.1, 0.2, 0.4], 30, .idempotent),
        ])
    func presets(
        preset: RetryConfiguration, attempts: Int, waits: [Double], longest: Double,
        idempotency: RetryConfiguration.Idempotency
    ) {
        #expect(preset.maxAttempts == attempts)
        let most = (1...3).map { preset.backoff.delay(beforeRetry: $0, random: .constant(1)).seconds }
        #expect(zip(most, waits).allSatisfy { abs($0 - $1) < 1e-6 }, "full jitter, up to the delay")
        #expect(preset.backoff.delay(beforeRetry: 1, random: .constant(0)) == .zero)
        #expect(abs(preset.backoff.delay(beforeRetry: 100, random: .constant(1)).seconds - longest) < 1e-6)
        #expect(preset.idempotency == idempotency)
        #expect((preset.classBackoffs != nil) == (attempts == 6))
        #expect(preset.maxServerHint == .seconds(60) && preset.maxUnknownRetries == 1)
        #expect(preset.budget == nil && preset.totalTimeLimit == nil)
        #expect(!preset.waitsForRejections && !preset.retriesWhenNested)
    }

    @Test func thePoliciesAreThoseOfThePresets() async throws {
        for (policy, name, attempts) in [
            (RetryPolicy.default, "default", 3), (.database, "database", 4), (.network, "network", 4), (.llm, "llm", 6),
        ] {
            #expect(policy.name == name)
            #expect(policy.configuration.maxAttempts == attempts)
            #expect(try await policy.execute { 7 } == 7)
        }
        #expect(RetryPolicy.llm.configuration.classBackoffs != nil)
        #expect(RetryPolicy.database.configuration.idempotency == .notIdempotent)
    }

    @Test func aCopyDiffersInOneThing() throws {
        let budget = try RetryBudget()
        let copy = RetryConfiguration.database.with(idempotency: .idempotent).with(budget: budget)
            .with(classifier: .retryUnknown)
        #expect(copy.idempotency == .idempotent)
        #expect(copy.budget === budget)
        #expect(copy.classifier.classify(UnknownError()).errorClass == .transient)
        #expect(copy.maxAttempts == 4)
        #expect(RetryConfiguration.database.idempotency == .notIdempotent)
    }
}
