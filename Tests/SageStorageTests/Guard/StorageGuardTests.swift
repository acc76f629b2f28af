import SageResilience
import SageStorage
import SageTesting
import Synchronization
import Testing

struct StorageGuardTests {
    private let clock = TestClock()

    private func makeGuard(
        connect: StoragePolicies.Rule = .connect, statements: StoragePolicies.Rule = .statements,
        listener: (any ResilienceListener)? = nil
    ) throws -> StorageGuard {
        var (connect, statements) = (connect, statements)
        // Without waits a retry never sleeps, so that no test has to move the clock.
        connect.initialDelay = .zero
        statements.initialDelay = .zero
        return try StorageGuard(
            "db", StoragePolicies(connect: connect, statements: statements, clock: clock, listener: listener))
    }

    /// How often an operation runs that always fails.
    private func attempts(
        of kind: StorageOperation, failingWith error: any Error, in guarded: StorageGuard? = nil
    ) async throws -> Int {
        let calls = Mutex(0)
        let guarded = try guarded ?? makeGuard()
        await #expect(throws: (any Error).self) {
            try await guarded.run(kind) { _ in
                calls.withLock { $0 += 1 }
                throw error
            }
        }
        return calls.withLock { $0 }
    }

    struct Case: CustomTestStringConvertible {
        let problem: StorageError.Problem
        var isNotDone = false
        var isOutcomeUnknown = false
        let reads: Int
        let writes: Int
        /// Whether it counts against the store.
        let counts: Bool

        var testDescription: String {
            "\(problem.rawValue)\(isNotDone ? ", not done" : "")\(isOutcomeUnknown ? ", outcome unknown" : "")"
        }
    }

    static let cases = [
        Case(problem: .connectionLost, reads: 3, writes: 1, counts: true),
        Case(problem: .connectionLost, isNotDone: true, reads: 3, writes: 3, counts: true),
        Case(problem: .connectionLost, isOutcomeUnknown: true, reads: 1, writes: 1, counts: true),
        Case(problem: .serviceDown, isNotDone: true, reads: 3, writes: 3, counts: true),
        Case(problem: .starting, isNotDone: true, reads: 3, writes: 3, counts: true),
        Case(problem: .timeout, reads: 3, writes: 1, counts: true),
        Case(problem: .timeout, isNotDone: true, reads: 3, writes: 3, counts: true),
        Case(problem: .timeout, isOutcomeUnknown: true, reads: 1, writes: 1, counts: true),
        Case(problem: .serialization, reads: 3, writes: 3, counts: false),
        Case(problem: .serialization, isOutcomeUnknown: true, reads: 1, writes: 1, counts: true),
        Case(problem: .busy, reads: 3, writes: 3, counts: true),
        Case(problem: .full, reads: 3, writes: 1, counts: false),
        Case(problem: .full, isNotDone: true, reads: 3, writes: 3, counts: false),
        Case(problem: .tooManyConnections, isNotDone: true, reads: 3, writes: 3, counts: true),
        Case(problem: .statement, isNotDone: true, reads: 1, writes: 1, counts: false),
        Case(problem: .constraint, isNotDone: true, reads: 1, writes: 1, counts: false),
        Case(problem: .value, isNotDone: true, reads: 1, writes: 1, counts: false),
        Case(problem: .authentication, reads: 1, writes: 1, counts: false),
        Case(problem: .newerSchema, reads: 1, writes: 1, counts: false),
        Case(problem: .closed, reads: 1, writes: 1, counts: false),
        Case(problem: .other, reads: 2, writes: 1, counts: true),
    ]

    @Test(arguments: cases) func repeatsOnlyWhatIsSafe(_ row: Case) async throws {
        let error = StorageError(
            row.problem, store: "db", "broken", isNotDone: row.isNotDone, isOutcomeUnknown: row.isOutcomeUnknown)
        for (kind, expected) in [(StorageOperation.read, row.reads), (.write, row.writes)] {
            let guarded = try makeGuard()
            #expect(try await attempts(of: kind, failingWith: error, in: guarded) == expected)
            let failures = guarded.statementBreaker.snapshot().failures
            #expect(failures == (row.counts ? expected : 0))
            #expect(guarded.connectBreaker.snapshot().calls == 0)
        }
    }

    @Test(arguments: StorageOperation.allCases)
    func errorsOfTheCallersClosureAreNeitherRepeatedNorCounted(_ kind: StorageOperation) async throws {
        struct OwnError: Error {}
        let guarded = try makeGuard()
        #expect(try await attempts(of: kind, failingWith: OwnError(), in: guarded) == 1)
        #expect(guarded.statementBreaker.snapshot().calls == 0)
        #expect(guarded.connectBreaker.snapshot().calls == 0)
        #expect(guarded.health.status == .healthy)
    }

    @Test func connectingIsTriedFiveTimesAndThenRefusedForHalfAMinute() async throws {
        let guarded = try makeGuard()
        let down = StorageError(.serviceDown, store: "db", "nothing listens", isNotDone: true)
        #expect(try await attempts(of: .connect, failingWith: down, in: guarded) == 5)
        #expect(guarded.connectBreaker.state == .open)
        #expect(guarded.statementBreaker.state == .closed)
        #expect(try await attempts(of: .connect, failingWith: down, in: guarded) == 0)
        // The recovery time is spread by a tenth.
        clock.advance(by: .seconds(33))
        try await guarded.run(.connect) { _ in }
        #expect(guarded.connectBreaker.state == .closed)
    }

    @Test func theBreakerOfStatementsRecoversAfterAMinute() async throws {
        let guarded = try makeGuard()
        let lost = StorageError(.connectionLost, store: "db", "gone")
        #expect(try await attempts(of: .read, failingWith: lost, in: guarded) == 3)
        #expect(try await attempts(of: .read, failingWith: lost, in: guarded) == 2)
        #expect(guarded.statementBreaker.state == .open)
        clock.advance(by: .seconds(53))
        #expect(try await attempts(of: .read, failingWith: lost, in: guarded) == 0)
        clock.advance(by: .seconds(13))
        for _ in 0..<3 { try await guarded.run(.read) { _ in } }
        #expect(guarded.statementBreaker.state == .closed)
    }

    @Test func theLastErrorOfTheStoreComesThroughUnchanged() async throws {
        let error = StorageError(.busy, store: "db", "locked", code: "5", isNotDone: true)
        let guarded = try makeGuard()
        await #expect(throws: error) { try await guarded.run(.write) { _ in throw error } }
        #expect(guarded.lastFailure == error)
        #expect(guarded.health.status == .degraded)
        #expect(guarded.health.reason == "db: locked (5)")
        try await guarded.run(.write) { _ in }
        #expect(guarded.lastFailure == nil)
        #expect(guarded.health.status == .healthy)
    }

    @Test(arguments: [StorageError.Problem.full, .readOnly])
    func whatCanBeReadDoesNotHideThatNothingCanBeWritten(_ problem: StorageError.Problem) async throws {
        let guarded = try makeGuard()
        let error = StorageError(problem, store: "db", "the disk takes nothing more", isNotDone: true)
        _ = try await attempts(of: .write, failingWith: error, in: guarded)
        guarded.statementBreaker.reset()
        for kind in [StorageOperation.read, .connect] {
            try await guarded.run(kind) { _ in }
            #expect(guarded.lastFailure == error)
        }
        try await guarded.run(.write) { _ in }
        #expect(guarded.lastFailure == nil)
    }

    @Test func whatDoesNotPassByItselfIsUnhealthyAtOnce() async throws {
        let guarded = try makeGuard()
        let error = StorageError(.authentication, store: "db", "wrong password")
        #expect(try await attempts(of: .connect, failingWith: error, in: guarded) == 1)
        #expect(guarded.health.status == .unhealthy)
    }

    @Test func anAttemptEndsAtTheEarlierOfItsLimitAndTheCallsDeadline() async throws {
        let guarded = try makeGuard()
        #expect(try await guarded.run(.read) { $0.remaining } == .seconds(30))
        #expect(try await guarded.run(.connect) { $0.remaining } == .seconds(10))
        let sooner = try await CallContext.with(deadline: .after(.seconds(3), clock: clock)) {
            try await guarded.run(.write) { $0.remaining }
        }
        #expect(sooner == .seconds(3))
    }

    @Test func aPassedDeadlineMakesNoAttemptAndDoesNotCount() async throws {
        let guarded = try makeGuard()
        let deadline = Deadline.after(.seconds(1), clock: clock)
        clock.advance(by: .seconds(1))
        await CallContext.with(deadline: deadline) {
            let error = await #expect(throws: StorageError.self) {
                try await guarded.run(.read) { _ in Issue.record("an attempt was made") }
            }
            #expect(error?.problem == .timeout)
            #expect(error?.isNotDone == true)
        }
        #expect(guarded.statementBreaker.snapshot().calls == 0)
    }

    @Test func statementsAreRepeatedAlsoWithinAnotherServicesRetry() async throws {
        let guarded = try makeGuard()
        let calls = Mutex(0)
        let outer = RetryPolicy("outer", try RetryConfiguration(maxAttempts: 2, backoff: .none), clock: clock)
        await #expect(throws: StorageError.self) {
            try await outer.execute {
                try await guarded.run(.write) { _ in
                    calls.withLock { $0 += 1 }
                    throw StorageError(.serialization, store: "db", "undone", isNotDone: true)
                }
            }
        }
        #expect(calls.withLock { $0 } == 6)
    }

    @Test func aStatementLeavesConnectingToItsOwnPolicy() async throws {
        let guarded = try makeGuard()
        let tries = Mutex(0)
        let down = StorageError(.serviceDown, store: "db", "nothing listens", isNotDone: true)
        let error = await #expect(throws: StorageError.self) {
            try await guarded.run(.write) { _ in
                try await guarded.run(.connect) { _ in
                    tries.withLock { $0 += 1 }
                    throw down
                }
            }
        }
        #expect(error?.problem == .serviceDown)
        #expect(tries.withLock { $0 } == 5)
        #expect(guarded.connectBreaker.state == .open)
        #expect(guarded.statementBreaker.snapshot().calls == 0)
    }

    @Test func aDeadlineOfTheCallerIsNoFailureOfTheStore() async throws {
        let guarded = try makeGuard()
        for _ in 0..<10 {
            await CallContext.with(deadline: .after(.seconds(1), clock: clock)) {
                let error = await #expect(throws: StorageError.self) {
                    try await guarded.run(.read) { _ in
                        clock.advance(by: .seconds(1))
                        throw StorageError(.timeout, store: "db", "no answer in time")
                    }
                }
                #expect(error?.problem == .timeout)
            }
        }
        #expect(guarded.statementBreaker.snapshot().calls == 0)
        #expect(guarded.health.status == .healthy)
    }

    // MARK: Back again

    /// A guard whose breaker of statements is open because of this failure.
    private func openGuard(_ problem: StorageError.Problem) async throws -> StorageGuard {
        let guarded = try makeGuard()
        for _ in 0..<2 {
            _ = try await attempts(
                of: .read, failingWith: StorageError(problem, store: "db", "no answer"), in: guarded)
        }
        #expect(guarded.statementBreaker.state == .open)
        return guarded
    }

    @Test func aServerThatIsBackIsUsedBeforeTheBreakersTimeIsOver() async throws {
        let guarded = try await openGuard(.connectionLost)
        let probes = Mutex(0)
        let down = StorageError(.serviceDown, store: "db", "nothing listens", isNotDone: true)
        for second in 1...3 {
            for _ in 0..<5 {
                await #expect(throws: CircuitBreakerError.self) {
                    try await guarded.run(
                        .read,
                        probe: { _ in
                            probes.withLock { $0 += 1 }
                            throw down
                        }
                    ) { _ in Issue.record("an attempt was made") }
                }
            }
            #expect(probes.withLock { $0 } == second, "one a second")
            clock.advance(by: .seconds(1))
        }
        let isRead = try await guarded.run(.read, probe: { _ in }) { _ in true }
        #expect(isRead)
        #expect(guarded.statementBreaker.state == .closed)
        #expect(guarded.lastFailure == nil)
    }

    @Test func connectingShowsNothingAboutAServerThatIsSlow() async throws {
        let guarded = try await openGuard(.timeout)
        await #expect(throws: CircuitBreakerError.self) {
            try await guarded.run(.read, probe: { _ in Issue.record("probed") }) { _ in }
        }
    }

    @Test func nobodyUndoesWhatAnOperatorHasOpened() async throws {
        let guarded = try await openGuard(.connectionLost)
        try guarded.statementBreaker.transition(to: .forcedOpen)
        await #expect(throws: CircuitBreakerError.self) {
            try await guarded.run(.read, probe: { _ in Issue.record("probed") }) { _ in }
        }
    }

    @Test(arguments: [
        ("maxAttempts", StoragePolicies.Rule.statements.with { $0.attempts = 0 }),
        ("statements.timeLimit", StoragePolicies.Rule.statements.with { $0.timeLimit = .zero }),
        ("consecutiveFailures", StoragePolicies.Rule.statements.with { $0.failuresToOpen = 0 }),
        ("recoveryTimeout", StoragePolicies.Rule.statements.with { $0.recovery = .zero }),
    ]) func refusesImpossibleRules(field: String, rule: StoragePolicies.Rule) {
        let error = #expect(throws: ConfigurationError.self) {
            try StorageGuard("db", StoragePolicies(statements: rule))
        }
        #expect(error?.field == field)
    }
}

extension StoragePolicies.Rule {
    fileprivate func with(_ change: (inout Self) -> Void) -> Self {
        var copy = self
        change(&copy)
        return copy
    }
}
