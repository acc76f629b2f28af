import SageTesting
import Testing

@testable import SageResilience

/// However a supervisor ends, all its children have ended then, and none starts again.
@Suite(.timeLimit(.minutes(1)))
struct SupervisorShutdownTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()

    private func supervisor(
        _ strategy: Supervisor.Strategy = .oneForOne, grace: Duration = .seconds(10), returnsWhenIdle: Bool = true,
        @ChildBuilder children: () -> [Child] = { [] }
    ) throws -> Supervisor {
        try Supervisor(
            "s", strategy: strategy, policy: SupervisionPolicy(backoff: .fixed(.seconds(1))), shutdownGrace: grace,
            returnsWhenIdle: returnsWhenIdle, clock: clock, listener: recorder, children: children)
    }

    private func expectNothingLeft(_ supervisor: Supervisor) {
        #expect(clock.pendingDeadlines.isEmpty)
        #expect(supervisor.snapshot().state == .stopped)
        #expect(supervisor.snapshot().children.allSatisfy { $0.uptime == nil })
        let log = recorder.childLog
        #expect(log.count { $0.hasPrefix("+") } == log.count { $0.hasPrefix("-") })
    }

    // MARK: Cancellation

    @Test func cancellationWhileChildrenRunCancelsThemAll() async throws {
        let supervisor = try supervisor {
            Child("a") { try await Gate().pass() }
            Child("b") { try await Gate().pass() }
        }
        let task = Task { try await supervisor.run() }
        try await recorder.childStarted("b")
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(recorder.childLog.count == 4)
        expectNothingLeft(supervisor)
    }

    @Test func cancellationDuringABackoffEndsItAtOnce() async throws {
        let supervisor = try supervisor { Child("a") { throw UnknownError() } }
        let task = Task { try await supervisor.run() }
        await clock.nextTimerScheduled()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(recorder.childLog == ["+a 0", "-a UnknownError", "a in 1.0"])
        expectNothingLeft(supervisor)
    }

    @Test func cancellationWhileAGroupIsStoppedIsNotARestart() async throws {
        let (fails, ends, cancelled) = (Gate(), Gate(), Gate())
        let supervisor = try supervisor(.oneForAll) {
            Child("a") {
                try await fails.pass()
                throw UnknownError()
            }
            Child("b") {
                try? await Gate().pass()
                cancelled.open()
                await ends.passStubbornly()
            }
        }
        let task = Task { try await supervisor.run() }
        try await recorder.childStarted("b")
        fails.open()
        try await cancelled.pass()
        task.cancel()
        ends.open()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(recorder.childLog == ["+a 0", "+b 0", "-a UnknownError", "a in 1.0", "-b"])
        expectNothingLeft(supervisor)
    }

    @Test func aCancelledTaskStartsNothing() async throws {
        let supervisor = try supervisor { Child("a") { Issue.record("started") } }
        let gate = Gate()
        let task = Task {
            await gate.passStubbornly()
            try await supervisor.run()
        }
        task.cancel()
        gate.open()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(recorder.childLog.isEmpty)
        expectNothingLeft(supervisor)
    }

    @Test("a failure that races the cancellation is not restarted", arguments: 0..<50)
    func failureRacesCancellation(round: Int) async throws {
        let gate = Gate()
        let supervisor = try supervisor {
            Child("a") {
                try? await gate.pass()
                throw UnknownError()
            }
        }
        let task = Task { try await supervisor.run() }
        try await recorder.childStarted("a")
        async let opening: Void = gate.open()
        task.cancel()
        await opening
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(recorder.childLog.count { $0.hasPrefix("+") } == 1)
        expectNothingLeft(supervisor)
    }

    @Test func aForeignCancellationErrorIsAFailure() async throws {
        let supervisor = try supervisor { Child("a", restart: .transient) { throw CancellationError() } }
        let task = Task { try await supervisor.run() }
        await clock.nextTimerScheduled()
        #expect(supervisor.snapshot()[child: "a"]?.state == .backingOff)
        #expect(recorder.childLog == ["+a 0", "-a CancellationError", "a in 1.0"])
        task.cancel()
        _ = await task.result
    }

    // MARK: Children that do not listen

    @Test func waitsForAStubbornChildAndSaysSoAfterTheLimit() async throws {
        let ends = Gate()
        let supervisor = try supervisor { Child("a") { await ends.passStubbornly() } }
        let task = Task { try await supervisor.run() }
        try await recorder.childStarted("a")
        supervisor.shutDown(grace: .zero)
        #expect(await clock.nextTimerScheduled().offset == .seconds(5))
        #expect(supervisor.snapshot().state == .stopping)
        #expect(supervisor.snapshot()[child: "a"]?.state == .stopping)
        #expect(supervisor.snapshot()[child: "a"]?.isUnresponsive == false)
        clock.advance(by: .seconds(5))
        _ = try await recorder.waitForEvent {
            if case .childUnresponsive("a", .seconds(5)) = $0.kind { true } else { false }
        }
        #expect(supervisor.snapshot()[child: "a"]?.isUnresponsive == true)
        ends.open()
        try await task.value
        #expect(recorder.childLog == ["+a 0", "~a", "-a"])
        expectNothingLeft(supervisor)
    }

    @Test func aStubbornChildOfACancelledTaskIsReportedToo() async throws {
        let ends = Gate()
        let supervisor = try supervisor { Child("a") { await ends.passStubbornly() } }
        let task = Task { try await supervisor.run() }
        try await recorder.childStarted("a")
        task.cancel()
        clock.advance(by: .seconds(6))
        #expect(supervisor.snapshot()[child: "a"]?.isUnresponsive == true)
        ends.open()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(recorder.childLog == ["+a 0", "~a", "-a"])
    }

    // MARK: Shutdown

    @Test func aShutdownLetsChildrenFinishInReverseOrder() async throws {
        let finished = Locked<[String]>([])
        func polite(_ name: String) -> Child {
            Child(name) { child in
                child.ready()
                let remaining = try await child.waitForShutdown()
                #expect(child.isShuttingDown && !Task.isCancelled)
                #expect(remaining == .seconds(10))
                finished.update { $0.append(name) }
            }
        }
        let supervisor = try supervisor {
            for name in ["a", "b", "c"] { polite(name) }
        }
        async let run: Void = supervisor.run()
        try await recorder.childStarted("c")
        supervisor.shutDown()
        try await run
        #expect(finished.value == ["c", "b", "a"])
        #expect(recorder.childLog == ["+a 0", "+b 0", "+c 0", "-c", "-b", "-a"])
        expectNothingLeft(supervisor)
    }

    @Test func whoeverFailsDuringAShutdownIsNotRestarted() async throws {
        let fails = Gate()
        let supervisor = try supervisor {
            Child("a") {
                try await fails.pass()
                throw UnknownError()
            }
            Child("b") { try await Gate().pass() }
        }
        async let run: Void = supervisor.run()
        try await recorder.childStarted("b")
        supervisor.shutDown()
        await clock.nextTimerScheduled()
        fails.open()
        try await recorder.childEnded("a")
        clock.advance(by: .seconds(10))
        try await run
        #expect(recorder.childLog == ["+a 0", "+b 0", "-a UnknownError", "-b"])
        expectNothingLeft(supervisor)
    }

    @Test func aShutdownDuringABackoffEndsItAtOnce() async throws {
        let supervisor = try supervisor { Child("a") { throw UnknownError() } }
        async let run: Void = supervisor.run()
        await clock.nextTimerScheduled()
        supervisor.shutDown()
        try await run
        #expect(recorder.childLog == ["+a 0", "-a UnknownError", "a in 1.0"])
        expectNothingLeft(supervisor)
    }

    @Test func aShutdownBeforeTheRunEndsOnlyTheNextOne() async throws {
        let supervisor = try supervisor { Child("a", restart: .transient) {} }
        supervisor.shutDown()
        try await supervisor.run()
        #expect(recorder.childLog.isEmpty)
        try await supervisor.run()
        #expect(recorder.childLog == ["+a 0", "-a"])
    }

    @Test func anIdleSupervisorWaitsForItsShutdown() async throws {
        let supervisor = try supervisor(returnsWhenIdle: false)
        async let run: Void = supervisor.run()
        try await addWhenRunning(supervisor)
        try await recorder.childEnded("t")
        supervisor.shutDown()
        try await run
        expectNothingLeft(supervisor)
    }

    private func addWhenRunning(_ supervisor: Supervisor) async throws {
        // Added before or after `run()` has begun: it starts in both cases.
        try supervisor.add(Child("t", restart: .temporary) {})
        try await recorder.childStarted("t")
    }
}
