import SageTesting
import Testing

@testable import SageResilience

@Suite(.timeLimit(.minutes(1)))
struct SupervisorTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()

    private func supervisor(
        _ strategy: Supervisor.Strategy = .oneForOne, maxRestarts: Int = 3,
        onExcess: SupervisionPolicy.ExcessAction = .escalate, backoff: Backoff? = nil,
        @ChildBuilder children: () -> [Child]
    ) throws -> Supervisor {
        try Supervisor(
            "s", strategy: strategy,
            intensity: RestartIntensity(maxRestarts: maxRestarts, within: .seconds(60)),
            backoff: backoff ?? .exponential(initialDelay: .seconds(1), jitter: .none), onExcess: onExcess,
            clock: clock, random: .constant(0), listener: recorder, children: children)
    }

    @Test func returnsWhenAllChildrenHaveEndedForGood() async throws {
        let supervisor = try supervisor {
            Child("a", restart: .transient) {}
            Child("b", restart: .temporary) { throw UnknownError() }
        }
        try await supervisor.run()
        let snapshot = supervisor.snapshot()
        #expect(snapshot.state == .stopped)
        #expect(snapshot[child: "a"]?.state == .completed)
        #expect(snapshot[child: "b"]?.state == .failed)
        #expect(snapshot[child: "b"]?.lastFailure?.errorType == "UnknownError")
        #expect(snapshot[child: "a"]?.lastFailure == nil)
    }

    @Test func restartsAfterTheBackoffUntilItSucceeds() async throws {
        let runs = Locked(0)
        let supervisor = try supervisor {
            Child("a", restart: .transient) {
                let run = runs.increment()
                if run < 4 { throw ServiceError.transient }
            }
        }
        async let run: Void = supervisor.run()
        for delay in [1, 2, 4] {
            let deadline = await clock.nextTimerScheduled()
            #expect(clock.now.offset + .seconds(delay) == deadline.offset)
            let snapshot = try #require(supervisor.snapshot()[child: "a"])
            #expect(snapshot.state == .backingOff)
            #expect(snapshot.restartsIn == .seconds(delay))
            #expect(snapshot.uptime == nil)
            #expect(snapshot.lastFailure?.errorClass == .transient)
            #expect(snapshot.lastFailure?.age == .zero)
            clock.advance(to: deadline)
        }
        try await run
        #expect(
            recorder.childLog == [
                "+a 0", "-a ServiceError", "a in 1.0", "+a 1", "-a ServiceError", "a in 2.0", "+a 2",
                "-a ServiceError", "a in 4.0", "+a 3", "-a",
            ])
        #expect(recorder.events.map(\.sequence) == Array(1...11))
        #expect(recorder.events.first?.policy == PolicyIdentity(.supervisor, "s"))
    }

    @Test("a child that a shutdown refuses is not started again, and the supervisor waits for the shutdown")
    func aShutdownElsewhereIsNoFailure() async throws {
        let supervisor = try supervisor(maxRestarts: 0) {
            Child("a") { throw Refusal(reason: .shuttingDown) }
        }
        async let run: Void = supervisor.run()
        _ = try await recorder.waitForEvent { if case .childEnded(child: "a", _) = $0.kind { true } else { false } }
        #expect(supervisor.snapshot().state == .running)
        #expect(supervisor.snapshot()[child: "a"]?.state == .stopped)
        supervisor.shutDown()
        try await run
        #expect(recorder.childLog == ["+a 0", "-a"])
        #expect(supervisor.snapshot()[child: "a"]?.lastFailure == nil)
    }

    @Test func escalatesWithTheChildAndItsLastError() async throws {
        let runs = Locked(0)
        let supervisor = try supervisor(maxRestarts: 2, backoff: Backoff.none) {
            Child("a") { throw UnknownError(number: runs.increment()) }
            Child("b") { try await Gate().pass() }
        }
        let error = await #expect(throws: SupervisorError.self) { try await supervisor.run() }
        #expect(error?.supervisor == "s")
        #expect(error?.child == "a")
        #expect(error?.restarts == 2)
        #expect(error?.lastError as? UnknownError == UnknownError(number: 3))
        #expect(
            error?.description
                == "s: child a failed with UnknownError after 2 restarts; allowed are 2 within 60.0 seconds")
        #expect(recorder.childLog.contains("!a escalate"))
        #expect(supervisor.snapshot()[child: "a"]?.state == .failed)
        #expect(supervisor.snapshot()[child: "b"]?.state == .stopped)
        #expect(supervisor.snapshot()[child: "b"]?.uptime == nil)
    }

    @Test func aPermanentChildThatReturnsHasFailedToo() async throws {
        let supervisor = try supervisor(maxRestarts: 1, backoff: Backoff.none) { Child("a") {} }
        let error = await #expect(throws: SupervisorError.self) { try await supervisor.run() }
        #expect(error?.lastError == nil)
        #expect(error?.classification == ErrorClassification(.unknown))
        #expect(recorder.childLog == ["+a 0", "-a", "a in 0.0", "+a 1", "-a", "!a escalate"])
    }

    @Test func anErrorClassifiesItselfAsItsCause() {
        let error = SupervisorError(
            supervisor: "s", child: "a", restarts: 0, intensity: .default, lastError: ServiceError(.authentication))
        #expect(error.classification.errorClass == .authentication)
    }

    @Test func stopsOnExcessWithoutAnError() async throws {
        let supervisor = try supervisor(maxRestarts: 0, onExcess: .stop) {
            Child("a") { throw UnknownError() }
            Child("b") { try await Gate().pass() }
        }
        try await supervisor.run()
        #expect(recorder.childLog.contains("!a stop"))
        #expect(supervisor.snapshot()[child: "a"]?.state == .failed)
    }

    @Test func restartsTheGroupOnExcessAndThenEscalates() async throws {
        let action = SupervisionPolicy.ExcessAction.restartGroup(try RestartIntensity(maxRestarts: 1))
        let supervisor = try supervisor(maxRestarts: 0, onExcess: action, backoff: Backoff.none) {
            Child("a") { try await Gate().pass() }
            Child("b") { throw UnknownError() }
        }
        let error = await #expect(throws: SupervisorError.self) { try await supervisor.run() }
        #expect(error?.child == "b")
        #expect(recorder.childLog.filter { $0.hasPrefix("!") } == ["!b restart_group", "!b escalate"])
        #expect(recorder.childLog.filter { $0.hasPrefix("+a") } == ["+a 0", "+a 1"])
    }

    @Test(
        "the group stops in reverse order and starts in order, after the delay",
        arguments: [
            (Supervisor.Strategy.oneForOne, ["-b UnknownError", "b in 1.0", "+b 1"]),
            (.oneForAll, ["-b UnknownError", "b in 1.0", "-c", "-a", "+a 1", "+b 1", "+c 1"]),
            (.restForOne, ["-b UnknownError", "b in 1.0", "-c", "+b 1", "+c 1"]),
        ])
    func groups(strategy: Supervisor.Strategy, expected: [String]) async throws {
        let fails = Gate()
        let runs = Locked(0)
        let supervisor = try supervisor(strategy) {
            Child("a") { try await Gate().pass() }
            Child("b") {
                if runs.increment() > 1 { try await Gate().pass() }
                try await fails.pass()
                throw UnknownError()
            }
            Child("c") { try await Gate().pass() }
        }
        let task = Task { try await supervisor.run() }
        try await recorder.childStarted("c")
        fails.open()
        await clock.nextTimerScheduled()
        clock.advance(by: .seconds(1))
        try await recorder.childStarted(strategy == .oneForOne ? "b" : "c", restarts: 1)
        #expect(recorder.childLog == ["+a 0", "+b 0", "+c 0"] + expected)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func childrenStartWhenThoseBeforeThemAreReady() async throws {
        let opens = Gate()
        let supervisor = try supervisor {
            Child("store") { child in
                try await opens.pass()
                child.ready()
                child.ready()
                try await Gate().pass()
            }
            Child("user") { try await Gate().pass() }
        }
        let task = Task { try await supervisor.run() }
        try await recorder.childStarted("store")
        #expect(supervisor.snapshot()[child: "store"]?.state == .starting)
        #expect(supervisor.snapshot()[child: "user"]?.state == .starting)
        #expect(recorder.childLog == ["+store 0"])
        opens.open()
        try await recorder.childStarted("user")
        #expect(supervisor.snapshot()[child: "store"]?.state == .running)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func uptimeIsThatOfTheOperation() async throws {
        let supervisor = try supervisor { Child("a") { try await Gate().pass() } }
        #expect(supervisor.isEvictable)
        let task = Task { try await supervisor.run() }
        try await recorder.childStarted("a")
        clock.advance(by: .seconds(7))
        #expect(supervisor.snapshot().uptime == .seconds(7))
        #expect(supervisor.snapshot()[child: "a"]?.uptime == .seconds(7))
        #expect(!supervisor.isEvictable)
        task.cancel()
        _ = await task.result
        #expect(supervisor.snapshot().uptime == nil)
    }

    @Test func runsAgainAfterItHasEndedButNotTwiceAtOnce() async throws {
        let gate = Gate()
        let supervisor = try supervisor { Child("a", restart: .transient) { try await gate.pass() } }
        async let run: Void = supervisor.run()
        try await recorder.childStarted("a")
        await #expect(throws: SupervisionError.alreadyRunning(supervisor: "s")) { try await supervisor.run() }
        gate.open()
        try await run
        try await supervisor.run()
        #expect(recorder.childLog == ["+a 0", "-a", "+a 0", "-a"])
    }

    @Test func aChildMayUseItsSupervisor() async throws {
        let box = Locked<Supervisor?>(nil)
        let supervisor = try supervisor {
            Child("a", restart: .transient) {
                let supervisor = try #require(box.value)
                #expect(supervisor.snapshot()[child: "a"]?.state == .running)
                try supervisor.add(Child("b", restart: .temporary) { supervisor.shutDown() })
            }
            Child("keeper") { try await Gate().pass() }
        }
        box.update { $0 = supervisor }
        let task = Task { try await supervisor.run() }
        try await recorder.childEnded("b")
        await clock.nextTimerScheduled()
        clock.advance(by: .seconds(10))
        try await task.value
        box.update { $0 = nil }
    }

    @Test func aClockThatFailsEndsInAnEscalation() async throws {
        let supervisor = try Supervisor(
            "s", intensity: .default, backoff: .fixed(.seconds(1)), clock: BrokenClock()
        ) {
            Child("a") { throw UnknownError() }
        }
        let error = await #expect(throws: SupervisorError.self) { try await supervisor.run() }
        #expect(error?.lastError is BrokenClock.Broken)
    }

    private struct BrokenClock: Clock {
        struct Broken: Error {}
        var now: TestClock.Instant { TestClock.Instant() }
        var minimumResolution: Duration { .zero }
        func sleep(until deadline: TestClock.Instant, tolerance: Duration?) async throws { throw Broken() }
    }
}
