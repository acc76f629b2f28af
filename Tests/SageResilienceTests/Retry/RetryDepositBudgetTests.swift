import SageTesting
import Testing

@testable import SageResilience

/// Budgets into which calls deposit.
@Suite(.timeLimit(.minutes(1)))
struct RetryDepositBudgetTests {
    private let clock = TestClock()

    private func withdraw(_ budget: RetryBudget, atMost limit: Int = 100_000) -> Int {
        var begun = 0
        while begun < limit, budget.beginRetry() { begun += 1 }
        return begun
    }

    @Test(
        "refuses by name and value",
        arguments: [
            ("ratio", "-0.1", -0.1, Duration.seconds(10), 10), ("ratio", "1.1", 1.1, .seconds(10), 10),
            ("ratio", "nan", .nan, .seconds(10), 10), ("timeToLive", "0.5 seconds", 0.2, .milliseconds(500), 10),
            ("timeToLive", "61.0 seconds", 0.2, .seconds(61), 10),
            ("timeToLive", "-1.0 seconds", 0.2, .seconds(-1), 10),
            ("minRetriesPerSecond", "-1", 0.2, .seconds(10), -1),
            ("minRetriesPerSecond", "10001", 0.2, .seconds(10), 10_001),
        ])
    func configuration(field: String, value: String, ratio: Double, timeToLive: Duration, minimum: Int) {
        let error = #expect(throws: ConfigurationError.self) {
            try RetryBudget.deposits(ratio: ratio, timeToLive: timeToLive, minRetriesPerSecond: minimum)
        }
        #expect(error?.field == field)
        #expect(error?.value == value)
    }

    @Test("the reserve", arguments: [(10, 10, 100), (1, 5, 5), (0, 10, 0), (10_000, 60, 600_000)])
    func reserve(perSecond: Int, seconds: Int, retries: Int) throws {
        let budget = try RetryBudget.deposits(
            timeToLive: .seconds(seconds), minRetriesPerSecond: perSecond, clock: clock)
        #expect(budget.snapshot().availableRetries == retries)
        guard retries < 1_000 else { return }
        #expect(withdraw(budget) == retries)
        #expect(budget.snapshot().refusedRetries == 1)
        // What was withdrawn is forgotten as well.
        clock.advance(by: .seconds(seconds - 1))
        #expect(withdraw(budget) == 0)
        clock.advance(by: .seconds(1))
        #expect(withdraw(budget) == retries)
    }

    @Test("a deposit lives for a while", arguments: [(0.0, 100), (8.9, 100), (9, 100), (10, 0), (3_600, 0)])
    func timeToLive(seconds: Double, retries: Int) throws {
        let budget = try RetryBudget.deposits(ratio: 0.5, minRetriesPerSecond: 0, clock: clock)
        for _ in 0..<200 { budget.beginCall() }
        clock.advance(by: .seconds(seconds))
        #expect(budget.snapshot().availableRetries == retries)
        #expect(withdraw(budget) == retries)
    }

    @Test func depositsOfDifferentTimesEndOneAfterTheOther() throws {
        let budget = try RetryBudget.deposits(ratio: 0.5, minRetriesPerSecond: 0, clock: clock)
        for _ in 0..<5 {
            for _ in 0..<20 { budget.beginCall() }
            clock.advance(by: .seconds(2))
        }
        for retries in [40, 30, 20, 10, 0, 0] {
            #expect(budget.snapshot().availableRetries == retries)
            clock.advance(by: .seconds(2))
        }
        #expect(budget.isEvictable)
    }

    @Test("a deposit takes the place of one that has had its time", arguments: [10, 20, 100])
    func places(seconds: Int) throws {
        let budget = try RetryBudget.deposits(ratio: 1, minRetriesPerSecond: 0, clock: clock)
        for _ in 0..<7 { budget.beginCall() }
        // The same place among the slices, and nobody has looked meanwhile.
        clock.advance(by: .seconds(seconds))
        for _ in 0..<2 { budget.beginCall() }
        #expect(withdraw(budget) == 2)
    }

    @Test func aPartOfARetryIsNone() throws {
        let budget = try RetryBudget.deposits(ratio: 0.75, minRetriesPerSecond: 0, clock: clock)
        budget.beginCall()
        #expect(budget.snapshot().availableRetries == 0)
        #expect(!budget.beginRetry())
        budget.beginCall()
        #expect(withdraw(budget) == 1)
        for _ in 0..<2 { budget.beginCall() }
        #expect(withdraw(budget) == 2, "the parts add up")
    }

    @Test func aRetryThatIsNotSentIsPaidBack() throws {
        let budget = try RetryBudget.deposits(ratio: 1, minRetriesPerSecond: 0, clock: clock)
        for _ in 0..<2 { budget.beginCall() }
        #expect(withdraw(budget) == 2)
        budget.cancelRetry()
        #expect(budget.activeRetries == 1)
        #expect(withdraw(budget) == 1)
        budget.endRetry()
        budget.endRetry()
        #expect(withdraw(budget) == 0, "a retry that was sent is spent")
        #expect(budget.activeRetries == 0)
        #expect(budget.snapshot().allowedRetries == 2)
        #expect(budget.activeCalls == 0, "which this form need not know")
    }

    @Test func aPolicyDepositsAndWithdraws() async throws {
        let budget = try RetryBudget.deposits(ratio: 0.5, minRetriesPerSecond: 0, clock: clock)
        let policy = RetryPolicy(
            "r", try RetryConfiguration(maxAttempts: 9, backoff: .none, budget: budget), clock: clock)
        for _ in 0..<5 { try await policy.execute {} }
        let attempts = Locked(0)
        await #expect(throws: ServiceError.transient) {
            try await policy.execute {
                attempts.update { $0 += 1 }
                throw ServiceError.transient
            }
        }
        #expect(attempts.value == 4, "six calls deposited three retries")
        // A wait that is cancelled, and a retry that the attempts forbid, withdraw nothing in the end.
        for _ in 0..<2 { try await policy.execute {} }
        let once = RetryPolicy("o", try RetryConfiguration(maxAttempts: 1, budget: budget), clock: clock)
        await #expect(throws: ServiceError.transient) { try await once.execute { throw ServiceError.transient } }
        #expect(budget.snapshot().availableRetries == 1)
        let waiting = RetryPolicy(
            "w", try RetryConfiguration(backoff: .fixed(.seconds(1)), budget: budget), clock: clock)
        let task = Task { try await waiting.execute { throw ServiceError.transient } }
        await clock.waitForSleepers(1)
        #expect(budget.snapshot().availableRetries == 1, "eight calls and more deposited, one withdrawn")
        #expect(budget.activeRetries == 1)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(budget.snapshot().availableRetries == 2)
        #expect(budget.activeRetries == 0)
    }

    /// Ten slices kept as a plain list, against the words and the balance.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func agreesWithANaiveModel(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let budget = try RetryBudget.deposits(ratio: 0.5, minRetriesPerSecond: 1, clock: clock)
        var entries: [(slice: Int, units: Int)] = []
        var (milliseconds, calls) = (0, 0)
        for _ in 0..<3_000 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0:
                let step = Int.random(in: 0..<3_000, using: &generator)
                milliseconds += step
                clock.advance(by: .milliseconds(step))
            case 1...4:
                budget.beginCall()
                calls += 1
                if calls.isMultiple(of: 2) { entries.append((milliseconds / 1_000, 1)) }
            case 5:
                budget.cancelRetry()
                entries.append((milliseconds / 1_000, 1))
            default:
                entries.removeAll { milliseconds / 1_000 - $0.slice >= 10 }
                let isAllowed = 10 + entries.reduce(0) { $0 + $1.units } >= 1
                #expect(budget.beginRetry() == isAllowed)
                if isAllowed { entries.append((milliseconds / 1_000, -1)) }
            }
            entries.removeAll { milliseconds / 1_000 - $0.slice >= 10 }
            #expect(budget.snapshot().availableRetries == max(0, 10 + entries.reduce(0) { $0 + $1.units }))
        }
    }

    @Test(
        "a word keeps both of its parts",
        arguments: [
            (0, 0, 0), (5, 10_000, 10_000), (7, -10_000, -10_000), (1 << 28 - 1, 1 << 40, 1 << 35 - 1),
            (3, -(1 << 40), -(1 << 35 - 1)), (1 << 28 + 3, 12, 12),
        ] as [(Int64, Int64, Int64)])
    func entries(number: Int64, amount: Int64, kept: Int64) {
        let entry = RetryDeposits.Entry(number: number, amount: amount)
        #expect(entry.amount == kept)
        #expect(entry.age(at: number) == 0)
        #expect(entry.age(at: number + 9) == 9)
        #expect(entry.age(at: number + 10) == 10)
        #expect(entry.age(at: number - 1) == 0, "a clock that went back")
    }

    @Test func aClockThatGoesBackDoesNotTrap() throws {
        let clock = TestClock()
        let deposits = RetryDeposits(
            ratio: 1, timeToLive: .seconds(10), minRetriesPerSecond: 0, timeline: Timeline(BackwardsClock(clock)))
        for _ in 0..<30 {
            deposits.depositLot()
            clock.advance(by: .seconds(1))
            #expect(deposits.withdraw())
        }
    }

    /// A clock that runs the other way.
    private struct BackwardsClock: Clock {
        typealias Instant = TestClock.Instant
        let clock: TestClock

        init(_ clock: TestClock) {
            self.clock = clock
        }

        var now: Instant { Instant(offset: .zero - clock.now.offset) }
        var minimumResolution: Duration { .zero }
        func sleep(until deadline: Instant, tolerance: Duration?) async throws {}
    }

    @Test func neverAllowsMoreThanIsThereUnderConcurrency() async throws {
        let budget = try RetryBudget.deposits(ratio: 1, minRetriesPerSecond: 0, clock: clock)
        let begun = Locked(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var mine = 0
                    for number in 0..<2_000 {
                        if number.isMultiple(of: 2) { budget.beginCall() }
                        if budget.beginRetry() {
                            budget.endRetry()
                            mine += 1
                        }
                    }
                    begun.update { [mine] in $0 += mine }
                }
            }
        }
        #expect(begun.value + withdraw(budget) == 4_000)
    }
}
