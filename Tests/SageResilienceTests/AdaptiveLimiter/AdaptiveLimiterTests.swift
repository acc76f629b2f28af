import SageTesting
import Testing

@testable import SageResilience

@Suite(.timeLimit(.minutes(1)))
struct AdaptiveLimiterTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()

    private func limiter(
        _ algorithm: AdaptiveLimiterConfiguration.Algorithm = .aimd(), limit: Int = 20, window: Int? = nil,
        partitions: [String: Double] = [:]
    ) throws -> AdaptiveLimiter {
        AdaptiveLimiter(
            "test",
            try AdaptiveLimiterConfiguration(algorithm, initialLimit: limit, window: window, partitions: partitions),
            clock: clock, listener: recorder)
    }

    private func take(
        _ count: Int, _ limiter: AdaptiveLimiter, partition: String? = nil
    ) throws -> [AdaptiveLimiter.SharedPermit] {
        try (0..<count).map { _ in try limiter.acquire(partition: partition).shared() }
    }

    private func changes() -> [[Int]] {
        recorder.kinds.compactMap {
            if case .adaptiveLimiterChanged(let from, let to) = $0 { [from, to] } else { nil }
        }
    }

    /// Case 43, through the limiter itself: with a window of one call, each call is one step.
    @Test func oneStepUpAndOneStepDown() throws {
        let up = try limiter(limit: 20, window: 1)
        let permits = try take(10, up)
        permits[0].succeed()
        #expect(up.limit == 20, "the first call found the limit unused")
        permits[9].succeed()
        #expect(up.limit == 21)
        let down = try limiter(limit: 30)
        try down.acquire().fail(ServiceError(.rateLimited))
        #expect(down.limit == 27)
        #expect(changes() == [[20, 21], [30, 27]])
    }

    @Test func aWholeWindowOfSuccessesRaisesTheLimitByOne() throws {
        let limiter = try limiter(limit: 4)
        for round in 1...3 {
            for permit in try take(4, limiter) { permit.succeed() }
            // Of four calls three find at least half of the limit in use.
            #expect(limiter.snapshot().windows == (round < 2 ? 0 : 1))
        }
        #expect(limiter.limit == 5)
        #expect(changes() == [[4, 5]])
    }

    @Test(arguments: [
        (ServiceError(.rateLimited), 18), (ServiceError(.overloaded), 18), (ServiceError(.timeout), 18),
        (ServiceError(.transient), 20), (ServiceError(.permanent), 20), (ServiceError(.quotaExhausted), 20),
        (ServiceError(.unknown), 20), (ServiceError(.overloaded, fault: .policy), 20),
        (ServiceError(.timeout, fault: .caller), 20),
    ])
    func onlySignsOfOverloadLowerTheLimit(error: ServiceError, expected: Int) async throws {
        let limiter = try limiter(window: 1)
        await #expect(throws: error) { try await limiter.execute { throw error } }
        #expect(limiter.limit == expected)
        #expect(limiter.snapshot().inFlight == 0)
        #expect(limiter.snapshot().drops == (expected < 20 ? 1 : 0))
    }

    @Test func rejectionsByOtherPoliciesChangeNothing() async throws {
        let limiter = try limiter()
        await #expect(throws: Refusal.self) { try await limiter.execute { throw Refusal() } }
        #expect(limiter.limit == 20)
    }

    @Test func cancelledCallsChangeNothing() async throws {
        let limiter = try limiter(window: 1)
        let gate = Gate()
        let task = Task {
            try await limiter.execute {
                do { try await gate.pass() } catch { throw ServiceError(.timeout) }
            }
        }
        task.cancel()
        await #expect(throws: ServiceError.self) { try await task.value }
        #expect(limiter.limit == 20)
        #expect(limiter.snapshot().inFlight == 0)
    }

    @Test func aTimeLimitAroundItIsASignOfOverload() async throws {
        let limiter = try limiter()
        let limit = try TimeLimiter(.seconds(1), clock: clock)
        let task = Task { try await limit.execute { try await limiter.execute { try await Gate().pass() } } }
        await clock.nextTimerScheduled()
        clock.advance(by: .seconds(1))
        await #expect(throws: TimeLimiterError.self) { try await task.value }
        #expect(limiter.limit == 18)
    }

    @Test func callsThatFailTogetherLowerTheLimitOnce() throws {
        let limiter = try limiter(limit: 20, window: 1)
        let permits = try take(20, limiter)
        for permit in permits.prefix(10) { permit.fail(ServiceError(.overloaded)) }
        #expect(limiter.limit == 18)
        for permit in permits.suffix(10) { permit.succeed() }
        #expect(limiter.limit == 18, "successes of before raise nothing")
        try limiter.acquire().fail(ServiceError(.overloaded))
        #expect(limiter.limit == 16)
    }

    @Test func refusesAtOnceAndSaysTheLimit() async throws {
        let limiter = try limiter(limit: 2)
        let permits = try take(2, limiter)
        let error = await #expect(throws: AdaptiveLimiterError.self) {
            try await limiter.execute { Issue.record("ran") }
        }
        #expect(error == AdaptiveLimiterError(policyName: "test", limit: 2))
        #expect(error?.reason == .concurrencyLimited)
        #expect(error?.retryAfter == nil)
        #expect(
            error?.description == "test: adaptive limiter refused: 2 calls may be in flight at present, and are")
        guard limiter.tryAcquire() == nil else { throw UnknownError() }
        permits[0].ignore()
        try limiter.acquire().succeed()
        #expect(limiter.snapshot().rejected == 2)
        #expect(limiter.snapshot().inFlight == 1)
        let rejections = recorder.kinds.count { if case .adaptiveLimiterRejected = $0 { true } else { false } }
        #expect(rejections == 2)
    }

    @Test func aLowerLimitInterruptsNobody() throws {
        let limiter = try limiter(.aimd(backoffRatio: 0.1), limit: 20)
        var permits = try take(20, limiter)
        permits.removeLast().fail(ServiceError(.overloaded))
        #expect(limiter.limit == 2)
        #expect(limiter.snapshot().inFlight == 19)
        #expect(throws: AdaptiveLimiterError.self) { try take(1, limiter) }
        for permit in permits { permit.succeed() }
        permits = try take(2, limiter)
        #expect(throws: AdaptiveLimiterError.self) { try take(1, limiter) }
    }

    @Test func aPermitIsGivenBackOnceHoweverItEnds() throws {
        let limiter = try limiter(window: 1)
        do { _ = try limiter.acquire() }
        #expect(limiter.snapshot().inFlight == 0)
        _ = try limiter.acquire().shared()
        #expect(limiter.snapshot().inFlight == 0)
        let shared = try limiter.acquire().shared()
        shared.ignore()
        shared.fail(ServiceError(.overloaded))
        shared.succeed()
        try limiter.acquire().ignore()
        #expect(limiter.snapshot().inFlight == 0)
        #expect(limiter.limit == 20)
        #expect(limiter.isEvictable)
        try limiter.acquire().fail(ServiceError(.overloaded))
        #expect(!limiter.isEvictable)
    }

    @Test(arguments: [true, false])
    func whatWasLearnedIsNotWorthKeepingForEver(succeeds: Bool) throws {
        let limiter = try limiter(limit: 1, window: 1)
        clock.advance(by: .seconds(100))
        let permit = try limiter.acquire()
        if succeeds { permit.succeed() } else { permit.fail(ServiceError(.overloaded)) }
        clock.advance(by: .seconds(60) - .nanoseconds(1))
        #expect(!limiter.isEvictable)
        clock.advance(by: .nanoseconds(1))
        #expect(limiter.isEvictable)
        let late = try limiter.acquire().shared()
        #expect(!limiter.isEvictable, "somebody is in flight")
        late.ignore()
        #expect(limiter.isEvictable)
    }

    // MARK: Durations

    /// A window of ten calls at once that each take so long.
    private func playWindow(_ limiter: AdaptiveLimiter, _ duration: Duration, count: Int = 10) throws {
        let permits = try take(count, limiter)
        clock.advance(by: duration)
        for permit in permits { permit.succeed() }
    }

    @Test func gradientLearnsFromDurations() throws {
        let limiter = try limiter(.gradient(try .init(smoothing: 1)), limit: 10, window: 10)
        try playWindow(limiter, .milliseconds(10))
        #expect(limiter.limit == 14)
        let snapshot = limiter.snapshot()
        let average = try #require(snapshot.averageDuration)
        #expect(average >= .milliseconds(10) && average <= .microseconds(10_001))
        #expect(snapshot.longRunDuration == snapshot.averageDuration)
        for _ in 0..<20 { try playWindow(limiter, .milliseconds(10)) }
        let before = limiter.limit
        for _ in 0..<3 { try playWindow(limiter, .milliseconds(100), count: 10) }
        #expect(limiter.limit <= before)
    }

    @Test func theTimeToTheFirstTokenCanStandForTheDuration() throws {
        let limiter = try limiter(.gradient(), window: 1)
        let permit = try limiter.acquire().shared()
        clock.advance(by: .milliseconds(200))
        permit.stopTiming()
        clock.advance(by: .seconds(60))
        permit.stopTiming()
        permit.succeed()
        let average = try #require(limiter.snapshot().averageDuration)
        #expect(average >= .milliseconds(200) && average <= .microseconds(200_001))
    }

    @Test func whileItLearnsAnewCallsOfBeforeDoNotCount() throws {
        let limiter = try limiter(.gradient(try .init(relearnInterval: 1)), limit: 20, window: 1)
        let early = try take(20, limiter)
        clock.advance(by: .seconds(1))
        early[19].succeed()
        #expect(limiter.limit == 10)
        for permit in early.prefix(19) { permit.succeed() }
        #expect(limiter.limit == 10)
        let permit = try limiter.acquire().shared()
        clock.advance(by: .milliseconds(300))
        permit.succeed()
        #expect(limiter.limit == 20)
        let long = try #require(limiter.snapshot().longRunDuration)
        #expect(long >= .milliseconds(300) && long <= .microseconds(300_001))
    }

    @Test(arguments: [Duration.seconds(Int64.max), .seconds(-5), .zero, .seconds(400 * 365 * 86_400)])
    func noDurationTraps(duration: Duration) throws {
        let limiter = try limiter(.gradient(), window: 3)
        for _ in 0..<10 {
            let ticket = try limiter.admit()
            let until = ticket.startedAt.advanced(by: duration.saturatingNanoseconds)
            limiter.recordSuccess(ticket, timedUntil: until)
        }
        #expect((1...200).contains(limiter.limit))
        #expect(limiter.snapshot().windows == 3)
    }

    // MARK: Partitions

    /// Case 43, partitions .3 and .7 of 10; concurrency-limits' AbstractPartitionedLimiterTest.
    @Test func aPartitionMayUseWhatOthersDoNot() throws {
        let limiter = try limiter(limit: 10, partitions: ["batch": 0.3, "live": 0.7])
        #expect(limiter.snapshot().partitions["batch"] == .init(inFlight: 0, guaranteed: 3))
        #expect(limiter.snapshot().partitions["live"] == .init(inFlight: 0, guaranteed: 7))
        let batch = try take(10, limiter, partition: "batch")
        #expect(throws: AdaptiveLimiterError.self) { try take(1, limiter, partition: "batch") }
        let live = try take(7, limiter, partition: "live")
        #expect(throws: AdaptiveLimiterError.self) { try take(1, limiter, partition: "live") }
        #expect(limiter.snapshot().inFlight == 17)
        for permit in batch + live { permit.succeed() }
        #expect(limiter.snapshot().inFlight == 0)
        #expect(limiter.snapshot().partitions.values.allSatisfy { $0.inFlight == 0 })
    }

    @Test func aFullTotalRefusesAllBeyondTheirShares() throws {
        let limiter = try limiter(limit: 10, partitions: ["batch": 0.3, "live": 0.7])
        let permits = try take(3, limiter, partition: "batch") + take(7, limiter, partition: "live")
        for partition in ["batch", "live", "other", nil] {
            #expect(throws: AdaptiveLimiterError.self) { try take(1, limiter, partition: partition) }
        }
        permits[0].ignore()
        permits[9].ignore()
        #expect(try take(1, limiter, partition: "other").count == 1)
        #expect(try take(1, limiter, partition: nil).count == 1)
    }

    @Test func sharesFollowTheLimit() throws {
        let limiter = try limiter(.aimd(backoffRatio: 0.5), limit: 100, partitions: ["a": 0.07, "b": 0.001])
        #expect(limiter.snapshot().partitions["a"]?.guaranteed == 7)
        #expect(limiter.snapshot().partitions["b"]?.guaranteed == 1)
        try limiter.acquire().fail(ServiceError(.overloaded))
        #expect(limiter.snapshot().partitions["a"]?.guaranteed == 4)
    }

    // MARK: Many at once

    @Test(arguments: [AdaptiveLimiterConfiguration.Algorithm.aimd(), .gradient()])
    func manyAtOnceLoseNoPlace(algorithm: AdaptiveLimiterConfiguration.Algorithm) async throws {
        let limiter = try limiter(algorithm, limit: 5, partitions: ["a": 0.2, "b": 0.4])
        let (inside, most) = (Locked(0), Locked(0))
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask { [clock] in
                    for round in 0..<500 {
                        try? await limiter.execute(partition: ["a", "b", nil][(task + round) % 3]) {
                            let now = inside.update { count in
                                count += 1
                                return count
                            }
                            most.update { $0 = max($0, now) }
                            clock.advance(by: .microseconds(10))
                            inside.update { $0 -= 1 }
                            if (task &* 31 + round) % 11 == 0 { throw ServiceError(.overloaded) }
                            if round % 13 == 0 { throw ServiceError.permanent }
                        }
                        if round % 50 == 0 { _ = limiter.snapshot() }
                    }
                }
            }
        }
        // Whoever delivers last may have left events to the next caller; each look at the window delivers its share.
        for _ in 0...(EventEmitter.mostPending / EventEmitter.mostPerCaller) { limiter.learn(0) }
        let snapshot = limiter.snapshot()
        #expect(snapshot.inFlight == 0, "issued = returned")
        #expect(snapshot.partitions.values.allSatisfy { $0.inFlight == 0 })
        #expect(snapshot.drops > 0)
        #expect((1...200).contains(snapshot.limit))
        #expect(most.value <= 8)
        var limit = 5
        for change in changes() {
            #expect(change[0] == limit && change[1] != limit)
            limit = change[1]
        }
        #expect(limit == snapshot.limit)
        #expect(recorder.events.map(\.sequence) == (0..<recorder.events.count).map { UInt64($0) + 1 })
    }
}
