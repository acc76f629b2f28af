import SageTesting
import Testing

@testable import SageResilience

/// The lock-free path of the token bucket, and its exchange with the queue.
@Suite(.timeLimit(.minutes(1)))
struct RateLimiterFastPathTests {
    private let clock = TestClock()

    private func limiter(capacity: Int, maxWait: Duration = .seconds(60)) throws -> RateLimiter {
        try RateLimiter.tokenBucket(
            "test", capacity: capacity, refillInterval: .seconds(1), maxWait: maxWait, clock: clock)
    }

    /// The limiter against a state machine that does everything itself.
    @Test(arguments: 0..<8 as Range<UInt64>)
    func theLimiterAgreesWithItsStateMachine(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let clock = TestClock()
        let configuration = try RateLimiterConfiguration(
            .tokenBucket(capacity: 5, refillInterval: .nanoseconds(10)), maxWait: .zero)
        let limiter = RateLimiter("test", configuration, clock: clock)
        var machine = RateLimiter.StateMachine(configuration)
        for _ in 0..<2_000 {
            let now = Moment(nanoseconds: clock.now.offset.saturatingNanoseconds)
            let permits = Int.random(in: -1...6, using: &generator)
            switch Int.random(in: 0..<10, using: &generator) {
            case 0:
                limiter.pause(for: .nanoseconds(permits))
                _ = machine.pause(until: now.advanced(by: Int64(permits)), now: now)
            case 1...3: clock.advance(by: .nanoseconds(Int.random(in: 0...40, using: &generator)))
            case 4:
                let isAdmitted = if case .admitted = limiter.admit(permits, now: now) { true } else { false }
                #expect(isAdmitted == (machine.admit(permits, patience: .none, now: now) == .admitted))
            default:
                #expect(
                    limiter.tryAcquire(permits) == (machine.admit(permits, patience: .none, now: now) == .admitted))
            }
            let present = Moment(nanoseconds: clock.now.offset.saturatingNanoseconds)
            #expect(limiter.snapshot() == machine.snapshot(name: "test", counters: machine.counters, now: present))
        }
    }

    @Test func thePromisedInstantAdmitsAndTheOneBeforeDoesNot() async throws {
        for limiter in [
            try limiter(capacity: 3), try .slidingWindow(limit: 3, per: .seconds(1), clock: clock),
            try .slidingWindow(limit: 2_000, per: .seconds(1), clock: clock),
        ] {
            let capacity = limiter.snapshot().capacity
            #expect(limiter.tryAcquire(capacity))
            for permits in [capacity, 1, capacity, capacity - 1, capacity] {
                let error = await #expect(throws: RateLimiterError.self) {
                    try await limiter.acquire(permits, maxWait: .zero)
                }
                let wait = try #require(error?.retryAfter)
                clock.advance(by: wait - .nanoseconds(1))
                #expect(!limiter.tryAcquire(permits))
                clock.advance(by: .nanoseconds(1))
                #expect(limiter.tryAcquire(permits))
            }
        }
    }

    /// Many tasks, a clock that stands still: as many permits as there are, and every call is counted.
    @Test func racingCallsGetExactlyThePermitsThatThereAre() async throws {
        let limiter = try limiter(capacity: 1_000)
        let granted = await withTaskGroup(of: Int.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    var granted = 0
                    for index in 0..<1_000 {
                        if limiter.tryAcquire() { granted += 1 }
                        // Closes the bucket and opens it again.
                        if index % 10 == worker { limiter.pause(for: .zero) }
                        if index % 100 == worker { _ = limiter.snapshot() }
                    }
                    return granted
                }
            }
            return await group.reduce(0, +)
        }
        let snapshot = limiter.snapshot()
        #expect(granted == 1_000)
        #expect(snapshot.acquired == 1_000)
        #expect(snapshot.acquiredPermits == 1_000)
        #expect(snapshot.rejected == 3_000)
        #expect(snapshot.availablePermits == 0)
    }

    /// Real time, and calls that wait between calls that do not.
    @Test func waitersAndHurriedCallsTogetherKeepTheRate() async throws {
        // Hours to wait, because the time is the real one.
        let limiter = try RateLimiter.tokenBucket(
            capacity: 10, refillInterval: .microseconds(20), maxWait: .seconds(36_000))
        let start = limiter.timeline.now
        let granted = try await withThrowingTaskGroup(of: Int.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    var granted = 0
                    for _ in 0..<100 {
                        if worker % 2 == 0 {
                            try await limiter.acquire(2)
                            granted += 2
                        } else if limiter.tryAcquire() {
                            granted += 1
                        }
                    }
                    return granted
                }
            }
            return try await group.reduce(0, +)
        }
        let elapsed = limiter.timeline.now.elapsed(since: start)
        let snapshot = limiter.snapshot()
        #expect(Int64(granted) <= 10 + elapsed / 20_000)
        #expect(snapshot.acquiredPermits == granted)
        #expect(snapshot.queued == 0)
        #expect(snapshot.acquired + snapshot.rejected == 400)
    }

    @Test func nobodyOvertakesAWaitingCallByTheFastPath() async throws {
        let limiter = try limiter(capacity: 5)
        #expect(limiter.tryAcquire(2))
        #expect(limiter.bucket.current != nil)
        async let waiting: Void = limiter.acquire(4)
        await clock.nextTimerScheduled()
        #expect(limiter.bucket.current == nil)
        for _ in 0..<10 { #expect(!limiter.tryAcquire()) }
        clock.advance(by: .seconds(1))
        try await waiting
        #expect(limiter.bucket.current != nil)
        #expect(limiter.snapshot().availablePermits == 0)
    }

    @Test func aPauseClosesTheFastPathAndItsEndOpensIt() throws {
        let limiter = try limiter(capacity: 5)
        limiter.pause(for: .seconds(2))
        #expect(!limiter.takeAtOnce(now: .zero))
        #expect(!limiter.tryAcquire())
        clock.advance(by: .seconds(2))
        #expect(limiter.tryAcquire())
        #expect(limiter.takeAtOnce(now: .seconds(2)))
        #expect(limiter.snapshot().acquired == 2)
    }

    @Test func windowsNeverUseTheBucket() throws {
        let limiter = try RateLimiter.slidingWindow(limit: 5, per: .seconds(1), clock: clock)
        #expect(limiter.tryAcquire())
        #expect(!limiter.takeAtOnce(now: .zero))
        #expect(limiter.snapshot().acquired == 1)
    }

    /// A moment that was read before another call took its permits, as it happens between two threads.
    @Test func anOldMomentDoesNotLoseTheRestOfABurst() throws {
        let limiter = try limiter(capacity: 3)
        clock.advance(by: .seconds(10))
        let old = Moment.seconds(9.9)
        #expect(limiter.tryAcquire(2))
        #expect(limiter.takeSlowly(1, now: old, seen: OpenBucket.closed) != nil)
        #expect(!limiter.tryAcquire())
    }

    @Test(arguments: [Int64.max / 2 - 1, Int64.max / 2 + 1])
    func theEndOfTimeDoesNotOpenTheBucketForEver(nanoseconds: Int64) throws {
        let limiter = try RateLimiter.tokenBucket(capacity: 3, refillInterval: .nanoseconds(.max / 8), clock: clock)
        clock.advance(by: .nanoseconds(nanoseconds))
        let granted = (0..<10).count { _ in limiter.tryAcquire() }
        #expect(granted <= 4)
        #expect(limiter.snapshot().acquired == granted)
    }
}
