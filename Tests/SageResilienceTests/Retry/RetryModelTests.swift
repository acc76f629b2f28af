import SageTesting
import Testing

@testable import SageResilience

/// The decisions against a plain retelling of the rules, and budgets against every kind of ending.
@Suite(.timeLimit(.minutes(1)))
struct RetryModelTests {
    private typealias Machine = RetryPolicy.StateMachine

    /// What a random call is made of.
    private struct Scenario {
        var maxAttempts: Int
        var totalSeconds: Double?
        var maxUnknown: Int
        var maxHint: Double
        var idempotent: Bool
        var waits: Bool
        var nests: Bool
        var byClass: Bool
    }

    private struct Event {
        var errorClass: ErrorClass
        var hint: ServerHint?
        var notSent: Bool
        var rejection: Bool
        var cancelled: Bool
        var nested: Bool
        var budget: Bool
        var now: Double
        var remaining: Double?
    }

    /// The rules once more, the naive way: every attempt so far in a list, nothing remembered.
    private struct Model {
        let scenario: Scenario
        var history: [(event: Event, delay: Double)] = []
        var failures = 0

        func group(_ event: Event) -> String {
            if event.rejection || !scenario.byClass { return "all" }
            if event.notSent { return "not sent" }
            return switch event.errorClass {
            case .timeout: "timeout"
            case .rateLimited: "limited"
            default: "all"
            }
        }

        func limit(_ group: String) -> Int { ["timeout": 1, "limited": 3, "not sent": 2][group] ?? .max }

        func delay(_ group: String, _ step: Int) -> Double {
            switch group {
            case "timeout": 0.5
            case "limited": 5 * Double(step)
            case "not sent": 0.25
            default: Double(step)
            }
        }

        mutating func decide(_ event: Event) -> String {
            failures += 1
            if event.cancelled { return "cancelled" }
            if event.rejection, !scenario.waits || event.hint == nil { return "rejected" }
            if event.errorClass.retryability == .permanent { return "permanent" }
            let unknown = history.count { $0.event.errorClass == .unknown }
            if event.errorClass == .unknown, unknown >= scenario.maxUnknown { return "unknown_error" }
            if !scenario.idempotent, !event.notSent, !event.rejection { return "not_idempotent" }
            var exact: Double?
            var least = 0.0
            switch event.hint {
            case .doNotRetry: return "server_says_stop"
            case .pushBack(let wait):
                if wait < .zero { return "server_says_stop" }
                if wait.seconds > scenario.maxHint { return "hint_exceeds_maximum" }
                exact = wait.seconds
            case .wait(let wait):
                if wait.seconds > scenario.maxHint { return "hint_exceeds_maximum" }
                least = wait.seconds
            case nil: break
            }
            if event.nested, !scenario.nests { return "nested" }
            if !event.budget, !event.rejection { return "budget_exhausted" }
            if failures >= scenario.maxAttempts { return "attempts_exhausted" }
            let group = group(event)
            let same = history.filter { self.group($0.event) == group }
            if same.count >= limit(group) { return "attempts_exhausted" }
            // Steps since the last push-back of the same kind.
            var step = 1
            for entry in same {
                if case .pushBack = entry.event.hint { step = 1 } else { step += 1 }
            }
            let delay = exact ?? max(self.delay(group, step), least)
            if let total = scenario.totalSeconds, event.now + delay >= total { return "deadline_exceeded" }
            if let remaining = event.remaining, delay >= remaining { return "deadline_exceeded" }
            history.append((event, delay))
            return "retry \(delay)"
        }
    }

    private func randomHint(_ generator: inout SeededGenerator) -> ServerHint? {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: .doNotRetry
        case 1: .pushBack(.seconds(Int.random(in: -1...11, using: &generator)))
        case 2, 3: .wait(.seconds(Int.random(in: -2...11, using: &generator)))
        default: nil
        }
    }

    private func randomEvent(_ generator: inout SeededGenerator, _ now: Double) -> Event {
        func chance(_ percent: Int, _ generator: inout SeededGenerator) -> Bool {
            Int.random(in: 0..<100, using: &generator) < percent
        }
        let classes: [ErrorClass] =
            [.transient, .timeout, .rateLimited, .overloaded, .unknown]
            + (chance(10, &generator) ? ErrorClass.allCases : [])
        return Event(
            errorClass: classes.randomElement(using: &generator) ?? .transient, hint: randomHint(&generator),
            notSent: chance(40, &generator), rejection: chance(10, &generator), cancelled: chance(2, &generator),
            nested: chance(3, &generator), budget: !chance(3, &generator), now: now,
            remaining: chance(10, &generator) ? Double.random(in: 0...20, using: &generator) : nil)
    }

    @Test("against a naive model", arguments: 1...200 as ClosedRange<UInt64>)
    func agrees(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let scenario = Scenario(
                maxAttempts: .random(in: 1...12, using: &generator),
                totalSeconds: Bool.random(using: &generator) ? .random(in: 1...60, using: &generator) : nil,
                maxUnknown: .random(in: 0...3, using: &generator), maxHint: 8,
                idempotent: Int.random(in: 0..<4, using: &generator) > 0, waits: .random(using: &generator),
                nests: .random(using: &generator), byClass: .random(using: &generator))
            var machine = Machine(try configuration(scenario), startedAt: .zero)
            var model = Model(scenario: scenario)
            var now = 0.0
            while true {
                let event = randomEvent(&generator, now)
                let expected = model.decide(event)
                let decision = decide(&machine, event)
                #expect(decision == expected, "\(scenario) \(model.history) \(event)")
                guard expected.hasPrefix("retry"), decision == expected else { break }
                now += (model.history.last?.delay ?? 0) + 0.125
            }
            #expect(machine.failedAttempts == model.failures)
        }
    }

    private func configuration(_ scenario: Scenario) throws -> RetryConfiguration {
        try RetryConfiguration(
            maxAttempts: scenario.maxAttempts, totalTimeLimit: scenario.totalSeconds.map { .seconds($0) },
            backoff: .linear(jitter: .none),
            classBackoffs: scenario.byClass
                ? ClassBackoffs(
                    [
                        .timeout: .init(.fixed(.milliseconds(500)), maxRetries: 1),
                        .rateLimited: .init(.linear(initialDelay: .seconds(5), jitter: .none), maxRetries: 3),
                    ], notSent: .init(.fixed(.milliseconds(250)), maxRetries: 2)) : nil,
            maxUnknownRetries: scenario.maxUnknown, maxServerHint: .seconds(scenario.maxHint),
            idempotency: scenario.idempotent ? .idempotent : .notIdempotent, waitsForRejections: scenario.waits,
            retriesWhenNested: scenario.nests)
    }

    /// Also checks that whatever is taken from the budget is either kept for a retry or given back.
    private func decide(_ machine: inout Machine, _ event: Event) -> String {
        var (reserved, released) = (0, 0)
        let decision = machine.decide(
            .init(
                ErrorClassification(event.errorClass, hint: event.hint, isNotSent: event.notSent),
                isRejection: event.rejection, isCallerCancelled: event.cancelled, isNested: event.nested),
            now: .seconds(event.now), remaining: event.remaining.map { .seconds($0) } ?? .max, random: .constant(0),
            reserve: {
                reserved += event.budget ? 1 : 0
                return event.budget
            },
            release: { released += 1 })
        switch decision {
        case .retry(let nanoseconds):
            #expect(reserved - released == (event.rejection ? 0 : 1))
            return "retry \(Double(nanoseconds) / 1e9)"
        case .stop(let reason):
            #expect(reserved == released)
            return reason.rawValue
        }
    }

    // MARK: Conservation

    static let budgets: [@Sendable (TestClock) throws -> RetryBudget] = [
        { _ in try RetryBudget(ratio: 0.2, floor: 3) },
        { _ in try .tokenBucket(maximum: 1_000, ratio: 1) },
        { try .deposits(ratio: 1, minRetriesPerSecond: 100, clock: $0) },
    ]

    @Test("whatever ends a call, nothing stays behind in its budget", arguments: 0..<3, [true, false])
    func conservation(form: Int, isInherited: Bool) async throws {
        let clock = TestClock()
        let budget = try Self.budgets[form](clock)
        let policy = RetryPolicy(
            "r",
            try RetryConfiguration(
                maxAttempts: 4, backoff: .custom { retry, _ in .seconds(retry % 2) }, waitsForRejections: true,
                budget: isInherited ? nil : budget),
            onRetry: { attempt in
                if attempt.number == 3, attempt.error is Refusal { withUnsafeCurrentTask { $0?.cancel() } }
            },
            clock: clock)
        let mover = Task {
            while !Task.isCancelled { clock.advance(to: await clock.nextTimerScheduled()) }
        }
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    var generator = SeededGenerator(seed: UInt64(worker + 1))
                    for _ in 0..<150 {
                        let plan = (0..<4).map { _ in Int.random(in: 0..<8, using: &generator) }
                        // A task of its own, because a plan may cancel it.
                        _ = await Task { try await Self.call(policy, isInherited ? budget : nil, plan) }.result
                    }
                }
            }
        }
        mover.cancel()
        await mover.value
        #expect(budget.activeCalls == 0)
        #expect(budget.activeRetries == 0)
        #expect(budget.snapshot().allowedRetries > 0)
        #expect(clock.pendingDeadlines.isEmpty)
    }

    private static func call(_ policy: RetryPolicy, _ inherited: RetryBudget?, _ plan: [Int]) async throws {
        try await CallContext.with(retryBudget: inherited) {
            try await policy.execute {
                switch plan[CallContext.current.attempt - 1] {
                case 0, 1: return
                case 2: throw ServiceError.permanent
                case 3: throw Refusal(retryAfter: .seconds(1))
                case 4:
                    withUnsafeCurrentTask { $0?.cancel() }
                    throw CancellationError()
                case 5: throw ServiceError(.rateLimited, hint: .pushBack(.seconds(2)))
                default: throw ServiceError.transient
                }
            }
        }
    }
}
