import HTTPTypes
import SageLLM
import SageResilience
import SageTesting
import Testing

@testable import SageGateway

struct TargetLimitsTests {
    let clock = TestClock()

    private func set(_ name: String, _ limits: GatewayConfiguration.Limits) throws -> LimitSet? {
        try LimitSet(name, limits, maxWait: .seconds(5), clock: clock, listener: nil)
    }

    private func limits(
        model: GatewayConfiguration.Limits? = nil, provider: GatewayConfiguration.Limits? = nil,
        maxWait: Duration = .seconds(5)
    ) throws -> TargetLimits {
        TargetLimits(
            "a/m", model: try LimitSet("a/m", model, maxWait: maxWait, clock: clock, listener: nil),
            provider: try LimitSet("a", provider, maxWait: maxWait, clock: clock, listener: nil), maxWait: maxWait,
            clock: clock)
    }

    private func acquire(
        _ limits: TargetLimits, _ estimate: Int = 1, _ priority: CallPriority = .normal,
        deadline: Moment = .distantFuture
    ) async throws -> LimitPermit {
        try await limits.acquire(estimate, priority: priority, deadline: deadline)
    }

    @Test func withoutLimitsEverythingPassesAndNothingIsEstimated() async throws {
        let limits = try limits()
        for _ in 0..<100 {
            let permit = limits.tryAcquire(
                {
                    Issue.record("estimated")
                    return 1
                }())
            #expect(permit != nil)
        }
        _ = try await acquire(limits)
        #expect(limits.sets.isEmpty)
    }

    @Test func aPlaceIsGivenBackWithTheLastReference() throws {
        let limits = try limits(model: .init(maxConcurrent: 1))
        var first = limits.tryAcquire(1)
        let copy = first
        #expect(limits.tryAcquire(1) == nil)
        first = nil
        #expect(limits.tryAcquire(1) == nil)
        withExtendedLifetime(copy) {}
        let bulkhead = try #require(limits.sets.first?.concurrency)
        #expect(bulkhead.snapshot().rejected == 0, "a call that may go elsewhere has not been refused")
    }

    @Test func placesComeBack() throws {
        let limits = try limits(model: .init(maxConcurrent: 1), provider: .init(maxConcurrent: 2))
        for _ in 0..<5 {
            let permit = limits.tryAcquire(1)
            #expect(permit != nil)
            #expect(limits.sets.map { $0.concurrency?.snapshot().inFlight } == [1, 1])
            withExtendedLifetime(permit) {}
        }
        #expect(limits.sets.map { $0.concurrency?.snapshot().inFlight } == [0, 0])
    }

    @Test func noMinuteHasMoreRequestsThanAllowed() throws {
        let limits = try limits(model: .init(requestsPerMinute: 3))
        #expect((0..<5).map { _ in limits.tryAcquire(1) != nil } == [true, true, true, false, false])
        clock.advance(by: .seconds(59))
        #expect(limits.tryAcquire(1) == nil)
        clock.advance(by: .seconds(1))
        #expect(limits.tryAcquire(1) != nil)
    }

    @Test func whatTheModelHasTakenIsGivenBackWhenTheProviderRefuses() throws {
        let limits = try limits(
            model: .init(requestsPerMinute: 10, tokensPerMinute: 1_000, maxConcurrent: 10),
            provider: .init(requestsPerMinute: 1))
        let first = limits.tryAcquire(100)
        #expect(first != nil)
        #expect(limits.tryAcquire(100) == nil)
        let model = try #require(limits.sets.first)
        #expect(model.requests?.snapshot().availablePermits == 9)
        #expect(model.tokens?.snapshot().availablePermits == 900)
        #expect(model.concurrency?.snapshot().inFlight == 1)
    }

    @Test func tokensAreReservedByEstimateAndSettledByUsage() throws {
        let limits = try limits(model: .init(tokensPerMinute: 1_000))
        let tokens = try #require(limits.sets.first?.tokens)
        let cheap = try #require(limits.tryAcquire(600))
        #expect(limits.tryAcquire(600) == nil)
        cheap.settle(tokens: 100)
        #expect(tokens.snapshot().availablePermits == 900)
        cheap.settle(tokens: 0)
        #expect(tokens.snapshot().availablePermits == 900, "only the first settlement counts")
        let dear = try #require(limits.tryAcquire(600))
        dear.settle(tokens: 1_100)
        #expect(tokens.snapshot().debt == 200)
        #expect(limits.tryAcquire(1) == nil)
    }

    @Test func whatWasNeverSentIsGivenBackWhole() throws {
        let limits = try limits(model: .init(requestsPerMinute: 1, tokensPerMinute: 100))
        let permit = try #require(limits.tryAcquire(100))
        permit.refund()
        #expect(limits.tryAcquire(100) != nil)
    }

    @Test func aCallThatFailedKeepsItsEstimate() throws {
        let limits = try limits(model: .init(tokensPerMinute: 100))
        _ = try #require(limits.tryAcquire(100))
        #expect(limits.tryAcquire(1) == nil)
    }

    @Test func anEstimateBeyondTheLimitTakesAllOfIt() throws {
        let limits = try limits(model: .init(tokensPerMinute: 100))
        let permit = try #require(limits.tryAcquire(1_000_000))
        #expect(limits.tryAcquire(1) == nil)
        permit.settle(tokens: 10)
        #expect(limits.sets.first?.tokens?.snapshot().availablePermits == 90)
    }

    @Test func aRateIsWaitedForAndGrantedInTime() async throws {
        let limits = try limits(model: .init(requestsPerMinute: 1), maxWait: .seconds(60))
        _ = limits.tryAcquire(1)
        clock.advance(by: .seconds(56))
        async let second = acquire(limits)
        await clock.waitForTimer(due: .seconds(4))
        #expect(limits.queued == 1)
        clock.advance(by: .seconds(4))
        _ = try await second
        #expect(limits.queued == 0)
    }

    @Test func aWaitThatIsKnownToBeTooLongIsRefusedAtOnce() async throws {
        let limits = try limits(model: .init(requestsPerMinute: 1))
        _ = limits.tryAcquire(1)
        let refusal = await #expect(throws: LimitRefusal.self) { _ = try await acquire(limits) }
        #expect(refusal?.kind == .rate)
        #expect(refusal?.retryAfter == .seconds(60))
        let error = GatewayError(try #require(refusal))
        #expect(error.code == .rateLimited && error.status == 429)
        #expect(error.headers[.retryAfter] == "60")
    }

    /// The metric of refusals tells how often a limit has cost somebody an answer.
    @Test func onlyACallThatGivesUpCountsAsRefused() async throws {
        let limits = try limits(model: .init(requestsPerMinute: 1, tokensPerMinute: 100), maxWait: .seconds(60))
        let requests = try #require(limits.sets.first?.requests)
        let tokens = try #require(limits.sets.first?.tokens)
        let first = try #require(limits.tryAcquire(100))
        for _ in 0..<3 { #expect(limits.tryAcquire(100) == nil) }
        async let served = acquire(limits, 1)
        await clock.waitForTimer(due: .seconds(60))
        first.settle(tokens: 10)
        clock.advance(by: .seconds(60))
        _ = try await served
        #expect(requests.snapshot().rejected == 0)
        await #expect(throws: LimitRefusal.self) {
            _ = try await acquire(limits, 1, deadline: Moment(nanoseconds: 61_000_000_000))
        }
        #expect(requests.snapshot().rejected == 1)
        #expect(tokens.snapshot().rejected == 0)
    }

    @Test func aDeadlineIsNotOutwaited() async throws {
        let limits = try limits(model: .init(requestsPerMinute: 1), maxWait: .seconds(600))
        _ = limits.tryAcquire(1)
        await #expect(throws: LimitRefusal.self) {
            _ = try await acquire(limits, deadline: Moment(nanoseconds: 59_000_000_000))
        }
    }

    @Test func aPlaceThatDoesNotComeIsRefusedAfterTheWait() async throws {
        let limits = try limits(model: .init(maxConcurrent: 1))
        let first = limits.tryAcquire(1)
        let second = Task { [self] in try await acquire(limits) }
        await clock.waitForTimer(due: .seconds(5))
        clock.advance(by: .seconds(5))
        let refusal = await #expect(throws: LimitRefusal.self) { _ = try await second.value }
        #expect(refusal?.kind == .concurrency)
        let error = GatewayError(try #require(refusal))
        #expect(error.code == .overloaded && error.status == 503)
        #expect(error.headers[.retryAfter] == "1")
        withExtendedLifetime(first) {}
    }

    @Test func theImportantGoFirstAndTheUnimportantAreShedFirst() async throws {
        let limits = try limits(model: .init(maxConcurrent: 1, maxQueued: 1), maxWait: .seconds(60))
        var first = limits.tryAcquire(1)
        #expect(first != nil)
        let low = Task { [self] in try await acquire(limits, 1, .low) }
        await clock.waitForTimer(due: .seconds(60))
        async let high = acquire(limits, 1, .high)
        let refusal = await #expect(throws: LimitRefusal.self) { _ = try await low.value }
        #expect(refusal?.cause == "a more important request took the place in the queue")
        first = nil
        _ = try await high
    }

    @Test func aFullQueueShedsTheNewcomer() async throws {
        let limits = try limits(model: .init(maxConcurrent: 1, maxQueued: 0))
        let first = limits.tryAcquire(1)
        let refusal = await #expect(throws: LimitRefusal.self) { _ = try await acquire(limits) }
        #expect(refusal?.cause == "too many requests wait for a place already")
        withExtendedLifetime(first) {}
    }

    @Test func aCancelledWaitGivesEverythingBack() async throws {
        let limits = try limits(
            model: .init(requestsPerMinute: 10, tokensPerMinute: 100, maxConcurrent: 1), maxWait: .seconds(50))
        let holder = limits.tryAcquire(100)
        let waiter = Task { [self] in _ = try await acquire(limits, 100) }
        await clock.waitForTimer(due: .seconds(50))
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        let set = try #require(limits.sets.first)
        #expect(set.concurrency?.snapshot().queued == 0)
        #expect(set.requests?.snapshot().availablePermits == 9)
        withExtendedLifetime(holder) {}
    }

    @Test func whatAProviderNoLongerGrantsIsNotAskedFor() async throws {
        let limits = try limits()
        let permit = try #require(limits.tryAcquire(1))
        limits.learn(RateHeaders(requests: .init(limit: 60, remaining: 0, reset: .seconds(20))), about: permit)
        #expect(limits.tryAcquire(1) == nil)
        #expect(limits.exhaustedFor == .seconds(20))
        let refusal = await #expect(throws: LimitRefusal.self) { _ = try await acquire(limits) }
        #expect(refusal?.retryAfter == .seconds(20))
        clock.advance(by: .seconds(16))
        async let waiting = acquire(limits)
        await clock.waitForTimer(due: .seconds(4))
        clock.advance(by: .seconds(4))
        _ = try await waiting
        #expect(limits.exhaustedFor == nil)
    }

    @Test func aProvidersGenerosityDoesNotRaiseALimit() throws {
        let limits = try limits(model: .init(requestsPerMinute: 1))
        let permit = try #require(limits.tryAcquire(1))
        limits.learn(RateHeaders(requests: .init(limit: 1_000, remaining: 999, reset: .seconds(1))), about: permit)
        #expect(limits.tryAcquire(1) == nil)
    }

    @Test func aResetThatIsFarAwayIsBelievedForAnHour() throws {
        let limits = try limits()
        let permit = try #require(limits.tryAcquire(1))
        limits.learn(RateHeaders(requests: .init(remaining: 0, reset: .seconds(80_000))), about: permit)
        clock.advance(by: .seconds(3_599))
        #expect(limits.tryAcquire(1) == nil)
        clock.advance(by: .seconds(1))
        #expect(limits.tryAcquire(1) != nil)
    }

    /// Random operations against a count by hand: places issued are those returned and held, and no minute has more
    /// requests, nor the bucket more tokens, than the limits say.
    @Test(arguments: 0..<12)
    func nothingIsLostOrInvented(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let (rate, burst, places) = (20, 5_000, 7)
        let limits = try limits(
            model: .init(requestsPerMinute: rate, tokensPerMinute: burst, maxConcurrent: places),
            provider: .init(requestsPerMinute: 2 * rate, tokensPerMinute: 2 * burst, maxConcurrent: 2 * places))
        let set = try #require(limits.sets.first)
        var held: [LimitPermit] = []
        var sent: [Duration] = []
        var time = Duration.zero
        for _ in 0..<3_000 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0...3:
                if let permit = limits.tryAcquire(Int.random(in: 0...2_000, using: &random)) {
                    held.append(permit)
                    sent.append(time)
                }
            case 4 where !held.isEmpty:
                let permit = held.remove(at: Int.random(in: held.indices, using: &random))
                permit.settle(tokens: Int.random(in: 0...3_000, using: &random))
            case 5 where !held.isEmpty:
                held.remove(at: Int.random(in: held.indices, using: &random)).settle(tokens: 0)
            default:
                let step = Duration.milliseconds(Int.random(in: 0...4_000, using: &random))
                clock.advance(by: step)
                time += step
            }
            for set in limits.sets { #expect(set.concurrency?.snapshot().inFlight == held.count) }
            #expect(held.count <= places)
            #expect(sent.filter { $0 > time - .seconds(60) }.count <= rate)
            let tokens = try #require(set.tokens?.snapshot())
            #expect(tokens.availablePermits <= burst && tokens.debt <= burst)
        }
        held = []
        for set in limits.sets { #expect(set.concurrency?.snapshot().inFlight == 0) }
        clock.advance(by: .seconds(180))
        #expect(set.requests?.snapshot().availablePermits == rate)
        #expect(set.tokens?.snapshot().availablePermits == burst)
    }
}
