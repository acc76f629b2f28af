import SageLLM
import SageResilience
import SageStorage
import SageTesting
import Testing

@testable import SageGateway

struct SharedLimitsTests {
    private let clock = TestClock()
    private let store: FickleStateStore

    init() {
        store = FickleStateStore(clock)
    }

    /// What one process has: limits of a model and its provider, and its side of the store.
    private struct Instance {
        let shared: SharedLimits
        let limits: TargetLimits

        func acquire(_ estimate: Int = 1) async throws -> LimitPermit {
            try await limits.acquire(estimate, priority: .normal, deadline: .distantFuture)
        }
    }

    private func instance(
        model: GatewayConfiguration.Limits? = nil, provider: GatewayConfiguration.Limits? = nil,
        maxWait: Duration = .seconds(5), listener: (any ResilienceListener)? = nil
    ) throws -> Instance {
        let shared = try SharedLimits(store, GatewayConfiguration.Storage.Shared(), clock: clock)
        let sets = try [("a/m", model), ("a", provider)].map { name, limits in
            try LimitSet(name, limits, maxWait: maxWait, clock: clock, listener: listener, shared: shared)
        }
        return Instance(
            shared: shared,
            limits: TargetLimits("a/m", model: sets[0], provider: sets[1], maxWait: maxWait, clock: clock))
    }

    private func instances(_ count: Int, _ limits: GatewayConfiguration.Limits) throws -> [Instance] {
        try (0..<count).map { _ in try instance(provider: limits) }
    }

    /// How many of so many requests go on at once, each instance in its turn.
    private func admitted(_ requests: Int, _ instances: [Instance], _ estimate: Int = 1) async throws -> Int {
        var count = 0
        for index in 0..<requests
        where try await instances[index % instances.count].limits.tryAcquireShared(estimate) != nil { count += 1 }
        return count
    }

    // MARK: Together

    @Test func instancesTogetherLetExactlyTheLimitThrough() async throws {
        let all = try instances(3, .init(requestsPerMinute: 20))
        #expect(try await admitted(60, all) == 20)
        clock.advance(by: .milliseconds(59_999))
        #expect(try await admitted(3, all) == 0)
        clock.advance(by: .milliseconds(1))
        #expect(try await admitted(60, all) == 20)
    }

    @Test func tokensAreSharedAndCorrectedWhenTheyAreKnown() async throws {
        let all = try instances(2, .init(tokensPerMinute: 1_000))
        let dear = try await all[0].limits.tryAcquireShared(900)
        #expect(try await admitted(2, all, 200) == 0)
        dear?.settle(tokens: 300)
        await all[0].shared.turn()
        #expect(try await admitted(10, all, 100) == 7)
    }

    @Test func whatWasUsedBeyondTheEstimateIsMissingEverywhere() async throws {
        let all = try instances(2, .init(tokensPerMinute: 600))
        let cheap = try await all[0].limits.tryAcquireShared(100)
        cheap?.settle(tokens: 700)
        await all[0].shared.turn()
        clock.advance(by: .seconds(10))
        #expect(try await admitted(1, [all[1]], 1) == 0)
        clock.advance(by: .milliseconds(100))
        #expect(try await admitted(1, [all[1]], 1) == 1)
    }

    @Test func whatWasNeverSentIsGivenBack() async throws {
        let all = try instances(2, .init(requestsPerMinute: 1, tokensPerMinute: 100))
        let permit = try await all[0].limits.tryAcquireShared(100)
        permit?.refund()
        permit?.settle(tokens: 100)
        #expect(try await admitted(1, [all[1]], 100) == 0)
        await all[0].shared.turn()
        #expect(try await admitted(2, all, 100) == 1)
    }

    @Test func allLimitsOfATargetAreOneQuestionAndAllOrNothing() async throws {
        let both = try instance(
            model: .init(requestsPerMinute: 1, tokensPerMinute: 100),
            provider: .init(requestsPerMinute: 5, tokensPerMinute: 900))
        #expect(try await both.limits.tryAcquireShared(10) != nil)
        #expect(try await both.limits.tryAcquireShared(10) == nil)
        #expect(store.questions.takes.count == 2)
        #expect(
            store.questions.takes.first?.map(\.account) == [
                "a/m:requests", "a/m:tokens", "a:requests", "a:tokens",
            ])
        let provider = try instance(provider: .init(requestsPerMinute: 5, tokensPerMinute: 900))
        #expect(try await admitted(9, [provider]) == 4)
    }

    @Test func placesAreEachInstancesOwn() async throws {
        let all = try instances(2, .init(requestsPerMinute: 10, maxConcurrent: 1))
        let held = try await [all[0].limits.tryAcquireShared(1), all[1].limits.tryAcquireShared(1)]
        #expect(held.allSatisfy { $0 != nil })
        #expect(try await all[0].limits.tryAcquireShared(1) == nil)
        #expect(store.questions.takes.count == 2, "without a place nobody asks")
    }

    @Test func withoutSharingNobodyIsAsked() throws {
        let alone = try LimitSet("a", .init(requestsPerMinute: 1), maxWait: .zero, clock: clock, listener: nil)
        #expect(!TargetLimits("a/m", provider: alone, clock: clock).isShared)
        let onlyPlaces = try instance(model: .init(maxConcurrent: 1))
        #expect(!onlyPlaces.limits.isShared)
    }

    @Test func aLimitThatStoresCannotCountIsRefused() throws {
        #expect(throws: ConfigurationError.self) { try instance(model: .init(tokensPerMinute: 1_000_000_001)) }
        _ = try instance(model: .init(tokensPerMinute: 1_000_000_000))
    }

    // MARK: Waiting

    @Test func aRefusalSaysWhoseLimitItIsAndWhenTheStoreHasRoom() async throws {
        let recorder = EventRecorder()
        let one = try instance(
            model: .init(requestsPerMinute: 5), provider: .init(requestsPerMinute: 1), listener: recorder)
        #expect(try await one.limits.tryAcquireShared(1) != nil)
        clock.advance(by: .seconds(10))
        let two = try instance(
            model: .init(requestsPerMinute: 5), provider: .init(requestsPerMinute: 1), listener: recorder)
        let refusal = await #expect(throws: LimitRefusal.self) { _ = try await two.acquire() }
        #expect(refusal?.name == "a")
        #expect(refusal?.kind == .rate)
        #expect(refusal?.retryAfter == .seconds(50))
        #expect(recorder.events.map(\.policy.name) == ["a:requests"])
        #expect(recorder.kinds.map(\.description) == ["refused 1 permits: \(RejectionReason.waitTooLong.rawValue)"])
        #expect(two.limits.sets.last?.accounts?.requests?.rejected == 1)
    }

    @Test func aRequestWaitsAsLongAsTheStoreSays() async throws {
        let all = try (0..<2).map { _ in try instance(provider: .init(requestsPerMinute: 1), maxWait: .seconds(60)) }
        _ = try await all[0].limits.tryAcquireShared(1)
        clock.advance(by: .seconds(20))
        async let second = all[1].acquire()
        await clock.waitForTimer(due: .seconds(40))
        #expect(all[1].limits.queued == 1)
        clock.advance(by: .seconds(40))
        _ = try await second
        #expect(all[1].limits.queued == 0)
        #expect(try await admitted(2, all) == 0)
    }

    @Test func ofThoseWhoWaitOnlyTheFirstAsksAgain() async throws {
        let one = try instance(provider: .init(requestsPerMinute: 1), maxWait: .seconds(600))
        _ = try await one.limits.tryAcquireShared(1)
        let waiting = (0..<3).map { _ in Task { _ = try await one.acquire() } }
        // The first until there is room, the others until they have waited for too long.
        await clock.waitForTimer(due: .seconds(60))
        await clock.waitForTimer(due: .seconds(600), count: 2)
        #expect(store.questions.takes.count == 4)
        for round in 1...3 {
            clock.advance(by: .seconds(60))
            if round < 3 { await clock.waitForTimer(due: .seconds(60)) }
        }
        for task in waiting { try await task.value }
        // Who comes to the head asks at once, since its first answer is out of date, and again when there is room.
        #expect(store.questions.takes.count == 9)
    }

    @Test func aFullQueueRefusesWithTheStoresTime() async throws {
        let one = try instance(provider: .init(requestsPerMinute: 1, maxQueued: 0), maxWait: .seconds(600))
        _ = try await one.limits.tryAcquireShared(1)
        let first = Task { _ = try await one.acquire() }
        await clock.waitForTimer(due: .seconds(60))
        let refusal = await #expect(throws: LimitRefusal.self) { _ = try await one.acquire() }
        #expect(refusal?.cause == "too many requests wait for it already")
        #expect(refusal?.retryAfter == .seconds(60))
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        #expect(one.limits.queued == 0)
    }

    // MARK: Without the store

    @Test func whileTheStoreIsAwayEachHasTheWholeLimitLessWhatItHasUsed() async throws {
        let all = try instances(2, .init(requestsPerMinute: 20))
        #expect(try await admitted(4, [all[0]]) == 4)
        store.presence = .away
        #expect(try await admitted(100, [all[0]]) == 16)
        #expect(try await admitted(100, [all[1]]) == 20)
        #expect(all.map(\.shared.health.isUp) == [false, false])
        #expect(all[0].shared.health.error?.contains("it is away") == true)
        // Behind its circuit breaker it is not asked for each of them.
        #expect(store.questions.takes.count < 20)
    }

    @Test func whoWaitsGoesOnAloneWhenTheStoreGoesAway() async throws {
        let one = try instance(provider: .init(requestsPerMinute: 1), maxWait: .seconds(600))
        let other = try instance(provider: .init(requestsPerMinute: 1), maxWait: .seconds(600))
        _ = try await one.limits.tryAcquireShared(1)
        async let waiting = other.acquire()
        await clock.waitForTimer(due: .seconds(60))
        store.presence = .away
        clock.advance(by: .seconds(60))
        _ = try await waiting
        #expect(other.limits.queued == 0)
    }

    @Test func aStoreThatHangsIsNotWaitedForLongerThanItsTimeLimit() async throws {
        let one = try instance(provider: .init(requestsPerMinute: 20))
        store.presence = .hanging
        for _ in 0..<3 {
            async let permit = one.limits.tryAcquireShared(1)
            await clock.waitForTimer(due: .milliseconds(50))
            clock.advance(by: .milliseconds(50))
            #expect(try await permit != nil)
        }
        // From now on not at all.
        #expect(try await admitted(20, [one]) == 17)
    }

    @Test func whatWasGrantedMeanwhileIsToldWhenTheStoreIsBack() async throws {
        let all = try instances(2, .init(requestsPerMinute: 20, tokensPerMinute: 1_000))
        #expect(try await admitted(3, [all[0]]) == 3)
        store.presence = .away
        var permits: [LimitPermit] = []
        for _ in 0..<5 { permits.append(try #require(try await all[0].limits.tryAcquireShared(100))) }
        permits[0].settle(tokens: 50)
        permits[1].refund()
        store.presence = .here
        clock.advance(by: .seconds(5))
        await all[0].shared.turn()
        #expect(all[0].shared.health.isUp)
        #expect(
            store.questions.settlements == [
                [
                    RateCorrection("a:requests", .slidingWindow(limit: 20, per: .seconds(60)), reserved: 0, actual: 4),
                    // Of 350 tokens 5 seconds have brought 83 back; three more were taken before.
                    RateCorrection(
                        "a:tokens", .tokenBucket(capacity: 1_000, refillInterval: .milliseconds(60)), reserved: 0,
                        actual: 270),
                ]
            ])
        #expect(try await admitted(40, all, 1) == 13)
        // What is settled later was told as it was estimated, except for what goes beyond.
        permits[2].settle(tokens: 10)
        permits[3].settle(tokens: 150)
        await all[0].shared.turn()
        #expect(store.questions.settlements.count == 2)
        #expect(store.questions.settlements.last?.map(\.actual) == [150])
    }

    @Test func whatWasGrantedLongAgoIsNotTold() async throws {
        let one = try instance(provider: .init(requestsPerMinute: 20))
        store.presence = .away
        #expect(try await admitted(30, [one]) == 20)
        store.presence = .here
        clock.advance(by: .seconds(60))
        await one.shared.turn()
        #expect(store.questions.settlements.isEmpty)
        #expect(try await admitted(30, [one]) == 20)
    }

    @Test func theLoopFindsOutByItselfThatTheStoreIsAwayAndBack() async throws {
        let one = try instance(provider: .init(requestsPerMinute: 20))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await one.shared.run() }
            await clock.waitForTimer(due: .seconds(1))
            #expect(one.shared.health.isUp)
            store.presence = .away
            clock.advance(by: .seconds(1))
            await clock.waitForTimer(due: .seconds(1))
            #expect(!one.shared.health.isUp)
            store.presence = .here
            clock.advance(by: .seconds(1))
            await clock.waitForTimer(due: .seconds(1))
            #expect(one.shared.health.isUp)
            group.cancelAll()
        }
        #expect(store.questions.pings == 3)
    }

    // MARK: Keys

    private func key(_ limits: GatewayConfiguration.Limits) throws -> (ClientKey, SharedLimits) {
        let shared = try SharedLimits(store, GatewayConfiguration.Storage.Shared(), clock: clock)
        let configuration = GatewayConfiguration.ClientKey(
            name: "team", hash: KeyDigest(key: "k"), requestsPerMinute: limits.requestsPerMinute,
            tokensPerMinute: limits.tokensPerMinute)
        return (try ClientKey(configuration, clock: clock, listener: nil, shared: shared), shared)
    }

    @Test(arguments: [
        (GatewayConfiguration.Limits(requestsPerMinute: 1, tokensPerMinute: 900), "requests", Duration.seconds(60)),
        (GatewayConfiguration.Limits(requestsPerMinute: 9, tokensPerMinute: 600), "tokens", Duration.seconds(40)),
    ])
    func aKeysLimitsHoldForAllInstances(
        _ limits: GatewayConfiguration.Limits, _ what: String, _ wait: Duration
    ) async throws {
        let (one, shared) = try key(limits)
        let (two, _) = try key(limits)
        #expect(one.isShared)
        let permit = try await one.admitShared(500)
        let error = await #expect(throws: GatewayError.self) { _ = try await two.admitShared(500) }
        #expect(error?.code == .rateLimited)
        #expect(error?.message == "the key team has used up its \(what) a minute")
        #expect(error?.retryAfter == wait)
        permit.settle(tokens: 0)
        await shared.turn()
        if what == "tokens" { _ = try await two.admitShared(500) }
    }

    @Test func withoutTheStoreAKeyHasItsLimitAtEachInstance() async throws {
        let (one, _) = try key(.init(requestsPerMinute: 1))
        store.presence = .away
        _ = try await one.admitShared(1)
        let error = await #expect(throws: GatewayError.self) { _ = try await one.admitShared(1) }
        #expect(error?.retryAfter == .seconds(60))
    }

    // MARK: Status

    @Test func theStatusShowsWhatAllHaveLeft() async throws {
        let all = try instances(2, .init(requestsPerMinute: 20))
        #expect(try await admitted(5, [all[0]]) == 5)
        #expect(try await admitted(1, [all[1]]) == 1)
        let set = try #require(all[1].limits.shared)
        #expect(set.limiterStatus.first?["available"] == 14)
        #expect(set.limiterStatus.first?["shared"] == true)
        store.presence = .away
        #expect(try await admitted(1, [all[1]]) == 1)
        #expect(set.limiterStatus.first?["available"] == 18, "what this instance would grant alone")
        #expect(set.limiterStatus.first?["shared"] == false)
    }
}

struct SharedUseTests {
    private let clock = TestClock()

    private func settlement(_ number: Int) -> SharedUse.Settlement {
        .init(corrections: [], takenAt: StoreInstant(microseconds: Int64(number)))
    }

    @Test func correctionsAreToldInTheirOrder() {
        var use = SharedUse()
        for number in 0..<5 { use.add(settlement(number)) }
        #expect((0..<6).map { _ in use.takeSettlement() } == (0..<5).map(settlement) + [nil])
        #expect(use.isEmpty)
    }

    @Test func beyondTheBoundTheOldestAreForgotten() {
        var use = SharedUse()
        for number in 0..<(3 * SharedUse.mostCorrections) { use.add(settlement(number)) }
        var count = 0
        var first: SharedUse.Settlement?
        while let next = use.takeSettlement() {
            first = first ?? next
            count += 1
        }
        #expect(count == SharedUse.mostCorrections)
        #expect(first == settlement(2 * SharedUse.mostCorrections))
    }

    @Test func anAbsenceWithoutGrantsIsNone() throws {
        var use = SharedUse()
        #expect(use.endAbsence().isEmpty)
        #expect(use.absence == 0)
        let limiter = try RateLimiter(
            "a:requests", RateLimiterConfiguration(.slidingWindow(limit: 5, per: .seconds(60))), clock: clock)
        let account = try SharedAccount("a", .requests, limiter, listener: nil)
        for _ in 0..<3 { #expect(limiter.tryAcquire()) }
        use.grant(2, of: account)
        use.grant(-5, of: account)
        use.grant(1, of: account)
        #expect(use.endAbsence().map(\.actual) == [1])
        #expect(use.absence == 1)
        #expect(use.isEmpty)
    }
}
