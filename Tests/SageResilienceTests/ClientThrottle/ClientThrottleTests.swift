import SageTesting
import Testing

@testable import SageResilience

@Suite(.timeLimit(.minutes(1)))
struct ClientThrottleTests {
    private let clock = TestClock()

    /// Never refuses by itself but where the number drawn is 0; counts how often it is asked.
    private func throttle(
        _ configuration: ClientThrottleConfiguration = .default, unit: Double = 0,
        listener: (any ResilienceListener)? = nil
    ) -> ClientThrottle {
        ClientThrottle("openai", configuration, clock: clock, random: .constant(unit), listener: listener)
    }

    private func admit(_ throttle: ClientThrottle) -> ClientThrottle.Ticket? {
        try? throttle.admit(now: throttle.timeline.now)
    }

    @Test func aServiceThatAcceptsIsNeverThrottled() async throws {
        let throttle = throttle()
        for _ in 0..<1_000 { #expect(try await throttle.execute { 7 } == 7) }
        let snapshot = throttle.snapshot()
        #expect(snapshot.requests == 1_000)
        #expect(snapshot.accepts == 1_000)
        #expect(snapshot.rejectionProbability == 0)
        #expect(snapshot.rejected == 0)
    }

    @Test func refusesByChanceAndTellsHowOften() async throws {
        let recorder = EventRecorder()
        let throttle = throttle(listener: recorder)
        for _ in 0..<10 {
            await #expect(throws: ServiceError.transient) {
                try await throttle.execute { throw ServiceError.transient }
            }
        }
        let error = await #expect(throws: ClientThrottleError.self) {
            try await throttle.execute { Issue.record("the operation ran") }
        }
        #expect(error == ClientThrottleError(policyName: "openai", probability: 0.9))
        #expect(throttle.snapshot().requests == 11, "what is refused here is a request too")
        #expect(throttle.snapshot().rejected == 1)
        guard case .clientThrottleRejected(let probability) = recorder.kinds.first else {
            Issue.record("no event")
            return
        }
        #expect(probability == 0.9)
        #expect(recorder.events.first?.policy == PolicyIdentity(.clientThrottle, "openai"))
    }

    @Test(arguments: [(0.8999, false), (0.9, true)])
    func aNumberBelowTheProbabilityRefuses(unit: Double, admits: Bool) {
        let throttle = throttle(unit: unit)
        for _ in 0..<10 { throttle.tryAcquire()?.fail(ServiceError.transient) }
        #expect((admit(throttle) != nil) == admits)
    }

    @Test func drawsNoNumberWhileNothingIsRefused() {
        let drawn = Locked(0)
        let random = RandomSource {
            drawn.update { $0 += 1 }
            return 0
        }
        let throttle = ClientThrottle("openai", clock: clock, random: random)
        for _ in 0..<9 { throttle.tryAcquire()?.succeed() }
        for _ in 0..<9 { throttle.tryAcquire()?.fail(ServiceError.transient) }
        #expect(drawn.value == 0)
        for _ in 0..<4 { throttle.tryAcquire()?.fail(ServiceError.transient) }
        #expect(drawn.value > 0)
    }

    @Test(arguments: [
        (ServiceError(.transient), 1, 0), (ServiceError(.rateLimited), 1, 0), (ServiceError(.overloaded), 1, 0),
        (ServiceError(.timeout), 1, 0), (ServiceError(.unknown), 1, 0), (ServiceError(.quotaExhausted), 1, 0),
        (ServiceError(.permanent), 1, 1), (ServiceError(.authentication), 1, 1), (ServiceError(.contextWindow), 1, 1),
        (ServiceError(.contentPolicy), 1, 1), (ServiceError(.transient, fault: .policy), 0, 0),
        (ServiceError(.permanent, fault: .provider), 1, 0),
    ])
    func theClassifierDecides(error: ServiceError, requests: Int, accepts: Int) async throws {
        for pending in [true, false] {
            let throttle = throttle(try ClientThrottleConfiguration(countsPendingCalls: pending))
            await #expect(throws: error) { try await throttle.execute { throw error } }
            #expect(throttle.snapshot().requests == requests)
            #expect(throttle.snapshot().accepts == accepts)
        }
    }

    @Test func aRefusalByAnInnerPolicyDoesNotCount() async {
        let throttle = throttle()
        await #expect(throws: Refusal.self) { try await throttle.execute { throw Refusal() } }
        #expect(throttle.snapshot().requests == 0)
    }

    @Test func whatTheCallerCancelledDoesNotCount() async {
        let throttle = throttle()
        let task = Task {
            try await throttle.execute {
                withUnsafeCurrentTask { $0?.cancel() }
                throw ServiceError.transient
            }
        }
        await #expect(throws: ServiceError.transient) { try await task.value }
        #expect(throttle.snapshot().requests == 0)
        #expect(throttle.isEvictable)
    }

    @Test func whatATimeLimitCancelledIsNotAccepted() async throws {
        let throttle = throttle()
        let limiter = try TimeLimiter(.seconds(1), clock: clock)
        let task = Task { [clock] in
            try await limiter.execute { try await throttle.execute { try await clock.sleep(for: .seconds(60)) } }
        }
        await clock.waitForSleepers(2)
        clock.advance(by: .seconds(1))
        await #expect(throws: TimeLimiterError.self) { try await task.value }
        #expect(throttle.snapshot().requests == 1)
        #expect(throttle.snapshot().accepts == 0)
    }

    @Test(
        "of normal calls 20 / 31 are refused, of the others more or fewer",
        arguments: [
            (CallPriority.low, 0.87, false), (.low, 0.88, true), (.normal, 0.64, false), (.normal, 0.65, true),
            (.high, 0.41, false), (.high, 0.42, true), (.critical, 0, true),
        ])
    func thePriorityOfTheCallCounts(priority: CallPriority, unit: Double, admits: Bool) async throws {
        let throttle = throttle(try ClientThrottleConfiguration(acceptsMultiplier: 1), unit: unit)
        try await CallContext.with(priority: .critical) {
            for index in 0..<30 {
                let ticket = try throttle.admit(now: throttle.timeline.now)
                index < 10 ? throttle.recordSuccess(ticket) : throttle.recordFailure(ticket, ServiceError.transient)
            }
        }
        await CallContext.with(priority: priority) {
            #expect((admit(throttle) != nil) == admits)
        }
    }

    @Test func aCriticalCallGoesThroughEvenWhenNothingIsAccepted() async {
        let throttle = throttle()
        for _ in 0..<100 { throttle.tryAcquire()?.fail(ServiceError.transient) }
        await CallContext.with(priority: .critical) {
            #expect(admit(throttle) != nil)
        }
        #expect(admit(throttle) == nil)
    }

    @Test func aServiceThatRecoversIsCalledAgain() throws {
        let throttle = ClientThrottle("openai", clock: clock, random: .seeded(1))
        for _ in 0..<200 { throttle.tryAcquire()?.fail(ServiceError(.overloaded)) }
        #expect(throttle.snapshot().rejectionProbability == 0.9)
        for _ in 0..<600 {
            clock.advance(by: .seconds(2))
            for _ in 0..<5 { throttle.tryAcquire()?.succeed() }
        }
        #expect(throttle.snapshot().rejectionProbability == 0, "within ten windows")
    }

    // MARK: Permits

    @Test func aPermitEndsInOneOfThreeWays() throws {
        let throttle = throttle()
        try throttle.acquire().succeed()
        try throttle.acquire().fail(ServiceError.transient)
        try throttle.acquire().ignore()
        _ = try throttle.acquire()
        #expect(throttle.snapshot().requests == 2)
        #expect(throttle.snapshot().accepts == 1)
    }

    @Test func ofASharedPermitTheFirstVerdictCounts() throws {
        let throttle = throttle()
        let permit = try throttle.acquire().shared()
        permit.succeed()
        permit.ignore()
        permit.fail(ServiceError.transient)
        #expect(throttle.snapshot().requests == 1)
        #expect(throttle.snapshot().accepts == 1)
        _ = try throttle.acquire().shared()
        #expect(throttle.snapshot().requests == 1, "dropped without a verdict")
    }

    @Test func aRefusalIsTypedAndOptional() {
        let throttle = throttle()
        for _ in 0..<10 { throttle.tryAcquire()?.fail(ServiceError.transient) }
        if throttle.tryAcquire() != nil { Issue.record("admitted") }
        let error = #expect(throws: ClientThrottleError.self) { try throttle.acquire().ignore() }
        #expect(error?.probability == 0.9)
    }

    @Test func anOperationMayUseTheThrottleAgain() async throws {
        let throttle = throttle()
        let result = try await throttle.execute { try await throttle.execute { throttle.snapshot().requests } }
        #expect(result == 2)
        #expect(throttle.snapshot().accepts == 2)
    }

    @Test func theSourceOfRandomNumbersMayUseTheThrottle() {
        let used = Locked<ClientThrottle?>(nil)
        let random = RandomSource { used.value?.snapshot().rejected == 0 ? 0 : .max }
        let throttle = ClientThrottle("openai", clock: clock, random: random)
        used.update { $0 = throttle }
        for _ in 0..<11 { throttle.tryAcquire()?.fail(ServiceError.transient) }
        #expect(throttle.snapshot().rejected == 1)
        used.update { $0 = nil }
    }
}
