import SageResilience
import SageTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RateLimiterReservationTests {
    private let clock = TestClock()

    private func limiter(_ kind: Int) throws -> RateLimiter {
        switch kind {
        case 0: try .tokensPerMinute(limit: 60, clock: clock)
        case 1: try .slidingWindow(limit: 60, per: .seconds(60), clock: clock)
        default: try RateLimiter.slidingWindow(limit: 6_000, per: .seconds(60), clock: clock)
        }
    }

    @Test(arguments: 0..<3)
    func aReservationIsSettledForWhatWasUsed(kind: Int) async throws {
        let limiter = try limiter(kind)
        let capacity = limiter.snapshot().capacity
        let generous = try await limiter.reserve(40)
        #expect(generous.permits == 40)
        generous.settle(actual: 10)
        #expect(limiter.snapshot().availablePermits == capacity - 10)
        let scarce = try limiter.reserveAtOnce(20)
        scarce.settle(actual: 25)
        #expect(limiter.snapshot().availablePermits == capacity - 35)
        let exact = try limiter.reserveAtOnce(5)
        exact.settle(actual: 5)
        let unsent = try limiter.reserveAtOnce(5)
        unsent.cancel()
        let snapshot = limiter.snapshot()
        #expect(snapshot.availablePermits == capacity - 40)
        #expect(snapshot.acquiredPermits == 70)
        #expect(snapshot.refundedPermits == 35)
        #expect(snapshot.debitedPermits == 5)
        // Issued is returned and held.
        #expect(
            snapshot.acquiredPermits + snapshot.debitedPermits
                == snapshot.refundedPermits + capacity - snapshot.availablePermits)
    }

    @Test(arguments: 0..<3)
    func theBalanceFallsBelowZeroByOneCapacityAtMost(kind: Int) async throws {
        let limiter = try limiter(kind)
        let capacity = limiter.snapshot().capacity
        let reservation = try await limiter.reserve(1)
        reservation.settle(actual: .max)
        #expect(limiter.snapshot().debt == capacity)
        #expect(!limiter.tryAcquire())
        clock.advance(by: .seconds(1_000))
        #expect(limiter.snapshot().debt == 0)
        #expect(limiter.snapshot().availablePermits == capacity)
    }

    @Test(arguments: 0..<3)
    func aLateRefundNeverLeavesMoreThanTheBurst(kind: Int) async throws {
        let limiter = try limiter(kind)
        let capacity = limiter.snapshot().capacity
        let early = try await limiter.reserve(capacity)
        // Twice the window, and everything has come back.
        clock.advance(by: .seconds(120))
        #expect(limiter.tryAcquire(capacity))
        early.settle(actual: 0)
        #expect(limiter.snapshot().availablePermits == 0)
        #expect(!limiter.tryAcquire())
    }

    @Test func aDroppedReservationKeepsTheEstimate() async throws {
        let limiter = try limiter(0)
        do { _ = try await limiter.reserve(20) }
        #expect(limiter.snapshot().availablePermits == 40)
        do { _ = try await limiter.reserve(20).shared() }
        #expect(limiter.snapshot().availablePermits == 20)
    }

    @Test func ofSeveralSettlementsOfASharedReservationTheFirstCounts() async throws {
        let limiter = try limiter(0)
        let reservation = try await limiter.reserve(20).shared()
        #expect(reservation.permits == 20)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { reservation.settle(actual: 5) } }
        }
        reservation.cancel()
        #expect(limiter.snapshot().availablePermits == 55)
        #expect(limiter.snapshot().refundedPermits == 15)
    }

    @Test(arguments: [0, -1, Int.min])
    func nothingCanBeReservedAndIsChargedAfterwards(estimate: Int) async throws {
        let limiter = try limiter(0)
        let reservation = try await limiter.reserve(estimate)
        #expect(reservation.permits == 0)
        reservation.settle(actual: 7)
        #expect(limiter.snapshot().availablePermits == 53)
        let other = try limiter.reserveAtOnce(estimate)
        other.settle(actual: .min)
        #expect(limiter.snapshot().availablePermits == 53)
    }

    @Test func anEstimateAboveTheCapacityIsRefusedForGood() async throws {
        let limiter = try limiter(0)
        let error = await #expect(throws: RateLimiterError.self) { _ = try await limiter.reserve(61) }
        #expect(error?.reason == .insufficientCapacity)
        #expect(throws: TestError.self) { _ = try limiter.reserveAtOnce(61) }
        #expect(limiter.snapshot().availablePermits == 60)
    }

    @Test func aReservationThatIsCancelledWhileItWaitsTakesNothing() async throws {
        let limiter = try limiter(0)
        #expect(limiter.tryAcquire(60))
        let task = Task { _ = try await limiter.reserve(30) }
        await clock.nextTimerScheduled()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        clock.advance(by: .seconds(60))
        #expect(limiter.snapshot().availablePermits == 60)
    }

    @Test func tokensPerMinuteRefusesWhatIsOutOfRange() {
        let error = #expect(throws: ConfigurationError.self) { try RateLimiter.tokensPerMinute(limit: 0) }
        #expect(error?.field == "limit")
        let burst = #expect(throws: ConfigurationError.self) { try RateLimiter.tokensPerMinute(limit: 1, burst: 0) }
        #expect(burst?.field == "burst")
    }
}

extension RateLimiter {
    /// A reservation that must be possible at once.
    fileprivate func reserveAtOnce(_ estimate: Int) throws -> Reservation {
        guard let reservation = tryReserve(estimate) else { throw TestError() }
        return reservation
    }
}

private struct TestError: Error {}
