import Testing

@testable import SageResilience

/// The decisions of a retry, without a clock or a task.
struct RetryStateMachineTests {
    private typealias Machine = RetryPolicy.StateMachine

    /// What decides, each part saying stop or not.
    struct Circumstances: Sendable {
        var cancelled = false
        var outOfTime = false
        var rejection = false
        var errorClass = ErrorClass.transient
        var hint: ServerHint?
        var budgetLeft = true
        var attempts = 3
        var deadline: Duration?
    }

    private func decide(_ circumstances: Circumstances) throws -> (Machine.Decision, reserved: Int, released: Int) {
        var machine = Machine(
            try RetryConfiguration(
                maxAttempts: circumstances.attempts, totalTimeLimit: circumstances.deadline,
                backoff: .fixed(.seconds(1)), maxUnknownRetries: 0),
            startedAt: .zero)
        var (reserved, released) = (0, 0)
        let decision = machine.decide(
            Machine.Failure(
                ErrorClassification(circumstances.errorClass, hint: circumstances.hint),
                isRejection: circumstances.rejection, isCallerCancelled: circumstances.cancelled,
                isOutOfTime: circumstances.outOfTime),
            now: .zero, random: .constant(0.5),
            reserve: {
                reserved += 1
                return circumstances.budgetLeft
            },
            release: { released += 1 })
        return (decision, reserved, released)
    }

    /// From the last check to the first: each adds a reason that wins over all before it.
    @Test func decidesInTheDocumentedOrder() throws {
        var circumstances = Circumstances()
        #expect(try decide(circumstances).0 == .retry(afterNanoseconds: .seconds(1)))
        circumstances.deadline = .seconds(1)
        #expect(try decide(circumstances).0 == .stop(.deadlineExceeded))
        circumstances.attempts = 1
        #expect(try decide(circumstances).0 == .stop(.attemptsExhausted))
        circumstances.budgetLeft = false
        #expect(try decide(circumstances).0 == .stop(.budgetExhausted))
        for (hint, reason) in [
            (ServerHint.doNotRetry, RetryStopReason.serverSaysStop), (.wait(.seconds(61)), .hintExceedsMaximum),
        ] {
            circumstances.hint = hint
            #expect(try decide(circumstances).0 == .stop(reason))
        }
        circumstances.errorClass = .unknown
        #expect(try decide(circumstances).0 == .stop(.unknownError))
        circumstances.errorClass = .authentication
        #expect(try decide(circumstances).0 == .stop(.permanent))
        circumstances.rejection = true
        #expect(try decide(circumstances).0 == .stop(.rejected))
        circumstances.cancelled = true
        #expect(try decide(circumstances).0 == .stop(.cancelled))
    }

    @Test func theBudgetIsAskedOnceAndGivenBackWhenTheRetryDoesNotHappen() throws {
        let retried = try decide(Circumstances())
        #expect(retried.reserved == 1 && retried.released == 0)
        for circumstances in [Circumstances(attempts: 1), Circumstances(deadline: .seconds(1))] {
            let stopped = try decide(circumstances)
            #expect(stopped.reserved == 1 && stopped.released == 1)
        }
        let exhausted = try decide(Circumstances(budgetLeft: false))
        #expect(exhausted.reserved == 1 && exhausted.released == 0)
        for circumstances in [
            Circumstances(cancelled: true), Circumstances(outOfTime: true), Circumstances(rejection: true),
            Circumstances(errorClass: .permanent), Circumstances(hint: .doNotRetry),
        ] {
            #expect(try decide(circumstances).reserved == 0)
        }
    }

    @Test(arguments: ErrorClass.allCases)
    func theClassDecides(errorClass: ErrorClass) throws {
        let expected: Machine.Decision =
            switch errorClass.retryability {
            case .transient: .retry(afterNanoseconds: .seconds(1))
            case .permanent: .stop(.permanent)
            case .unknown: .stop(.unknownError)
            }
        #expect(try decide(Circumstances(errorClass: errorClass)).0 == expected)
    }

    private func decisions(
        _ configuration: RetryConfiguration, _ classifications: [ErrorClassification], isRejection: Bool = false,
        random: RandomSource = .constant(0.5), reserve: () -> Bool = { true }
    ) -> [Machine.Decision] {
        var machine = Machine(configuration, startedAt: .zero)
        return classifications.map { classification in
            machine.decide(
                Machine.Failure(classification, isRejection: isRejection, isCallerCancelled: false), now: .zero,
                random: random, reserve: reserve, release: {})
        }
    }

    @Test(arguments: [0, 1, 2])
    func anUnknownErrorIsRetriedSoOften(times: Int) throws {
        let configuration = try RetryConfiguration(maxAttempts: 10, backoff: .none, maxUnknownRetries: times)
        let unknown = ErrorClassification(.unknown)
        let retries = decisions(configuration, Array(repeating: unknown, count: times + 1))
        #expect(retries == Array(repeating: .retry(afterNanoseconds: 0), count: times) + [.stop(.unknownError)])
    }

    @Test func otherErrorsBetweenDoNotUseUpTheUnknownRetries() throws {
        let configuration = try RetryConfiguration(maxAttempts: 10, backoff: .none)
        let mixed = decisions(
            configuration, [.transient, .unknown, .transient, .unknown].map { ErrorClassification($0) })
        #expect(mixed.dropLast() == Array(repeating: .retry(afterNanoseconds: 0), count: 3)[...])
        #expect(mixed.last == .stop(.unknownError))
    }

    @Test(
        "a hint is a minimum, and up to a tenth more",
        arguments: [
            (0.0, 0.5, 4.0), (-3, 0.5, 4), (2, 0.5, 4), (4, 0.5, 4.2), (10, 0, 10), (10, 0.5, 10.5), (60, 0.5, 63),
        ])
    func hints(hint: Double, unit: Double, expected: Double) throws {
        let configuration = try RetryConfiguration(backoff: .fixed(.seconds(4)))
        let decision = decisions(
            configuration, [ErrorClassification(.rateLimited, hint: .wait(.seconds(hint)))], random: .constant(unit))
        #expect(decision == [.retry(afterNanoseconds: .seconds(expected))])
    }

    @Test(arguments: [
        (Duration.seconds(60), false), (.nanoseconds(60_000_000_001), true), (BackoffLimitsTests.huge, true),
    ])
    func aHintAboveTheMaximumStops(hint: Duration, stops: Bool) throws {
        let configuration = try RetryConfiguration(backoff: .none)
        let decision = decisions(
            configuration, [ErrorClassification(.rateLimited, hint: .wait(hint))], random: .constant(0))
        #expect(decision == [stops ? .stop(.hintExceedsMaximum) : .retry(afterNanoseconds: .seconds(60))])
    }

    @Test func aHugeHintBelowAHugeMaximumDoesNotTrap() throws {
        let configuration = try RetryConfiguration(backoff: .none, maxServerHint: BackoffLimitsTests.huge)
        let decision = decisions(
            configuration, [ErrorClassification(.overloaded, hint: .wait(BackoffLimitsTests.huge))])
        #expect(decision == [.stop(.deadlineExceeded)], "no clock ever gets there")
    }

    @Test(
        "sleeps only if it ends before the deadline",
        arguments: [(0.0, true), (3.999_999_999, true), (4, false), (5, false), (1e9, false)])
    func deadlines(now: Double, isRetried: Bool) throws {
        var machine = Machine(
            try RetryConfiguration(totalTimeLimit: .seconds(5), backoff: .fixed(.seconds(1))), startedAt: .zero)
        let decision = machine.decide(
            Machine.Failure(ErrorClassification(.transient), isRejection: false, isCallerCancelled: false),
            now: .seconds(now), random: .constant(0.5), reserve: { true }, release: {})
        #expect(decision == (isRetried ? .retry(afterNanoseconds: .seconds(1)) : .stop(.deadlineExceeded)))
    }

    @Test func theDeadlineCountsFromTheFirstAttempt() throws {
        var machine = Machine(
            try RetryConfiguration(totalTimeLimit: .seconds(5), backoff: .fixed(.seconds(1))),
            startedAt: .seconds(100))
        let decision = machine.decide(
            Machine.Failure(ErrorClassification(.transient), isRejection: false, isCallerCancelled: false),
            now: .seconds(103.9), random: .constant(0.5), reserve: { true }, release: {})
        #expect(decision == .retry(afterNanoseconds: .seconds(1)))
    }

    @Test func waitingForARejectionTakesItsTimeAndCostsNoBudget() throws {
        let configuration = try RetryConfiguration(backoff: .none, waitsForRejections: true)
        var asked = 0
        let rejection = ErrorClassification(.overloaded, fault: .policy, hint: .wait(.seconds(10)))
        let waiting = decisions(
            configuration, [rejection, rejection, rejection], isRejection: true, random: .constant(0),
            reserve: {
                asked += 1
                return false
            })
        #expect(
            waiting == [
                .retry(afterNanoseconds: .seconds(10)), .retry(afterNanoseconds: .seconds(10)),
                .stop(.attemptsExhausted),
            ])
        #expect(asked == 0)
        let endless = decisions(
            configuration, [ErrorClassification(.overloaded, fault: .policy)], isRejection: true)
        #expect(endless == [.stop(.rejected)], "nobody knows how long to wait")
    }

    @Test func delaysBuildOnTheOneBefore() throws {
        let configuration = try RetryConfiguration(maxAttempts: 5, backoff: .decorrelated())
        let transient = ErrorClassification(.transient)
        let steps = decisions(configuration, [transient, transient, transient])
        // 1 + 0.5 · (3 · previous − 1)
        #expect(steps == [2.0, 3.5, 5.75].map { .retry(afterNanoseconds: .seconds($0)) })
    }

    @Test func aPushBackForgetsTheDelayBefore() throws {
        let configuration = try RetryConfiguration(maxAttempts: 9, backoff: .decorrelated())
        let (transient, pushed) = (
            ErrorClassification(.transient), ErrorClassification(.transient, hint: .pushBack(.seconds(50)))
        )
        let steps = decisions(configuration, [transient, transient, pushed, transient, transient])
        #expect(steps == [2.0, 3.5, 50, 2, 3.5].map { .retry(afterNanoseconds: .seconds($0)) })
    }

    @Test func attemptsBeyondAllCountingDoNotTrap() throws {
        let configuration = try RetryConfiguration(maxAttempts: .max, backoff: .linear(jitter: .none))
        let many = decisions(configuration, Array(repeating: ErrorClassification(.transient), count: 1_000))
        #expect(many.last == .retry(afterNanoseconds: .seconds(60)))
    }
}
