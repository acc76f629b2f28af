import SageResilience
import SageServiceLifecycle
import SageTesting
import ServiceLifecycle
import ServiceLifecycleTestKit
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SupervisorServiceTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()

    private struct Broken: Error {}

    private func supervisor(
        _ policy: SupervisionPolicy = .default, grace: Duration = .seconds(10),
        @ChildBuilder children: () -> [Child]
    ) throws -> Supervisor {
        try Supervisor(
            "workers", policy: policy, shutdownGrace: grace, clock: clock, random: .constant(0), listener: recorder,
            children: children)
    }

    private func started(_ name: String) async throws {
        _ = try await recorder.waitForEvent { event in
            if case .childStarted(name, _) = event.kind { true } else { false }
        }
    }

    private func ended(_ name: String) async throws {
        _ = try await recorder.waitForEvent { event in
            if case .childEnded(name, _) = event.kind { true } else { false }
        }
    }

    private var endings: [String] {
        recorder.kinds.compactMap { kind in
            if case .childEnded(let name, _) = kind { name } else { nil }
        }
    }

    private var starts: Int {
        recorder.kinds.count { kind in
            if case .childStarted = kind { true } else { false }
        }
    }

    @Test func aGracefulShutdownAsksChildrenInReverseOrderAndRestartsNothing() async throws {
        let supervisor = try supervisor {
            Child("a") { child in
                child.ready()
                try await child.waitForShutdown()
            }
            Child("b") { child in
                child.ready()
                try await child.waitForShutdown()
                #expect(!Task.isCancelled)
                throw Broken()
            }
        }
        try await testGracefulShutdown { trigger in
            async let run: Void = supervisor.service.run()
            try await started("b")
            trigger.triggerGracefulShutdown()
            try await run
        }
        #expect(endings == ["b", "a"])
        #expect(starts == 2)
        #expect(supervisor.snapshot().state == .stopped)
    }

    @Test func aChildSeesTheShutdownByServiceLifecyclesOwnMeans() async throws {
        let supervisor = try supervisor {
            Child("a") {
                let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
                await withGracefulShutdownHandler {
                    for await _ in stream {}
                } onGracefulShutdown: {
                    continuation.finish()
                }
                #expect(!Task.isCancelled)
            }
        }
        try await testGracefulShutdown { trigger in
            async let run: Void = supervisor.service.run()
            try await started("a")
            trigger.triggerGracefulShutdown()
            try await run
        }
        #expect(endings == ["a"])
    }

    @Test func aChildThatDoesNotListenIsCancelledWhenTheGraceIsOver() async throws {
        let supervisor = try supervisor(grace: .seconds(3)) {
            Child("deaf") { try await clock.sleep(for: .seconds(1_000)) }
        }
        try await testGracefulShutdown { trigger in
            async let run: Void = supervisor.service.run()
            await clock.waitForSleepers(1)
            trigger.triggerGracefulShutdown()
            await clock.waitForSleepers(2)
            clock.advance(by: .seconds(3))
            try await run
        }
        #expect(endings == ["deaf"])
        #expect(clock.now.offset == .seconds(3))
    }

    @Test func aShutdownDuringABackoffEndsItAtOnce() async throws {
        let supervisor = try supervisor { Child("a") { throw Broken() } }
        try await testGracefulShutdown { trigger in
            async let run: Void = supervisor.service.run()
            await clock.nextTimerScheduled()
            trigger.triggerGracefulShutdown()
            try await run
        }
        #expect(starts == 1)
        #expect(clock.pendingDeadlines.isEmpty)
    }

    @Test func aShutdownBeforeTheStartIsNotLost() async throws {
        let supervisor = try supervisor { Child("a") { Issue.record("started") } }
        try await testGracefulShutdown { trigger in
            trigger.triggerGracefulShutdown()
            try await supervisor.service.run()
        }
        #expect(starts == 0)
    }

    @Test func anEscalationFailsTheService() async throws {
        let policy = try SupervisionPolicy(intensity: RestartIntensity(maxRestarts: 0))
        let supervisor = try supervisor(policy) { Child("a") { throw Broken() } }
        let error = await #expect(throws: SupervisorError.self) { try await supervisor.service.run() }
        #expect(error?.child == "a")
        #expect(error?.lastError is Broken)
    }

    @Test func aServiceIsMadeAnewForEveryRun() async throws {
        struct Once: Service {
            func run() async throws { throw Broken() }
        }
        let made = Mutex(0)
        let policy = try SupervisionPolicy(intensity: RestartIntensity(maxRestarts: 2), backoff: .none)
        let supervisor = try Supervisor("s", policy: policy, clock: clock) {
            Child(
                "once",
                service: {
                    made.withLock { $0 += 1 }
                    return Once()
                })
        }
        await #expect(throws: SupervisorError.self) { try await supervisor.run() }
        #expect(made.withLock { $0 } == 3)
    }
}
