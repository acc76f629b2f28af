import SageTesting
import Synchronization
import Testing

@testable import SageResilience

/// Children that come and go while the supervisor runs, and supervisors within supervisors.
@Suite(.timeLimit(.minutes(1)))
struct SupervisorControlTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()

    private func supervisor(
        _ name: String = "s", _ strategy: Supervisor.Strategy = .oneForOne, maxRestarts: Int = 3,
        @ChildBuilder children: () -> [Child]
    ) throws -> Supervisor {
        try Supervisor(
            name, strategy: strategy, intensity: RestartIntensity(maxRestarts: maxRestarts),
            backoff: .fixed(.seconds(1)), clock: clock, listener: recorder, children: children)
    }

    private func running(
        _ supervisor: Supervisor, _ body: () async throws -> Void
    ) async throws {
        let task = Task { try await supervisor.run() }
        try await recorder.childStarted("a")
        try await body()
        supervisor.shutDown(grace: .zero)
        try await task.value
        #expect(supervisor.snapshot().children.allSatisfy { $0.uptime == nil })
    }

    @Test func childrenAreStoppedAndStartedByHand() async throws {
        let supervisor = try supervisor { Child("a") { try await Gate().pass() } }
        let other = Child("b") { try await Gate().pass() }
        try await running(supervisor) {
            try supervisor.add(other)
            try await recorder.childStarted("b")
            #expect(throws: SupervisionError.duplicateChild("b")) { try supervisor.add(other) }
            try await supervisor.stop("b")
            #expect(supervisor.snapshot()[child: "b"]?.state == .stopped)
            try await supervisor.stop("b")
            recorder.reset()
            try supervisor.start("b")
            try await recorder.childStarted("b", restarts: 1)
            try await supervisor.remove("b")
            #expect(supervisor.snapshot()[child: "b"] == nil)
            await #expect(throws: SupervisionError.unknownChild("b")) { try await supervisor.stop("b") }
            #expect(throws: SupervisionError.unknownChild("b")) { try supervisor.start("b") }
            recorder.reset()
            try supervisor.add(other)
            try await recorder.childStarted("b")
        }
    }

    @Test func stoppingDuringABackoffEndsItAtOnce() async throws {
        let supervisor = try supervisor {
            Child("a") { try await Gate().pass() }
            Child("b") { throw UnknownError() }
        }
        try await running(supervisor) {
            await clock.nextTimerScheduled()
            try await supervisor.stop("b")
            #expect(clock.pendingDeadlines.isEmpty)
            #expect(supervisor.snapshot()[child: "b"]?.state == .stopped)
        }
        #expect(recorder.childLog.count { $0.hasPrefix("+b") } == 1)
    }

    @Test func stoppingTheLastChildEndsTheRun() async throws {
        let supervisor = try supervisor { Child("a") { try await Gate().pass() } }
        async let run: Void = supervisor.run()
        try await recorder.childStarted("a")
        try await supervisor.stop("a")
        try await run
    }

    @Test func aChildThatStopsItselfIsNotLockedOut() async throws {
        let box = Locked<Supervisor?>(nil)
        let supervisor = try supervisor {
            Child("a") { try await box.value?.stop("a") }
        }
        box.update { $0 = supervisor }
        try await supervisor.run()
        #expect(recorder.childLog == ["+a 0", "-a"])
        box.update { $0 = nil }
    }

    @Test(arguments: [false, true])
    func whoeverWaitsForAStubbornChildMayBeCancelled(removes: Bool) async throws {
        let (ends, stubborn) = (Gate(), Gate())
        let supervisor = try supervisor {
            Child("a") {
                do { try await Gate().pass() } catch { stubborn.open() }
                await ends.passStubbornly()
            }
        }
        async let run: Void = supervisor.run()
        try await recorder.childStarted("a")
        let waiting = Task { removes ? try await supervisor.remove("a") : try await supervisor.stop("a") }
        try await stubborn.pass()
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        ends.open()
        try await run
        #expect(recorder.childLog.count { $0.hasPrefix("+a") } == 1)
        #expect(supervisor.snapshot().children.map(\.state) == (removes ? [] : [.stopped]))
    }

    @Test func nothingIsAddedToASupervisorThatStops() async throws {
        let ends = Gate()
        let supervisor = try supervisor { Child("a") { await ends.passStubbornly() } }
        async let run: Void = supervisor.run()
        try await recorder.childStarted("a")
        supervisor.shutDown(grace: .zero)
        #expect(throws: SupervisionError.shuttingDown(supervisor: "s")) { try supervisor.add(Child("b") {}) }
        #expect(throws: SupervisionError.shuttingDown(supervisor: "s")) { try supervisor.start("a") }
        ends.open()
        try await run
    }

    @Test func aChildAddedBeforeTheRunIsOneOfTheOthers() async throws {
        let supervisor = try supervisor { Child("a", restart: .transient) {} }
        try supervisor.add(Child("t", restart: .temporary) {})
        try supervisor.add(Child("gone") { Issue.record("started") })
        try await supervisor.remove("gone")
        try await supervisor.run()
        #expect(supervisor.snapshot().children.map(\.name) == ["a", "t"])
        #expect(supervisor.snapshot()[child: "t"]?.state == .completed)
    }

    @Test func temporaryChildrenLeaveNothingBehind() async throws {
        let supervisor = try supervisor { Child("a") { try await Gate().pass() } }
        try await running(supervisor) {
            for number in 0..<100 {
                try supervisor.add(Child("t\(number)", restart: .temporary) {})
                try await recorder.childEnded("t\(number)")
            }
        }
        #expect(supervisor.snapshot().children.map(\.name) == ["a"])
        #expect(supervisor.core.withLock { $0.children.count } == 1)
        #expect(supervisor.core.withLock { $0.runs.isEmpty })
    }

    // MARK: Nesting

    @Test func aSupervisorThatGivesUpIsAFailureOfItsParentsChild() async throws {
        let inner = try supervisor("inner", maxRestarts: 0) { Child("x") { throw ServiceError.permanent } }
        let outer = try supervisor("outer", maxRestarts: 1) {
            Child("a") { try await Gate().pass() }
            inner
        }
        let task = Task { try await outer.run() }
        await clock.nextTimerScheduled()
        let snapshot = try #require(outer.snapshot()[child: "inner"])
        #expect(snapshot.state == .backingOff)
        #expect(snapshot.lastFailure?.errorType == "SupervisorError")
        #expect(snapshot.lastFailure?.errorClass == .permanent)
        #expect(snapshot.supervisor?.state == .stopped)
        #expect(snapshot.supervisor?[child: "x"]?.state == .failed)
        clock.advance(by: .seconds(1))
        let error = await #expect(throws: SupervisorError.self) { try await task.value }
        #expect(error?.supervisor == "outer")
        #expect(error?.child == "inner")
        #expect((error?.lastError as? SupervisorError)?.child == "x")
    }

    @Test("a nested supervisor stops its children in reverse order", arguments: [true, false])
    func nestedStop(byShutdown: Bool) async throws {
        let (fails, runs) = (Gate(), Locked(0))
        let inner = try supervisor("inner") {
            for name in ["x", "y"] { Child(name) { try await Gate().pass() } }
        }
        let outer = try supervisor("outer", .oneForAll) {
            Child("a") {
                // It fails once: a second failure could come before the nested supervisor has begun anew.
                if runs.increment() > 1 { try await Gate().pass() }
                try await fails.pass()
                throw UnknownError()
            }
            inner
        }
        let task = Task { try await outer.run() }
        try await recorder.childStarted("y")
        if byShutdown { outer.shutDown(grace: .zero) } else { fails.open() }
        try await recorder.childEnded("inner")
        let endings = recorder.childLog.filter { ["-x", "-y", "-inner"].contains($0) }
        #expect(endings == ["-y", "-x", "-inner"])
        if !byShutdown {
            await clock.waitForTimer(due: .seconds(1))
            clock.advance(by: .seconds(1))
            _ = try await recorder.waitForEvent { if case .childStarted("inner", 1) = $0.kind { true } else { false } }
            outer.shutDown(grace: .zero)
        }
        try await task.value
        #expect(inner.snapshot().state == .stopped)
        #expect(outer.snapshot().state == .stopped)
    }

    @Test func aShorterGraceReachesTheChildrenOfANestedSupervisorToo() async throws {
        let inner = try supervisor("inner") { Child("x") { try await Gate().pass() } }
        let outer = try supervisor("outer") { inner }
        async let run: Void = outer.run()
        try await recorder.childStarted("x")
        outer.shutDown(grace: .seconds(100))
        await clock.waitForSleepers(2)
        outer.shutDown(grace: .zero)
        try await run
        #expect(clock.now.offset == .zero)
        #expect(recorder.childLog.suffix(2) == ["-x", "-inner"])
    }

    @Test func aShutdownReachesTheChildrenOfANestedSupervisorAsARequest() async throws {
        let inner = try supervisor("inner") {
            Child("x") { child in
                child.ready()
                try await child.waitForShutdown()
                #expect(!Task.isCancelled)
            }
        }
        let outer = try supervisor("outer") { inner }
        async let run: Void = outer.run()
        try await recorder.childStarted("x")
        outer.shutDown(grace: .seconds(3))
        try await run
        #expect(recorder.childLog.suffix(2) == ["-x", "-inner"])
        #expect(clock.pendingDeadlines.isEmpty)
    }
}
