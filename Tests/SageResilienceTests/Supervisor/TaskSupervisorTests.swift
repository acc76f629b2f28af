import SageTesting
import Testing

@testable import SageResilience

@Suite(.timeLimit(.minutes(1)))
struct TaskSupervisorTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()
    private let runs = Locked(0)

    private func supervisor(
        maxRestarts: Int = 3, window: Double = 60, backoff: Backoff? = nil, stableAfter: Duration? = nil,
        onExcess: SupervisionPolicy.ExcessAction = .escalate
    ) throws -> TaskSupervisor {
        TaskSupervisor(
            "t",
            try SupervisionPolicy(
                intensity: RestartIntensity(maxRestarts: maxRestarts, within: .seconds(window)),
                backoff: backoff ?? .exponential(initialDelay: .seconds(1), maxDelay: .seconds(30), jitter: .none),
                stableAfter: stableAfter, onExcess: onExcess),
            clock: clock, listener: recorder)
    }

    private func nextRun() -> Int { runs.increment() }

    @Test func returnsTheResultOfTheRunThatSucceeds() async throws {
        let supervisor = try supervisor()
        async let answer = supervisor.supervise("agent-execution") {
            let run = nextRun()
            if run < 3 { throw UnknownError(number: run) }
            return "done in \(run)"
        }
        for delay in [1, 2] {
            await clock.nextTimerScheduled()
            let snapshot = try #require(supervisor.snapshot().first)
            #expect(snapshot.name == "agent-execution")
            #expect(snapshot.state == .backingOff)
            #expect(snapshot.restartsIn == .seconds(delay))
            #expect(snapshot.lastFailure?.errorType == "UnknownError")
            clock.advance(by: .seconds(delay))
        }
        #expect(try await answer == "done in 3")
        #expect(supervisor.snapshot().isEmpty)
        #expect(
            recorder.childLog == [
                "+agent-execution 0", "-agent-execution UnknownError", "agent-execution in 1.0", "+agent-execution 1",
                "-agent-execution UnknownError", "agent-execution in 2.0", "+agent-execution 2", "-agent-execution",
            ])
    }

    @Test(
        "on excess",
        arguments: [
            (SupervisionPolicy.ExcessAction.stop, 3, ["stop"]), (.escalate, 3, ["escalate"]),
        ])
    func excess(action: SupervisionPolicy.ExcessAction, expectedRuns: Int, log: [String]) async throws {
        let supervisor = try supervisor(maxRestarts: 2, backoff: Backoff.none, onExcess: action)
        let error = await #expect(throws: (any Error).self) {
            try await supervisor.supervise("a") { throw UnknownError(number: nextRun()) }
        }
        if action == .stop {
            #expect(error as? UnknownError == UnknownError(number: 3))
        } else {
            let escalation = try #require(error as? SupervisorError)
            #expect(escalation.supervisor == "t")
            #expect(escalation.child == "a")
            #expect(escalation.restarts == 2)
            #expect(escalation.lastError as? UnknownError == UnknownError(number: 3))
        }
        #expect(runs.value == expectedRuns)
        #expect(recorder.childLog.filter { $0.hasPrefix("!") } == log.map { "!a \($0)" })
    }

    @Test func aGroupOfOneIsRestartedAsOftenAsItsIntensityAllows() async throws {
        let action = SupervisionPolicy.ExcessAction.restartGroup(try RestartIntensity(maxRestarts: 2))
        let supervisor = try supervisor(maxRestarts: 1, backoff: Backoff.none, onExcess: action)
        let error = await #expect(throws: SupervisorError.self) {
            try await supervisor.supervise("a") { throw UnknownError(number: nextRun()) }
        }
        // One restart, and twice a new start with one restart each.
        #expect(error?.restarts == 5)
        #expect(runs.value == 6)
    }

    @Test func failuresFarApartAreForgiven() async throws {
        let supervisor = try supervisor(maxRestarts: 1, window: 10, backoff: .fixed(.zero))
        let task = Task {
            try await supervisor.supervise("a") {
                let run = nextRun()
                if run == 6 { return run }
                try await clock.sleep(for: .seconds(11))
                throw UnknownError()
            }
        }
        for _ in 0..<5 {
            await clock.nextTimerScheduled()
            clock.advance(by: .seconds(11))
        }
        #expect(try await task.value == 6)
    }

    @Test func cancellationIsNeverARestart() async throws {
        let supervisor = try supervisor()
        let gate = Gate()
        let running = Task {
            try await supervisor.supervise("a") {
                do { try await gate.pass() } catch { throw UnknownError() }
            }
        }
        try await recorder.childStarted("a")
        running.cancel()
        await #expect(throws: UnknownError.self) { try await running.value }
        let waiting = Task { try await supervisor.supervise("b") { throw UnknownError() } }
        await clock.nextTimerScheduled()
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(recorder.childLog.count { $0.hasPrefix("+") } == 2)
        #expect(supervisor.snapshot().isEmpty)
        #expect(clock.pendingDeadlines.isEmpty)
    }

    @Test func whatAShutdownRefusesIsNotRunAgain() async throws {
        let supervisor = try supervisor()
        await #expect(throws: Refusal.self) {
            try await supervisor.supervise("a") { throw Refusal(reason: .shuttingDown) }
        }
        #expect(recorder.childLog == ["+a 0", "-a Refusal"])
        #expect(clock.pendingDeadlines.isEmpty)
    }

    @Test func aShutdownEndsWaitsAndRestartsNothing() async throws {
        let supervisor = try supervisor()
        let gate = Gate()
        let waiting = Task { try await supervisor.supervise("a") { throw UnknownError(number: 1) } }
        await clock.nextTimerScheduled()
        let running = Task {
            try await supervisor.supervise("b") {
                try await gate.pass()
                throw UnknownError(number: 2)
            }
        }
        try await recorder.childStarted("b")
        supervisor.shutDown()
        await #expect(throws: UnknownError(number: 1)) { try await waiting.value }
        gate.open()
        await #expect(throws: UnknownError(number: 2)) { try await running.value }
        #expect(recorder.childLog.count { $0.hasPrefix("+") } == 2)
        #expect(clock.pendingDeadlines.isEmpty)
    }

    @Test func theOperationMayUseTheCallersActor() async throws {
        actor Agent {
            var tries = 0
            func work(_ supervisor: TaskSupervisor) async throws -> Int {
                try await supervisor.supervise("a", backoff: Backoff.none) {
                    tries += 1
                    if tries < 2 { throw UnknownError() }
                    return tries
                }
            }
        }
        #expect(try await Agent().work(supervisor()) == 2)
    }

    @Test func eachOperationCountsForItself() async throws {
        let supervisor = try supervisor(maxRestarts: 1, backoff: Backoff.none)
        for _ in 0..<5 {
            let tries = Locked(0)
            try await supervisor.supervise("a") {
                if tries.increment() == 1 { throw UnknownError() }
            }
        }
        try await supervisor.supervise("outer") { try await supervisor.supervise("inner") {} }
    }
}
