import SageResilience
import SageTesting
import ServiceLifecycle
import ServiceLifecycleTestKit
import Synchronization
import Testing

@testable import SageServiceLifecycle

@Suite(.timeLimit(.minutes(1)))
struct CallDrainTests {
    private struct Broken: Error {}

    private let clock = TestClock()
    private let drain = CallDrain("jobs")

    @Test func aStateMachineCountsAndIsDrainedWhenClosedAndEmpty() {
        var machine = CallDrain.StateMachine()
        let admitted = [machine.enter(), machine.enter()]
        machine.close()
        let late = machine.enter()
        #expect(admitted == [true, true])
        #expect(!late)
        #expect(machine.inFlight == 2)
        #expect(machine.refused == 1)
        machine.leave()
        #expect(!machine.isDrained)
        machine.leave()
        #expect(machine.isDrained)
        machine.close()
        #expect(machine.isDrained)
    }

    @Test func anEmptyOpenMachineIsNotDrained() {
        var machine = CallDrain.StateMachine()
        #expect(!machine.isDrained)
        machine.close()
        #expect(machine.isDrained)
    }

    @Test func aCallIsInFlightUntilItEnds() async throws {
        let seen = try await drain.execute { drain.snapshot().inFlight }
        #expect(seen == 1)
        #expect(drain.snapshot() == .init(inFlight: 0, refused: 0, isClosed: false))
    }

    @Test func anErrorComesThroughAndEndsTheCall() async {
        await #expect(throws: Broken.self) { try await drain.execute { throw Broken() } }
        #expect(drain.snapshot().inFlight == 0)
    }

    @Test func aClosedDrainRefuses() async throws {
        drain.close()
        let error = await #expect(throws: CallDrainRejection.self) {
            try await drain.execute { Issue.record("ran") }
        }
        #expect(error?.reason == .shuttingDown)
        #expect(error?.retryAfter == nil)
        #expect(error?.description == "jobs: refused, shutting down")
        #expect(drain.snapshot() == .init(inFlight: 0, refused: 1, isClosed: true))
    }

    @Test func aPermitCountsUntilItIsReleasedOrDropped() throws {
        let first = try drain.acquire()
        do {
            let second = try drain.acquire()
            #expect(drain.snapshot().inFlight == 2)
            _ = consume second
        }
        #expect(drain.snapshot().inFlight == 1)
        first.release()
        #expect(drain.snapshot().inFlight == 0)
    }

    @Test func closingAnEmptyDrainWaitsForNothing() async {
        #expect(await drain.close(waitingFor: .seconds(10), clock: clock) == 0)
        #expect(clock.pendingDeadlines.isEmpty)
    }

    @Test func closingWaitsForTheLastCall() async throws {
        let permit = try drain.acquire()
        async let left = drain.close(waitingFor: .seconds(10), clock: clock)
        await clock.waitForSleepers(1)
        #expect(drain.snapshot().isClosed)
        permit.release()
        #expect(await left == 0)
        #expect(clock.now.offset == .zero)
    }

    @Test(arguments: [Duration.seconds(10), .zero])
    func theLimitEndsTheWaitAndTellsWhatIsLeft(_ limit: Duration) async throws {
        let permit = try drain.acquire()
        async let left = drain.close(waitingFor: limit, clock: clock)
        if limit > .zero {
            await clock.waitForSleepers(1)
            clock.advance(by: limit)
        }
        #expect(await left == 1)
        permit.release()
        #expect(drain.snapshot().inFlight == 0)
    }

    @Test func aCancelledWaitTellsWhatIsLeft() async throws {
        let permit = try drain.acquire()
        let task = Task { await drain.close(waitingFor: .seconds(10), clock: clock) }
        await clock.waitForSleepers(1)
        task.cancel()
        #expect(await task.value == 1)
        permit.release()
    }

    @Test func severalMayWait() async throws {
        let permit = try drain.acquire()
        async let first = drain.close(waitingFor: .seconds(10), clock: clock)
        async let second = drain.close(waitingFor: .seconds(20), clock: clock)
        await clock.waitForSleepers(2)
        permit.release()
        #expect(await first == 0)
        #expect(await second == 0)
    }

    // MARK: As a service

    @Test func aGracefulShutdownRefusesAndWaits() async throws {
        let reported = Mutex<[Int]>([])
        let service = drain.service(limit: .seconds(5), clock: clock) { left in
            reported.withLock { $0.append(left) }
        }
        try await testGracefulShutdown { trigger in
            let permit = try drain.acquire()
            async let run: Void = service.run()
            trigger.triggerGracefulShutdown()
            await clock.waitForSleepers(1)
            permit.release()
            try await run
        }
        #expect(drain.snapshot().isClosed)
        #expect(reported.withLock { $0 } == [0])
    }

    @Test func aCallThatGoesOnPastTheLimitIsReported() async throws {
        let reported = Mutex<[Int]>([])
        let permit = try drain.acquire()
        let service = drain.service(limit: .seconds(5), clock: clock) { left in
            reported.withLock { $0.append(left) }
        }
        try await testGracefulShutdown { trigger in
            async let run: Void = service.run()
            trigger.triggerGracefulShutdown()
            await clock.waitForSleepers(1)
            #expect(throws: CallDrainRejection.self) { _ = try drain.acquire() }
            clock.advance(by: .seconds(5))
            try await run
        }
        #expect(reported.withLock { $0 } == [1])
        permit.release()
    }

    @Test func aCancelledServiceClosesItsDrain() async {
        let service = drain.service(clock: clock)
        let task = Task { try await service.run() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(drain.snapshot().isClosed)
    }

    @Test func aPipelineInsideIsInFlightWhileItWaits() async throws {
        let retry = RetryPolicy(
            "r", try RetryConfiguration(backoff: .fixed(.seconds(3)), classifier: .retryUnknown), clock: clock)
        let attempts = Mutex(0)
        async let result = drain.execute {
            try await retry.execute {
                let attempt = attempts.withLock { count in
                    count += 1
                    return count
                }
                guard attempt > 1 else { throw Broken() }
                return 7
            }
        }
        await clock.waitForSleepers(1)
        async let left = drain.close(waitingFor: .seconds(60), clock: clock)
        await clock.waitForSleepers(2)
        clock.advance(by: .seconds(3))
        #expect(try await result == 7)
        #expect(await left == 0)
    }
}
