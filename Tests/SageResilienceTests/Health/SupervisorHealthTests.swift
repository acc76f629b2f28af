import SageResilience
import SageTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SupervisorHealthTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()

    private func supervisor(
        _ name: String = "s", maxRestarts: Int = 3, onExcess: SupervisionPolicy.ExcessAction = .escalate,
        @ChildBuilder children: () -> [Child]
    ) throws -> Supervisor {
        try Supervisor(
            name, intensity: RestartIntensity(maxRestarts: maxRestarts),
            backoff: .exponential(initialDelay: .seconds(8), jitter: .none), onExcess: onExcess, clock: clock,
            random: .constant(0), listener: recorder, children: children)
    }

    @Test func isDegradedBeforeItRunsAndHealthyWhenItsWorkIsDone() async throws {
        let supervisor = try supervisor {
            Child("a", restart: .transient) {}
            Child("b", restart: .temporary) { throw UnknownError() }
        }
        #expect(supervisor.health.status == .degraded)
        #expect(supervisor.health.state == "stopped")
        #expect(supervisor.snapshot().ending == nil)
        try await supervisor.run()
        #expect(supervisor.health.status == .healthy)
        #expect(supervisor.health.state == "completed")
        #expect(supervisor.health.reason == nil)
        #expect(supervisor.health.lastFailure?.errorType == "UnknownError")
    }

    @Test func isDegradedWhileAChildBacksOff() async throws {
        let gate = Gate()
        let runs = Locked(0)
        let supervisor = try supervisor {
            Child("good") { try await gate.pass() }
            Child("bad") {
                if runs.increment() == 1 { throw ServiceError.transient }
                try await gate.pass()
            }
        }
        async let run: Void = supervisor.run()
        let deadline = await clock.nextTimerScheduled()
        try await recorder.childStarted("good")
        clock.advance(by: .seconds(2))
        let degraded = supervisor.health
        #expect(degraded.status == .degraded)
        #expect(degraded.state == "running")
        #expect(degraded.reason == "1 of 2 children do not do their work, the first is bad")
        #expect(
            degraded.lastFailure
                == ServiceHealth.LastFailure(age: .seconds(2), errorClass: .transient, errorType: "ServiceError"))
        #expect(degraded.measurements["restarts_in_window"] == 1)
        clock.advance(to: deadline)
        try await recorder.childStarted("bad", restarts: 1)
        #expect(supervisor.health.status == .healthy)
        #expect(supervisor.health.measurements["children_running"] == 2)
        supervisor.shutDown(grace: .zero)
        try await run
        #expect(supervisor.health.status == .degraded)
        #expect(supervisor.health.state == "shut_down")
    }

    @Test("a supervisor that gave up is unhealthy, whether it stops or escalates", arguments: [true, false])
    func gaveUp(escalates: Bool) async throws {
        let supervisor = try supervisor(maxRestarts: 0, onExcess: escalates ? .escalate : .stop) {
            Child("bad") { throw ServiceError.transient }
        }
        if escalates {
            await #expect(throws: SupervisorError.self) { try await supervisor.run() }
        } else {
            try await supervisor.run()
        }
        #expect(supervisor.snapshot().ending == .gaveUp)
        #expect(supervisor.health.status == .unhealthy)
        #expect(supervisor.health.state == "gave_up")
        #expect(supervisor.health.reason == "a child failed more often than allowed")
    }

    @Test func aNewRunMakesUpForGivingUp() async throws {
        let isWell = Locked(false)
        let supervisor = try supervisor(maxRestarts: 0) {
            Child("bad", restart: .transient) { if !isWell.value { throw ServiceError.transient } }
        }
        await #expect(throws: SupervisorError.self) { try await supervisor.run() }
        isWell.update { $0 = true }
        try await supervisor.run()
        #expect(supervisor.health.status == .healthy)
    }

    @Test func aChildThatWasStoppedByHandIsAsItShouldBe() async throws {
        let gate = Gate()
        let supervisor = try supervisor {
            Child("a") { try await gate.pass() }
            Child("b") { try await gate.pass() }
        }
        async let run: Void = supervisor.run()
        try await recorder.childStarted("a")
        try await recorder.childStarted("b")
        try await supervisor.stop("b")
        #expect(supervisor.health.status == .healthy)
        supervisor.shutDown(grace: .zero)
        try await run
    }

    @Test func aSupervisorFurtherInCounts() async throws {
        let gate = Gate()
        let inner = try supervisor("inner", maxRestarts: 0, onExcess: .stop) {
            Child("bad") { throw ServiceError.transient }
        }
        let outer = try supervisor("outer") {
            Child("keeps running") { try await gate.pass() }
            Child(inner, restart: .transient)
        }
        async let run: Void = outer.run()
        try await recorder.childEnded("inner")
        try await recorder.childStarted("keeps running")
        #expect(outer.snapshot()[child: "inner"]?.state == .completed)
        #expect(outer.health.status == .degraded)
        #expect(outer.health.reason == "1 of 2 children do not do their work, the first is inner")
        outer.shutDown(grace: .zero)
        try await run
    }
}
